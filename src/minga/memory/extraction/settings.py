"""Values that things have: "the port of X is 8069", "el plazo es el 20 de enero", "vence el 22 de junio"."""

import re
from collections.abc import Iterator, Sequence

from minga.domain.memory import Entity, EntityKind
from minga.memory.extraction.claims import Claim, cleaned, is_name, subject_name, topic
from minga.memory.extraction.dates import WEEKDAYS, Dated
from minga.memory.extraction.wording import Sentence

_NUMBERED = {
    "port": "puerto|port",
    "rate": "tasa|rate",
    "limit": "limite|limit|tope|maximo|ceiling|cap",
    "tolerance": "tolerancia|tolerance",
    "threshold": "umbral|threshold",
    "timeout": "timeout|tiempo de espera",
    "budget": "presupuesto|budget",
    "price": "precio|tarifa|price|fee",
    "amount": "monto|amount",
    "version": "version",
    "extension": "anexo|extension number",
    "retention": "retencion|retention",
    "minimum": "minimo|minimum",
    "pool": "pool",
    "interval": "intervalo|interval|frecuencia|frequency",
    "size": "tamano|size",
}
_NAMED = {
    "branch": "rama|branch",
    "channel": "canal|channel",
    "host": "host|servidor|server",
    "database": "base de datos|base|database",
    "bucket": "bucket",
    "user": "usuario|user",
    "password manager": "gestor de claves|password manager",
    "address": "direccion|ip|address",
}
_DATED = {
    "deadline": "plazo|deadline|fecha limite|fecha tope|due date|vencimiento|cierre",
    "start": "salida a produccion|puesta en marcha|go-live|launch|inicio|lanzamiento",
    "release": "entrega|release|corte|cut-?over",
}
PREDICATES = {
    word: name for table in (_NUMBERED, _NAMED, _DATED) for name, words in table.items() for word in words.split("|")
}
PREDICATES["cut-over"] = PREDICATES["cutover"] = "release"

