"""Makes what the reader learns from: `python -m benchmarks.memory.reading.prepare DATA.npz SET.json ...`.

Takes public reading sets in the form of SQuAD 2.0, the examples written for this project, and what recall brings back
for the questions of our corpus: part ``train`` is learned from, ``a`` and ``b`` are only read when all is done. Needs
`minga[memory]`.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.memory.filled import Memories
from benchmarks.memory.parts import HELD_OUT, TRAIN
from benchmarks.memory.reading.examples import Example, public, written
from benchmarks.memory.reading.packing import Row, row, write
from benchmarks.memory.reading.recalled import Question, questions
from minga.infrastructure.e5 import installed_weights
from minga.infrastructure.e5_model import read
from minga.infrastructure.e5_pieces import Pieces

REACHES = (1, 3, 5, 10, 20)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="the file to make")
    parser.add_argument("sets", type=Path, nargs="*", help="public reading sets")
    parser.add_argument("--limit", type=int, help="take only so many questions of each part of our corpus")
    options = parser.parse_args(arguments)
    weights = read(installed_weights())
    rows = general(chain(*map(public, options.sets), written()), weights.pieces)
    count = len(rows)
    found = asyncio.run(recalled(options.limit))
    asked = [_own(one, rows, weights.pieces) for one in found]
    write(options.data, weights, rows, count, asked)
    print(f"{count} examples from elsewhere, {len(rows) - count} of our corpus, {len(asked)} questions")
    print("\n".join(reaches(found)))


def general(examples: Iterable[Example], pieces: Pieces) -> list[Row]:
    return [made for one in examples if (made := row(one, pieces)) is not None]


async def recalled(limit: int | None) -> list[Question]:
    """Of all parts of our corpus."""
    with tempfile.TemporaryDirectory() as folder:
        memories = Memories(Path(folder), print)
        try:
            return [one for name in (TRAIN, *HELD_OUT) async for one in questions(await memories.filled(name), limit)]
        finally:
            await memories.close()


def _own(question: Question, rows: list[Row], pieces: Pieces) -> list[Any]:
    """A question as the file has it, once its passages were added to ``rows``."""
    places = []
    for one in question.brought:
        made = row(one.example, pieces)
        assert made is not None, "what has no place is never beyond what is read"
        places.append((len(rows), one.confidence, one.example.is_answered))
        rows.append(made)
    asked = question.asked
    known = question.is_known
    return [question.part, asked.id, asked.kind, question.project, asked.is_answerable, known, places]


def reaches(found: Sequence[Question]) -> list[str]:
    """How often evidence is among the first passages: a reader of so many can find no more."""
    train = [one for one in found if one.part == TRAIN and one.asked.is_answerable]
    lines = []
    for first in REACHES:
        hits = sum(any(other.example.is_answered for other in one.brought[:first]) for one in train)
        lines.append(f"train: evidence among the first {first}: {hits} of {len(train)}")
    return lines


if __name__ == "__main__":
    main()
