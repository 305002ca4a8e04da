"""States of tax documents: folios that a CAF authorises, what the SII said of a document, how far certification is."""

import re
from collections.abc import Iterator, Sequence

from minga.domain.memory import Entity, EntityKind
from minga.memory.extraction import norms, parties
from minga.memory.extraction.claims import Claim
from minga.memory.extraction.dates import Dated
from minga.memory.extraction.wording import Sentence

_FOLIOS = re.compile(
    r"\b(?:folios?|caf|cubre|covers)\b[^.;\n?]{0,60}?\b(?:del |de |desde el |from )?(?P<first>\d{1,3}"
    r"(?:\.\d{3})*|\d{1,7})\s+(?:al?|to|hasta el|-|through)\s+(?P<last>\d{1,3}(?:\.\d{3})+|\d{2,7})\b(?![.,]?\d"
    r"|\s*(?:%|pesos|folios))"
)
_STATE = {
    "aceptad": "accepted", "aprobad": "accepted", "accepted": "accepted", "approved": "accepted",
    "rechazad": "rejected",
    "rejected": "rejected", "anulad": "void", "void": "void", "reclamad": "claimed", "claimed": "claimed",
    "cedid": "assigned",
    "assigned": "assigned", "pendiente": "pending", "pending": "pending", "timbrad": "stamped", "stamped": "stamped",
}  # fmt: skip
_STATES = "|".join(
    f"{word}[oa]?"
    if word.endswith("d") and word not in ("void", "accepted", "approved", "rejected", "claimed", "assigned", "stamped")
    else word
    for word in _STATE
)
_DOCUMENT = re.compile(
    r"\b(?P<kind>guia(?: de despacho)?|factura(?: exenta| electronica)?|boleta(?: electronica)?|nota de "
    r"(?:credito|debito)|invoice|credit note|dispatch guide)\s+(?:n[°ºo.]{0,2}\s?|numero\s|folio\s|number\s)?"
    rf"(?P<number>\d{{1,8}})\s+(?:ya\s+)?(?:quedo|fue|esta|salio|sigue|was|is|has been)\s+(?:ya\s+)?"
    rf"(?P<state>{_STATES})\b"
)
_PROCESS = re.compile(
    r"\b(?P<what>certificacion|set de pruebas|set basico|muestras impresas|simulacion|intercambio|certification"
    r"|test set)\b(?:\s+(?:de|del|of)\s+[\w-]{2,30}){0,3}\s+(?:ya\s+)?"
    rf"(?:quedo|fue|esta|sigue|was|is|has been)\s+(?:ya\s+)?(?P<state>{_STATES})\b"
)
_KINDS = {
    "invoice": "33",
    "credit note": "61",
    "dispatch guide": "52",
    "guia": "52",
    "factura exenta": "34",
    "factura": "33",
    "boleta": "39",
    "nota de credito": "61",
    "nota de debito": "56",
}
_HAS = re.compile(
    r"folio|\bcaf\b|cubre|covers|aceptad|aprobad|rechazad|anulad|reclamad|cedid|pendiente|timbrad|accepted"
    r"|approved|rejected|void|claimed|assigned|pending|stamped"
)


def found(one: Sentence, days: Sequence[Dated]) -> Iterator[Claim]:
    if _HAS.search(one.plain):
        yield from _folios(one)
        for match in _DOCUMENT.finditer(one.plain):
            if not _is_date(match.start("number"), days):
                kind = next(code for name, code in _KINDS.items() if match["kind"].startswith(name))
                yield Claim(
                    Entity(EntityKind.DOCUMENT, f"DTE {kind} {match['number']}"),
                    "state",
                    _state(match),
                    match.start(),
                    match.end(),
                    0.9,
                    single=True,
                )
        for match in _PROCESS.finditer(one.plain):
            yield Claim(
                Entity(EntityKind.DOCUMENT, match["what"]),
                "state",
                _state(match),
                match.start(),
                match.end(),
                0.75,
                single=False,
            )
    yield from _names(one)


def _folios(one: Sentence) -> Iterator[Claim]:
    match = _FOLIOS.search(one.plain)
    kinds = {each.entity for each in norms.mentions(one.text, one.plain) if each.entity.kind is EntityKind.DOCUMENT}
    if match is None or len(kinds) > 1 or ("caf" not in one.plain and "autoriza" not in one.plain):
        return
    first, last = (int(match[name].replace(".", "")) for name in ("first", "last"))
    if first < last and not (_is_year(first) and _is_year(last)):
        subject = next(iter(kinds), Entity(EntityKind.DOCUMENT, "CAF"))
        yield Claim(subject, "folios", f"{first}-{last}", match.start(), match.end(), 0.85, single=False)


def _names(one: Sentence) -> Iterator[Claim]:
    """A company's name beside its RUT: "Nalcahue Alimentos Ltda., RUT 76.418.902-7"."""
    ruts = [each for each in parties.ruts(one.text) if each.entity.kind is EntityKind.COMPANY]
    if not ruts:
        return
    for name in parties.companies(one.text):
        for each in ruts:
            if re.fullmatch(r"[\s,;(]{1,3}(?:rut\s*:?\s*)?", one.plain[name.end : each.start]):
                yield Claim(each.entity, "name", name.entity.name, name.start, each.end, 0.95, single=True)


def _state(match: re.Match[str]) -> str:
    return next(state for word, state in _STATE.items() if match["state"].startswith(word))


def _is_date(place: int, days: Sequence[Dated]) -> bool:
    return any(day.start <= place < day.end for day in days)


def _is_year(number: int) -> bool:
    return 1990 <= number <= 2100
