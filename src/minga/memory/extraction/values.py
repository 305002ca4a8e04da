"""What a sentence says of anything by name: "the X of Y is V", "Y's X is V", "Y uses the X V", in both languages.

V must look like a value (figure, version, date, path, host, address, code, or a name in quotation marks or backticks)
and end its clause; Y must be a name or a few nouns. What has a rule of its own (`settings`) is left to that.
"""

import re
from collections.abc import Iterator, Sequence

from minga.domain.memory import Entity
from minga.memory.extraction.claims import Claim, cleaned, is_name, subject_name, topic
from minga.memory.extraction.dates import Dated
from minga.memory.extraction.settings import ARTICLE, IS, NUMBER, PREDICATES, day_at
from minga.memory.extraction.wording import Sentence

_WORD = r"[\w`][\w`./@-]{0,39}"
_WHAT = r"(?P<what>[a-z][\w-]{1,29}(?:\s+[a-z][\w-]{2,29}){0,2}?)"
_OF = rf"\s+(?:de\s+la|de\s+los|de\s+las|de|del|of\s+the|of|for\s+the|for|para\s+el|para\s+la|para)\s+(?P<of>{_WORD}(?:\s+{_WORD}){{0,4}}?)"
_VALUE = (
    r"(?P<value>`[^`\n]{1,80}`|\"[^\"\n]{1,60}\"|https?://[^\s,;)]{3,100}|[\w.+-]{1,40}@[\w-]{1,40}(?:\.[\w-]{1,20}){1,4}"
    r"|#[\w-]{2,40}|(?:/[\w.-]{1,40}){2,8}|\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?|v\d[\w.]{0,15}"
    rf"|{NUMBER}(?:\s(?!o\b|or\b|y\b|and\b|de\b|of\b|en\b|in\b|a\b|al\b|to\b|por\b|per\b|para\b|for\b|con\b|with\b)[a-z]{{3,15}})?"
    r"|[a-z][\w-]{0,40}(?:\.[\w-]{1,40}){1,4}|(?=[a-z_-]{0,30}\d)[a-z][\w-]{1,40})"
)
_ENDS = (
    r"(?![\w/%])(?=\s*(?:[.;:!)]|,(?!\d)|$)|\s+(?:y|e|and|desde|from|since|hasta|until|pero|but|porque|because"
    r"|a partir|a contar|as of|starting|now|ahora|segun|ya que)\b)"
)
_OF_IS = re.compile(ARTICLE + _WHAT + _OF + IS + _VALUE + _ENDS)
_OF_DATE = re.compile(ARTICLE + _WHAT + _OF + IS)
_OWNERS = re.compile(rf"(?:^|(?<=[\s,;:(]))(?P<of>{_WORD})'s\s+" + _WHAT + IS + _VALUE + _ENDS)
_PLACED = r"(?P<what>" + "|".join(
    ("puerto", "port", "rama", "branch", "canal", "channel", "servidor", "server", "host", "base de datos", "base",
     "database", "bucket", "version", "direccion", "address", "carpeta", "folder", "directorio", "directory", "cuenta",
     "account", "proyecto", "project", "modo", "mode", "zona horaria", "time zone", "timezone")
) + r")"  # fmt: skip
_USES = re.compile(
    rf"(?:^|[.;:(,]\s+|(?:^|(?<=[\s,;:(]))(?:el|la|the)\s+)(?P<of>{_WORD}(?:\s+{_WORD}){{0,4}}?)\s+(?:(?:ahora|ya|now|still"
    r"|todavia|siempre|always)\s+)?(?:usa|utiliza|uses|escucha\s+en|escucha\s+por|listens\s+on|corre\s+en|runs\s+on"
    r"|esta\s+en|queda\s+en|quedo\s+en|vive\s+en|lives\s+(?:on|in|at)|responde\s+en|answers\s+on|is\s+(?:at|on|in)"
    r"|sigue\s+en|stays\s+on)\s+(?:(?:el|la|the)\s+)?" + _PLACED + r"\s+" + _VALUE + _ENDS
)
_NO_HEAD = frozenset(
    """
    resto rest lista list mayoria most problema problem diferencia difference idea razon reason resultado result parte
    part unico unica only primer primero primera first segundo segunda second tercero third ultimo ultima last next
    siguiente proximo proxima suma sum total cantidad number caso case cosa thing punto point mitad half fin end motivo
    causa cause error respuesta answer pregunta question solucion solution ejemplo example tipo type kind clase forma
    way one uno una otro otra other cambio change consecuencia ventaja desventaja detalle suerte on in at by with of as en con por a al sobre segun para from y and o or pero but
    """.split()  # noqa: SIM905 - words
)
"""What has such a word is not a thing's property, or another one each time."""
_CODE = re.compile(r"[A-Z]|\d|[`\"#/@.]")


def found(one: Sentence, days: Sequence[Dated]) -> Iterator[Claim]:
    for pattern, confidence in ((_OF_IS, 0.8), (_OWNERS, 0.8), (_USES, 0.75)):
        for match in pattern.finditer(one.plain):
            yield from _claim(one, match, days, confidence)

    for match in _OF_DATE.finditer(one.plain):
        if (day := day_at(match.end(), days)) is not None and (subject := _subject(match)):
            yield Claim(
                subject, _predicate(match), day.first.isoformat(), match.start("what"), day.end, 0.8, True, dated=False
            )


def _claim(one: Sentence, match: re.Match[str], days: Sequence[Dated], confidence: float) -> Iterator[Claim]:
    start, end = match.span("value")
    value = one.text[start:end]
    is_date = any(each.start < end and start < each.end for each in days)
    if not is_date and _CODE.search(value) and (subject := _subject(match)):
        yield Claim(subject, _predicate(match), cleaned(value), match.start("what"), end, confidence, single=True)


def _subject(match: re.Match[str]) -> Entity | None:
    of, what = subject_name(match["of"]), match["what"]
    is_clear = is_name(of) and is_name(what) and _NO_HEAD.isdisjoint(what.split())
    return topic(of) if is_clear else None


def _predicate(match: re.Match[str]) -> str:
    return PREDICATES.get(match["what"], match["what"])
