"""Amazon's framing, read as botocore reads it; and Bedrock's frames, which become Anthropic's events."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import pytest
from anthropic.lib.bedrock._stream_decoder import AWSEventStreamDecoder
from botocore.eventstream import EventStreamBuffer, ParserError
from framing import Value, chunk, exception, frame
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.infrastructure.http import Unreachable
from minga.providers.clouds.bedrock import Unframed
from minga.providers.clouds.event_stream import Frame, Frames
from minga.providers.usage import StreamReader

NUMBERS = st.one_of(
    *(
        st.tuples(st.just(kind), st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
        for kind, bits in (("byte", 8), ("short", 16), ("int", 32), ("long", 64), ("time", 64))
    )
)
VALUES = st.one_of(st.booleans(), st.text(max_size=30), st.binary(max_size=30), st.uuids(), NUMBERS)
NAMES = st.text(min_size=1, max_size=20)
WRITTEN = st.lists(st.tuples(st.dictionaries(NAMES, VALUES, max_size=5), st.binary(max_size=300)), max_size=5)

MESSAGE = [
    {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 9, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "¿Qué?\n"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 30}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 9}},
]


@dataclass
class Played:
    """An answer of Amazon's that comes in these pieces."""

    pieces: Sequence[bytes]
    status: int = 200
    headers: Sequence[tuple[str, str]] = (("content-type", "application/vnd.amazon.eventstream"),)

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    def close(self) -> None:
        """Nothing is open."""


def cut(whole: bytes, places: Sequence[int]) -> list[bytes]:
    at = sorted({0, len(whole), *(place % (len(whole) + 1) for place in places)})
    return [whole[begin:end] for begin, end in pairwise(at)]


def read(pieces: Sequence[bytes]) -> tuple[list[Frame], str]:
    frames = Frames()
    return [one for piece in pieces for one in frames.feed(piece)], frames.broken


def unframed(pieces: Sequence[bytes]) -> tuple[bytes, str]:
    """What the gateway gets to read, and how it ended."""

    async def run() -> tuple[bytes, str]:
        told = b""
        try:
            async for piece in Unframed(Played(pieces)).chunks():
                told += piece
        except Unreachable as wrong:
            return told, str(wrong)
        return told, ""

    return asyncio.run(run())


@given(WRITTEN, st.lists(st.integers(0, 5000), max_size=20))
def test_frames_are_read_as_botocore_reads_them_however_they_are_cut(
    written: list[tuple[dict[str, Value], bytes]], places: list[int]
) -> None:
    whole = b"".join(frame(headers, payload) for headers, payload in written)
    found, broken = read(cut(whole, places))
    theirs = EventStreamBuffer()
    theirs.add_data(whole)
    expected = [Frame({n: v for n, v in one.headers.items() if isinstance(v, str)}, one.payload) for one in theirs]
    assert (found, broken) == (expected, "")
    assert [one.payload for one in found] == [payload for _, payload in written]


@given(WRITTEN.filter(bool), st.integers(0, 5000), st.integers(1, 255))
def test_a_flipped_byte_is_found_where_botocore_finds_it(
    written: list[tuple[dict[str, Value], bytes]], place: int, flip: int
) -> None:
    whole = bytearray(b"".join(frame(headers, payload) for headers, payload in written))
    whole[place % len(whole)] ^= flip
    found, broken = read([bytes(whole)])
    theirs = EventStreamBuffer()
    theirs.add_data(bytes(whole))
    expected: list[bytes] = []
    with pytest.raises(ParserError):
        expected.extend(one.payload for one in theirs)
    assert broken
    assert [one.payload for one in found] == expected, "those before it stand"


@settings(max_examples=300)
@given(st.binary(max_size=600), st.lists(st.integers(0, 600), max_size=5))
def test_whatever_comes_in_the_place_of_frames_is_told_and_never_raises_otherwise(
    garbage: bytes, places: list[int]
) -> None:
    told, wrong = unframed(cut(garbage, places))
    assert told == b""
    assert bool(wrong) == bool(garbage)


@pytest.mark.parametrize(
    ("total", "headers"), [(15, 0), (16, 1), (0, 0), (2**32 - 1, 0), (300_000, 200_000), (24 * 2**20 + 17, 0)]
)
def test_lengths_that_cannot_be_are_refused_before_anything_is_kept(total: int, headers: int) -> None:
    prelude = struct.pack("!II", total, headers)
    frames = Frames()
    assert frames.feed(prelude + struct.pack("!I", crc32(prelude))) == []
    assert frames.broken == "the lengths of a frame cannot be"


HEADERS = {
    "twice": b"\x01a\x07\x00\x01x\x01a\x07\x00\x01y",
    "beyond": b"\x01a\x07\x00\x09x",
    "unknown type": b"\x01a\x0ax",
    "no text": b"\x01a\x07\x00\x01\xff",
    "no value": b"\x01a",
    "no length": b"\x01a\x07\x00",
}


