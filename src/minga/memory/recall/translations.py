"""Other words for those of a question, and words of the other language, from lists of words of work: passages are also
found by those."""

import tomllib
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TypeAlias

from minga.memory.recall.words import fold, terms

Pairs: TypeAlias = dict[str, list[tuple[str, str]]]
Groups: TypeAlias = dict[str, list[tuple[str, ...]]]
Entry: TypeAlias = tuple[frozenset[str], tuple[str, ...]]
"""Stems that a question needs to have, and those that are then looked for."""

_LETTERS = 3
"""Of a word, which its stem keeps: only what begins so is cut to stems, since that takes time."""


def in_other_words(own: Sequence[str]) -> tuple[str, ...]:
    """Stems, as `words.terms` gives them; behind them what says the same in Spanish or English, then what is said for
    them, and last what says that in the other language."""
    held = frozenset(own)
    others = _others(_said_for, own, held)
    return with_translations(tuple(dict.fromkeys((*with_translations(own), *others))))


def with_translations(own: Sequence[str]) -> tuple[str, ...]:
    """Stems, as `words.terms` gives them, and behind them those that say the same in Spanish or English."""
    return tuple(dict.fromkeys((*own, *_others(_translated, own, frozenset(own)))))


def _others(look_up: Callable[[str], Sequence[Entry]], own: Sequence[str], held: frozenset[str]) -> list[str]:
    return [other for one in own for needed, others in look_up(one) if needed <= held for other in others]


@lru_cache(maxsize=4096)
def _said_for(word: str) -> tuple[Entry, ...]:
    groups = _groups().get(word[:_LETTERS], ())
    return tuple(
        (frozenset(_stems(phrase)), tuple(other for one in group for other in _stems(one)))
        for group in groups
        for phrase in group
        if word in _stems(phrase)
    )


@lru_cache(maxsize=4096)
def _translated(word: str) -> tuple[Entry, ...]:
    pairs = _pairs().get(word[:_LETTERS], ())
    return tuple((frozenset(_stems(one)), _stems(other)) for one, other in pairs if word in _stems(one))


def is_translated(word: str) -> bool:
    """Whether it is in the list."""
    own = terms(word)
    return len(with_translations(own)) > len(own)


@lru_cache(maxsize=1)
def _pairs() -> Pairs:
    """What a question needs to have, and what is then added; by how its first word begins."""
    pairs: Pairs = {}
    held = tomllib.loads((files("minga.memory.recall") / "translations.toml").read_text("utf-8"))
    for spanish, english in held.items():
        for phrase in spanish.split(","):
            pairs.setdefault(fold(phrase.strip())[:_LETTERS], []).append((phrase, english))
            for word in english.split():
                pairs.setdefault(fold(word)[:_LETTERS], []).append((word, phrase))
    return pairs


@lru_cache(maxsize=1)
def _groups() -> Groups:
    """By how the words of a group begin."""
    groups: Groups = {}
    held = tomllib.loads((files("minga.memory.recall") / "synonyms.toml").read_text("utf-8"))
    for line in held["groups"]:
        group = tuple(line.split(", "))
        for start in dict.fromkeys(fold(phrase)[:_LETTERS] for phrase in group):
            groups.setdefault(start, []).append(group)
    return groups


@lru_cache(maxsize=4096)
def _stems(phrase: str) -> tuple[str, ...]:
    return terms(phrase)
