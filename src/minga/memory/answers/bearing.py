"""Whether quotes bear an answer out: its figures, also where they are spelt out, its days and its names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from minga.domain.answers import Quoted
from minga.domain.memory import Passage
from minga.memory.answers.counts import spelt
from minga.memory.digests.borne import invented
from minga.memory.extraction import dates
from minga.memory.extraction.persons import persons
from minga.memory.extraction.wording import folded, sentences
from minga.memory.recall.words import language, terms

QUOTE_LEAST = 2
"""Words of a quote beside grammar. Fewer bear nothing out, unless they are all that a sentence says."""

_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\d+(?:[.,]\d{3})*")
_SAYS = re.compile(r"[^\W\d_]{3}")
_NAME = re.compile(r"(?<![.!?:;\n\"'“«(¿¡-] )(?<=[^\s] )[^\W\d_a-zà-ÿ][\w-]*")
"""A word with a capital that does not begin a sentence."""

_ALONE = re.compile(r"(?:^|(?<=[.!?] ))[^\W\d_][\w-]*(?=[.!]*(?:$| ))(?=[.!]|$)")
"""A sentence of one word."""

_DENIES = re.compile(
    r"(?:\b(?:no|nunca|jamas|tampoco|ni|not|never|cannot|nor|sin|without)|n't)\s+"
    r"(?:(?:me|te|se|nos|lo|la|los|las|les?|aun|todavia|ya|hay|que|va|van|vamos|a|yet|longer|going|to|be|been|being|have)\s+){0,3}$"
)
_NO = re.compile(r"\b(?:no|nunca|jamas|tampoco|not|never|cannot|sin|without)\b|n't\b")
_LEAD = re.compile(r"^\W*(?:si|no|yes)\b\s*[,.;:]\s*")
_ENDS = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)|[;\n]|\b(?:sino|pero|but)\b|\b(?:y|and) (?=no\b|not\b)")
_SIGNED = re.compile(r"\w+://\S+|\S+@\S+|\w+_\w+|[A-Za-z]\w*(?:\.[A-Za-z]\w+)+|(?<![\w/])/\w\S*")
"""Addresses, paths, files and identifiers."""

_ANSWERS = frozenset("si no yes claro efectivamente indeed tampoco".split())  # noqa: SIM905 - words
_DAYS = {**dates.WEEKDAYS, **{name: -one for name, one in dates.MONTHS.items() if len(name) > 3 or name == "mayo"}}
"""Names of weekdays, and of months as negative numbers."""


@dataclass(frozen=True, slots=True)
class _Days:
    """That are named or meant, and the words for them."""

    literal: frozenset[str]
    spans: frozenset[tuple[date, date]]

    def hold(self, plain: str, one: dates.Dated) -> bool:
        return plain[one.start : one.end] in self.literal or any(
            (one.first, one.last) == span or (span[0] == span[1] and one.first <= span[0] <= one.last)
            for span in self.spans
        )

    @property
    def names(self) -> frozenset[int]:
        days = [first for first, last in self.spans if first == last]
        return frozenset(
            (
                *(one.weekday() for one in days),
                *(-first.month for first, last in self.spans if first.month == last.month),
            )
        )


def cut_denial(before: str) -> bool:
    """Whether what follows ``before`` is denied by its end."""
    return _DENIES.search(folded(before[-80:])) is not None


def bears_alone(text: str, start: int, end: int) -> bool:
    """Whether what stands in ``text`` there says something of its own: two words beside grammar, or a sentence."""
    quote = text[start:end]
    if len(terms(quote)) >= QUOTE_LEAST and _SAYS.search(quote):
        return True
    return any(_WORD.findall(one.text) == _WORD.findall(quote) for one in sentences(text))


def unborne(text: str, question: str, quotes: Sequence[Quoted]) -> bool:
    """Whether ``text`` has a figure, a day or a name that neither its quotes nor the question have. Where it says but
    what the question says ("yes, 12 UF"), its quotes alone must have them."""
    known = [replace(one.passage, text=one.quote, done="") for one in quotes]
    adds = set(terms(text)) - _ANSWERS - set(terms(question))
    if adds:
        known.append(replace(known[0], text=question))
    spoken = language(question)
    is_same_language = all(one.passage.language == spoken for one in quotes)
    unheard = _unheard(text, known, is_same_language=is_same_language)
    return bool(unheard or invented(text, known) or _unspelt(text, known) or _undated(text, known))


def contradicts(text: str, quotes: Sequence[Quoted]) -> bool:
    """Whether ``text`` says with a "no" just what every clause of the quotes that has its words says without, or the
    other way round."""
    said = _LEAD.sub("", folded(text))
    wanted = set(terms(said)) - _ANSWERS
    clauses = [clause for one in quotes for clause in _ENDS.split(folded(one.quote))]
    same = [clause for clause in clauses if wanted <= set(terms(clause))]
    denies = _NO.search(said) is not None
    return bool(wanted and same) and all((_NO.search(clause) is not None) != denies for clause in same)


def _unspelt(text: str, known: Sequence[Passage]) -> list[int]:
    """The numbers in words that are known neither in words nor in figures."""
    heard = "\n".join(one.text for one in known)
    figures = {int(re.sub("[.,]", "", one)) for one in _FIGURE.findall(heard)}
    figures |= {*spelt(heard, language(heard))}
    return [one for one in spelt(text, language(text)) if one not in figures]


def _undated(text: str, known: Sequence[Passage]) -> list[str]:
    plain = folded(text)
    days = _days(known)
    last = max((one.source.at for one in known if one.source.at), default=None)
    wrong = []
    for one in dates.found(plain, last):
        if not days.hold(plain, one):
            wrong.append(plain[one.start : one.end])
        plain = plain[: one.start] + " " * (one.end - one.start) + plain[one.end :]
    heard = days.names.union(*(_named(folded(one.text)).values() for one in known))
    return wrong + [word for word, one in _named(plain).items() if one not in heard]


def _named(plain: str) -> dict[str, int]:
    """The weekdays and months among its words, also of several ("los sábados", "on Thursdays")."""
    words = _WORD.findall(plain)
    return {one: _DAYS.get(one, _DAYS.get(one[:-1], 0)) for one in words if one in _DAYS or one[:-1] in _DAYS}


def _days(known: Sequence[Passage]) -> _Days:
    literal: set[str] = set()
    spans: set[tuple[date, date]] = set()
    for one in known:
        said = folded(one.text)
        named = dates.found(said, one.source.at)
        literal |= {said[each.start : each.end] for each in named}
        spans |= {(each.first, each.last) for each in named}
        if one.source.at:
            spans |= {(day, day) for day in (dates.day_of(one.source.at), one.source.at.date())}
    return _Days(frozenset(literal), frozenset(spans))


def _unheard(text: str, known: Sequence[Passage], *, is_same_language: bool) -> list[str]:
    """The names and addresses of ``text`` that stand nowhere in what is known."""
    heard = _words("\n".join(one.text for one in known))
    plain = folded(text)
    for one in dates.found(plain, known[0].source.at):  # compared as dates: Monday is said for lunes
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    people = [text[one.start : one.end] for one in persons(text, folded(text))]
    names = [*people, *_NAME.findall(text), *(_ALONE.findall(text) if is_same_language else ())]
    said = folded("\n".join(one.text for one in known))
    wrong = [one for one in _SIGNED.findall(text) if folded(one).rstrip(".,;:!?)»\"'") not in said]
    return wrong + [name for name in names if not _words(name) <= heard | _ANSWERS]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(folded(text)))
