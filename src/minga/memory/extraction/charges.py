"""Who is in charge of what."""

import re
from collections.abc import Iterator

from minga.memory.extraction.claims import Claim, subject_name, topic
from minga.memory.extraction.persons import FIRST_NAMES, SURNAMES
from minga.memory.extraction.wording import Sentence, folded

_NAME = r"(?P<name>[A-ZÁÉÍÓÚÑ][a-záéíóúñü]{1,20}(?:[ ][A-ZÁÉÍÓÚÑ][a-záéíóúñü]{1,20}){0,3})"
_WHAT = (
    r"(?P<what>(?!ello\b|eso\b|it\b|that\b|all\b)[\w`./-]{2,40}(?:\s+[\w`./-]{1,40}){0,6}?)"
    r"(?=\s*(?:[,.;:()!]|$)|\s+(?:y|e|ni|nor|and|desde|a partir|a contar|from|since|until|hasta|con|with|pero|but|que"
    r"|who|while|mientras|es|is|durante|during|porque|because|starting|as of|now|ahora|tambien)\b)"
)
_OWNS = re.compile(rf"\b{_NAME}\s+(?:now\s+)?(?:owns|runs|leads|handles|takes over)\s+(?:the\s+)?{_WHAT}")
_IS = re.compile(
    rf"\b{_NAME}\s+(?:ahora\s+|ya\s+|now\s+|también\s+)?"
    r"(?:(?:queda|quedó|quedo|está|esta|estará|sigue|seguirá|pasa a estar|pasó a estar)\s+a cargo|(?:queda"
    r"|quedó|quedo|sigue|figura|pasa a ser|es|será|pasó a ser)\s+(?:como\s+)?(?:ahora\s+)?(?:el|la)?\s?"
    r"(?:nuev[oa]\s+)?(?:encargad[oa]|responsable|jef[ae]|dueñ[oa])|(?:is|will be|remains|stays|became"
    r"|is now)\s+(?:now\s+)?(?:in charge|responsible|the (?:new )?(?:owner|head|lead|person in charge)|owner|head))"
    rf"\s+(?:de|del|of|for)\s+(?:la|el|los|las|the)?\s?{_WHAT}"
)
_ROLE_IS = re.compile(
    r"\b(?:[Ee]ncargad[oa]|[Rr]esponsable|[Jj]ef[ae]|[Dd]ueñ[oa]|[Oo]wner|[Hh]ead|[Pp]erson in charge"
    r"|[Cc]ontacto)\s+(?:de|del|of|for)\s+(?:la|el|los|las|the)?\s?"
    r"(?P<what>[\w./-]{2,40}(?:\s+[\w./-]{1,40}){0,6}?)\s+(?:ahora\s+|now\s+)?(?:es|será|pasa a ser|pasó a ser"
    r"|sigue siendo|is|will be|is now|became)\s+(?:ahora\s+|now\s+|don\s+|doña\s+|la\s+|el\s+)?" + _NAME
)
_NO_LONGER = re.compile(
    rf"\b{_NAME}\s+(?:(?:ya\s+)?no\s+(?:(?:es|sigue|figura|queda)\s+(?:como\s+)?(?:el|la)?\s?"
    r"(?:encargad[oa]|responsable|jef[ae]|dueñ[oa])|(?:está|esta|sigue|queda)\s+a cargo)"
    r"|(?:is|'s)\s+(?:no longer|not)\s+(?:in charge|responsible|(?:the\s+)?(?:owner|head|lead|person in charge))"
    r"|isn't\s+(?:in charge|responsible|(?:the\s+)?(?:owner|head|lead|person in charge)))"
    r"\s+(?:de|del|of|for)\s+(?:la|el|los|las|the)?\s?"
    r"(?P<what>[\w`./-]{2,40}(?:\s+[\w`./-]{1,40}){0,6}?)(?:\s+any ?more)?"
    r"(?:\s+(?:desde|a partir de|since|from)\s[^,.;]{2,30})?\s*[,;.:]?\s+"
    r"(?:(?:pero|y|e|but|and)\s+)?"
    r"(?:(?:[Aa]hora|[Nn]ow)(?:\s+(?:(?:lo\s+)?(?:es|está|esta|queda)|(?:it|that)(?:\s+is|'s)|is))?"
    r"|(?:[Ee]s|[Ii]t is|[Ii]t's)(?:\s+(?:ahora|now))?|sino(?:\s+que\s+es)?)\s+(?:don\s+|doña\s+|la\s+|el\s+)?"
    + _NAME.replace("name", "now")
    + r"(?!\s+(?:de|del|of|for)\b)"
)
"""Who was in charge, and who is instead."""
_LATER = re.compile(r"\W*(?:(?:ahora|now)\s+)?(?:lo es|es|it is|it's|that is|that's)\b")
"""How a sentence of its own says who is: "now Pedro Soto is on holiday" does not."""
_ENDS = re.compile(r"\s*(?:[.,;:)!]|$|\s(?:y|e|and|desde|since|from|a partir|now|ahora)\b)")
_DENIES = re.compile(r"\bnot?\b|n't\b")
_HAS = re.compile(
    r"cargo|encargad|respons[ai]b|charge|owns|owner|runs|leads|handles|takes over|head|jef|dueñ|lead|contacto",
    re.IGNORECASE,
)
_BLAMED = re.compile(
    r"(?:outage|incident|errors?|bugs?|failures?|delays?|issues?|problems?|damages?|mistakes?|loss|breach|caida|falla"
    r"|fallo|atraso|multa|problema|incidente|error|perdida|dano)s?\b"
)
"""Whoever is responsible for that caused it."""
_NOBODY = frozenset(
    """
    the this that it he she they el la los las un una quien who lunes ahora si no yo eso esto este esta nadie nobody
    someone alguien which what i you we
    """.split()  # noqa: SIM905 - words
)


