"""Signatures by which texts that say the same in nearly the same words are found and merged.

One-permutation min-hash (Li, Owen, Zhang 2012) over pairs of words, beside a hash of everything that decides: figures,
names and negations. So "the port is 8069" is never near "the port is 8070", nor one client's text near another's.
"""

import re
import zlib
from collections.abc import Sequence

from minga.memory.extraction.wording import folded

BUCKETS = 24
SIMILAR = 0.7
"""Least estimated share of pairs of words that near texts have in common."""

_WORD = re.compile(r"[\w@$%]+(?:[.:/,-][\w@$%]+)*")
_FIGURE = re.compile(r"\d+")
_NEGATES = frozenset(
    """
    no nunca jamas sin tampoco ni not never without nor don't doesn't isn't can't won't
    """.split()  # noqa: SIM905 - words
)
_EMPTY = -1
_HASHES = 1 << 27


class Signature:
    """Of a text. What is compared only where everything before it is the same is made then."""

    __slots__ = ("_decided", "_least", "_text", "_words", "figures")

    def __init__(self, text: str) -> None:
        self._text = text
        self._words: list[str] = []
        self._decided: int | None = None
        self._least: tuple[int, ...] | None = None
        self.figures = frozenset(_FIGURE.findall(text))
        """The same for texts that are near."""

    def decided(self) -> int:
        """The same for texts that are near."""
        if self._decided is None:
            words = [(found.start(), found[0]) for found in _WORD.finditer(self._text)]
            whole = folded(self._text)
            self._words = [whole[start : start + len(word)] for start, word in words]
            deciding = {
                plain
                for (start, word), plain in zip(words, self._words, strict=True)
                if plain in _NEGATES or (not (word.islower() and word.isalpha()) and _decides(self._text, start, word))
            }
            self._decided = zlib.crc32(" ".join(sorted(deciding)).encode("utf-8", "surrogatepass"))
        return self._decided

    def least(self) -> tuple[int, ...]:
        """The least hash of each bucket; -1: empty."""
        if self._least is None:
            self.decided()  # cuts it into words
            self._least = _least(self._words)
        return self._least


def is_near(one: Signature, other: Signature) -> bool:
    """Whether two signatures are of texts that say the same. Texts without words are near nothing."""
    if one.figures != other.figures or one.decided() != other.decided():
        return False
    pairs = list(zip(one.least(), other.least(), strict=True))
    filled = sum(a != _EMPTY or b != _EMPTY for a, b in pairs)
    same = sum(a == b != _EMPTY for a, b in pairs)
    return filled > 0 and same >= SIMILAR * filled


def _least(words: Sequence[str]) -> tuple[int, ...]:
    least = [_HASHES] * BUCKETS
    encoded = [one.encode("utf-8", "surrogatepass") for one in words]
    for one, other in zip(encoded, encoded[1:] or encoded, strict=False):
        value = zlib.crc32(one + b" " + other) % _HASHES
        least[value % BUCKETS] = min(value, least[value % BUCKETS])
    return tuple(_EMPTY if one == _HASHES else one for one in least)


def _decides(text: str, start: int, word: str) -> bool:
    if not word.isalpha() and (any(map(str.isdigit, word)) or "_" in word or "/" in word):
        return True
    if not word[0].isupper():
        return False
    before = text[max(0, start - 3) : start].rstrip(" ")
    return before != "" and before[-1] not in ".!?\n¿¡:-"
