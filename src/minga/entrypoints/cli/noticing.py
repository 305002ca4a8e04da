"""Says at the standard error output why something takes long, and how far it is."""

import sys
from collections.abc import Mapping
from typing import Protocol

from minga.entrypoints.cli.words import Words


class Progress(Protocol):
    """``done`` of ``total`` are taken in; ``reason``: why it takes so long."""

    @property
    def reason(self) -> str: ...

    @property
    def done(self) -> int: ...

    @property
    def total(self) -> int: ...


class Notice:
    """``reasons``: what is said of `Progress.reason`. Nothing is said of fewer than ``noted_from``, but that something
    was damaged."""

    def __init__(self, say: Words, reasons: Mapping[str, str], noted_from: int) -> None:
        self._say = say
        self._reasons = reasons
        self._noted_from = noted_from
        self._said = ""

    def __call__(self, progress: Progress) -> None:
        why = self._reasons[progress.reason]
        if progress.reason != "damaged" and progress.total < self._noted_from:
            return
        if sys.stderr.isatty():
            end = "\n" if progress.done >= progress.total else "\r"
            print(f"{self._say(why)}: {100 * progress.done // progress.total} %", end=end, file=sys.stderr, flush=True)
        elif self._said != why:
            print(f"{self._say(why)}.", file=sys.stderr, flush=True)
        self._said = why
