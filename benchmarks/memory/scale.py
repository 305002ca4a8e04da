"""How a memory of many passages behaves: time of a question, size on disk and in memory, time to write it.

``python -m benchmarks.memory.scale [--sizes 10000,100000,1000000] [--questions N] [--into DIRECTORY]``

`made` says what texts, vectors and tokens are. They are written by the functions that write a real memory, into an
encrypted file; what is in ``DIRECTORY`` is kept for the same version and encoder, and taken up where it was left. The
encoder and the extraction do not run: they take as long whatever the size (``--only cost``). Timed is the rest of
`Memory.recall`, with the order by tokens, in a process that runs, after the first question (which reads the pages of
vectors); **found** is how many of the nearest ones by comparing all vectors are among those that the pages give.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.memory.made import BATCH, OF_SESSION, PROJECTS, Asked, World, real
from benchmarks.memory.peers import ONE_THREAD
from minga.domain.ids import AgentName, SessionId
from minga.domain.meaning import Encoded
from minga.domain.memory import Extraction, LogKey, LogMessage, Passage, Source
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, TextPart
from minga.infrastructure.e5 import E5
from minga.memory import vectors
from minga.memory.file import MemoryFile
from minga.memory.ids import item_id
from minga.memory.index import candidates, lexical, meaning, near, state, writing
from minga.memory.index.pages import Cache
from minga.memory.index.writing import Digested
from minga.memory.memory import VERSION, Memory
from minga.memory.recall import words
from minga.storage.database import Transaction

SIZES = (10_000, 100_000, 1_000_000)
KEY = bytes(32)
START = datetime(2020, 1, 1, tzinfo=UTC)
COMPARED = 8
"""Questions for which all vectors are compared."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds, of the clock and of the processor."""

    clock: float = 0.0
    processor: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.clock + other.clock, self.processor + other.processor)


@dataclass(frozen=True, slots=True)
class Filled:
    """How many passages there are, and what it took to write them, and to write their vectors."""

    passages: int = 0
    words: Spent = Spent()
    vectors: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Answered:
    """Times in milliseconds; ``first_ms`` in a new process that has Python's modules loaded already. ``words_p95_ms``:
    without an encoder."""

    memory_bytes_a_passage: float
    first_ms: float
    median_ms: float
    p95_ms: float
    cpu_median_ms: float
    cpu_p95_ms: float
    words_p95_ms: float
    found: float


@dataclass(frozen=True, slots=True)
class Measured:
    passages: int
    bytes_a_passage: float
    filled: Filled
    answered: Answered


class Silent:
    """A log in which nothing is new."""

    user = UserName("")

    def __init__(self, last: LogKey) -> None:
        self._last = last

    async def complete(self) -> None: ...

    async def newest(self) -> int:
        return self._last.seq

    async def keys(self, after: int, session_id: SessionId | None = None) -> list[LogKey]:
        return []

    async def holds(self, key: LogKey) -> bool:
        return key == self._last

    async def read(self, keys: Sequence[LogKey]) -> list[LogMessage]:
        return []

    def readable(self) -> frozenset[SessionId]:
        return frozenset()

    def may_read(self, session_id: SessionId) -> bool:
        return True

    def generation(self) -> int:
        return 0


