"""What a person typed to search for, as terms; and where those stand in a text."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

EXCERPT_BEFORE = 60
EXCERPT_LENGTH = 220

LOOKED_AT_MAX = 500
"""Places in one text among which the best excerpt is chosen."""

_PIECE = re.compile(r'"([^"]*)"?(\*?)|([^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or words that stand side by side. ``is_prefix``: the last one is only how a word begins."""

    text: str
    tokens: tuple[str, ...]
    is_prefix: bool

    @property
    def expression(self) -> str:
        """In the language of FTS5; everything between its quotation marks is text."""
        return f'"{self.text}"' + ("*" if self.is_prefix else "")

    @property
    def pattern(self) -> str:
        """In folded text."""
        end = "" if self.is_prefix else r"(?![^\W_])"
        return r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, self.tokens)) + end


@dataclass(frozen=True, slots=True)
class Excerpt:
    """``marks`` are the places of what was found: begin and end. ``terms``: how many of those asked for are in it."""

    text: str
    marks: tuple[tuple[int, int], ...]
    terms: int


def fold(text: str) -> str:
    """Lower case without accents, for comparing: ``Qué`` -> ``que``. One character becomes one character."""
    return text.lower() if text.isascii() else text.translate(_Folding())


class _Folding(dict[int, str]):
    """What is folded once is known the next time, as long as one text takes."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = unicodedata.normalize("NFD", character)[0].lower()[:1]
        self[code] = folded
        return folded


def terms_of(text: str) -> list[Term]:
    """Words, ``"quoted phrases"`` and ``begin*``; nothing else means anything. A piece without a letter or a digit is
    no term."""
    terms: list[Term] = []
    text = unicodedata.normalize("NFC", text).translate(_QUOTES).replace("\0", " ")
    for phrase, star, word in _PIECE.findall(text):
        piece = word or phrase
        tokens = tuple(_TOKEN.findall(fold(piece)))
        if tokens:
            terms.append(Term(piece.rstrip("*"), tokens, bool(star) or piece.endswith("*")))
    return terms


def excerpt(text: str, terms: Sequence[Term]) -> Excerpt:
    """Cut out the part of ``text`` that holds most of ``terms``, the first of several; its beginning if it has none."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    places = _places(fold(text), terms)
    start, most = 0, 0
    for place, (begin, _, _) in enumerate(places):
        within = {term for at, _, term in places[place : place + 20] if at < begin + EXCERPT_LENGTH - EXCERPT_BEFORE}
        if len(within) > most:
            start, most = begin, len(within)
    first = max(0, start - EXCERPT_BEFORE)
    if first:
        first = text.find(" ", first, start) + 1 or first
    last = first + EXCERPT_LENGTH
    marks = tuple((begin - first, end - first) for begin, end, _ in places if first <= begin and end <= last)
    head, tail = ("…" if first else ""), ("…" if last < len(text) else "")
    shift = len(head)
    return Excerpt(f"{head}{text[first:last]}{tail}", tuple((begin + shift, end + shift) for begin, end in marks), most)


def _places(folded: str, terms: Sequence[Term]) -> list[tuple[int, int, int]]:
    """Begin, end and number of the term, in order."""
    found: list[tuple[int, int, int]] = []
    for number, term in enumerate(terms):
        for count, match in enumerate(re.finditer(term.pattern, folded)):
            if count == LOOKED_AT_MAX:
                break
            found.append((match.start(), match.end(), number))
    return sorted(found)
