"""LibroGuia: guías de despacho, sent only when the SII asks (Libro de Guías de Despacho v1.0 of 2003)."""

from decimal import Decimal

from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node
from minga.dte.reading.books import parts, sending_of
from minga.dte.reading.container import Container, Heads
from minga.dte.reading.envelopes import by_path

SALE = "1"
VOID, VOID_LATER = "1", "2"
"""Anulado: before it was sent to the SII, after."""


def guide_book(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    around = container.cover.first("EnvioLibro") if container.cover and container.kind == "LibroGuia" else None
    caratula = around.first("Caratula") if around is not None else None
    if around is None or caratula is None:
        return
    parts(around, caratula, report)
    if not caratula.of("FolioNotificacion"):
        report.fault("book-notification", "Caratula/FolioNotificacion")
    lines = by_path(around, "Detalle")
    for path, each in lines:
        _line(path, each, report)
    sending = sending_of(caratula)
    name = "ResumenPeriodo" if sending == "TOTAL" else "ResumenSegmento"
    summary = around.first(name)
    if summary is not None and sending != "FINAL":
        _summary(name, summary, [each for _, each in lines], report)


def _line(path: str, each: Node, report: Report) -> None:
    if each.of("Anulado") != VOID and each.of("TpoOper") == SALE:
        for name in ("RUTDoc", "MntTotal"):
            if not each.of(name):
                report.fault("guide-book-sale", f"{path}/{name}")


def _summary(path: str, summary: Node, lines: list[Node], report: Report) -> None:
    valid = [each for each in lines if each.of("Anulado") not in (VOID, VOID_LATER)]
    sales = [each for each in valid if each.of("TpoOper") == SALE]
    expected = {
        "TotGuiaVenta": Decimal(len(sales)),
        "TotMntGuiaVta": sum((each.amount("MntTotal") for each in sales), Decimal(0)),
        "TotFolAnulado": Decimal(sum(each.of("Anulado") == VOID for each in lines)),
        "TotGuiaAnulada": Decimal(sum(each.of("Anulado") == VOID_LATER for each in lines)),
    }
    for name, number in expected.items():
        if summary.amount(name) != number:
            report.fault("guide-book-sums", f"{path}/{name}", summary.amount(name), number)
    for where, each in by_path(summary, "TotTraslado"):
        count = sum(line.of("TpoOper") == each.of("TpoTraslado") for line in valid)
        if each.amount("CantGuia") != count:
            report.fault("guide-book-sums", f"{path}/{where}/CantGuia", each.amount("CantGuia"), count)


LOOKS = (guide_book,)