class Given:
    """An encoder that knows what a question means already."""

    name, dimensions = E5.name, E5.dimensions

    def __init__(self) -> None:
        self.encoded = Encoded(b"")

    def question(self, text: str) -> Encoded:
        return self.encoded

    def passages(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        raise AssertionError("all passages have vectors")


def main(sizes: Sequence[int] = SIZES, questions: int = 200, into: Path | None = None) -> list[Measured]:
    """Prints a table, and returns what stands in it."""
    console = Console()
    console.print(str(machine.look()), highlight=False)
    with nullcontext(str(into)) if into else tempfile.TemporaryDirectory(prefix="minga-scale-") as folder:
        measured = [_measure(Path(folder), size, questions) for size in sizes]
    table = Table("", *(f"{one.passages:,}" for one in measured), title="Memory of many passages")
    for row in rows(measured):
        table.add_row(*row)
    console.print(table)
    return measured


def rows(measured: Sequence[Measured]) -> list[tuple[str, ...]]:
    """A line for each figure."""
    lines: dict[str, Callable[[Measured], float]] = {
        "bytes on disk a passage": lambda one: one.bytes_a_passage,
        "written anew: words, CPU s": lambda one: one.filled.words.processor,
        "written anew: vectors, CPU s": lambda one: one.filled.vectors.processor,
    }
    for name in Answered.__dataclass_fields__:
        lines[name.replace("_", " ")] = lambda one, name=name: getattr(one.answered, name)  # type: ignore[misc]
    return [(title, *(f"{figure(one):,.3g}" for one in measured)) for title, figure in lines.items()]


def _measure(folder: Path, size: int, questions: int) -> Measured:
    _run("--fill", str(folder), str(size))
    answered = msgspec.json.decode(_run("--ask", str(folder), str(size), str(questions)), type=Answered)
    path = _path(folder, size)
    return Measured(size, path.stat().st_size / size, _filled(path), answered)


def _run(*arguments: str) -> bytes:
    command = (sys.executable, "-m", "benchmarks.memory.scale", *arguments)
    return subprocess.check_output(command, env={**os.environ, **ONE_THREAD})


async def _fill(folder: Path, size: int) -> None:
    """From where it was left. The words that are made are their own stems, so that the stemmers are left out: they take
    some .3 ms for a word that is new to them, and most of the 200,000 words would be."""
    with patch.object(words, "_stem", str):
        await _write(folder, size)


async def _write(folder: Path, size: int) -> None:
    path, world = _path(folder, size), World(real(folder))
    file, filled = _file(path), _filled(path)
    await file.write(lambda transaction: meaning.set_encoder(transaction, Given.name))
    for batch in range(filled.passages // BATCH, -(-size // BATCH)):
        entries = [_said(batch * BATCH + place, text) for place, text in enumerate(world.texts(batch))]
        entries = entries[: size - batch * BATCH]
        numbers = range(batch * BATCH + 1, batch * BATCH + 1 + len(entries))
        parts = zip(numbers, world.vectors(batch), world.tokens(batch), strict=False)
        made = [meaning.Made(number, row.tobytes(), tokens) for number, row, tokens in parts]
        taken_in = await _timed(file, partial(_take_in, entries=entries))
        embedded = await _timed(file, partial(meaning.add, made=made, stored=near.stored))
        filled = Filled(numbers[-1], filled.words + taken_in, filled.vectors + embedded)
        path.with_suffix(".json").write_bytes(msgspec.json.encode(filled))
    await file.close()  # brings its log into the file


async def _timed(file: MemoryFile, work: Callable[[Transaction], None]) -> Spent:
    clock, processor = time.perf_counter(), time.process_time()
    await file.write(work)
    return Spent(time.perf_counter() - clock, time.process_time() - processor)


def _path(folder: Path, size: int) -> Path:
    return folder / f"{size}-{VERSION}-{E5.name}.memory"


def _filled(path: Path) -> Filled:
    kept = path.with_suffix(".json")
    return msgspec.json.decode(kept.read_bytes(), type=Filled) if kept.exists() else Filled()


def _take_in(transaction: Transaction, entries: Sequence[LogMessage]) -> None:
    for entry in entries:
        writing.add(transaction, entry, [Digested(_passage(entry), Extraction())], KEY)
    last = entries[-1]
    state.set_last(transaction, LogKey(last.seq, last.session_id, last.message.id), VERSION)
    lexical.merge(transaction)


def _said(number: int, text: str) -> LogMessage:
    session = number // OF_SESSION
    project = f"/work/{session % PROJECTS}"
    agent = AgentName("claude")
    message = Message(f"m{number}", "", START + timedelta(minutes=number), "user", (TextPart(text),), agent)
    return LogMessage(number + 1, SessionId(f"s{session}"), message, agent, project, project, UserName("eva"))


def _passage(entry: LogMessage) -> Passage:
    message = entry.message
    text = "".join(part.text for part in message.parts if isinstance(part, TextPart))
    source = Source(entry.session_id, message.id, 0, message.at, entry.agent, message.role)
    return Passage(item_id("t", message.id), "turn", text, "", source, entry.project, "", entry.owner)


async def _ask(folder: Path, size: int, count: int) -> Answered:
    """In a process of its own, so that its memory can be told."""
    world, given = World(real(folder)), Given()
    asked = list(world.asked(size, count))
    file = _file(_path(folder, size))
    before = _resident()
    last = _said(size - 1, "")
    log = Silent(LogKey(size, last.session_id, last.message.id))
    memory, plain = Memory(file, log, lambda: given), Memory(file, log, lambda: None)
    times = [await _time(memory, given, one) for one in asked]
    held = (_resident() - before) / size
    by_words = [await _time(plain, given, one) for one in asked[: count // 2]]
    found = await file.read(lambda transaction: _found(transaction, [one for one in asked if not one.question.places]))
    await file.close()
    clock, processor = [one.clock for one in times[1:]], [one.processor for one in times[1:]]
    return Answered(
        memory_bytes_a_passage=held,
        first_ms=times[0].clock * 1000,
        median_ms=_percentile_ms(clock, 50),
        p95_ms=_percentile_ms(clock, 95),
        cpu_median_ms=_percentile_ms(processor, 50),
        cpu_p95_ms=_percentile_ms(processor, 95),
        words_p95_ms=_percentile_ms([one.clock for one in by_words], 95),
        found=found,
    )


def _percentile_ms(seconds: Sequence[float], percent: int) -> float:
    return float(np.percentile(seconds, percent)) * 1000


async def _time(memory: Memory, given: Given, asked: Asked) -> Spent:
    given.encoded = asked.encoded
    clock, processor = time.perf_counter(), time.process_time()
    found = await memory.recall(asked.question)
    spent = Spent(time.perf_counter() - clock, time.process_time() - processor)
    if not found.recalled and asked.question.places is None:
        raise SystemExit(f"nothing was found for {asked.question.words!r}")
    return spent


def _found(transaction: Transaction, asked: Sequence[Asked]) -> float:
    cache, shares = Cache(), list[float]()
    rows = transaction.execute("SELECT number, body FROM vectors")
    numbers = np.array([row[0] for row in rows])
    for one in asked[:COMPARED]:
        direction = vectors.read(one.encoded.vector)
        values = [
            vectors.packed([row[1] for row in rows[at : at + BATCH]]).cosines(direction)
            for at in range(0, len(rows), BATCH)
        ]
        found = candidates.ByMeaning(transaction, cache, direction, one.question).best
        best = numbers[np.argsort(-np.concatenate(values), kind="stable")[: len(found)]]
        shares.append(len(found.keys() & set(best.tolist())) / len(best))
    return float(np.mean(shares))


def _file(path: Path) -> MemoryFile:
    return MemoryFile(path, lambda: KEY, lambda: True)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--fill", nargs=2)
    parser.add_argument("--ask", nargs=3)
    given = parser.parse_args()
    if given.fill:
        asyncio.run(_fill(Path(given.fill[0]), int(given.fill[1])))
    elif given.ask:
        answered = asyncio.run(_ask(Path(given.ask[0]), int(given.ask[1]), int(given.ask[2])))
        sys.stdout.buffer.write(msgspec.json.encode(answered))
    else:
        main([int(one) for one in given.sizes.split(",")], given.questions, given.into)
