"""Makes what a trained reader is tuned on: `python -m benchmarks.memory.reading.missing DATA.npz`.

The questions of the written chats, asked of a memory of all chats of their subject, and once more without the chat that
answers; so are those of part ``train`` of our corpus without their session. A question that has an answer stands beside
the passage that answers it, and beside the best ones that recall brings back where nothing does: so that a reader
learns to look for the answer, not at how a question is asked. Where other chats still tell the answer, or an earlier
value of it, that was judged by reading (`written/left.jsonl`), and is learned as an answer. What a reader took for an
answer was judged likewise (`written/took.jsonl`): what tells nothing of it is learned most. Needs `minga[memory]`.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.memory.filled import Filled, Memories, turn_of
from benchmarks.memory.judging import write as write_part
from benchmarks.memory.parts import TRAIN, Asked
from benchmarks.memory.reading.examples import CHATS, WRITTEN, Example
from benchmarks.memory.reading.material import EARLIER, MISSING, NEAR, NOTHING, RIGHT, STILL
from benchmarks.memory.reading.packing import row, write
from minga.domain.ids import SessionId
from minga.domain.memory import Question
from minga.domain.rules import folded
from minga.infrastructure.e5 import installed_weights
from minga.infrastructure.e5_model import read
from minga.memory.index import meaning
from minga.memory.judging import READ

SEED = 1
FURTHER = 5
"""Beside the best passage of those where nothing answers one of the next, up to this place."""

NEAR_TURNS, NEAR_MISSES = 0.25, 0.6
"""Of the questions of chats: so many stand beside another turn of what answers them, and so many of those that have no
answer are taken. Of our corpus all."""


JUDGED = (WRITTEN / "left.jsonl", WRITTEN / "took.jsonl")
ANSWERS = (STILL, EARLIER)


@dataclass(frozen=True, slots=True)
class Met:
    """A question and what recall brings back, the best first: ``found`` with all that is there, ``missing`` without the
    session that answers; in its group where it was judged. Of neither what also holds the words of the answer without
    being told to be one."""

    is_answerable: bool
    is_own: bool
    found: tuple[Example, ...]
    missing: tuple[Example, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="the file to make")
    options = parser.parse_args(arguments)
    weights, chance = read(installed_weights()), np.random.default_rng(SEED)
    chosen = [one for met in asyncio.run(_all()) for one in taken(met, chance)]
    rows = [made for one in chosen if (made := row(one, weights.pieces)) is not None]
    write(options.data, weights, rows, len(rows), ())
    print(f"{len(rows)} examples, {sum(one.is_answered for one in rows)} of them answered")


def taken(met: Met, chance: np.random.Generator) -> Iterator[Example]:
    """What is learned from a question; nothing where recall did not bring back what answers it."""
    if not met.is_answerable:
        near = [replace(one, group=one.group or NEAR) for one in met.found]
        yield from _taken(near, near[: 2 if met.is_own else int(chance.random() < NEAR_MISSES)])
        return
    wrong = [replace(one, group=NEAR) for one in met.found if not one.is_answered]
    right = [replace(one, group=RIGHT) for one in met.found if one.is_answered]
    if not right:
        return
    yield right[0]
    missing = [replace(one, group=one.group or MISSING) for one in met.missing]
    yield from _taken(missing, _best(missing, chance))
    if met.is_own or chance.random() < NEAR_TURNS:
        yield from wrong[:1]


def _best(missing: Sequence[Example], chance: np.random.Generator) -> list[Example]:
    """The first one and one of the next."""
    chosen = list(missing[:1])
    if len(missing) > 1:
        chosen.append(missing[int(chance.integers(1, min(FURTHER, len(missing))))])
    return chosen


def _taken(some: Sequence[Example], chosen: Sequence[Example]) -> Iterator[Example]:
    """Of those that were judged all but what answers in part; of the others the ``chosen`` ones, none where one of the
    judged ones answers."""
    judged = [one for one in some if one.group in (*ANSWERS, NOTHING)]
    yield from judged
    if not any(one.is_answered for one in judged):
        yield from (one for one in chosen if one.group in (MISSING, NEAR))


def judged() -> dict[tuple[str, str], dict[str, str]]:
    """The groups of the turns that were judged, by subject and question."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for one in (json.loads(line) for file in JUDGED for line in file.read_text("utf-8").splitlines()):
        found.setdefault((one["subject"], one["question"]), {})[one["turn"]] = one["says"]
    return found


async def _all() -> list[Met]:
    found: list[Met] = []
    with tempfile.TemporaryDirectory() as folder:
        for subject in CHATS:
            file = WRITTEN / f"{subject}.jsonl"
            write_part(file, Path(folder) / subject)
            memories = Memories(Path(folder), print, 1, Path(folder))
            answers = [one[2] for line in file.open(encoding="utf-8") for one in json.loads(line)["qs"]]
            found += [one async for one in _met(await memories.filled(subject), answers)]
            await memories.close()
        memories = Memories(Path(folder), print)
        own = await memories.filled(TRAIN)
        found += [one async for one in _met(own, [None] * len(own.part.asked))]
        await memories.close()
    return found


async def _met(filled: Filled, answers: Sequence[str | None]) -> AsyncIterator[Met]:
    """``answers``: what of their turn answers the questions of chats; None for all questions of our corpus."""
    subject, groups = filled.part.name, judged()
    for asked, answer in zip(filled.part.asked, answers, strict=True):
        question = filled.part.question(asked, READ)
        says = groups.get((subject, asked.words), {})
        found = await _brought(filled, asked, question, answer, {} if asked.is_answerable else says)
        missing: tuple[Example, ...] = ()
        if len(asked.sessions) == 1:
            without = replace(question, without=SessionId(min(asked.sessions)))
            missing = await _brought(filled, asked, without, answer, says)
        yield Met(asked.is_answerable, subject == TRAIN, found, missing)


async def _brought(
    filled: Filled, asked: Asked, question: Question, answer: str | None, groups: Mapping[str, str]
) -> tuple[Example, ...]:
    """``groups`` of turns that were judged."""
    found = await filled.memory.recall(question)
    items = [one.passage.id for one in found.recalled]
    excerpts = await filled.memory.read(partial(meaning.excerpts, items=items))
    made = []
    for one in found.recalled:
        excerpt, turn = excerpts[one.passage.id], turn_of(one.passage)
        is_right, group = turn in asked.evidence, groups.get(turn, "")
        says = is_right if answer is None else folded(answer) in folded(excerpt.text)
        if is_right is says:
            made.append(Example(asked.words, excerpt, is_right or group in ANSWERS, None, group))
    return tuple(made)


if __name__ == "__main__":
    main()
