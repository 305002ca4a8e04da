"""Whether quotes bear an answer out: its figures, also where they are spelt out, its days and its names."""

import re
from collections.abc import Sequence
from dataclasses import replace

from minga.domain.answers import Quoted
from minga.domain.memory import Passage
from minga.memory.answers.counts import spelt
from minga.memory.answers.days import undated
from minga.memory.answers.names import ANSWERS, unheard
from minga.memory.digests.borne import invented
from minga.memory.extraction.wording import folded, sentences
from minga.memory.recall.words import language, terms

QUOTE_LEAST = 2
"""Words of a quote beside grammar. Fewer bear nothing out, unless they are all that a sentence says."""

_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\d+(?:[.,]\d{3})*")
_SAYS = re.compile(r"[^\W\d_]{3}")
_DENIES = re.compile(
    r"(?:\b(?:no|nunca|jamas|tampoco|ni|not|never|cannot|nor|sin|without)|n't)\s+"
    r"(?:(?:me|te|se|nos|lo|la|los|las|les?|aun|todavia|ya|hay|que|va|van|vamos|a|yet|longer|going|to|be|been|being|have)\s+){0,3}$"
)
_NO = re.compile(r"\b(?:no|nunca|jamas|tampoco|not|never|cannot|sin|without)\b|n't\b")
_LEAD = re.compile(r"^\W*(?:si|no|yes)\b\s*[,.;:]\s*")
_ENDS = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)|[;\n]|\b(?:sino|pero|but)\b|\b(?:y|and) (?=no\b|not\b)")


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
    adds = set(terms(text)) - ANSWERS - set(terms(question))
    if adds:
        known.append(replace(known[0], text=question))
    spoken = language(question)
    is_same_language = all(one.passage.language == spoken for one in quotes)
    whole = "\n".join(one.passage.text for one in quotes)
    names = unheard(text, known, whole, is_same_language=is_same_language)
    return bool(names or invented(text, known) or _unspelt(text, known) or undated(text, known))


def contradicts(text: str, quotes: Sequence[Quoted]) -> bool:
    """Whether ``text`` says with a "no" just what every clause of the quotes that has its words says without, or the
    other way round."""
    said = _LEAD.sub("", folded(text))
    wanted = set(terms(said)) - ANSWERS
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
