"""How far the memory has come, at the standard error output."""

import sys

from minga.entrypoints.cli.words import Words
from minga.memory.following import Progress

REASONS = {
    "new": "Reading all sessions into the memory",
    "damaged": "The memory's file was damaged; making it anew from the sessions",
    "behind": "Bringing the memory up to date",
    "meaning": "Making vectors",
}
"""What is said of `Progress.reason`."""

NOTED_FROM = 500
"""Messages to take in from which on it is shown how far that is."""


class MemoryProgress:
    """Says nothing of what is quick."""

    def __init__(self, say: Words) -> None:
        self._say = say
        self._said = ""

    def __call__(self, progress: Progress) -> None:
        why = REASONS[progress.reason]
        if progress.reason != "damaged" and progress.total < NOTED_FROM:
            return
        if sys.stderr.isatty():
            end = "\n" if progress.done >= progress.total else "\r"
            print(f"{self._say(why)}: {100 * progress.done // progress.total} %", end=end, file=sys.stderr, flush=True)
        elif self._said != why:
            print(f"{self._say(why)}.", file=sys.stderr, flush=True)
        self._said = why
