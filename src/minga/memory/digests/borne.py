"""Whether a text that a model wrote has only figures that the session has, and is in its language."""

import re
from collections.abc import Iterable, Sequence

from minga.domain.memory import Language, Passage
from minga.memory.extraction import dates
from minga.memory.extraction.wording import folded
from minga.memory.recall.words import language

_FIGURE = re.compile(r"(?<![\w:])\d{1,2}:\d\d(?::\d\d)?(?!\w|:\w)|[^\W_]+(?:[.,_][^\W_]+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_NUMBER = re.compile(r"v?(\d[\d.,]*)(?:ms|s|m|h|d|min|[kmgt]i?b?|px|x|am|pm|st|nd|rd|th|uf|usd|clp|km|kg)?")
_DECIMAL = re.compile(r"\d+\.\d+")
_HASH = re.compile(r"[0-9a-f]{7,}")
_DIGIT = re.compile(r"\d")

_WORD = re.compile(r"\b[^\W\d_]+\b")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[a-zA-Z\u00aa-\u024f\u1e00-\u1eff]")

_OTHERS = tuple(
    frozenset(words.split())
    for words in (
        "o os do da dos das é há não são foi em na nas no nos ao à um uma e com mais pelo pela seu sua"
        " a as de que para se por como",
        "le les du des et est une dans pour sur pas par qui il elle nous avec au aux ce cette sont été"
        " a la de que en se un on",
        "il lo gli di che è e per con della del dei delle una non nel nella sono stato al dal a la se un su in",
        "der die das und ist nicht ein eine mit für von auf den dem zu im wurde werden sich es an in so was",
    )
)
"""Small words of Portuguese, French, Italian and German, then those that Spanish or English has too."""

_OWN = {
    spoken: frozenset(words.split())
    for spoken, words in (
        (
            "es",
            "el la los las un una y con del al en es que de por para se lo su fue no como o a este esta ha han hay"
            " más sin sobre pero sus son ser desde hasta cuando ya cada debe nos e par",
        ),
        ("en", "the a an and of to in is was for with on that it not by at do no be from as"),
    )
}

FOREIGN_LEAST = 2
"""Different words of another language that are none of the session's own, before a text is said to be in that one."""

LATIN_LEAST = 0.7
"""Of the letters of a text in Spanish or English."""


def is_spoken(text: str, wanted: Language) -> bool:
    """Whether ``text`` is in the language ``wanted``, as far as its small words tell; of the empty one, anything is."""
    return not wanted or (language(text) in ("", wanted) and not _is_foreign(text, wanted))


def _is_foreign(text: str, wanted: Language) -> bool:
    words = [one.lower() for one in _WORD.findall(text)]
    letters = "".join(_LETTER.findall(text))
    if len(_LATIN.findall(letters)) < LATIN_LEAST * len(letters):
        return True
    own = _OWN[wanted]
    for other in _OTHERS:
        foreign = len({one for one in words if one in other and one not in own})
        if foreign >= FOREIGN_LEAST and foreign > len({one for one in words if one in own and one not in other}):
            return True
    return False


def invented(text: str, passages: Sequence[Passage]) -> list[str]:
    """The figures of ``text`` that the session has nowhere, as wholes. A date is compared as a date: its parts are no
    figures of their own."""
    last = max((one.source.at for one in passages if one.source.at), default=None)
    days = {dates.day_of(one.source.at) for one in passages if one.source.at}
    days |= {one.source.at.date() for one in passages if one.source.at}
    literal: set[str] = set()
    known: set[str] = set()
    for one in passages:
        said = folded(f"{one.text}\n{one.done}")
        named = dates.found(said, one.source.at)
        days |= {each.first for each in named if each.first == each.last}
        literal |= {said[each.start : each.end] for each in named}
        known |= _figures(_without(said, dates.found(said, None)))
    known |= {f"{day.year}" for day in days}
    plain = folded(text)
    right = [
        one
        for one in dates.found(plain, last)
        if plain[one.start : one.end] in literal or any(one.first <= day <= one.last for day in days)
    ]
    return [one for one in _written(_without(plain, right)) if not _is_known(one, known)]


def _without(text: str, spans: Iterable[dates.Dated]) -> str:
    for one in spans:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text


def _written(plain: str) -> list[str]:
    return [found[0] for found in _FIGURE.finditer(plain) if _DIGIT.search(found[0])]


def _figures(plain: str) -> set[str]:
    """Each as it is written, and its number without thousands and unit."""
    written = _written(plain)
    return {*written, *map(_number, written)}


def _number(figure: str) -> str:
    """``1.500`` and ``1500`` are the same, so are ``150ms`` and ``150``, ``v1.2`` and ``1.2``, ``1,5`` and ``1.5``."""
    found = _NUMBER.fullmatch(figure)
    number = found[1] if found else figure
    if _THOUSANDS.fullmatch(number):
        return re.sub("[.,]", "", number)
    return number.replace(",", ".") if found else number


def _is_same_decimal(figure: str, other: str) -> bool:
    """``1,4`` and ``1.40``, but not ``1.4`` and ``1.40``: with two dots they may be versions."""
    return "," in figure + other and _without_zeros(_number(figure)) == _without_zeros(_number(other))


def _without_zeros(number: str) -> str:
    return number.rstrip("0").rstrip(".") if _DECIMAL.fullmatch(number) else number


def _is_known(figure: str, known: set[str]) -> bool:
    if figure in known or _number(figure) in known or any(_is_same_decimal(figure, one) for one in known):
        return True
    return bool(_HASH.fullmatch(figure)) and any(_HASH.fullmatch(one) and one.startswith(figure) for one in known)
