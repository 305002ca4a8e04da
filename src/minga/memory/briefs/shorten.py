"""One text at three lengths. Nothing is said in other words: what stays is cut out of the source, in its order."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

from minga.memory.briefs import tokens
from minga.memory.briefs.salience import Asked, asked, worth
from minga.memory.briefs.units import Unit, joined, units

Level = Literal["whole", "short", "headline"]

LEVELS: tuple[Level, ...] = ("headline", "short", "whole")

SHORT_SHARE = 0.5
"""Of a text's tokens, that its short form takes at most, where one sentence does not take more."""

HEADLINE_TOKENS = 25

HALF_EVIDENCE = 6.0
"""Worth of sentences that makes half of what can be known."""

_CUT = "…"
_WORD = re.compile(r"\S+")
_BREAK = re.compile(r"[,;:.)—–]$")


def shorten(text: str, level: Level, question: str = "") -> str:
    """Of a text without a question, what says most stays; with one, what is likely to answer it."""
    return shorter(text, level, asked(question))


def shorter(text: str, level: Level, asked_for: Asked) -> str:
    found = units(text)
    match level:
        case "whole":
            return text.strip()
        case "short":
            return joined(_short(found, _worths(found, asked_for)))
        case "headline":
            return _headline(found, asked_for)


def evidence(text: str, asked_for: Asked) -> float:
    """How likely ``text`` says what is wanted, as far as that can be seen, from 0 to 1: its best sentence counts most,
    the next half of that, and so on."""
    worths = sorted((worth(one, asked_for) for one in units(text)), reverse=True)
    total = sum(one * 0.5**place for place, one in enumerate(worths))
    return total / (total + HALF_EVIDENCE)


def _worths(found: Sequence[Unit], asked_for: Asked) -> list[float]:
    last = len(found) - 1
    return [worth(one, asked_for, at_edge=place in (0, last)) for place, one in enumerate(found)]


def _short(found: tuple[Unit, ...], worths: Sequence[float]) -> tuple[Unit, ...]:
    """The best, as many as fit the share; at least one."""
    sizes = [tokens.count(one.text) for one in found]
    room = sum(sizes) * SHORT_SHARE
    kept: list[int] = []
    for place in sorted(range(len(found)), key=lambda place: (-worths[place], place)):
        if not kept or sizes[place] <= room:
            kept.append(place)
            room -= sizes[place]
    return tuple(found[place] for place in sorted(kept))


def _headline(found: tuple[Unit, ...], asked_for: Asked) -> str:
    """The best sentence, or the best run of words in it that fits. Of code only its first line that says something."""
    prose = [one for one in found if not one.is_code] or found
    if not prose:
        return ""
    worths = _worths(prose, asked_for)
    best = prose[max(range(len(prose)), key=lambda place: (worths[place], -place))]
    lines = [line.strip() for line in best.text.splitlines() if line.strip(" `~\t")]
    line = next(iter(lines[1 if best.is_code and len(lines) > 1 and lines[0][:1] in "`~" else 0 :]), "")
    return line if tokens.count(line) <= HEADLINE_TOKENS else _window(line, asked_for)


def _window(line: str, asked_for: Asked) -> str:
    """The run of words of ``line`` that is worth most, with a mark where it was cut. Earlier ones win."""
    words = [_fitting(word) for word in _WORD.findall(line)]
    breaks = [True, *(bool(_BREAK.search(word)) for word in words[:-1])]
    best, best_worth = "", -1.0
    end = 0
    for start in range(len(words)):
        end = max(end, start)
        while end < len(words) and tokens.count(_cut(words, start, end + 1)) <= HEADLINE_TOKENS:
            end += 1
        if end == start:
            continue
        text = _cut(words, start, end)
        value = worth(Unit(text, False, 0), asked_for) + (0.5 if breaks[start] else 0)
        if value > best_worth:
            best, best_worth = text, value
        if end == len(words):
            break
    return best


def _fitting(word: str) -> str:
    """Its beginning, where it is too long to be told at all: a sentence in Japanese is one."""
    if tokens.count(_CUT + word + _CUT) <= HEADLINE_TOKENS:
        return word
    lengths = range(len(word))
    size = bisect_right(lengths, HEADLINE_TOKENS, key=lambda length: tokens.count(_CUT + word[:length] + _CUT))
    return word[: size - 1] + _CUT


def _cut(words: Sequence[str], start: int, end: int) -> str:
    return (
        (_CUT if start else "")
        + " ".join(words[start:end])
        + (_CUT if end < len(words) and not words[end - 1].endswith(_CUT) else "")
    )
