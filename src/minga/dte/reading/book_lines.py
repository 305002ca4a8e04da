"""Lines of a book of purchases or sales (VAL, rules 1-41)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from minga.dte.grounds import Report
from minga.dte.node import Node
from minga.dte.reading.book_types import BookTypes
from minga.dte.reading.numbers import whole
from minga.dte.rounding import difference, pesos

Operation = Literal["COMPRA", "VENTA"]


@dataclass(frozen=True, slots=True)
class Line:
    """A document in a book, amounts in pesos. ``iva`` is MntIVA (in purchases the recoverable one), ``not_recovered``
    the IVA of the tables of non-recoverable IVA and that of common use."""

    path: str
    node: Node
    kind: int
    annulled: bool
    exempt: Decimal
    net: Decimal
    iva: Decimal
    not_recovered: Decimal
    total: Decimal | None

    @property
    def all_iva(self) -> Decimal:
        return self.iva + self.not_recovered

    @property
    def identity(self) -> tuple[str | None, ...]:
        """What may stand once: an adjustment takes a line away and adds it anew."""
        return tuple(self.node.of(name) for name in ("TpoDoc", "NroDoc", "RUTDoc", "Emisor", "Operacion"))


@dataclass(frozen=True, slots=True)
class Book:
    """``period`` is the first day of PeriodoTributario, ``special``: a book that the SII asked for, of one period or
    more. ``lines`` are those not annulled."""

    operation: Operation
    period: date | None
    special: bool
    lines: tuple[Line, ...]
    types: BookTypes


def line(path: str, node: Node) -> Line:
    not_recovered = sum((each.amount("MntIVANoRec") for each in node.all("IVANoRec")), node.amount("IVAUsoComun"))
    return Line(
        path,
        node,
        whole(node.of("TpoDoc")) or 0,
        node.has("Anulado"),
        node.amount("MntExe"),
        node.amount("MntNeto"),
        node.amount("MntIVA"),
        not_recovered,
        node.number("MntTotal"),
    )


def amounts(book: Book, report: Report) -> None:
    """Which amounts there must be together (VAL 1-6, 21, 22)."""
    for each in book.lines:
        rate = each.node.number("TasaImp") or book.types.rate.percent
        other_tax = each.node.amount("Ley18211")
        if book.operation == "COMPRA" and not each.all_iva and not other_tax and pesos(abs(each.net) * rate / 100):
            report.fault("book-net-alone", f"{each.path}/MntIVA", "0", pesos(each.net * rate / 100))
        if book.operation == "COMPRA" and each.all_iva and not each.net:
            report.fault("book-iva-alone", f"{each.path}/MntNeto", "0", "<> 0")
        parts = each.net or each.exempt or each.all_iva
        if parts and each.total is None:
            report.fault("book-total-missing", f"{each.path}/MntTotal")
        if each.total and not parts and not _fares(each):
            report.fault("book-total-alone", f"{each.path}/MntTotal", each.total)
        _not_recovered(each, report)


def fields(book: Book, report: Report) -> None:
    """Which fields a type must have (VAL 7-14, 23-30)."""
    side, types = book.types.side(book.operation), book.types
    for each in book.lines:
        if each.kind in side.dated and each.node.day("FchDoc") is None:
            report.fault("book-date-missing", f"{each.path}/FchDoc", each.node.of("FchDoc") or "")
        if each.kind in side.with_rut and not each.node.of("RUTDoc"):
            report.fault("book-rut-missing", f"{each.path}/RUTDoc")
        if each.kind in types.rated and each.node.number("TasaImp") is None:
            report.fault("book-rate-missing", f"{each.path}/TasaImp")
        if each.kind in side.with_total and not each.total:
            report.fault("book-total-zero", f"{each.path}/MntTotal", "0", "<> 0")
        if each.kind in side.with_iva and each.node.number("MntIVA") is None:
            report.fault("book-iva-missing", f"{each.path}/MntIVA")
        if book.operation == "COMPRA" and each.kind in types.rated and not each.net:
            report.fault("book-net-zero", f"{each.path}/MntNeto", "0", "<> 0")
        if book.operation == "VENTA" and each.kind in types.invoices and not (each.net or each.exempt or each.total):
            report.fault("book-invoice-zero", each.path, "0", "<> 0")
        if each.kind in types.exempt and (not each.exempt or each.net or each.iva):
            report.fault("book-exempt", each.path, f"{each.exempt}, {each.net}, {each.iva}", "<> 0, 0, 0")
        if each.kind in types.notes_all and each.total is None:
            report.fault("book-note-total", f"{each.path}/MntTotal")


def sums(book: Book, report: Report) -> None:
    """Each amount against those it is made of (VAL 15, 16, 18, 32-34, 36-38)."""
    for each in book.lines:
        _iva(each, book, report)
        expected = _totals(each, book)
        if each.total is not None and all(difference(each.total, total) == "wrong" for total in expected):
            report.fault("book-total", f"{each.path}/MntTotal", each.total, expected[0])
        fixed = each.node.amount("MntIVAActivoFijo")
        if fixed > each.all_iva:
            report.fault("book-fixed-asset", f"{each.path}/MntIVAActivoFijo", fixed, f"<= {each.all_iva}")
        if book.operation == "VENTA":
            _of_sales(each, book, report)


def scope(book: Book, report: Report) -> None:
    """What only some types or periods may have (VAL 17, 19, 31, 35, 39, 40), and signs."""
    types = book.types
    for each in book.lines:
        if each.node.has("Emisor") and each.kind not in types.notes:
            report.fault("book-exception", f"{each.path}/Emisor", each.kind, ", ".join(map(str, sorted(types.notes))))
        if each.node.amount("Ley18211") and each.kind not in types.free_zone:
            report.fault("book-free-zone", f"{each.path}/Ley18211", each.kind, "108")
        if book.operation == "VENTA" and each.kind not in types.withholding:
            for name in _WITHHELD:
                if each.node.amount(name):
                    report.fault("book-withheld-type", f"{each.path}/{name}", each.kind)
        if each.kind not in types.settlements:
            for name in ("MntExe", "MntNeto", "MntIVA", "MntTotal"):
                if each.node.amount(name) < 0:
                    report.fault("book-negative", f"{each.path}/{name}", each.node.of(name) or "", ">= 0")
        _period(each, book, report)


def _not_recovered(each: Line, report: Report) -> None:
    for place, part in enumerate(each.node.all("IVANoRec"), 1):
        path = f"{each.path}/IVANoRec[{place}]"
        if part.amount("MntIVANoRec") and not part.of("CodIVANoRec"):
            report.fault("book-code-missing", f"{path}/CodIVANoRec")
        if part.of("CodIVANoRec") and not (part.has("MntIVANoRec") and each.node.has("MntIVA")):
            report.fault("book-code-alone", f"{path}/MntIVANoRec" if each.node.has("MntIVA") else f"{each.path}/MntIVA")


def _iva(each: Line, book: Book, report: Report) -> None:
    """In purchases at the line's own rate, in sales at that of the period."""
    if each.kind in book.types.free_zone:
        return
    law = book.types.rate
    rate = each.node.number("TasaImp")
    if book.operation == "VENTA":
        rate = law.percent if book.period is None or book.period >= law.since else None
    if rate is None or not each.all_iva or not each.net:
        return
    expected = each.net * rate / 100
    if difference(each.all_iva, expected) == "wrong":
        report.fault("book-iva", f"{each.path}/MntIVA", each.all_iva, pesos(expected))


