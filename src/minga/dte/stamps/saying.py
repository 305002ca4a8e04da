"""What a stamp says (DD) against what its document says."""

from minga.dte.document import Document
from minga.dte.grounds import Report
from minga.dte.node import Node, as_number

PREFIX = 40
"""Characters of the receiver's name (RSR) and of the first line's (IT1) that a stamp takes (the SII's schema)."""

_SAME = (
    ("RE", "Encabezado/Emisor/RUTEmisor", "stamp-issuer"),
    ("TD", "Encabezado/IdDoc/TipoDTE", "stamp-kind"),
    ("F", "Encabezado/IdDoc/Folio", "stamp-folio"),
    ("FE", "Encabezado/IdDoc/FchEmis", "stamp-date"),
    ("RR", "Encabezado/Receptor/RUTRecep", "stamp-receiver"),
    ("MNT", "Encabezado/Totales/MntTotal", "stamp-amount"),
)
_BEGINNING = (
    ("RSR", "Encabezado/Receptor/RznSocRecep", "stamp-receiver-name"),
    ("IT1", "Detalle/NmbItem", "stamp-item"),
)


def says_as_document(told: Node, document: Document, report: Report) -> bool:
    """Report each field that differs. What one of the two does not have is the schema's matter."""
    before = len(report.faults)
    for name, path, rule in _SAME:
        here, there = told.of(name), document.body.of(path)
        if here is not None and there is not None and here != there and not _same(here, there, name):
            report.fault(rule, f"TED/DD/{name}", here, there)
    for name, path, rule in _BEGINNING:
        here, there = told.of(name), document.body.of(path)
        if here is not None and there is not None and _words(here) != _words(there[:PREFIX]):
            report.fault(rule, f"TED/DD/{name}", here, there[:PREFIX])
    agrees = len(report.faults) == before
    _time(told.of("TSTED") or "", document.body.of("TmstFirma") or "", report)
    return agrees


def _same(here: str, there: str, name: str) -> bool:
    """The same number or RUT, written otherwise."""
    if name in ("RE", "RR"):
        return here.upper() == there.upper()
    number = as_number(here)
    return name != "FE" and number is not None and number == as_number(there)


def _time(stamped: str, signed: str, report: Report) -> None:
    """A document is stamped, then signed. Both are written alike, so that texts compare as times do."""
    if len(stamped) == len(signed) == len("2026-11-10T10:00:00") and stamped > signed:
        report.fault("stamp-time", "TED/DD/TSTED", stamped, signed)


def _words(text: str) -> str:
    return " ".join(text.split())
