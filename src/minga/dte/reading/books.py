"""LibroCompraVenta: the books of purchases and sales that the register (RCV) replaced, still asked for in tests (IECV
v3.0, and VAL, the SII's list of validations). This module: the book's parts; lines and sums have modules of their own.
"""

from collections import Counter
from typing import Literal

from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node, as_day
from minga.dte.reading.book_lines import LOOKS as OF_LINES
from minga.dte.reading.book_lines import Book, Line, line
from minga.dte.reading.book_sums import detail_against_summary, summary
from minga.dte.reading.book_types import book_types
from minga.dte.reading.container import Container, Heads
from minga.dte.reading.envelopes import by_path

Sending = Literal["TOTAL", "PARCIAL", "FINAL", "AJUSTE"]


def book(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    around = container.cover.first("EnvioLibro") if container.cover and container.kind == "LibroCompraVenta" else None
    caratula = around.first("Caratula") if around is not None else None
    if around is None or caratula is None:
        return
    if caratula.of("TipoLibro") != "ESPECIAL":
        report.fault("book-replaced", "Caratula/PeriodoTributario", caratula.of("PeriodoTributario") or "")
    parts(around, caratula, report)
    lines = tuple(line(path, each) for path, each in by_path(around, "Detalle"))
    operation = caratula.of("TipoOperacion")
    if operation not in ("COMPRA", "VENTA"):
        report.fault("book-operation", "Caratula/TipoOperacion", operation or "", "COMPRA | VENTA")
        return
    read = Book(
        "COMPRA" if operation == "COMPRA" else "VENTA",
        as_day(f"{caratula.of('PeriodoTributario')}-01"),
        caratula.of("TipoLibro") == "ESPECIAL",
        tuple(each for each in lines if not each.annulled),
        book_types(),
    )
    for look in OF_LINES:
        look(read, report)
    _annulled(lines, report)
    _types(read, lines, report)
    _twice(lines, report)
    detail_against_summary(around, lines, sending_of(caratula), report)
    if read.operation == "COMPRA":
        _factor(around, report)
    else:
        for path, each in by_path(around, "ResumenPeriodo/TotalesPeriodo"):
            summary(path, each, read, report)


def sending_of(caratula: Node) -> Sending:
    """TipoEnvio; TOTAL where it is absent or none of the four."""
    told = caratula.of("TipoEnvio")
    return "PARCIAL" if told == "PARCIAL" else "FINAL" if told == "FINAL" else "AJUSTE" if told == "AJUSTE" else "TOTAL"


def parts(around: Node, caratula: Node, report: Report) -> None:
    """Which parts a sending has, by its kind: of books of purchases and sales and of guías."""
    sending = sending_of(caratula)
    segment, period, lines = around.has("ResumenSegmento"), around.has("ResumenPeriodo"), around.has("Detalle")
    wrong = {
        "PARCIAL": [("ResumenPeriodo", period), ("ResumenSegmento", not segment), ("Detalle", not lines)],
        "FINAL": [("ResumenPeriodo", not period), ("ResumenSegmento", segment), ("Detalle", lines)],
        "TOTAL": [("ResumenPeriodo", not period)],
        "AJUSTE": [("ResumenPeriodo", not period), ("ResumenSegmento", lines and not segment)],
    }[sending]
    for name, is_wrong in wrong:
        if is_wrong:
            report.fault("book-parts", f"EnvioLibro/{name}", _whether(around, name), sending)
    if caratula.of("TipoLibro") == "ESPECIAL" and not caratula.of("FolioNotificacion"):
        report.fault("book-notification", "Caratula/FolioNotificacion")
    if caratula.of("TipoLibro") == "RECTIFICA" and not caratula.of("CodAutRec"):
        report.fault("book-authorisation", "Caratula/CodAutRec")


def _whether(around: Node, name: str) -> str:
    return name if around.has(name) else "-"


def _types(read: Book, lines: tuple[Line, ...], report: Report) -> None:
    allowed, alone = read.types.side(read.operation).types, read.types.summary_only
    for each in lines:
        if each.kind in alone:
            report.fault("book-summary-only", f"{each.path}/TpoDoc", each.kind)
        elif each.kind not in allowed:
            report.fault("book-type", f"{each.path}/TpoDoc", each.kind, read.operation)


def _annulled(lines: tuple[Line, ...], report: Report) -> None:
    for each in lines:
        if each.annulled and (told := sorted(set(each.node.parts) - _OF_ANNULLED)):
            report.fault("book-annulled", each.path, ", ".join(told), ", ".join(sorted(_OF_ANNULLED)))


def _factor(around: Node, report: Report) -> None:
    """A month has one factor of proportional IVA (IECV p. 3)."""
    told = [
        (f"{path}/FctProp", factor)
        for path, each in by_path(around, "ResumenPeriodo/TotalesPeriodo")
        if (factor := each.number("FctProp")) is not None
    ]
    for path, factor in told:
        if factor != told[0][1]:
            report.fault("book-factor", path, factor, told[0][1])


def _twice(lines: tuple[Line, ...], report: Report) -> None:
    found = Counter(each.identity for each in lines)
    for each in lines:
        times = found.pop(each.identity, 1)
        if times > 1:
            report.fault("book-twice", each.path, f"{each.kind} {each.node.of('NroDoc') or ''}: {times}", "1")


_OF_ANNULLED = frozenset({"TpoDoc", "NroDoc", "Anulado", "Operacion"})

LOOKS = (book,)
