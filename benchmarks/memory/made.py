"""Very many passages and questions, made; the same ones for the same number.

Texts are drawn from a vocabulary with Zipf's frequencies. Vectors and tokens come from what the installed encoder makes
of passages of our corpus, part ``train``: a vector is one between that of its session's subject and that of another
passage, with noise; the tokens are those of some passage as they are, so that there are as many as real ones have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from benchmarks.memory.parts import TRAIN, read
from minga.domain.meaning import Encoded
from minga.domain.memory import Question
from minga.domain.transcript import TextPart
from minga.infrastructure import e5
from minga.memory.recall.nearness import packed_states

BATCH = 2_000
PROJECTS = 40
OF_SESSION = 50

ENCODED, QUESTIONS, AT_ONCE = 480, 60, 16
"""Passages and questions that are encoded; ``train`` has more."""

OF_SUBJECT, NOISE = 0.7, 0.4
"""The share of the subject, and the length of the noise. So the nearest passage has a cosine of .84 (in
``train`` .83), and just any passage one of .61 (.62)."""

VOCABULARY = 200_000

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Real:
    """What the encoder made of passages, and of questions. ``tokens`` of the passages, as they are kept."""

    passages: tuple[Encoded, ...]
    tokens: tuple[bytes, ...]
    questions: tuple[Encoded, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    question: Question
    encoded: Encoded


class World:
    def __init__(self, real: Real) -> None:
        self._real = real
        self._vectors = _unit(np.stack([np.frombuffer(one.vector, "<f4") for one in real.passages]))
        chances = 1 / (np.arange(1, VOCABULARY + 1) + 20.0)
        self._chances = (chances / chances.sum()).cumsum()

    def texts(self, batch: int) -> list[str]:
        random = np.random.default_rng((1, batch))
        lengths = random.integers(6, 50, BATCH)
        words = np.searchsorted(self._chances, random.random(int(lengths.sum()))).tolist()
        ends = lengths.cumsum().tolist()
        return [" ".join(map(_word, words[start:end])) for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    def vectors(self, batch: int) -> Numbers:
        random = np.random.default_rng((2, batch))
        held = self._vectors
        subjects = np.repeat(random.integers(0, len(held), BATCH // OF_SESSION), OF_SESSION)
        others = random.integers(0, len(held), BATCH)
        noise = random.normal(size=(BATCH, held.shape[1])).astype(np.float32) / np.sqrt(held.shape[1])
        return _unit(OF_SUBJECT * held[subjects] + (1 - OF_SUBJECT) * held[others] + NOISE * noise)

    def tokens(self, batch: int) -> list[bytes]:
        held = self._real.tokens
        return [held[one] for one in np.random.default_rng((4, batch)).integers(0, len(held), BATCH).tolist()]

    def asked(self, size: int, count: int) -> Iterator[Asked]:
        """Words of one passage and a vector near it; a third is asked in one of `PROJECTS`."""
        random = np.random.default_rng(3)
        for number in random.integers(0, size, count).tolist():
            words = self.texts(number // BATCH)[number % BATCH].split()
            some = random.choice(words, min(len(words), int(random.integers(2, 9))), replace=False)
            vector = self.vectors(number // BATCH)[number % BATCH]
            noise = random.normal(size=len(vector)) * NOISE / np.sqrt(len(vector))
            states = self._real.questions[int(random.integers(0, len(self._real.questions)))].states
            project = f"/work/{int(random.integers(0, PROJECTS))}"
            places = (project,) if random.random() < 1 / 3 else None
            near = _unit(vector[None] + noise)[0].astype("<f4").tobytes()
            yield Asked(Question(" ".join(some), places, datetime.now(UTC)), Encoded(near, states))


def real(folder: Path) -> Real:
    """As it stands in ``folder``; it is made where there is none, which takes a minute."""
    file = folder / f"real-{e5.E5.name}.msgpack"
    if not file.exists():
        file.write_bytes(msgspec.msgpack.encode(_encoded()))
    return msgspec.msgpack.decode(file.read_bytes(), type=Real)


def _encoded() -> Real:
    part, encoder = read(TRAIN), e5.E5()
    said = ["".join(one.text for one in entry.message.parts if isinstance(one, TextPart)) for entry in part.log]
    pairs = list(zip(["", *said], said, strict=False))[:ENCODED]
    made = [one for start in range(0, len(pairs), AT_ONCE) for one in encoder.passages(pairs[start : start + AT_ONCE])]
    tokens = tuple(packed_states(one.states, encoder.dimensions) for one in made)
    vectors = tuple(Encoded(one.vector) for one in made)
    return Real(vectors, tokens, tuple(encoder.question(one.words) for one in part.asked[:QUESTIONS]))


def _unit(rows: npt.NDArray[np.floating]) -> Numbers:
    unit: Numbers = np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
    return unit


@cache
def _word(number: int) -> str:
    """A word of letters, that no stemmer shortens."""
    letters = ""
    number += 26
    while number:
        number, rest = divmod(number, 21)
        letters += "bcdfghjklmnpqrtvwxzym"[rest] + "aoiu"[rest % 4]
    return letters + "k"
