"""What a sentence says of anything by name: "the X of Y is V", "Y's X is V", "Y uses the X V", in both languages.

V must look like a value (figure, version, date, path, host, address, code, or a name in quotation marks or backticks)
and end its clause; Y must be a name or a few nouns. What has a rule of its own (`settings`) is left to that.
"""

import re
from collections.abc import Iterator, Sequence

from minga.domain.memory import Entity
from minga.memory.extraction.claims import Claim, cleaned, is_name, subject_name, topic
from minga.memory.extraction.dates import Dated
from minga.memory.extraction.settings import ARTICLE, IS, NUMBER, PAST, PREDICATES, WHICH, day_at
from minga.memory.extraction.wording import Sentence

_WORD = r"[\w`][\w`./@-]{0,39}"
_WHAT = r"(?P<what>[a-z][\w-]{1,29}(?:\s+[a-z][\w-]{2,29}){0,2}?)"
_OF = (
    r"\s+(?:de\s+la|de\s+los|de\s+las|de|del|of\s+the|of|for\s+the|for|para\s+el|para\s+la|para)\s+"
    rf"(?P<of>{_WORD}(?:\s+{_WORD}){{0,4}}?)"
)
_VALUE = (
    r"(?:a\s+las\s+)?(?P<value>`[^`\n]{1,80}`|\"[^\"\n]{1,60}\"|(?:\d{1,2}(?:\.\d{3}){2}|\d{7,8})-[\dk]"
    r"|\d{1,4}(?:-\d{1,6}){2,5}"
    r"|\d{1,2}:\d{2}(?:\s?(?:hrs?|am|pm)\b)?|https?://[^\s,;)]{3,100}|[\w.+-]{1,40}@[\w-]{1,40}(?:\.[\w-]{1,20}){1,4}"
    r"|#[\w-]{2,40}|(?:/[\w.-]{1,40}){2,8}|\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?|v\d[\w.]{0,15}"
    rf"|{NUMBER}(?:\s(?!o\b|or\b|y\b|and\b|de\b|of\b|en\b|in\b|a\b|al\b|to\b|por\b|per\b|para\b|for\b|con\b|with\b)[a-z]{{3,15}})?"
    r"|[a-z][\w-]{0,40}(?:\.[\w-]{1,40}){1,4}|(?=[a-z_-]{0,30}\d)[a-z][\w-]{1,40})"
)
_ENDS = (
    r"(?![\w/%-]|[.,:]\d)(?=\s*(?:\.(?!\w)|[;:!)]|,(?!\d)|$)|\s+(?:y|e|and|desde|from|since|hasta|until|pero|but|porque|because"
    r"|a partir|a contar|as of|starting|now|ahora|segun|ya que)\b)"
)
_OF_IS = re.compile(ARTICLE + _WHAT + _OF + IS + _VALUE + _ENDS)
_OF_DATE = re.compile(ARTICLE + _WHAT + _OF + IS)
_PROPERTY = re.compile(_WHAT + _OF)
_LABELLED = re.compile(r"[-*\s]*(?:(?:el|la|the)\s+)?" + _WHAT + _OF + r"\s*[:=]\s+" + _VALUE + r"[.\s]*$")
_OWNERS = re.compile(rf"(?:^|(?<=[\s,;:(]))(?P<of>{_WORD})'s\s+" + _WHAT + IS + _VALUE + _ENDS)
_PLACED = r"(?P<what>" + "|".join(
    ("puerto", "port", "rama", "branch", "canal", "channel", "servidor", "server", "host", "base de datos", "base",
     "database", "bucket", "version", "direccion", "address", "carpeta", "folder", "directorio", "directory", "cuenta",
     "account", "proyecto", "project", "modo", "mode", "zona horaria", "time zone", "timezone")
) + r")"  # fmt: skip
_NOW = r"(?:\s+(?:ahora|ya|now|still|todavia|siempre|always))?"
_USES = re.compile(
    rf"(?:^|[.;:(,]\s+|(?:^|(?<=[\s,;:(]))(?:el|la|the)\s+)(?P<of>{_WORD}(?:\s+{_WORD}){{0,4}}?){_NOW}\s+"
    rf"(?:(?:usa|utiliza|uses){_NOW}|escucha{_NOW}\s+(?:en|por)|(?:corre|esta|queda|quedo|vive|responde|sigue){_NOW}\s+en"
    rf"|(?:listens|runs|answers|stays){_NOW}\s+on|(?:is|lives){_NOW}\s+(?:at|on|in))\s+(?:(?:el|la|the)\s+)?"
    + _PLACED + r"\s+" + _VALUE + _ENDS
)  # fmt: skip
_ADDRESS = r"(?P<value>https?://[^\s,;)]{3,100}|\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?)"
_LIES = re.compile(
    rf"(?:^|[.;:(,]\s+|(?:^|(?<=[\s,;:(]))(?:el|la|the)\s+)(?P<of>{_WORD}(?:\s+{_WORD}){{0,4}}?){_NOW}\s+"
    rf"(?:esta|queda|quedo|corre|responde|is|runs|answers|lives){_NOW}\s+(?:en|at|on)\s+" + _ADDRESS + _ENDS
)
_NO_HEAD = PAST | frozenset(
    """
    resto rest lista list mayoria most problema problem diferencia difference idea razon reason resultado result parte
    part unico unica only primer primero primera first segundo segunda second tercero third ultimo ultima last next
    siguiente proximo proxima suma sum total cantidad number caso case cosa thing punto point mitad half fin end motivo
    causa cause error respuesta answer pregunta question solucion solution ejemplo example tipo type kind clase forma
    way one uno una otro otra other cambio change consecuencia ventaja desventaja detalle suerte on in at by with of as
    en con por a al sobre segun para from y and o or pero but su sus its their his her tu your mi my
    """.split()  # noqa: SIM905 - words
)
"""What has such a word is not a thing's property, or another one each time."""
_WHICH = re.compile(rf"\b{WHICH}\b")
_ANY = re.compile(r"(?:un|una|unos|unas|a|an)\s")
_SEVERAL = re.compile(r"\s(?:son|are)\s")
_CODE = re.compile(r"[A-Z]|\d|[`\"#/@.]")


