"""How a memory of many passages behaves: time of a question, size on disk and in memory, time to write it.

``python -m benchmarks.memory.scale [--sizes 10000,100000,1000000] [--questions N] [--into DIRECTORY]``

Texts are drawn from a vocabulary with Zipf's frequencies, vectors at random in clusters; both are written by the
functions that write a real memory, into an encrypted file. The encoder and the extraction do not run: the first takes
some tens of milliseconds a passage (and a question), whatever the size. A question is made of words of one passage, its
vector lies near that passage's; a third is asked in one of forty projects. Timed is `Memory.recall` in a process that
runs, after the first question (which reads the pages of vectors); **found** is how many of the nearest 200 by comparing
all vectors are among those that the pages give.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import Encoded, Extraction, LogKey, LogMessage, Passage, Question, Source
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, TextPart
from minga.memory import vectors
from minga.memory.file import MemoryFile
from minga.memory.ids import item_id
from minga.memory.index import candidates, meaning, near, state, writing
from minga.memory.index.pages import Cache
from minga.memory.index.writing import Digested
from minga.memory.memory import VERSION, Memory
from minga.storage.database import Transaction

SIZES = (10_000, 100_000, 1_000_000)
KEY = bytes(32)
BATCH = 2_000
PROJECTS = 40
OF_SESSION = 50
CLUSTER = 500
VOCABULARY = 200_000
DIMENSIONS = 384
START = datetime(2020, 1, 1, tzinfo=UTC)
COMPARED = 3
"""Questions for which all vectors are compared."""

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measured:
    """Times in milliseconds; ``first_ms`` in a new process that has Python's modules loaded already."""

    passages: int
    written_a_second: float
    vectors_a_second: float
    bytes_a_passage: float
    memory_bytes_a_passage: float
    first_ms: float
    median_ms: float
    p95_ms: float
    cpu_ms: float
    words_p95_ms: float
    found: float


