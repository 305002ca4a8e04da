"""How far the memory has come, at the standard error output."""

from minga.entrypoints.cli.noticing import Notice
from minga.entrypoints.cli.words import Words

REASONS = {
    "new": "Reading all sessions into the memory",
    "damaged": "The memory's file was damaged; making it anew from the sessions",
    "behind": "Bringing the memory up to date",
    "meaning": "Making vectors",
}
"""What is said of `Progress.reason`."""

NOTED_FROM = 500
"""Messages to take in from which on it is shown how far that is."""


def memory_progress(say: Words) -> Notice:
    return Notice(say, REASONS, NOTED_FROM)
