"""Where the words of a quotation stand in a text, or those nearest to them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"[^\W_]+(?:[.,:'’/-][^\W_]+)*")

_CHANGED_MAX = 3
_WORDS_MIN = 5
_ANCHORS_MAX = 24
_PLACES_MAX = 40
"""Of one anchor in one text: the words of a quotation that are everywhere show nothing."""

_ALIGNED_MAX = 3
_BUCKET = 24
_MARGIN = 48
"""Characters around the place where a passage is expected."""

_WORDS_MAX = 400
"""Of a passage that is looked for by nearness; a longer one has to stand there as it is."""


@dataclass(frozen=True, slots=True)
class Source:
    """``words`` are those of the text in small letters, with one blank before and after each."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """``there`` stands in ``source`` where the quotation has ``quoted``, both with a word around; ``changed`` words
    differ."""

    source: str
    quoted: str
    there: str
    changed: int


def source(name: str, text: str) -> Source:
    return Source(name, f" {' '.join(words_of(text))} ")


def words_of(text: str) -> list[str]:
    """What counts as the same: case, blanks, punctuation and the form of quotation marks do not."""
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def stands_in(words: Sequence[str], sources: Sequence[Source]) -> str | None:
    """The name of the first source that holds ``words`` one after another."""
    wanted = f" {' '.join(words)} "
    return next((one.name for one in sources if wanted in one.words), None)


def nearest(words: Sequence[str], sources: Sequence[Source]) -> Nearest | None:
    """The passage that differs in the fewest words: one to three of them, and at most a quarter; else None."""
    most = min(_CHANGED_MAX, (len(words) + 1) // 4)
    if len(words) < _WORDS_MIN or len(words) > _WORDS_MAX:
        return None
    found = [one for each in sources for one in _near(words, each, most)]
    return min(found, key=lambda one: one.changed, default=None)


def _near(words: Sequence[str], where: Source, most: int) -> list[Nearest]:
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    votes: Counter[int] = Counter()
    for index, anchor in _anchors(words):
        place = where.words.find(anchor)
        for _ in range(_PLACES_MAX):
            if place < 0:
                break
            votes[(place - starts[index]) // _BUCKET] += 1
            place = where.words.find(anchor, place + 1)
    found: list[Nearest] = []
    for bucket, _ in votes.most_common(_ALIGNED_MAX):
        start = max(0, bucket * _BUCKET - _MARGIN)
        passage = where.words[start : start + starts[-1] + 2 * _MARGIN + _BUCKET].split(" ")[1:-1]
        if one := _aligned(words, passage, where.name, most):
            found.append(one)
    return found


def _anchors(words: Sequence[str]) -> list[tuple[int, str]]:
    """Two words, of a longer quotation three, that follow one another, spread over it."""
    size = 2 if len(words) < 9 else 3
    places = range(len(words) - size + 1)
    step = max(1, len(places) // _ANCHORS_MAX)
    return [(place, f" {' '.join(words[place : place + size])} ") for place in places[::step]]


def _aligned(words: Sequence[str], passage: Sequence[str], name: str, most: int) -> Nearest | None:
    """``passage`` has words of its surroundings at both ends, which do not count."""
    codes = SequenceMatcher(None, words, passage, autojunk=False).get_opcodes()
    if codes and codes[0][0] == "insert":
        codes = codes[1:]
    if codes and codes[-1][0] == "insert":
        codes = codes[:-1]
    other = [_without_surroundings(code, len(words)) for code in codes if code[0] != "equal"]
    changed = sum(max(b - a, d - c) for a, b, c, d in other)
    if not 0 < changed <= most:
        return None
    (a, _, c, _), (_, b, _, d) = other[0], other[-1]
    before, after = int(a > 0), int(b < len(words))
    quoted, there = words[a - before : b + after], passage[c - before : d + after]
    return Nearest(name, " ".join(quoted), " ".join(there), changed)


def _without_surroundings(code: tuple[str, int, int, int, int], length: int) -> tuple[int, int, int, int]:
    """Where a quotation differs at its beginning or end, as many words of the passage count as it has there."""
    tag, a, b, c, d = code
    if tag == "replace" and b == length:
        d = min(d, c + b - a)
    elif tag == "replace" and a == 0:
        c = max(c, d - (b - a))
    return a, b, c, d
