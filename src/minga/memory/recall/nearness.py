"""How near each token of a question comes to a passage (late interaction: O. Khattab and M. Zaharia, "ColBERT",
SIGIR 2020), with tokens kept in 64 bytes each.

A state of 384 numbers is taken relative to the mean state, turned to the 128 directions in which states differ most
(principal components of the states of our own corpus, part ``train``), and kept in four bits a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from minga.memory.tokens import AT_ONCE, ZERO
from minga.memory.vectors import Packed

Numbers: TypeAlias = npt.NDArray[np.float32]

_MULTIPLIED = 128
"""Tokens that one product takes: a small one needs no copies, which saves a third of the time."""

_STEPS = ZERO - 1
_CLIPPED = 0.85
"""Of the largest number, what becomes the largest step."""


_SHARED = 2
"""Of the directions in which states differ most the first say how a text is made, such as its language, and little of
what it means: a question has nothing of them."""


@dataclass(frozen=True, slots=True)
class Directions:
    """``mean``: of the states of passages, and of questions; ``turn``: from states to what is kept. ``languages``: in
    which direction vectors of English passages differ from those of Spanish ones."""

    mean: Numbers
    mean_of_questions: Numbers
    turn: Numbers
    languages: Numbers


@lru_cache(maxsize=1)
def directions() -> Directions:
    with (files("minga.memory.recall") / "directions.npz").open("rb") as file, np.load(file) as held:
        return Directions(*(held[name].astype(np.float32) for name in ("mean", "questions", "turn", "languages")))


def packed(states: Numbers) -> bytes:
    """The tokens of a passage, as they are kept."""
    held = directions()
    turned = _turned(states, held.mean, held.turn)
    if not len(turned):
        return b""
    steps = np.abs(turned).max(axis=1, keepdims=True) * (_CLIPPED / _STEPS)
    whole = np.clip(np.rint(turned / np.maximum(steps, 1e-9)), -_STEPS, _STEPS).astype(np.int8) + ZERO
    return bytes((whole[:, ::2] | whole[:, 1::2] << 4).astype(np.uint8).tobytes())


def packed_states(states: bytes, dimensions: int) -> bytes:
    """`packed`, of states as an `Encoder` gives them."""
    return packed(np.frombuffer(states, "<f4").reshape(-1, dimensions)) if states else b""


def asked(states: Numbers) -> Numbers:
    """The tokens of a question."""
    held = directions()
    turned = _turned(states, held.mean_of_questions, held.turn)
    turned[:, :_SHARED] = 0
    return _unit(turned)


def across_languages(vector: Numbers) -> Numbers:
    """A question's vector without what its language adds: passages in both languages come equally near."""
    languages = directions().languages
    plain: Numbers = _unit((vector - (vector @ languages) * languages)[None])[0]
    return plain


def nearness(question: Numbers, passages: Sequence[Packed]) -> Numbers:
    """For each passage (rows) and each token of the question (columns), the cosine of the passage's token that comes
    nearest; 0 where a passage has no tokens. ``passages`` as `tokens.loosened` gives them."""
    found = np.zeros((len(passages), len(question)), np.float32)
    counts = np.array([len(one.lengths) for one in passages])
    full = np.flatnonzero(counts)
    if not len(full) or not len(question):
        return found
    kept = np.concatenate([one.rows for one in passages])
    # The question's numbers are put into the order of the passages' ones.
    wanted = np.concatenate([question[:, ::2], question[:, 1::2]], axis=1).T.copy()
    cosines = np.empty((len(kept), len(question)), np.float32)
    numbers = np.empty((AT_ONCE, kept.shape[1]), np.float32)
    for start in range(0, len(kept), AT_ONCE):
        some = kept[start : start + AT_ONCE]
        _multiply(some, wanted, numbers[: len(some)], cosines[start : start + AT_ONCE])
    cosines /= np.concatenate([one.lengths for one in passages])[:, None]
    starts = np.concatenate([[0], np.cumsum(counts[full])[:-1]])
    found[full] = np.maximum.reduceat(cosines, starts, axis=0)
    return found


def _multiply(kept: npt.NDArray[np.int8], wanted: Numbers, numbers: Numbers, products: Numbers) -> None:
    """Fills ``products``. ``numbers``: room to work in, which is not asked for anew each time."""
    numbers[...] = kept
    whole = len(numbers) // _MULTIPLIED * _MULTIPLIED
    in_parts = -1, _MULTIPLIED
    np.matmul(
        numbers[:whole].reshape(*in_parts, numbers.shape[1]),
        wanted,
        out=products[:whole].reshape(*in_parts, products.shape[1]),
    )
    np.matmul(numbers[whole:], wanted, out=products[whole:])


def _turned(states: Numbers, mean: Numbers, turn: Numbers) -> Numbers:
    turned = np.matmul(_unit(states) - mean, turn, dtype=np.float32)
    return _unit(turned)


def _unit(rows: Numbers) -> Numbers:
    unit: Numbers = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