@pytest.mark.parametrize("name", list(HEADERS))
def test_headers_that_cannot_be_read_break_the_stream(name: str) -> None:
    block = HEADERS[name]
    prelude = struct.pack("!II", 16 + len(block), len(block))
    whole = prelude + struct.pack("!I", crc32(prelude)) + block
    found, broken = read([whole + struct.pack("!I", crc32(whole))])
    assert found == []
    assert "header" in broken


@given(st.lists(st.integers(0, 5000), max_size=30))
def test_bedrocks_frames_become_the_events_that_anthropic_sends(places: list[int]) -> None:
    whole = b"".join(chunk(json.dumps(event, ensure_ascii=False).encode()) for event in MESSAGE)
    told, wrong = unframed(cut(whole, places))
    assert wrong == ""
    events = told.decode().removesuffix("\n\n").split("\n\n")
    lines = [event.split("\n") for event in events]
    assert [json.loads(data.removeprefix("data: ")) for _, data in lines] == MESSAGE
    assert [name.removeprefix("event: ") for name, _ in lines] == [event["type"] for event in MESSAGE]
    reader = StreamReader("anthropic", "m")
    assert reader.feed(told) == told
    assert reader.end == "whole"
    assert reader.usage is not None
    assert (reader.usage.input_tokens, reader.usage.output_tokens) == (9, 30)


def test_anthropics_own_client_of_bedrock_reads_the_same_events_of_the_same_bytes() -> None:
    frames = [*(chunk(json.dumps(event).encode()) for event in MESSAGE), exception("throttlingException", "slow down")]
    theirs = list(AWSEventStreamDecoder().iter_bytes(iter(frames)))
    told, _ = unframed(frames)
    ours = [one.split("\n", 1) for one in told.decode().removesuffix("\n\n").split("\n\n")]
    assert [name.removeprefix("event: ") for name, _ in ours] == [one.event for one in theirs]
    *events, error = [json.loads(data.removeprefix("data: ")) for _, data in ours]
    assert events == [json.loads(one.data) for one in theirs[:-1]]
    assert error["error"]["message"] == json.loads(theirs[-1].data)["error"]["message"]


def test_an_event_with_line_feeds_stays_one_event() -> None:
    told, wrong = unframed([chunk(json.dumps(MESSAGE[0], indent=1).encode())])
    assert (wrong, told.count(b"\n")) == ("", 3)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("throttlingException", "rate_limit_error"),
        ("modelTimeoutException", "timeout_error"),
        ("validationException", "invalid_request_error"),
        ("serviceUnavailableException", "overloaded_error"),
        ("modelStreamErrorException", "api_error"),
        ("somethingNewException", "api_error"),
    ],
)
def test_an_exception_becomes_the_error_event_of_anthropic(kind: str, said: str) -> None:
    told, wrong = unframed([chunk(json.dumps(MESSAGE[0]).encode()) + exception(kind, "Too many tokens")])
    assert wrong == ""
    error = json.loads(told.rsplit(b"data: ", 1)[1])
    assert error == {"type": "error", "error": {"type": said, "message": "Too many tokens"}}
    assert b"\n\nevent: error\n" in told


def test_a_frame_of_kind_error_tells_its_message() -> None:
    told, _ = unframed([frame({":message-type": "error", ":error-code": "500", ":error-message": "gone"}, b"")])
    assert json.loads(told.rsplit(b"data: ", 1)[1])["error"] == {"type": "api_error", "message": "gone"}


def test_an_event_of_another_kind_is_passed_over() -> None:
    assert unframed([frame({":message-type": "event", ":event-type": "initial-response"}, b"{}")]) == (b"", "")


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b'{"bytes": "%%"}', b'{"bytes": "e30="}', b'{"bytes": "eyJ0eXBlIjoiYVxuYiJ9"}', b"\xff" * 9],
    ids=["empty", "no bytes", "no base64", "no type", "type of two lines", "no text"],
)
def test_a_chunk_without_an_event_breaks_the_stream_after_what_came_before(payload: bytes) -> None:
    first = chunk(json.dumps(MESSAGE[0]).encode())
    told, wrong = unframed([first + frame({":message-type": "event", ":event-type": "chunk"}, payload) + first])
    assert told == unframed([first])[0]
    assert wrong == "its framing is broken: a chunk holds no event"


@pytest.mark.parametrize("kept", [1, 11, 12, 40, -1])
def test_a_stream_that_ends_within_a_frame_has_broken_off(kept: int) -> None:
    first = chunk(json.dumps(MESSAGE[0]).encode())
    told, wrong = unframed([first + first[:kept]])
    assert told == unframed([first])[0]
    assert wrong == "it ended within an event"
