"""What the heading of a printed document says: who, to whom, on what terms, by which way."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib import resources

from minga.dte.document import Document
from minga.dte.node import Node
from minga.dte.printing.figures import dotted, figure, long_day, short_day

Row = tuple[str, str]
"""A label and what stands behind it."""


@cache
def names() -> Mapping[str, Mapping[str, str]]:
    """Words for codes, by list."""
    found: Mapping[str, Mapping[str, str]] = tomllib.loads(
        resources.files(__package__).joinpath("names.toml").read_text("utf-8")
    )
    return found


def issuer_of(head: Node) -> Iterator[str]:
    yield head.of("Emisor/RznSoc") or head.of("Emisor/RznSocEmisor") or ""
    yield from some(head.of("Emisor/GiroEmis") or head.of("Emisor/GiroEmisor"))
    address = _joined(head, "Emisor/DirOrigen", "Emisor/CmnaOrigen", "Emisor/CiudadOrigen")
    yield from some(f"Dirección: {address}" if address else None)
    branch = head.of("Emisor/Sucursal")
    yield from some(f"Sucursal: {branch}" if branch else None)
    emisor = head.first("Emisor")
    phones = [node.text for node in emisor.all("Telefono") if node.text] if emisor else []
    if phones:
        yield f"Teléfono: {', '.join(phones)}"
    yield from some(head.of("Emisor/CorreoEmisor"))


def place_and_day(head: Node, issued: date | None) -> str:
    if issued is None:
        return head.of("IdDoc/FchEmis") or ""
    place = head.of("Emisor/CiudadOrigen") or head.of("Emisor/CmnaOrigen")
    return f"{place}, {long_day(issued)}" if place else long_day(issued)


def receiver_of(head: Node) -> Iterator[Row]:
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


def terms_of(head: Node, document: Document) -> Iterator[Row]:
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


def transport_of(head: Node) -> Iterator[Row]:
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


def customs_of(head: Node, words: Mapping[str, str]) -> Iterator[Row]:
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
        yield "Bultos", " ".join(some(node.of("CantBultos"), node.of("Marcas"), node.of("IdContainer")))


def some(*texts: str | None) -> list[str]:
    return [text for text in texts if text]


def _rows(head: Node, *wanted: tuple[str, str]) -> Iterator[Row]:
    for label, path in wanted:
        if value := head.of(path):
            yield label, dotted(value) if "RUT" in path else value


def _joined(head: Node, *paths: str) -> str:
    """The texts at the paths, each once."""
    return ", ".join(dict.fromkeys(some(*(head.of(path) for path in paths))))
