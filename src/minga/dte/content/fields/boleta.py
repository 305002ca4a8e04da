"""Conditions of boletas (Formato Boletas v4.1, pp. 8-14)."""

from decimal import Decimal

from minga.dte.content.fields.parties import ANONYMOUS
from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node

IDENTIFIED_ABOVE_UF = 135
"""Above so many UF the buyer is named (Law 21.713)."""

_UF_LEAST = Decimal(35_000)
"""The UF has been above this on every day since the rule holds: a boleta below 135 of these needs no value."""

_HEADER = "Encabezado/IdDoc"
_RECEIVER = "Encabezado/Receptor"
_NOTHING = Node("", "", {}, {})


def services(document: Document, grounds: Grounds, report: Report) -> None:
    """IndServicio 1 and 2: periodic services, at home or not."""
    if not document.is_boleta:
        return
    body = document.body
    service = body.of(f"{_HEADER}/IndServicio")
    if service not in ("1", "2"):
        return
    for name in ("PeriodoDesde", "PeriodoHasta"):
        if not body.of(f"{_HEADER}/{name}"):
            report.fault("boleta-period", f"{_HEADER}/{name}")
    if service == "2" and not body.of(f"{_HEADER}/FchVenc"):
        report.fault("boleta-due", f"{_HEADER}/FchVenc")
    for name in ("DirRecep", "CmnaRecep"):
        if not body.of(f"{_RECEIVER}/{name}"):
            report.fault("boleta-address", f"{_RECEIVER}/{name}")
    if document.receiver == ANONYMOUS:
        report.fault("boleta-anonymous", f"{_RECEIVER}/RUTRecep", ANONYMOUS)


def receiver(document: Document, grounds: Grounds, report: Report) -> None:
    """Who has no RUT is told by a code of the seller, and by name."""
    if not document.is_boleta or document.receiver not in ("0", "0-0"):
        return
    body = document.body
    if not body.of(f"{_RECEIVER}/CdgIntRecep"):
        report.fault("boleta-code", f"{_RECEIVER}/CdgIntRecep")
    if body.of(f"{_HEADER}/IndServicio") == "3" and not body.of(f"{_RECEIVER}/RznSocRecep"):
        report.fault("boleta-name", f"{_RECEIVER}/RznSocRecep")


def shows(document: Document, grounds: Grounds, report: Report) -> None:
    """IndServicio 4: tickets sold for a third party."""
    if not document.is_boleta:
        return
    show = document.body.of(f"{_HEADER}/IndServicio") == "4"
    for where, line in document.body.each("Detalle"):
        kind = line.of("ItemEspectaculo")
        if show and not kind:
            report.fault("boleta-show", f"{where}/ItemEspectaculo", "", "01, 02")
        if kind in ("1", "01") and not line.has("InfoTicket"):
            report.fault("boleta-ticket", f"{where}/InfoTicket")


def above_135_uf(document: Document, grounds: Grounds, report: Report) -> None:
    """A boleta above 135 UF names its buyer and the means of payment."""
    if not document.is_boleta:
        return
    total = document.body.amount("Encabezado/Totales/MntTotal")
    if document.issued is None or total <= IDENTIFIED_ABOVE_UF * _UF_LEAST:
        return
    uf = grounds.uf.get(document.issued)
    if uf is None:
        report.fault("boleta-uf-missing", "Encabezado/Totales/MntTotal", total, f"UF {document.issued}")
        return
    limit = IDENTIFIED_ABOVE_UF * uf
    if total > limit:
        _identified(document, f"{total} > {limit:.0f}", report)


def _identified(document: Document, amounts: str, report: Report) -> None:
    body = document.body
    if document.receiver in ("", "0", "0-0", ANONYMOUS):
        report.fault("boleta-135-rut", f"{_RECEIVER}/RUTRecep", document.receiver, amounts)
    if not body.of(f"{_RECEIVER}/RznSocRecep"):
        report.fault("boleta-135-name", f"{_RECEIVER}/RznSocRecep", "", amounts)
    paid = body.of(f"{_HEADER}/MedioPago")
    if not paid:
        report.fault("boleta-135-payment", f"{_HEADER}/MedioPago", "", amounts)
    if paid == "1":
        for name in ("CorreoRecep", "TelefonoRecep"):
            if not body.of(f"{_RECEIVER}/{name}"):
                report.fault("boleta-135-contact", f"{_RECEIVER}/{name}", "", amounts)


LOOKS = (services, receiver, shows, above_135_uf)
