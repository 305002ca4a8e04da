"""What `prepare` made, as sequences of numbers that a network takes."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Places: TypeAlias = npt.NDArray[np.int64]
"""Of examples, in the order of the file."""

HELD_OUT_WRITTEN = "w:9"

WRITTEN = "w:"

RIGHT, MISSING, NEAR = "right", "missing", "near"
"""Groups of examples that a reader is tuned on: what answers; what is brought back where what answers is not there;
what only comes near."""

STILL, EARLIER, PART = "answer", "earlier", "part"
"""Of what is brought back where what answers is not there: what answers, too; what tells a value of another time; what
tells a part of it, of which nothing is learned."""

NOTHING = "nothing"
"""What a reader took for an answer, and tells nothing of it."""

UNKNOWN = -100
"""Where an answer stands, for what learns places: it passes over it."""

ROUNDED = 8
"""Lengths of batches are multiples of it: that is what processors of graphics are quick at."""

SHUFFLED = 40
"""Batches whose examples are put in the order of their length, so that little is padded."""

WRONG = {True: 6, False: 8}
"""Passages that do not answer, the best first, of a question that has an answer and of one that has none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of our corpus. ``brought``: the places of its passages, the best first; ``right``: those of them that
    answer it."""

    part: str
    project: str
    has_answer: bool
    brought: tuple[int, ...]
    right: frozenset[int]

    @property
    def learned(self) -> list[int]:
        wrong = [place for place in self.brought if place not in self.right]
        return [place for place in self.brought if place in self.right] + wrong[: WRONG[self.has_answer]]


@dataclass(frozen=True, slots=True)
class Material:
    """``starts``: where the passage begins in a sequence. ``spans``: first and last piece of the answer within it, or
    -1. ``general``: how many of the first are none of our corpus. ``padding``: the mark of an end."""

    sequences: tuple[Places, ...]
    starts: Places
    lengths: Places
    labels: npt.NDArray[np.float32]
    spans: Places
    groups: tuple[str, ...]
    general: int
    asked: tuple[Asked, ...]
    padding: int

    def written(self, *, is_held_out: bool) -> Places:
        """The examples that were written for this project: those that are held out, or the others."""
        some = [place for place in range(self.general) if self.groups[place].startswith(WRITTEN)]
        return np.asarray([one for one in some if (self.groups[one] == HELD_OUT_WRITTEN) is is_held_out], np.int64)

    def mixed(self, asked: Sequence[Asked], with_held_out: bool = False) -> Places:
        """What to learn from: all that is general, and what ``asked`` brought back. The written examples that are held
        out only ``with_held_out``."""
        held_out = () if with_held_out else self.written(is_held_out=True)
        general = np.setdiff1d(np.arange(self.general), held_out)
        own = np.asarray([place for one in asked for place in one.learned], np.int64)
        return np.concatenate([general, own])

    def batch(self, places: Sequence[int] | Places) -> tuple[Places, npt.NDArray[np.bool_]]:
        """Numbers of pieces, a row an example, and which of them are no padding."""
        longest = max(int(self.lengths[place]) for place in places)
        width = -(-longest // ROUNDED) * ROUNDED
        numbers = np.full((len(places), width), self.padding, np.int64)
        mask = np.zeros((len(places), width), bool)
        for row, place in enumerate(places):
            numbers[row, : self.lengths[place]] = self.sequences[place]
            mask[row, : self.lengths[place]] = True
        return numbers, mask

    def batches(self, places: Places, size: int, chance: np.random.Generator) -> list[Places]:
        """All ``places`` once, by chance, examples of like lengths together."""
        places = chance.permutation(places)
        made: list[Places] = []
        for start in range(0, len(places), size * SHUFFLED):
            some = self.by_length(places[start : start + size * SHUFFLED])
            made += [some[one : one + size] for one in range(0, len(some), size)]
        return [made[one] for one in chance.permutation(len(made))]

    def by_length(self, places: Places) -> Places:
        return places[np.argsort(self.lengths[places], kind="stable")]

    def answers(self, places: Places) -> Places:
        """The first and the last piece of the answer in each sequence: the very first piece where there is no answer,
        UNKNOWN where there is one and its place is not known."""
        spans = self.spans[places]
        known = spans[:, :1] >= 0
        elsewhere = np.where(self.labels[places] == 0, 0, UNKNOWN)[:, None]
        found: Places = np.where(known, spans + self.starts[places][:, None], elsewhere)
        return found


def read(file: Path) -> Material:
    with np.load(file, allow_pickle=False) as held:
        lengths = held["lens"].astype(np.int64)
        return Material(
            sequences=tuple(np.split(held["flat"].astype(np.int64), np.cumsum(lengths)[:-1])),
            starts=held["starts"].astype(np.int64),
            lengths=lengths,
            labels=held["label"].astype(np.float32),
            spans=held["span"].astype(np.int64),
            groups=tuple(map(str, held["group"])),
            general=int(held["n_general"]),
            asked=tuple(_asked(json.loads(str(held["ours"])))),
            padding=int(held["marks"][1]),
        )


def _asked(held: Iterable[tuple[str, str, str, str, bool, bool, list[tuple[int, float, bool]]]]) -> Iterable[Asked]:
    for part, _, _, project, has_answer, _, rows in held:
        right = frozenset(place for place, _, is_right in rows if is_right)
        yield Asked(part, project, has_answer, tuple(place for place, _, _ in rows), right)
