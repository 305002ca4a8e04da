"""Words of a question in the other language, from a list of words of work: passages are also found by those."""

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TypeAlias

from minga.memory.recall.words import fold, terms

Pairs: TypeAlias = dict[str, list[tuple[str, str]]]

_LETTERS = 3
"""Of a word, which its stem keeps: only what begins so is cut to stems, since that takes time."""


def with_translations(own: Sequence[str]) -> tuple[str, ...]:
    """Stems, as `words.terms` gives them, and behind them those that say the same in Spanish or English."""
    pairs, held = _pairs(), frozenset(own)
    others = [
        word
        for one in own
        for phrase, translated in pairs.get(one[:_LETTERS], ())
        if one in _stems(phrase) and held.issuperset(_stems(phrase))
        for word in _stems(translated)
    ]
    return tuple(dict.fromkeys((*own, *others)))


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


@lru_cache(maxsize=4096)
def _stems(phrase: str) -> tuple[str, ...]:
    return terms(phrase)