def found(one: Sentence, days: Sequence[Dated]) -> Iterator[Claim]:
    for pattern, confidence in ((_OF_IS, 0.8), (_OWNERS, 0.8), (_USES, 0.75)):
        for match in pattern.finditer(one.plain):
            yield from _claim(one, match, match["what"], days, confidence)
    if (labelled := _LABELLED.match(one.plain)) is not None:
        yield from _claim(one, labelled, labelled["what"], days, 0.75)
    for match in _LIES.finditer(one.plain):
        yield from _claim(one, match, "address", days, 0.75)
    for match in _OF_DATE.finditer(one.plain):
        day = day_at(match, days)
        if day is not None and day.bound == "on" and (subject := _subject(match, match["what"])):
            value = day.first.isoformat()
            yield Claim(
                subject, _predicate(match["what"]), value, match.start(), day.end, 0.8, single=True, dated=False
            )


def owned(words: str) -> tuple[Entity, str] | None:
    """Whose property it is and which one, of "the X of Y" alone."""
    match = _PROPERTY.fullmatch(words)
    subject = _subject(match, match["what"]) if match else None
    return (subject, _predicate(match["what"])) if match and subject else None


def _claim(one: Sentence, match: re.Match[str], what: str, days: Sequence[Dated], confidence: float) -> Iterator[Claim]:
    start, end = match.span("value")
    value = one.text[start:end]
    is_date = any(each.start < end and start < each.end for each in days)
    if not is_date and _CODE.search(value) and (subject := _subject(match, what)):
        yield Claim(subject, _predicate(what), cleaned(value), match.start(), end, confidence, single=True)


def _subject(match: re.Match[str], what: str) -> Entity | None:
    """Of one thing only: what holds of several, or of any ("a reference"), is a rule."""
    of = subject_name(match["of"])
    named = _named(what)
    is_one = not _ANY.match(match["of"]) and not _SEVERAL.search(match[0])
    return topic(of) if is_one and is_name(of) and is_name(named) and _NO_HEAD.isdisjoint(named.split()) else None


def _predicate(what: str) -> str:
    named = _named(what)
    return PREDICATES.get(named, named)


def _named(what: str) -> str:
    return " ".join(_WHICH.sub("", what).split())
