"""Whether the names and addresses of an answer are said in what it quotes: as they are written there, as the plural or
a part of an identifier, or as the other language says them."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files

from minga.domain.memory import Passage
from minga.memory.answers.days import named
from minga.memory.extraction import dates
from minga.memory.extraction.persons import persons
from minga.memory.extraction.wording import folded
from minga.memory.recall.words import terms

ANSWERS = frozenset("si no yes ok claro efectivamente indeed tampoco".split())  # noqa: SIM905 - words
"""What an answer begins with."""

_WORD = re.compile(r"\w+")
_NAME = re.compile(r"(?<![.!?:;\n\"'“«(¿¡-] )(?<=[^\s] )[^\W\d_a-zà-ÿ][\w-]*")
"""A word with a capital that does not begin a sentence."""

_FIRST = re.compile(r"(?:^|(?<=[.!?:;] ))[^\W\d_a-zà-ÿ][\w-]*")
_CAPITALS = re.compile(r"[A-Z]{2}|[a-z][A-Z]")
_ALONE = re.compile(r"(?:^|(?<=[.!?] ))[^\W\d_][\w-]*(?=[.!]*(?:$| ))(?=[.!]|$)")
"""A sentence of one word."""

_SIGNED = re.compile(r"\w+://\S+|\S+@\S+|\w+_\w+|[A-Za-z]\w*(?:\.[A-Za-z]\w+)+|(?<![\w/])/\w\S*")
"""Addresses, paths, files and identifiers."""

_PERSONS = frozenset(("abril", "domingo", "julio"))
"""Names of days and months that persons have, too, and that Spanish then writes with a capital."""

_SEVERAL = re.compile(r"\b([A-Z]{2,})s\b")
"""Of capitals: PRs, DTEs."""


def unheard(text: str, known: Sequence[Passage], whole: str, *, is_same_language: bool) -> list[str]:
    """Those of ``text`` that stand nowhere in what is known. Persons are called as they are called there. ``whole``:
    the passages of it; a name that stands in them alone counts for none, as it may be that of somebody else."""
    said = "\n".join(one.text for one in known)
    plain = folded(text)
    for one in dates.found(plain, known[0].source.at):  # compared as dates: Monday is said for lunes
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    people = [text[one.start : one.end] for one in persons(text, folded(text))]
    names = [*_NAME.findall(text), *_first(text, whole), *(_ALONE.findall(text) if is_same_language else ())]
    heard = _words(said) | ANSWERS
    called = heard | frozenset(_called(said))
    wrong = [one for one in _SIGNED.findall(text) if folded(one).rstrip(".,;:!?)»\"'") not in folded(said)]
    wrong += [one for one in people if not _words(one) <= heard]
    return wrong + [one for one in names if not (_words(_SEVERAL.sub(r"\1", one)) <= called or _is_day(one))]


def _is_day(name: str) -> bool:
    """Weekdays and months are compared as days."""
    return bool(named(folded(name))) and folded(name) not in _PERSONS


def _first(text: str, whole: str) -> Iterator[str]:
    """Words at the beginning of a sentence that are names, as their capitals or ``whole`` tell."""
    names = frozenset(map(folded, _NAME.findall(whole)))
    return (one for one in _FIRST.findall(text) if terms(one) and (_CAPITALS.search(one) or folded(one) in names))


def _called(said: str) -> Iterator[str]:
    """Words that name what these name."""
    yield from (word.lower() for word in _SEVERAL.findall(said))
    plain = folded(said)
    yield from (part for word in _WORD.findall(plain) if "_" in word for part in word.split("_"))
    for one, other in _translations():
        if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", said if one.isupper() else plain):
            yield from _WORD.findall(folded(other))


@lru_cache(maxsize=1)
def _translations() -> tuple[tuple[str, str], ...]:
    """Each both ways; folded, but what is of capitals: "it" is no name."""
    held = tomllib.loads((files("minga.memory.answers") / "names.toml").read_text("utf-8"))
    pairs = [(spanish, english) for several, english in held.items() for spanish in several.split(", ")]
    found = (*pairs, *((english, spanish) for spanish, english in pairs))
    return tuple((one if one.isupper() else folded(one), other) for one, other in found)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(folded(text)))