def _totals(each: Line, book: Book) -> tuple[Decimal, ...]:
    """What MntTotal may be. The SII's formula does not say whether taxes on tobacco and cars are in it."""
    node, withheld = each.node, book.types.withheld
    total = each.net + each.exempt + each.all_iva + node.amount("Ley18211")
    for other in node.all("OtrosImp"):
        amount = other.amount("MntImp")
        total += -amount if whole(other.of("CodImp")) in withheld else amount
    if book.operation == "COMPRA":
        total += node.amount("MntSinCred")
        more = sum((node.amount(name) for name in _MORE_TAXES), Decimal(0))
        return (total, total + more) if more else (total,)
    total += (
        node.amount("DepEnvase") - node.amount("CredEC") - node.amount("IVARetTotal") - node.amount("IVARetParcial")
    )
    for part in node.all("Liquidaciones"):
        total -= part.amount("ValComNeto") + part.amount("ValComExe") + part.amount("ValComIVA")
    fares = _fares(each)
    return (total, total + fares) if fares else (total,)


def _of_sales(each: Line, book: Book, report: Report) -> None:
    node = each.node
    period = node.number("MntPeriodo")
    expected = (each.total or 0) + node.amount("MntNoFact")
    if period is not None and period != expected:
        report.fault("book-period-amount", f"{each.path}/MntPeriodo", period, expected)
    own, others = node.number("IVAPropio"), node.number("IVATerceros")
    if (own or others) and each.iva != (own or 0) + (others or 0):
        report.fault("book-third-parties", f"{each.path}/MntIVA", each.iva, (own or 0) + (others or 0))
    withheld = sum((node.amount(name) for name in _WITHHELD), Decimal(0))
    if withheld > 0 and each.iva != withheld:
        report.fault("book-withheld", f"{each.path}/MntIVA", each.iva, withheld)
    if each.kind in book.types.settlement_invoices:
        for place, part in enumerate(node.all("Liquidaciones"), 1):
            commission = part.amount("ValComNeto") * book.types.rate.percent / 100
            if difference(part.amount("ValComIVA"), commission) == "wrong":
                path = f"{each.path}/Liquidaciones[{place}]/ValComIVA"
                report.fault("book-commission", path, part.amount("ValComIVA"), pesos(commission))


def _period(each: Line, book: Book, report: Report) -> None:
    day = each.node.day("FchDoc")
    if day is None or book.period is None or book.special:
        return
    age = (book.period.year - day.year) * 12 + book.period.month - day.month
    if book.operation == "COMPRA" and each.iva and not 0 <= age <= 2:
        report.fault("book-old", f"{each.path}/FchDoc", day, f"{book.period:%Y-%m}")
    if book.operation == "VENTA" and age and each.node.of("IndServicio") != "1":
        report.fault("book-month", f"{each.path}/FchDoc", day, f"{book.period:%Y-%m}")


def _fares(each: Line) -> Decimal:
    return each.node.amount("PsjNac") + each.node.amount("PsjInt")


_WITHHELD = ("IVARetTotal", "IVARetParcial", "IVANoRetenido")
_MORE_TAXES = ("TabPuros", "TabCigarrillos", "TabElaborado", "ImpVehiculo")

LOOKS = (amounts, fields, sums, scope)
