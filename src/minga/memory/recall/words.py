"""Words as they are compared: folded, cut to their stems, without those that say nothing, whatever their language."""

import importlib
import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from minga.domain.memory import Language

WORD_LENGTH = 64

_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,]\d{3})+(?![\d]|[.,]\d)")
"""With marks for thousands: 1.500.000, and a law such as 19.983."""

_HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SPANISH_LETTERS = re.compile(r"[áéíóúñ¿¡]")

_ENGLISH = frozenset(
    [
        "a",
        "about",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "don",
        "for",
        "from",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "let",
        "ll",
        "me",
        "more",
        "my",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "out",
        "re",
        "s",
        "she",
        "should",
        "so",
        "some",
        "t",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "too",
        "us",
        "ve",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)
_SPANISH = frozenset(
    [
        "al",
        "algo",
        "asi",
        "aun",
        "aunque",
        "cada",
        "como",
        "con",
        "cual",
        "cuando",
        "cuanto",
        "de",
        "del",
        "desde",
        "donde",
        "e",
        "el",
        "ella",
        "ellos",
        "en",
        "era",
        "eran",
        "es",
        "esa",
        "ese",
        "eso",
        "esta",
        "estaba",
        "estan",
        "estar",
        "este",
        "esto",
        "fue",
        "fueron",
        "ha",
        "habia",
        "hace",
        "hacia",
        "han",
        "hasta",
        "hay",
        "he",
        "la",
        "las",
        "le",
        "les",
        "lo",
        "los",
        "mas",
        "me",
        "mi",
        "mis",
        "muy",
        "nada",
        "ni",
        "nos",
        "nosotros",
        "o",
        "os",
        "otra",
        "otro",
        "para",
        "pero",
        "por",
        "porque",
        "pues",
        "que",
        "quien",
        "se",
        "sea",
        "segun",
        "ser",
        "si",
        "sido",
        "sin",
        "sobre",
        "son",
        "su",
        "sus",
        "tambien",
        "te",
        "tenia",
        "tiene",
        "tienen",
        "todo",
        "tu",
        "tus",
        "u",
        "un",
        "una",
        "unas",
        "uno",
        "unos",
        "y",
        "ya",
        "yo",
    ]
)
_STOP = _ENGLISH | _SPANISH

# A word that is frequent in one of them and is none in the other.
_ONLY_ENGLISH = _ENGLISH - _SPANISH - {"no", "me", "he", "a", "s", "t", "re", "ve", "ll", "i"}
_ONLY_SPANISH = _SPANISH - _ENGLISH - {"e", "u", "o"}


@lru_cache(maxsize=1)
def _stemmers() -> tuple[object, object]:
    stemmer = importlib.import_module("snowballstemmer").stemmer  # it brings all its languages
    return stemmer("spanish"), stemmer("english")


_HUMPED = re.compile(r"\b[A-Za-z]{0,40}[a-z][A-Z]{2,10}\b")


def terms(text: str) -> tuple[str, ...]:
    """The stems of a text in order, also of the parts of identifiers: ``AccountMove`` and ``account_move`` give the
    same. One stemmer after the other, so that it needs no guess which language a word is of."""
    return tuple(map(_stem, _said(text)))


def holds(text: str, wanted: Collection[str]) -> bool:
    """Whether every one of these is among the `terms` of a text. Only words that begin as one of them are cut to stems:
    no stem begins in another way than its word."""
    beginning: dict[str, list[str]] = {}
    for word in _said(text):
        beginning.setdefault(word[0], []).append(word)
    return all(any(_stem(word) == one for word in beginning.get(one[:1], ())) for one in wanted)


def _said(text: str) -> list[str]:
    plain = _NUMBER.sub(lambda found: re.sub("[.,]", "", found.group()), text)
    folded = fold(_HUMP.sub(" ", plain))
    whole = [fold(name) for name in _HUMPED.findall(plain)]  # PostgreSQL is also looked for as postgresql
    return [word[:WORD_LENGTH] for word in (*_WORD.findall(folded), *whole) if word not in _STOP]


_ACCENTS = re.compile("[\u0300-\u034e\u0350-\u036f]+")
_RARE = re.compile("[^\x00-\u02ff\u0300-\u034e\u0350-\u036f\u2000-\u20cf]")
"""Among others there are no marks than those of `_ACCENTS`."""


def fold(text: str) -> str:
    """Lower case without accents: ``Qué`` -> ``que``."""
    lower = text.lower()
    if lower.isascii():
        return lower
    apart = unicodedata.normalize("NFD", lower)
    if not _RARE.search(apart):
        return _ACCENTS.sub("", apart)
    return "".join(one for one in apart if not unicodedata.combining(one))


def language(text: str) -> Language:
    """By its small words and its letters; empty where they do not tell."""
    start = text[:600].lower()
    words = _LETTERS.findall(fold(start))
    spanish = sum(word in _ONLY_SPANISH for word in words) + len(_SPANISH_LETTERS.findall(start))
    english = sum(word in _ONLY_ENGLISH for word in words)
    if spanish == english:
        return ""
    return "es" if spanish > english else "en"


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    if word.isdigit():
        return word
    spanish, english = _stemmers()
    return str(english.stemWord(spanish.stemWord(word)))  # type: ignore[attr-defined]