class World:
    """Texts and vectors that are the same for the same number."""

    def __init__(self, size: int) -> None:
        chances = 1 / (np.arange(1, VOCABULARY + 1) + 20.0)
        self._chances = (chances / chances.sum()).cumsum()
        self._middles = np.random.default_rng(7).normal(size=(max(1, size // CLUSTER), DIMENSIONS)).astype(np.float32)

    def texts(self, batch: int) -> list[str]:
        random = np.random.default_rng((1, batch))
        lengths = random.integers(6, 50, BATCH)
        words = np.searchsorted(self._chances, random.random(int(lengths.sum()))).tolist()
        ends = lengths.cumsum().tolist()
        return [" ".join(map(_word, words[start:end])) for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    def vectors(self, batch: int) -> Numbers:
        random = np.random.default_rng((2, batch))
        rows = self._middles[random.integers(0, len(self._middles), BATCH)]
        rows = rows + random.normal(size=rows.shape).astype(np.float32)
        unit: Numbers = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def questions(self, size: int, count: int) -> Iterator[tuple[Question, bytes]]:
        random = np.random.default_rng(3)
        for number in random.integers(0, size, count).tolist():
            words = self.texts(number // BATCH)[number % BATCH].split()
            some = random.choice(words, min(len(words), int(random.integers(2, 9))), replace=False)
            vector = self.vectors(number // BATCH)[number % BATCH] + 0.03 * random.normal(size=DIMENSIONS)
            project = f"/work/{int(random.integers(0, PROJECTS))}"
            places = (project,) if random.random() < 1 / 3 else None
            vector /= np.linalg.norm(vector)
            yield Question(" ".join(some), places, datetime.now(UTC)), vector.astype("<f4").tobytes()


class Silent:
    """A log in which nothing is new."""

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
    """An encoder that knows the question's vector already."""

    name = "given"
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self.vector = b""

    def question(self, text: str) -> Encoded:
        return Encoded(self.vector)

    def passages(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        raise AssertionError("all passages have vectors")


def main(sizes: Sequence[int] = SIZES, questions: int = 200, into: Path | None = None) -> list[Measured]:
    """Prints a table, and returns what stands in it."""
    console = Console()
    console.print(str(machine.look()), highlight=False)
    with tempfile.TemporaryDirectory(prefix="minga-scale-", dir=into) as folder:
        measured = [_measure(Path(folder) / f"{size}.memory", size, questions) for size in sizes]
    console.print(_table(measured))
    return measured


def _measure(path: Path, size: int, questions: int) -> Measured:
    writing_s, vectors_s = asyncio.run(_fill(path, World(size), size))
    command = [sys.executable, "-m", "benchmarks.memory.scale", "--ask", str(path), str(size), str(questions)]
    told = json.loads(subprocess.check_output(command))
    return Measured(size, size / writing_s, size / vectors_s, path.stat().st_size / size, **told)


TOKENS = bytes(64 * 30)
"""Those of a short message; the order by them is not measured here."""


async def _fill(path: Path, world: World, size: int) -> tuple[float, float]:
    """Seconds for passages, and for their vectors."""
    file = _file(path)
    writing_s = vectors_s = 0.0
    await file.write(lambda transaction: meaning.set_encoder(transaction, Given.name))
    await file.write(lambda transaction: state.set_version(transaction, VERSION))
    for batch in range(-(-size // BATCH)):
        entries = [_said(batch * BATCH + place, text) for place, text in enumerate(world.texts(batch))]
        entries = entries[: size - batch * BATCH]
        began = time.perf_counter()
        await file.write(lambda transaction, some=entries: _take_in(transaction, some))  # type: ignore[misc]
        writing_s += time.perf_counter() - began
        rows = world.vectors(batch)[: len(entries)]
        made = [meaning.Made(batch * BATCH + 1 + place, row.tobytes(), TOKENS) for place, row in enumerate(rows)]
        began = time.perf_counter()
        await file.write(lambda transaction, some=made: meaning.add(transaction, some, near.stored))  # type: ignore[misc]
        vectors_s += time.perf_counter() - began
    await file.close()  # brings its log into the file
    return writing_s, vectors_s


def _take_in(transaction: Transaction, entries: Sequence[LogMessage]) -> None:
    for entry in entries:
        writing.add(transaction, entry, [Digested(_passage(entry), Extraction())], KEY)
    last = entries[-1]
    state.set_through(transaction, LogKey(last.seq, last.session_id, last.message.id))


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


async def _ask(path: Path, size: int, count: int) -> dict[str, float]:
    """In a process of its own, so that its memory can be told."""
    world, given = World(size), Given()
    asked = list(world.questions(size, count))
    file = _file(path)
    before = _resident()
    last = _said(size - 1, "")
    memory = Memory(file, Silent(LogKey(size, last.session_id, last.message.id)), lambda: given)
    plain = Memory(file, Silent(LogKey(size, last.session_id, last.message.id)), lambda: None)
    times, words, began_cpu = list[float](), list[float](), 0.0
    for place, (question, vector) in enumerate(asked):
        given.vector = vector
        times.append(await _time(memory, question))
        began_cpu = began_cpu if place else time.process_time()
    cpu = (time.process_time() - began_cpu) / max(1, len(times) - 1)
    held = (_resident() - before) / size
    for question, _ in asked[: count // 2]:
        words.append(await _time(plain, question))
    found = await file.read(lambda transaction: _found(transaction, [one for one in asked if not one[0].places]))
    await file.close()
    return {
        "memory_bytes_a_passage": held,
        "first_ms": times[0],
        "median_ms": float(np.median(times[1:])),
        "p95_ms": float(np.percentile(times[1:], 95)),
        "cpu_ms": cpu * 1000,
        "words_p95_ms": float(np.percentile(words, 95)),
        "found": found,
    }


async def _time(memory: Memory, question: Question) -> float:
    began = time.perf_counter()
    found = await memory.recall(question)
    if not found.recalled and question.places is None:
        raise SystemExit(f"nothing was found for {question.words!r}")
    return (time.perf_counter() - began) * 1000


def _found(transaction: Transaction, asked: Sequence[tuple[Question, bytes]]) -> float:
    cache, shares = Cache(), list[float]()
    rows = transaction.execute("SELECT number, body FROM vectors")
    numbers = np.array([row[0] for row in rows])
    for question, given in asked[:COMPARED]:
        direction = vectors.read(given)
        values = [
            vectors.cosines([row[1] for row in rows[at : at + BATCH]], direction) for at in range(0, len(rows), BATCH)
        ]
        best = numbers[np.argsort(-np.concatenate(values), kind="stable")[:200]]
        found = candidates.by_meaning(transaction, cache, direction, question)
        shares.append(len(found.keys() & set(best.tolist())) / len(best))
    return float(np.mean(shares))


def _file(path: Path) -> MemoryFile:
    return MemoryFile(path, lambda: KEY, lambda: True)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@cache
def _word(number: int) -> str:
    """A word of letters, that no stemmer shortens."""
    letters = ""
    number += 26
    while number:
        number, rest = divmod(number, 21)
        letters += "bcdfghjklmnpqrtvwxzym"[rest] + "aoiu"[rest % 4]
    return letters + "k"


def _table(measured: Sequence[Measured]) -> Table:
    table = Table("", *(f"{one.passages:,}" for one in measured), title="Memory of many passages")
    for name in list(asdict(measured[0]))[1:]:
        table.add_row(name.replace("_", " "), *(f"{getattr(one, name):,.3g}" for one in measured))
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--ask", nargs=3)
    given = parser.parse_args()
    if given.ask:
        print(json.dumps(asyncio.run(_ask(Path(given.ask[0]), int(given.ask[1]), int(given.ask[2])))))
    else:
        main([int(one) for one in given.sizes.split(",")], given.questions, given.into)
