"""The watch on a promised error rate: how often it raises the alarm, and after how many answers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from minga.verification.quality import EProcess
from minga.verification.quality.eprocess import ALPHA

STREAMS = 400
ANSWERS = 3000

RATES = ((0.01, 0.01), (0.01, 0.02), (0.01, 0.05), (0.02, 0.02), (0.02, 0.04), (0.02, 0.10))
"""Promised, and true."""


@dataclass(frozen=True, slots=True)
class Row:
    """``alarms``: after how many answers, of the streams that had one."""

    promised: float
    true: float
    streams: int
    alarms: tuple[int, ...]

    @property
    def share(self) -> float:
        return len(self.alarms) / self.streams

    @property
    def median(self) -> float | None:
        return median(self.alarms) if self.alarms else None

    @property
    def is_false(self) -> bool:
        """More alarms at the promised rate than alpha allows."""
        return self.promised == self.true and self.share > ALPHA


def measure(streams: int = STREAMS) -> Iterator[Row]:
    for promised, true in RATES:
        found = (_alarm(promised, true, random.Random(f"{promised} {true} {number}")) for number in range(streams))
        yield Row(promised, true, streams, tuple(one for one in found if one is not None))


def _alarm(promised: float, true: float, chance: random.Random) -> int | None:
    watch = EProcess(promised)
    for number in range(1, ANSWERS + 1):
        watch = watch.step(chance.random() < true)
        if watch.alarm():
            return number
    return None
