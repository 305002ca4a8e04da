"""Atomic files, sizes, ids and JSON-RPC's manners."""

import asyncio
import json
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.infrastructure.clock import FakeClock
from minga.infrastructure.files import size_of, write_atomically
from minga.infrastructure.ids import uuid7_source
from minga.infrastructure.jsonlines import JsonLines, read_object
from minga.infrastructure.jsonrpc import INBOX_LENGTH, Notification, RpcError, connect
from minga.infrastructure.process import ProcessEnded, start
from minga.infrastructure.watchdog import Watchdog


def test_a_file_is_replaced_whole_and_no_draft_stays(tmp_path: Path) -> None:
    target = tmp_path / "sub" / "file"
    write_atomically(target, b"old")
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.mkdir()
    with pytest.raises(OSError, match="file"):
        write_atomically(target, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_size_of_a_folder_counts_what_lies_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x" * 100_000)
    (tmp_path / "link").symlink_to("/usr")
    assert 100_000 <= size_of(tmp_path) < 200_000
    assert size_of(tmp_path / "nowhere") == 0


@given(st.lists(st.floats(0.001, 1000), min_size=2, max_size=10), st.integers(0, 2**32))
def test_ids_are_uuids_of_version_7_in_the_order_of_time(pauses: list[float], seed: int) -> None:
    clock = FakeClock(datetime(2026, 11, 22, tzinfo=UTC))
    new_id = uuid7_source(clock, lambda bits: seed % (1 << bits))
    made = []
    for pause in pauses:
        made.append(new_id())
        clock.advance(pause + 0.001)
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(uuid.UUID(one).version == 7 and uuid.UUID(one).variant == uuid.RFC_4122 for one in made)


_PEER = """
import json, sys
for line in sys.stdin:
    call = json.loads(line)
    for number in range(call["params"]["flood"]):
        print(json.dumps({"jsonrpc": "2.0", "method": "told", "params": {"number": number}}))
    print("not json")
    if call["params"].get("die"):
        sys.exit(3)
    body = {"error": {"code": 5, "message": "no"}} if call["params"].get("fail") else {"result": call["params"]}
    print(json.dumps({"jsonrpc": "2.0", "id": call["id"], **body}), flush=True)
"""


def test_a_reply_arrives_behind_a_flood_that_nobody_reads() -> None:
    """Reading slows down when the inbox is long, and never stops."""

    async def run() -> None:
        watchdog = Watchdog()
        async with (
            start(
                (sys.executable, "-I", "-c", _PEER), cwd=Path("/"), environment={}, mark="rpc", watchdog=watchdog
            ) as process,
            connect(JsonLines(process)) as connection,
        ):
            flood = INBOX_LENGTH + 300
            assert await asyncio.wait_for(connection.call("go", {"flood": flood}), 20) == {"flood": flood}
            assert connection.inbox.qsize() == flood
            assert await connection.incoming() == Notification("told", {"number": 0})
            with pytest.raises(RpcError, match="5: no"):
                await connection.call("go", {"flood": 0, "fail": True})
            with pytest.raises(ProcessEnded):
                await connection.call("go", {"flood": 0, "die": True})
            with pytest.raises(ProcessEnded):
                await connection.call("go", {"flood": 0})
            assert connection.lines.garbage == ["not json"] * 3
        watchdog.close()

    asyncio.run(run())


HALVES = st.lists(st.one_of(st.text(), st.sampled_from(["\ud83d", "\ude42", "\\", "\\ud83d", "u"]))).map("".join)


@given(HALVES)
def test_half_characters_in_a_line_become_the_replacement_character_and_the_rest_stays(text: str) -> None:
    """Some CLIs cut their output inside a character: JSON then holds the escape of half of it."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert read_object(json.dumps({"text": text, text: [1]}).encode()) == {"text": whole, whole: [1]}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b'{"text": "caf\xe9 \xff\xfe"}', {"text": "caf\ufffd \ufffd\ufffd"}),
        (b'{"text": "\xe9\\ud83d"}', {"text": "\ufffd\ufffd"}),
        (b'{"text": "\xf0\x9f\x99"}', {"text": "\ufffd"}),
        (b'{"text": "\\ud83d\\ude42"}', {"text": "\U0001f642"}),
        (b'{"text": "\\\\ud83d"}', {"text": "\\ud83d"}),
        (b"caf\xe9", None),
        (b"\xff\xfe", None),
        (b'{"text": "\\ud83d', None),
        (b'["\\ud83d"]', None),
        pytest.param(b'{"nested":' * 10_000, None, id="nested without end"),
        (b"", None),
    ],
)
def test_bytes_that_are_no_text_cost_no_more_than_themselves(line: bytes, found: object) -> None:
    assert read_object(line) == found
