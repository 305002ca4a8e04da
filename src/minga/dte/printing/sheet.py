"""What a printed document says, in the order of the SII's manual of printed samples; where it stands is for the page
and the ticket."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from minga.dte.document import Document
from minga.dte.node import Node
from minga.dte.printing.figures import dotted, figure, money, short_day
from minga.dte.printing.heading import (
    Row,
    customs_of,
    issuer_of,
    names,
    place_and_day,
    receiver_of,
    some,
    terms_of,
    transport_of,
)
from minga.dte.printing.stamp import ted_of
from minga.dte.printing.totals import totals_of

ASSIGNABLE = {33: "CEDIBLE", 34: "CEDIBLE", 43: "CEDIBLE", 46: "CEDIBLE", 52: "CEDIBLE CON SU FACTURA"}
"""Which have an assignable copy, and what it says (manual of printed samples, p. 8); guías only of a sale (p. 10)."""

RECEIPT = (
    "El acuse de recibo que se declara en este acto, de acuerdo a lo dispuesto en la letra b) del Art. 4°, y la letra"
    " c) del Art. 5° de la Ley 19.983, acredita que la entrega de mercaderías o servicio (s) prestado (s) ha (n) sido"
    " recibido (s)."
)
"""Res. Ex. SII 51 of 2005."""

UNSTAMPED_FROM = date(2026, 1, 1)
"""From then on boletas need no printed stamp (Res. Ex. SII 207 of 2025; second hand)."""

WORTHLESS = "DOCUMENTO DE PRUEBA - SIN VALIDEZ TRIBUTARIA"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What a DTE does not say and its print must: the SII's office of the issuer, its resolution; a logo (PNG, JPEG);
    words for the customs' codes by element, as ``CodPtoEmbarque``. ``is_trial``: it is marked as worth nothing."""

    unit: str = ""
    resolution: int | None = None
    year: int | None = None
    logo: bytes = field(default=b"", repr=False)
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_trial: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A line. ``notes`` stand below its name, in small letters."""

    number: str
    code: str
    name: str
    notes: tuple[str, ...]
    quantity: str
    unit: str
    price: str
    discount: str
    amount: str


@dataclass(frozen=True, slots=True)
class Reference:
    kind: str
    folio: str
    day: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """``issuer`` begins with its name. ``ted`` is None where no stamp is printed; ``legend`` stands below it."""

    title: str
    rut: str
    folio: str
    unit: str
    issuer: tuple[str, ...]
    day: str
    receiver: tuple[Row, ...]
    terms: tuple[Row, ...]
    transport: tuple[Row, ...]
    customs: tuple[Row, ...]
    references: tuple[Reference, ...]
    items: tuple[Item, ...]
    charges: tuple[Row, ...]
    instalments: tuple[Row, ...]
    totals: tuple[Row, ...]
    ted: bytes | None
    legend: tuple[str, ...]
    assignable: str
    is_trial: bool


def sheet_of(document: Document, letterhead: Letterhead) -> Sheet:
    """Nothing raises for what a document lacks: it is not printed then."""
    head = document.body.first("Encabezado") or Node("Encabezado", None, {}, {})
    stamped = not (document.is_boleta and document.issued is not None and document.issued >= UNSTAMPED_FROM)
    return Sheet(
        title=names()["titles"].get(str(document.kind), f"DOCUMENTO TIPO {document.kind}"),
        rut=dotted(document.issuer),
        folio=str(document.folio),
        unit=f"S.I.I. - {letterhead.unit.upper()}" if letterhead.unit else "",
        issuer=tuple(issuer_of(head)),
        day=place_and_day(head, document.issued),
        receiver=tuple(receiver_of(head)),
        terms=tuple(terms_of(head, document)),
        transport=tuple(transport_of(head)),
        customs=tuple(customs_of(head, letterhead.words)),
        references=tuple(_reference(node) for node in document.body.all("Referencia")),
        items=tuple(_item(node, document, letterhead.words) for node in document.lines),
        charges=tuple(_charges(document)),
        instalments=tuple(_instalments(head, document)),
        totals=tuple(totals_of(document)),
        ted=ted_of(document.piece) if stamped else None,
        legend=tuple(_legend(letterhead, stamped=stamped)),
        assignable=_assignable(head, document.kind),
        is_trial=letterhead.is_trial,
    )


def _reference(node: Node) -> Reference:
    kind, day = node.of("TpoDocRef") or "", node.day("FchRef")
    folio = "varios" if node.of("IndGlobal") == "1" else node.of("FolioRef") or ""
    return Reference(
        names()["references"].get(kind, kind), folio, short_day(day) if day else "", node.of("RazonRef") or ""
    )


def _item(node: Node, document: Document, words: Mapping[str, str]) -> Item:
    pesos_or_more = money if document.is_export else figure
    discount, surcharge = node.amount("DescuentoMonto"), node.amount("RecargoMonto")
    return Item(
        number=node.of("NroLinDet") or "",
        code=node.of("CdgItem/VlrCodigo") or "",
        name=node.of("NmbItem") or "",
        notes=tuple(_notes(node, document)),
        quantity=_number(node, "QtyItem"),
        unit=(words.get("UnmdItem") if document.is_export else None) or node.of("UnmdItem") or "",
        price=_number(node, "PrcItem"),
        discount=figure(surcharge - discount) if discount or surcharge else "",
        amount=pesos_or_more(node.amount("MontoItem")),
    )


def _notes(node: Node, document: Document) -> Iterator[str]:
    yield from some(node.of("DscItem"))
    treatment = node.of("IndExe")
    if treatment and not (treatment == "1" and (document.is_export or document.kind in (34, 41))):
        yield names()["treatments"].get(treatment, "")
    for label, name in (("Descuento", "DescuentoPct"), ("Recargo", "RecargoPct")):
        if percent := node.number(name):
            yield f"{label} {figure(percent)} %"


def _charges(document: Document) -> Iterator[Row]:
    """Commissions and other charges: of a liquidación, or a factura de compra."""
    for node in document.body.all("Comisiones"):
        amount = node.amount("ValComNeto") + node.amount("ValComExe")
        percent = node.number("TasaComision")
        name = node.of("Glosa") or ""
        yield (f"{name} ({figure(percent)} %)" if percent else name), figure(amount)


def _instalments(head: Node, document: Document) -> Iterator[Row]:
    pays = head.first("IdDoc")
    for node in pays.all("MntPagos") if pays else ():
        day = node.day("FchPago")
        amount = money(node.amount("MntPago")) if document.is_export else figure(node.amount("MntPago"))
        label = short_day(day) if day else node.of("FchPago") or ""
        yield " ".join(some(label, node.of("GlosaPagos"))), amount


def _legend(letterhead: Letterhead, *, stamped: bool) -> Iterator[str]:
    if stamped:
        yield "Timbre Electrónico SII"
    if letterhead.resolution is not None:
        year = f" de {letterhead.year}" if letterhead.year else ""
        yield f"Res. {letterhead.resolution}{year} - Verifique documento: www.sii.cl"
    else:
        yield "Verifique documento: www.sii.cl"


def _assignable(head: Node, kind: int) -> str:
    if kind == 52 and head.of("IdDoc/IndTraslado") != "1":
        return ""
    return ASSIGNABLE.get(kind, "")


def _number(node: Node, name: str) -> str:
    found: Decimal | None = node.number(name)
    return "" if found is None else figure(found)
