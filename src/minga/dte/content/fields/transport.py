"""What moves goods: transport since 2026-11-01 and before (Formato DTE v2.5, pp. 22-24; v2.4.2, pp. 21-22)."""

from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node

TRANSPORT = "Encabezado/Transporte"

_ALWAYS = (
    ("Chofer/RUTChofer", "F25 p.23"),
    ("Chofer/NombreChofer", "F25 p.23"),
    ("DirDest", "F25 p.24"),
    ("CmnaDest", "F25 p.24"),
    ("FchSalida", "F25 p.24"),
    ("HraSalida", "F25 p.24"),
    ("FchLlegada", "F25 p.24"),
)
_BY_ISSUER = (("Patente", "F25 p.22"), ("RUTTrans", "F25 p.23"))
_BEFORE = (
    ("Patente", "F242 p.21"),
    ("RUTTrans", "F242 p.21"),
    ("Chofer/RUTChofer", "F242 p.21"),
    ("DirDest", "F242 p.22"),
)
_NOBODY = Node("Transporte", "", {}, {})


def goods(document: Document, grounds: Grounds, report: Report) -> None:
    """A guía moves goods always; 33, 34 and 46 where TipoDespacho says so. Which rules hold is a matter of the day."""
    sent = document.body.of("Encabezado/IdDoc/TipoDespacho")
    guide = document.kind == 52
    if not guide and (sent is None or document.kind not in (33, 34, 46)):
        return
    transport = document.body.first(TRANSPORT) or _NOBODY
    issuer_sends = sent in ("2", "3")
    _missing(transport, _ALWAYS, "transport-guide" if guide else "transport-goods", report)
    rule = ("transport-guide" if guide else "transport-goods") if issuer_sends else "transport-carrier"
    _missing(transport, _BY_ISSUER, rule, report)
    if guide:
        _missing(transport, (("PatenteCarro", "F25 p.22"),), "transport-trailer", report)
    if issuer_sends:
        _missing(transport, _BEFORE, "transport-before", report)
    if guide and transport is not _NOBODY:
        _missing(transport, (("CmnaDest", "F242 p.22"),), "transport-comuna-before", report)


def _missing(transport: Node, fields: tuple[tuple[str, str], ...], rule: str, report: Report) -> None:
    for name, at in fields:
        if not transport.of(name):
            report.fault(rule, f"{TRANSPORT}/{name}", at=at)


def arrival(document: Document, grounds: Grounds, report: Report) -> None:
    """Nothing arrives before it leaves."""
    transport = document.body.first(TRANSPORT)
    if transport is None:
        return
    left, arrived = transport.day("FchSalida"), transport.day("FchLlegada")
    if left and arrived and arrived < left:
        report.fault("transport-arrival", f"{TRANSPORT}/FchLlegada", arrived, f">= {left}")


def services(document: Document, grounds: Grounds, report: Report) -> None:
    """Documents of services carry no goods: they have no TipoDespacho."""
    header = document.body.first("Encabezado/IdDoc")
    if header is not None and header.has("TipoDespacho") and header.has("IndServicio"):
        report.fault("transport-of-service", "Encabezado/IdDoc/TipoDespacho", header.of("TipoDespacho"))


def unit(document: Document, grounds: Grounds, report: Report) -> None:
    """Each line of a guía names its unit; before 2026-11-01 those of exports only."""
    if document.kind != 52:
        return
    export = document.body.of("Encabezado/IdDoc/IndTraslado") in ("8", "9")
    for where, line in document.body.each("Detalle"):
        if not line.of("UnmdItem"):
            report.fault("transport-unit", f"{where}/UnmdItem")
            if export:
                report.fault("transport-unit-before", f"{where}/UnmdItem")


def internal(document: Document, grounds: Grounds, report: Report) -> None:
    """IndTraslado 5: the goods stay with the issuer, who is the receiver too."""
    if document.kind != 52 or document.body.of("Encabezado/IdDoc/IndTraslado") != "5":
        return
    if document.receiver != document.issuer:
        report.fault("transport-internal", "Encabezado/Receptor/RUTRecep", document.receiver, document.issuer)


LOOKS = (goods, arrival, services, unit, internal)
