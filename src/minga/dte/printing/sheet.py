"""What a printed document says, in the order of the SII's manual of printed samples; where it stands is for the page
and the ticket."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType

from minga.dte.document import Document, Node
from minga.dte.printing.figures import dotted, figure, long_day, money, short_day
from minga.dte.printing.stamp import ted_of
from minga.dte.printing.totals import totals_of

Row = tuple[str, str]
"""A label and what stands behind it."""

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


@cache
def names() -> Mapping[str, Mapping[str, str]]:
    """Words for codes, by list."""
    found: Mapping[str, Mapping[str, str]] = tomllib.loads(
        resources.files(__package__).joinpath("names.toml").read_text("utf-8")
    )
    return found


def sheet_of(document: Document, letterhead: Letterhead) -> Sheet:
    """Nothing raises for what a document lacks: it is not printed then."""
    head = document.body.first("Encabezado") or Node("Encabezado", None, {}, {})
    stamped = not (document.is_boleta and document.issued is not None and document.issued >= UNSTAMPED_FROM)
    return Sheet(
        title=names()["titles"].get(str(document.kind), f"DOCUMENTO TIPO {document.kind}"),
        rut=dotted(document.issuer),
        folio=str(document.folio),
        unit=f"S.I.I. - {letterhead.unit.upper()}" if letterhead.unit else "",
        issuer=tuple(_issuer(head)),
        day=_place_and_day(head, document.issued),
        receiver=tuple(_receiver(head)),
        terms=tuple(_terms(head, document)),
        transport=tuple(_transport(head)),
        customs=tuple(_customs(head, letterhead.words)),
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


def _issuer(head: Node) -> Iterator[str]:
    yield head.of("Emisor/RznSoc") or head.of("Emisor/RznSocEmisor") or ""
    yield from _some(head.of("Emisor/GiroEmis") or head.of("Emisor/GiroEmisor"))
    address = _joined(head, "Emisor/DirOrigen", "Emisor/CmnaOrigen", "Emisor/CiudadOrigen")
    yield from _some(f"Dirección: {address}" if address else None)
    branch = head.of("Emisor/Sucursal")
    yield from _some(f"Sucursal: {branch}" if branch else None)
    emisor = head.first("Emisor")
    phones = [node.text for node in emisor.all("Telefono") if node.text] if emisor else []
    if phones:
        yield f"Teléfono: {', '.join(phones)}"
    yield from _some(head.of("Emisor/CorreoEmisor"))


def _place_and_day(head: Node, issued: date | None) -> str:
    if issued is None:
        return head.of("IdDoc/FchEmis") or ""
    place = head.of("Emisor/CiudadOrigen") or head.of("Emisor/CmnaOrigen")
    return f"{place}, {long_day(issued)}" if place else long_day(issued)


def _receiver(head: Node) -> Iterator[Row]:
    yield from _rows(
        head,
        ("Señor(es)", "Receptor/RznSocRecep"),
        ("R.U.T.", "Receptor/RUTRecep"),
        ("Giro", "Receptor/GiroRecep"),
        ("Dirección", "Receptor/DirRecep"),
        ("Comuna", "Receptor/CmnaRecep"),
        ("Ciudad", "Receptor/CiudadRecep"),
        ("Contacto", "Receptor/Contacto"),
        ("Documento", "Receptor/Extranjero/NumId"),
        ("Solicita", "RUTSolicita"),
        ("Por cuenta de", "RUTMandante"),
    )


def _terms(head: Node, document: Document) -> Iterator[Row]:
    words = names()
    if traslado := head.of("IdDoc/IndTraslado"):
        yield "Tipo de traslado", words["transfers"].get(traslado, traslado)
    if pago := head.of("IdDoc/FmaPago"):
        yield "Forma de pago", words["payments"].get(pago, pago)
    if medio := head.of("IdDoc/MedioPago"):
        yield "Medio de pago", words["means_of_boletas" if document.is_boleta else "means"].get(medio, medio)
    for label, name in (
        ("Vencimiento", "FchVenc"),
        ("Período desde", "PeriodoDesde"),
        ("Período hasta", "PeriodoHasta"),
    ):
        if day := head.day(f"IdDoc/{name}"):
            yield label, short_day(day)
    yield from _rows(head, ("Condición de pago", "IdDoc/TermPagoGlosa"))


def _transport(head: Node) -> Iterator[Row]:
    yield from _rows(
        head,
        ("Patente", "Transporte/Patente"),
        ("Patente carro", "Transporte/PatenteCarro"),
        ("R.U.T. transportista", "Transporte/RUTTrans"),
        ("Chofer", "Transporte/Chofer/NombreChofer"),
        ("R.U.T. chofer", "Transporte/Chofer/RUTChofer"),
    )
    if where := _joined(head, "Transporte/DirDest", "Transporte/CmnaDest", "Transporte/CiudadDest"):
        yield "Destino", where
    if day := head.day("Transporte/FchSalida"):
        yield "Salida", f"{short_day(day)} {head.of('Transporte/HraSalida') or ''}".strip()
    if day := head.day("Transporte/FchLlegada"):
        yield "Llegada", short_day(day)


def _customs(head: Node, words: Mapping[str, str]) -> Iterator[Row]:
    if currency := head.of("Totales/TpoMoneda"):
        yield "Moneda", currency
    if rate := head.number("OtraMoneda/TpoCambio"):
        yield "Tipo de cambio", figure(rate)
    aduana = head.first("Transporte/Aduana")
    if aduana is None:
        return
    for name, label in names()["customs"].items():
        value = aduana.of(name)
        if value is None:
            continue
        number = aduana.number(name)
        if not name.startswith("Cod") and number is not None:
            unit = aduana.of(f"CodUnid{name}")
            value = f"{figure(number)} {words.get(f'CodUnid{name}', f'(unidad {unit})')}" if unit else figure(number)
        yield label, words.get(name) or (f"código {value}" if name.startswith("Cod") else value)
    for node in aduana.all("TipoBultos"):
        yield "Bultos", " ".join(_some(node.of("CantBultos"), node.of("Marcas"), node.of("IdContainer")))


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
    yield from _some(node.of("DscItem"))
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
        yield " ".join(_some(label, node.of("GlosaPagos"))), amount


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


def _rows(head: Node, *wanted: tuple[str, str]) -> Iterator[Row]:
    for label, path in wanted:
        if value := head.of(path):
            yield label, dotted(value) if "RUT" in path else value


def _joined(head: Node, *paths: str) -> str:
    """The texts at the paths, each once."""
    return ", ".join(dict.fromkeys(_some(*(head.of(path) for path in paths))))


def _some(*texts: str | None) -> list[str]:
    return [text for text in texts if text]


def _number(node: Node, name: str) -> str:
    found: Decimal | None = node.number(name)
    return "" if found is None else figure(found)