WHICH = r"(?:nuev[oa]s?|new|correct[oa]s?|right|correct|actual(?:es)?|current|vigentes?)"
"""Says that a value is the one that holds, and is no part of what has it."""
_QUALIFIER = (
    rf"(?:\s+{WHICH})?"
    r"(?:\s+(?:de|del|para|en|of|for|in)\s+(?P<of>(?!que\b)[\w.`@/-]{1,40}(?:\s+[\w.`@/-]{1,40}){0,5}?))?"
)
IS = (
    r"\s+(?:ahora\s+|now\s+|final\s+)?(?:es|son|sera|pasa a ser|paso a ser"
    r"|pasa a|paso a|queda en|quedo en|quedara en|sigue siendo|sigue en|esta en|cambio a"
    r"|subio a|bajo a|is|are|is set to|was set to|will be|remains|became|was changed to|changed to|went up to"
    r"|went down to|stays at)\s+"
    r"(?:ahora\s+|now\s+|de\s+|el\s+|la\s+|on\s+|at\s+|hasta el\s+|currently\s+|still\s+|de nuevo\s+|otra vez\s+)*"
)
ARTICLE = rf"(?:^|(?<=[\s,;:(¡]))(?:(?:el|la|los|las|nuestro|nuestra|the|our|{WHICH})\s+){{0,2}}"
NUMBER = (
    r"(?:\$|us\$|usd\s|uf\s)?\s?\d+(?:[.,]\d+)*(?:\s?(?:%|(?:uf|utm|usd|clp|pesos|dolares|dollars|euros|gb|mb|kb|tb"
    r"|ms|s|h|segundos|seconds|minutos|minutes|min|horas|hours|dias|days"
    r"|semanas|weeks|meses|months|anos|years|folios|requests|peticiones|conexiones|connections|lineas|lines"
    r"|caracteres|characters|cajas|kilos|kg|puntos|points|usuarios|users)\b)"
    r"(?:\s+(?:mensuales|anuales|diarios|habiles|corridos|al mes|por (?:hora|minuto|segundo|dia|caja|mes|llave"
    r"|key)|per (?:minute|hour|second|day|key|month|register)|a month|a day))?)?"
)
_NUMBER_IS = re.compile(
    ARTICLE
    + r"(?P<what>"
    + "|".join(_NUMBERED.values())
    + r")\b"
    + _QUALIFIER
    + IS
    + rf"`?(?P<value>v?{NUMBER})`?(?![\w/-]|[.,:]\d|\s+(?:o|or)\s)"
)
_NAME_IS = re.compile(
    ARTICLE
    + r"(?P<what>"
    + "|".join(_NAMED.values())
    + r")\b"
    + _QUALIFIER
    + IS
    + r"(?:`(?P<code>[^`\s]{1,80})`|(?P<bare>#[\w-]{2,40}|\d{1,3}(?:\.\d{1,3}){3}|[\w-]{1,40}"
    r"(?:\.[\w-]{1,40}){1,4}))(?![\w/])"
)
_DATE_IS = re.compile(ARTICLE + r"(?P<what>" + "|".join(_DATED.values()) + r")\b" + _QUALIFIER + IS)
_EXPIRES = re.compile(
    r"\b(?P<what>certificado|licencia|caf|contrato|dominio|suscripcion|certificate|license|licence|contract"
    r"|domain|subscription)\b"
    r"(?P<of>(?:\s+(?:digital|ssl|tls|de|del|of|for|[\w-]{2,30})){0,4}?)(?P<between>[^.;\n]{0,90}?)\s(?:vence"
    r"|caduca|expira|expires|vencera|will expire)\s+(?:el\s+|on\s+)?"
)
_THINGS = {
    "licencia": "license",
    "licence": "license",
    "certificado": "certificate",
    "contrato": "contract",
    "dominio": "domain",
    "suscripcion": "subscription",
}
_AT_PORT = re.compile(
    r"\b(?P<service>odoo|postgres(?:ql)?|pgbouncer|redis|nginx|grafana|jenkins|traefik|prometheus|longpolling"
    r"|gateway|api)\b(?P<between>[^.;\n?]{0,60}?)"
    r"\b(?:en el puerto|al puerto|on port|por el puerto|quedo en el puerto)\s+`?(?P<value>\d{2,5})\b(?!\s*(?:,"
    r"|y|and|o|or)\s*\d)"
)
_IS_NONE = re.compile(
    r"\b(?:no|not|apuntaba|antes|used to|was|ya no)\b"
    r"|\b(?:como|mas o menos|aprox(?:imadamente)?|around|about|roughly|approximately)\s*$"
)
"""Before "on port": it is not on that one, or not for sure."""
_DETERMINED = rf"\b(?:el|la|los|las|the|our|nuestro|nuestra)(?:\s+{WHICH})?\s+"
_ALONE = re.compile(rf"(?:^|[,;:(¡]\s*|{_DETERMINED}|\b(?:y|and|pero|but)\s+)$")
_LEADING = re.compile(
    rf"(?:^|[,;:(¡]\s*|{_DETERMINED})(?P<kind>(?:(?!(?:y|and|pero|but|su|sus|tu|tus|its)\b)[a-z][\w-]*\s+){{1,3}})$"
)
"""Words before that say which one: "canje mínimo", "connection limit"."""
_BEFORE_KIND = re.compile(rf"{_DETERMINED}|\b(?:de|del|of|en|in|para|for|{WHICH})\s+")
PAST = frozenset(
    ("old", "previous", "former", "antiguo", "antigua", "viejo", "vieja", "anterior", "previo", "previa")
)  # fmt: skip
"""Says that a value holds no more."""
_TO_DAY = re.compile(
    r"(?:\W|\b(?:el|la|the|on|of|del?|dia|este|esta|this|next|proximo|ya|now|ahora|recien|due|set|scheduled|for|para"
    rf"|hasta|until|till|by|before|antes|a mas tardar|no later than|{'|'.join(WEEKDAYS)})\b)*"
)
_WORD = re.compile(r"(?:" + "|".join((*_NUMBERED.values(), *_NAMED.values(), *_DATED.values())) + r")\b")
_SERVICES = {"postgres": "PostgreSQL", "postgresql": "PostgreSQL", "pgbouncer": "PgBouncer", "api": "API"}