def handed_over(one: Sentence, after: Sentence | None) -> Iterator[Claim]:
    """Who is in charge where somebody is no longer; also where the next sentence says so. ``one`` is as it was said."""
    if not (_HAS.search(one.text) and _DENIES.search(one.plain)):
        return
    text = one.text + (" " * (after.start - one.end) + after.text if after and not after.asks else "")
    match = _NO_LONGER.search(text)
    if match is None or match.start() >= len(one.text) or not is_person(match["now"]):
        return
    goes_on = match.end() > len(one.text) and after is not None and not _LATER.match(after.plain)
    if goes_on or not _ENDS.match(text, match.end()):
        return
    what = subject_name(match["what"])
    if what:
        yield Claim(topic(what), "in charge", match["now"], match.start(), match.end(), 0.9, single=True)


def is_person(name: str) -> bool:
    """As a title is none: "Gerente General"."""
    words = folded(name).split()
    return words[0] in FIRST_NAMES or words[-1] in SURNAMES or (len(words) > 1 and words[-1].endswith("ez"))


def found(one: Sentence) -> Iterator[Claim]:
    if not _HAS.search(one.text):
        return
    for pattern, confidence in ((_IS, 0.9), (_ROLE_IS, 0.9), (_OWNS, 0.75)):
        for match in pattern.finditer(one.text):
            what = subject_name(match["what"])
            first = match["name"].split()[0].lower()
            is_named = pattern is not _OWNS or " " in match["name"] or folded(first) in FIRST_NAMES
            if (
                what
                and is_named
                and first not in _NOBODY
                and not (_BLAMED.match(folded(what)) and "respons" in match[0].lower())
                and not re.search(r"\b(?:no|not)\s+$", one.plain[: match.start()])
            ):
                yield Claim(
                    topic(what), "in charge", match["name"], match.start(), match.end(), confidence, single=True
                )
