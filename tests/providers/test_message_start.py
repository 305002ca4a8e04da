"""The first event of an Anthropic stream, and the estimate that may go into it."""

import base64
import hashlib
import json
import random

import pytest

from minga.providers.message_start import HELD_MAX, MessageStart
from minga.providers.token_estimate import OF_MEDIA, of_request


def start(usage: object, **more: object) -> bytes:
    told = {"type": "message_start", "message": {"id": "msg_1", "usage": usage, **more}}
    return b"event: message_start\ndata: " + json.dumps(told).encode() + b"\n\n"


REST = (
    b'event: content_block_delta\ndata: {"type": "content_block_delta", "delta": {"text": "input_tokens"}}\n\n'
    b'event: message_delta\ndata: {"type": "message_delta", "usage": {"input_tokens": 0, "output_tokens": 3}}\n\n'
    b'event: message_stop\ndata: {"type": "message_stop"}\n\n'
)
PING = b': hello\n\nevent: ping\ndata: {"type": "ping"}\n\n'

EMPTY: dict[str, bytes] = {
    "0": start({"input_tokens": 0, "output_tokens": 1}),
    "none of it": start({"output_tokens": 1}),
    "null": start({"input_tokens": None, "cache_read_input_tokens": 0, "output_tokens": 1}),
    "after a ping": PING + start({"input_tokens": 0, "output_tokens": 1}),
    "carriage returns": start({"input_tokens": 0, "output_tokens": 1}).replace(b"\n", b"\r\n"),
    "two lines of data": b'data: {"type": "message_start",\ndata: "message": {"usage": {"output_tokens": 1}}}\n\n',
}

UNTOUCHED: dict[str, bytes] = {
    "told": start({"input_tokens": 12, "output_tokens": 1}),
    "all of it cached": start({"input_tokens": 0, "cache_read_input_tokens": 900, "output_tokens": 1}),
    "an error": b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error"}}\n\n',
    "another first event": b'data: {"type": "content_block_start"}\n\n' + start({"input_tokens": 0}),
    "no JSON": b"data: {nope\n\n",
    "no UTF-8": b'data: {"a": "\xff"}\n\n',
    "a start without a message": b'data: {"type": "message_start"}\n\n',
    "no event at all": b"<html>",
}


@pytest.mark.parametrize("name", EMPTY)
def test_a_start_without_input_gets_the_estimate_wherever_the_stream_is_cut(name: str) -> None:
    stream = EMPTY[name] + REST
    for cut in range(len(stream) + 1):
        patch = MessageStart(lambda: 777)
        out = patch.feed(stream[:cut]) + patch.feed(stream[cut:]) + patch.rest()
        assert patch.completed
        assert out.endswith(REST), "no other byte has changed"
        [told] = [json.loads(line[5:]) for line in out.removesuffix(REST).splitlines() if b'"message_start"' in line]
        assert told["message"]["usage"]["input_tokens"] == 777
        assert told["message"]["usage"]["output_tokens"] == 1


@pytest.mark.parametrize("name", UNTOUCHED)
def test_whatever_else_begins_a_stream_passes_byte_for_byte(name: str) -> None:
    stream = UNTOUCHED[name] + REST
    for cut in range(len(stream) + 1):
        patch = MessageStart(lambda: 777)
        assert patch.feed(stream[:cut]) + patch.feed(stream[cut:]) + patch.rest() == stream
        assert not patch.completed


def test_a_byte_at_a_time_it_is_the_same_and_nothing_is_held_back_after_the_first_event() -> None:
    stream = PING + start({"input_tokens": 0, "output_tokens": 1}) + REST
    patch = MessageStart(lambda: 777)
    pieces = [patch.feed(bytes([byte])) for byte in stream]
    assert patch.settled
    assert b"".join(pieces) == MessageStart(lambda: 777).feed(stream)
    assert all(len(piece) == 1 for piece in pieces[-len(REST) :])


def test_what_never_becomes_an_event_is_passed_on() -> None:
    patch = MessageStart(lambda: 777)
    out = patch.feed(b"x" * (HELD_MAX + 1))
    assert (len(out), patch.settled) == (HELD_MAX + 1, True)


CODE = (
    "def total(lines: list[Line]) -> int:\n"
    "    return sum(line.price * line.count for line in lines if not line.exempt)\n"
)
SPANISH = "La factura recibida el dos de noviembre puede reclamarse dentro de los ocho días siguientes a su recepción. "
TEXTS: dict[str, tuple[str, int]] = {
    "code": (CODE * 20, 580),
    "Spanish": (SPANISH * 20, 421),
    "prices": ('{"model":"m","input":1.25,"cached":0.125,"match":[["starts-with","gpt-5.1"]]},' * 20, 601),
    "hashes": (" ".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(20)), 737),
    "Chinese": ("模型网关在第一个字节之前估计输入的令牌数量。" * 20, 340),
}
"""Text and its tokens as o200k counts them (bpe-openai 0.1.4)."""


@pytest.mark.parametrize("escaped", [False, True], ids=["plain", "escaped"])
@pytest.mark.parametrize("name", TEXTS)
def test_an_estimate_is_hardly_low_and_not_far_too_high(name: str, escaped: bool) -> None:
    text, tokens = TEXTS[name]
    body = json.dumps({"messages": [{"role": "user", "content": text}]}, ensure_ascii=escaped).encode()
    assert 0.97 * tokens <= of_request(body) <= 1.45 * tokens + 20


def test_pictures_count_by_the_piece() -> None:
    picture = base64.b64encode(random.Random(7).randbytes(3_000_000)).decode()
    body = json.dumps({"content": [{"source": {"data": picture}}, {"source": {"data": picture}}]}).encode()
    assert 2 * OF_MEDIA < of_request(body) < 2 * OF_MEDIA + 40
    assert of_request(b"") == 1
