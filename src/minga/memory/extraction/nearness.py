"""Signatures by which texts that say the same in nearly the same words are found and merged.

One-permutation min-hash (Li, Owen, Zhang 2012) over pairs of words, beside a hash of everything that decides: figures,
names and negations. So "the port is 8069" is never near "the port is 8070", nor one client's text near another's.
"""

import re
import zlib

from minga.memory.extraction.wording import folded

BUCKETS = 24
SIMILAR = 0.7
"""Least estimated share of pairs of words that near texts have in common."""

_WORD = re.compile(r"[\w@$%]+(?:[.:/,-][\w@$%]+)*")
_NEGATES = frozenset(
    """
    no nunca jamas sin tampoco ni not never without nor don't doesn't isn't can't won't
    """.split()  # noqa: SIM905 - words
)
_EMPTY = -1
_HASHES = 1 << 27


def near(text: str) -> tuple[int, ...]:
    """The signature: the hash of what decides, then the least hash of each bucket (-1: empty). Its first number is the
    same for texts that are near, so an index can look them up by it."""
    words = [(found.start(), found[0]) for found in _WORD.finditer(text)]
    whole = folded(text)
    plain = [whole[start : start + len(word)] for start, word in words]
    deciding = {one for (start, word), one in zip(words, plain, strict=True) if _decides(text, start, word, one)}
    least = [_HASHES] * BUCKETS
    encoded = [one.encode("utf-8", "surrogatepass") for one in plain]
    for one, other in zip(encoded, encoded[1:] or encoded, strict=False):
        value = zlib.crc32(one + b" " + other) % _HASHES
        least[value % BUCKETS] = min(value, least[value % BUCKETS])
    decided = zlib.crc32(" ".join(sorted(deciding)).encode("utf-8", "surrogatepass"))
    return decided, *(_EMPTY if one == _HASHES else one for one in least)


def is_near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two signatures are of texts that say the same. Texts without words are near nothing."""
    if not one or not other or one[0] != other[0]:
        return False
    filled = sum(a != _EMPTY or b != _EMPTY for a, b in zip(one[1:], other[1:], strict=True))
    same = sum(a == b != _EMPTY for a, b in zip(one[1:], other[1:], strict=True))
    return filled > 0 and same >= SIMILAR * filled


def _decides(text: str, start: int, word: str, plain: str) -> bool:
    if plain in _NEGATES or (not word.isalpha() and (any(map(str.isdigit, word)) or "_" in word or "/" in word)):
        return True
    if not word[0].isupper():
        return False
    before = text[max(0, start - 3) : start].rstrip(" ")
    return before != "" and before[-1] not in ".!?\n¿¡:-"
