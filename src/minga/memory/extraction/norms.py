"""Norms of Chile and kinds of tax document, by one name however they are written: ``Ley 19983``, ``DL 825 art. 8``,
``Res. Ex. SII 11/2003``, ``DTE 52``."""

import re
from collections.abc import Iterator

from minga.domain.memory import Entity, EntityKind, Mention

_ARTICLE = r"(?:\s*,?\s*(?:art(?:iculo|icle)?s?\.?)\s*(?P<{0}>\d{{1,3}}(?:\s?(?:bis|ter|quater))?))?"
_BEFORE = (
    r"(?:\bart(?:iculo|icle)?\.?\s*(?P<{0}>\d{{1,3}}(?:\s?(?:bis|ter|quater))?)\s*(?:(?:n|no|nro"
    r"|inciso)[°º.]?\s*\d{{1,2}}\s*)?(?:de la|del|of the|of|de)\s+)?"
)
_NO = r"(?:\s*(?:n[°ºo]?\.?|nro\.?|no\.|numero|number)\s*)?\s*"

_LAW = re.compile(
    _BEFORE.format("before_law")
    + r"\b(?:ley|law|leyes)"
    + _NO
    + r"(?P<law>\d{1,2}\.\d{3}|\d{4,5})\b(?!\.\d)"
    + _ARTICLE.format("after_law")
)
_DECREE = re.compile(
    _BEFORE.format("before")
    + r"\b(?P<kind>dl|d\.l\.|decreto[ -]ley|decree law|ds|d\.s\.|decreto supremo|dfl|d\.f\.l\.)"
    + _NO
    + r"(?P<number>\d{1,4})\b(?!\.\d)"
    + _ARTICLE.format("after")
)
_RESOLUTION = re.compile(
    r"\b(?:res(?:olucion|olution)?\.?\s*(?:ex(?:enta|empt)?\.?)?(?:\s*(?:del\s+)?sii)?)"
    + _NO
    + r"(?P<number>\d{1,4})(?:\s*(?:/|del?(?:\s+ano)?|of)\s*(?P<year>(?:19|20)\d\d)|\s*,?\s*(?:del?"
    r"|of)\s+\d{1,2}[^.\n]{1,25}?(?P<dated>(?:19|20)\d\d))"
)
_CIRCULAR = re.compile(
    r"\bcircular" + _NO + r"(?P<number>\d{1,3})(?:\s*(?:/|del?(?:\s+ano)?|of)\s*(?P<year>(?:19|20)\d\d)\b)?"
)
_NAMED = re.compile(
    _BEFORE.format("before") + r"\b(?P<name>ley del? iva|ley sobre impuesto a las ventas|ley de(?: la)? renta"
    r"|ley sobre impuesto a la renta|codigo tributario"
    r"|codigo del trabajo|vat law|income tax law|tax code)\b" + _ARTICLE.format("after")
)
_NAMES = {
    "ley de iva": "DL 825", "ley del iva": "DL 825", "ley sobre impuesto a las ventas": "DL 825", "vat law": "DL 825",
    "ley de renta": "DL 824", "ley de la renta": "DL 824", "ley sobre impuesto a la renta": "DL 824",
    "income tax law": "DL 824",
    "codigo tributario": "DL 830", "tax code": "DL 830", "codigo del trabajo": "DFL 1",
}  # fmt: skip
_LAW_WORDS = re.compile(r"\b(?:ley(?:es)?|law|d\.?[lsf]|dfl|decreto|decree|res|resol|circular|codigo|tax code)")

_KINDS = {
    "guia de despacho": 52, "guias de despacho": 52, "dispatch guide": 52, "dispatch guides": 52,
    "factura exenta": 34, "facturas exentas": 34, "exempt invoice": 34, "factura de compra": 46,
    "facturas de compra": 46,
    "factura de exportacion": 110, "facturas de exportacion": 110, "export invoice": 110, "export invoices": 110,
    "factura electronica": 33, "facturas electronicas": 33, "factura": 33, "facturas": 33,
    "boleta de honorarios": 0, "boletas de honorarios": 0,
    "boleta exenta": 41, "boletas exentas": 41, "boleta electronica": 39, "boletas electronicas": 39, "boleta": 39,
    "boletas": 39,
    "nota de credito de exportacion": 112, "nota de debito de exportacion": 111,
    "nota de credito": 61, "notas de credito": 61, "credit note": 61, "credit notes": 61,
    "nota de debito": 56, "notas de debito": 56, "debit note": 56, "debit notes": 56,
    "liquidacion factura": 43, "liquidacion-factura": 43, "liquidaciones factura": 43, "guia": 52, "guias": 52,
}  # fmt: skip
_CODES = frozenset((33, 34, 39, 41, 43, 46, 52, 56, 61, 110, 111, 112))
_KIND = re.compile(r"\b(?:" + "|".join(sorted(_KINDS, key=len, reverse=True)) + r")\b")
_CODE = re.compile(
    r"\b(?:tipo|type|dte|documento|document)\s+(?:de\s+)?(?:dte\s+)?(\d{2,3})\b|\bt(33|34|39|41|43|46|52|56|61)\b"
)
_DISPATCH = re.compile(r"despach|traslad|dte\b|folio|\bcaf\b|bodega|\bsii\b|timbr|dispatch")
_PAYROLL = re.compile(r"honorarios|retencion|retuvi")


def mentions(text: str, plain: str) -> Iterator[Mention]:
    """``plain`` is the folded text."""
    if _LAW_WORDS.search(plain):
        yield from _norms(plain)
    yield from _documents(plain)


def _norms(plain: str) -> Iterator[Mention]:
    for found in _LAW.finditer(plain):
        yield from _law(found, f"Ley {found['law'].replace('.', '')}", found["before_law"] or found["after_law"])
    for found in _DECREE.finditer(plain):
        kind = found["kind"].replace(".", "")
        short = {"decreto ley": "DL", "decreto-ley": "DL", "decree law": "DL", "decreto supremo": "DS"}.get(
            kind, kind.upper()
        )
        yield from _law(found, f"{short} {int(found['number'])}", found["before"] or found["after"])
    for found in _NAMED.finditer(plain):
        yield from _law(found, _NAMES[found["name"]], found["before"] or found["after"])
    for found in _RESOLUTION.finditer(plain):
        yield _at(found, EntityKind.LAW, f"Res. Ex. SII {int(found['number'])}/{found['year'] or found['dated']}")
    for found in _CIRCULAR.finditer(plain):
        year = f"/{found['year']}" if found["year"] else ""
        yield _at(found, EntityKind.LAW, f"Circular {int(found['number'])}{year}")


def _law(found: re.Match[str], name: str, article: str | None) -> Iterator[Mention]:
    yield _at(found, EntityKind.LAW, name)
    if article:
        yield _at(found, EntityKind.LAW, f"{name} art. {article}")


def _documents(plain: str) -> Iterator[Mention]:
    for found in _CODE.finditer(plain):
        if (code := int(found[1] or found[2])) in _CODES:
            yield _at(found, EntityKind.DOCUMENT, f"DTE {code}")
    for found in _KIND.finditer(plain):
        code = _KINDS[found[0]]
        bare_guide = found[0] in ("guia", "guias") and not _DISPATCH.search(plain)
        if code and not bare_guide and not (code == 39 and _PAYROLL.search(plain)):
            yield _at(found, EntityKind.DOCUMENT, f"DTE {code}")


def _at(found: re.Match[str], kind: EntityKind, name: str) -> Mention:
    return Mention(Entity(kind, name), found.start(), found.end())
