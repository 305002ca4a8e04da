"""The models that tell what texts mean: one makes vectors of them, the other reads a passage with a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Encoded:
    """``vector`` has length 1. ``states``: one for each token of the text, one after the other; empty where the encoder
    has none, or is another one than that for which `memory.recall` has learned. All 32-bit floats, little-endian."""

    vector: bytes
    states: bytes = b""


class Encoder(Protocol):
    """Turns texts into vectors: those of near meaning get near directions, whatever their language. ``name`` tells one
    model from another, whose vectors do not compare; ``dimensions``: numbers a vector."""

    name: str
    dimensions: int

    def question(self, text: str) -> Encoded:
        """Takes up to some tens of milliseconds. Raises UnreadableModel."""
        ...

    def passages(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        """Of what is stored. A pair is what was said just before, or nothing, and the text itself. Raises
        UnreadableModel."""
        ...


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage to be read. ``before``: what was said just before it in its session. ``project``: the name by which
    people call it, empty where there is none."""

    text: str
    before: str = ""
    project: str = ""
    day: date | None = None


class Reader(Protocol):
    """Tells whether a passage answers a question, by reading both together."""

    def answers(self, question: str, excerpts: Sequence[Excerpt]) -> list[float]:
        """How probable it is of each, from 0 to 1. Takes some tens of milliseconds an excerpt. Raises
        UnreadableModel."""
        ...