def found(one: Sentence, project: Entity, days: Sequence[Dated]) -> Iterator[Claim]:
    if _WORD.search(one.plain):
        for match in _NUMBER_IS.finditer(one.plain):
            if _fits(match["what"], match["value"]) and not _on_date(match.end("value"), match.start("value"), days):
                yield from _claim(
                    match, project, one.text[match.start("value") : match.end("value")], match.end("value")
                )
        for match in _NAME_IS.finditer(one.plain):
            start, end = match.span("code" if match["code"] else "bare")
            yield from _claim(match, project, one.text[start:end], end)
        for match in _DATE_IS.finditer(one.plain):
            if (day := day_at(match, days)) is not None:
                yield from _claim(match, project, day.first.isoformat(), day.end, dated=False)
        if "port" in one.plain or "puerto" in one.plain:
            yield from _ports(one)
    for match in _EXPIRES.finditer(one.plain):
        if (day := day_at(match, days)) is not None and " no " not in match["between"]:
            thing = _THINGS.get(match["what"], match["what"])
            yield Claim(
                Entity(EntityKind.DOCUMENT, thing),
                "expires",
                day.first.isoformat(),
                match.start(),
                day.end,
                0.75,
                single=False,
                dated=False,
            )


def _ports(one: Sentence) -> Iterator[Claim]:
    for match in _AT_PORT.finditer(one.plain):
        if not _IS_NONE.search(match["between"]):
            name = _SERVICES.get(match["service"], match["service"].capitalize())
            yield Claim(
                Entity(EntityKind.SERVICE, name), "port", match["value"], match.start(), match.end(), 0.65, single=False
            )


def _claim(match: re.Match[str], project: Entity, value: str, end: int, *, dated: bool = True) -> Iterator[Claim]:
    """A value without a word of what it belongs to is the project's, and several of them may be: it ends no other. One
    that is "its" or "his" belongs to what another sentence names, and says nothing alone. An old one states nothing."""
    qualifier = subject_name(match["of"] or "")
    predicate, before = PREDICATES[match["what"]], match.string[: match.start("what")]
    if qualifier:
        kind = _kind(before)
        if kind:
            predicate = f"{kind} {match['what']}"
        if is_name(qualifier) and PAST.isdisjoint(kind.split()):
            yield Claim(topic(qualifier), predicate, cleaned(value), match.start(), end, 0.85, single=True, dated=dated)
    elif _ALONE.search(before):
        yield Claim(project, predicate, cleaned(value), match.start(), end, 0.7, single=False, dated=dated)
    elif (words := _LEADING.search(before)) and is_name(kind := subject_name(words["kind"])):
        subject = topic(f"{kind} {match['what']}")
        yield Claim(subject, "value", cleaned(value), words.start("kind"), end, 0.8, single=True, dated=dated)


def _kind(before: str) -> str:
    """The words right before a property that tell it from others of the same thing: "read" of "the read timeout"."""
    words = None if _ALONE.search(before) else _LEADING.search(before)
    kind = subject_name(_BEFORE_KIND.split(words["kind"])[-1]) if words else ""
    return kind if is_name(kind) else ""


def _fits(what: str, value: str) -> bool:
    match PREDICATES[what]:
        case "port":
            return value.isdigit() and 2 <= len(value) <= 5
        case "rate" | "retention":
            return "%" in value or value[-1].isalpha()
        case "price" | "amount" | "budget":
            return not value.isdigit() or len(value) > 2
        case "version":
            return value[0] == "v" or value[0].isdigit()
        case _:
            return True


def _on_date(end: int, start: int, days: Sequence[Dated]) -> bool:
    """Whether the figure belongs to a date: "el plazo es 20 de enero"."""
    return any(day.start <= start < day.end or day.start < end <= day.end for day in days)


def day_at(match: re.Match[str], days: Sequence[Dated]) -> Dated | None:
    """The date that stands right behind, but for a weekday before it and words like "due on"."""
    place, plain = match.end(), match.string
    near = (day for day in days if -2 <= day.start - place <= 14 and day.first == day.last)
    return next((day for day in near if _TO_DAY.fullmatch(plain[place : day.start])), None)
