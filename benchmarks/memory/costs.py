"""What memory costs the processor: a question, with its parts, and a turn that is taken in. Processor time of all
threads, not of the clock; of a question the best of several runs, so that what else runs on the machine counts little.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time
from unittest.mock import patch

from benchmarks.memory.filled import Filled, Memories
from benchmarks.memory.parts import HELD_OUT, Asked
from benchmarks.memory.scores import mean
from benchmarks.memory.section import Rows, Say, Section

QUESTIONS, ROUNDS = 50, 5
QUICK_QUESTIONS, QUICK_ROUNDS = 10, 2

LIMIT = 10


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds of one question."""

    whole: float
    encoder: float
    order: float

    @property
    def rest(self) -> float:
        """Candidates are found and their texts read."""
        return self.whole - self.encoder - self.order


async def measure(memories: Memories, is_quick: bool, say: Say) -> Section:
    name = HELD_OUT[0]
    filled, words = await memories.filled(name), await memories.filled(name, by_meaning=False)
    asked = filled.part.asked[: QUICK_QUESTIONS if is_quick else QUESTIONS]
    rounds = QUICK_ROUNDS if is_quick else ROUNDS
    say(f"{len(asked)} questions, {rounds} times")
    spent = [await _best(memories, filled, one, rounds) for one in asked]
    without = [await _best(memories, words, one, rounds) for one in asked]
    return section(spent, without, await _a_turn(filled))


def section(spent: list[Spent], without: list[Spent], turn: tuple[float, float, float]) -> Section:
    heads = ("a question, ms", "together", "its meaning", "candidates", "their order")
    rows = (("Minga", *_cells(spent)), ("Minga, words only", *_cells(without)))
    taking_in, embedding, size = turn
    turns = Rows(
        "A turn that is taken in",
        ("words and statements, ms", "meaning, ms", "bytes on disk"),
        ((f"{1000 * taking_in:.1f}", f"{1000 * embedding:.1f}", f"{size:,.0f}"),),
    )
    figures = {
        "question ms": 1000 * mean(one.whole for one in spent),
        "question, words only, ms": 1000 * mean(one.whole for one in without),
        "turn ms": 1000 * (taking_in + embedding),
        "turn bytes": size,
    }
    return Section("What it costs the processor", (Rows("A question", heads, rows), turns), (), (), figures)


def _cells(spent: list[Spent]) -> tuple[str, ...]:
    parts = (
        mean(one.whole for one in spent),
        mean(one.encoder for one in spent),
        mean(one.rest for one in spent),
        mean(one.order for one in spent),
    )
    return tuple(f"{1000 * part:.1f}" for part in parts)


async def _best(memories: Memories, filled: Filled, asked: Asked, rounds: int) -> Spent:
    recalling = importlib.import_module("minga.memory.recalling")
    clock = _Clock(recalling.rank)
    question, runs = filled.part.question(asked, LIMIT), list[Spent]()
    with patch.object(recalling, "rank", clock):
        for _ in range(rounds):
            clock.spent_s = memories.timed.spent_s = 0.0
            start = process_time()
            await filled.memory.recall(question)
            runs.append(Spent(process_time() - start, memories.timed.spent_s, clock.spent_s))
    return min(runs, key=lambda one: one.whole)


class _Clock:
    """Counts the processor seconds of a function's calls."""

    def __init__(self, work: Callable[..., object]) -> None:
        self._work = work
        self.spent_s = 0.0

    def __call__(self, *arguments: object, **named: object) -> object:
        start = process_time()
        try:
            return self._work(*arguments, **named)
        finally:
            self.spent_s += process_time() - start


async def _a_turn(filled: Filled) -> tuple[float, float, float]:
    """Seconds for its words, and for its vectors; bytes. Means of all turns of the part."""
    turns = len(filled.part.log)
    size = (await filled.memory.counts()).bytes
    return filled.taking_in_s / turns, filled.embedding_s / turns, size / turns
