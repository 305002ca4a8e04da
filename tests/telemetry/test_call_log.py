"""The log of calls: what a line holds, and that no reader and no disk can hold a caller up."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from seen import ENTRY, seen

from minga.domain.model_calls import Tried
from minga.infrastructure.line_file import WAITING_MAX, LineFile
from minga.telemetry.call_log import line

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_line_is_one_json_object_of_ids_and_numbers() -> None:
    failed = Tried("openai", "", "overloaded", 503, 0.0, 9)
    told = json.loads(line("json", seen(failed, Tried("azure", "2", "ok", 200, 1.0, 9), trace=TRACE)))
    assert told["at"] == "2026-11-25T12:00:00Z"
    names = ("key", "client", "wire", "model", "provider", "status", "attempts", "took_ms", "cost_micro_usd")
    values = ["laptop", "10.1.2.3", "openai-chat", "gpt-5.1", "openai", 200, 2, 700, 180]
    assert [told[name] for name in names] == values
    assert [told[f"{kind}_tokens"] for kind in ("input", "cached_input", "output")] == [60, 40, 10]
    assert [one["outcome"] for one in told["tried"]] == ["overloaded", "ok"]
    assert told["trace"] == TRACE.split("-")[1]


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_callers_words_can_neither_end_a_line_nor_fill_it(form: str) -> None:
    name = "gpt\n{}\x1b[2J" + "x" * 100_000
    made = line("json" if form == "json" else "text", seen(usage=replace(ENTRY.usage, model=name), trace="00-secret"))
    assert b"\n" not in made
    assert b"\x1b" not in made
    assert b"secret" not in made
    assert len(made) < 2000


def test_a_price_that_is_not_known_is_no_zero() -> None:
    assert json.loads(line("json", seen(cost_micro_usd=None)))["cost_micro_usd"] is None
    assert line("text", seen(cost_micro_usd=None)).endswith(b"no price")


def test_a_file_that_was_moved_away_is_begun_anew_and_nothing_is_lost(tmp_path: Path) -> None:
    path, old = tmp_path / "calls.log", tmp_path / "calls.log.1"
    lines: LineFile[int] = LineFile(path, lambda number: b"%d" % number)
    lines.put(1)
    limit = time.monotonic() + 60
    while not path.read_bytes() and time.monotonic() < limit:
        os.sched_yield()
    path.rename(old)
    lines.put(2)
    lines.close()
    assert (old.read_bytes(), path.read_bytes()) == (b"1\n", b"2\n")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_reader_that_has_stopped_costs_lines_and_no_time(tmp_path: Path) -> None:
    """A pipe that nobody reads is full at 64 KiB; what waits is bounded, and the rest is counted."""
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    lines: LineFile[int] = LineFile(fifo, lambda number: b"x" * 1000)
    for number in range(WAITING_MAX + 2000):
        lines.put(number)
    assert 0 < lines.dropped <= 2000
    os.close(reader)
    lines.close()


def test_a_full_disk_costs_lines_and_is_counted() -> None:
    lines: LineFile[int] = LineFile(Path("/dev/full"), lambda number: b"x")
    for number in range(3):
        lines.put(number)
    lines.close()
    assert lines.dropped == 3
