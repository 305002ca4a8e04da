"""Summaries of a book: against its lines (IECV pp. 8 and 11), and by themselves (VAL, rules 42-54)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from minga.dte.grounds import Report
from minga.dte.node import Node
from minga.dte.reading.book_lines import Book, Line
from minga.dte.reading.book_types import book_types
from minga.dte.reading.envelopes import by_path
from minga.dte.reading.numbers import whole
from minga.dte.rounding import pesos

Key = tuple[str, str]
"""Type of document, and kind of tax (1 IVA, 2 Ley 18.211)."""

ALWAYS = {"TotMntExe": "MntExe", "TotMntNeto": "MntNeto", "TotMntIVA": "MntIVA", "TotMntTotal": "MntTotal"}
"""Fields of a summary that must be there, with what they add up."""

IF_TOLD = {
    "TotMntActivoFijo": "MntActivoFijo",
    "TotMntIVAActivoFijo": "MntIVAActivoFijo",
    "TotIVAUsoComun": "IVAUsoComun",
    "TotIVAFueraPlazo": "IVAFueraPlazo",
    "TotIVAPropio": "IVAPropio",
    "TotIVATerceros": "IVATerceros",
    "TotLey18211": "Ley18211",
    "TotImpSinCredito": "MntSinCred",
    "TotIVARetTotal": "IVARetTotal",
    "TotIVARetParcial": "IVARetParcial",
    "TotCredEC": "CredEC",
    "TotDepEnvase": "DepEnvase",
    "TotIVANoRetenido": "IVANoRetenido",
    "TotMntNoFact": "MntNoFact",
    "TotMntPeriodo": "MntPeriodo",
    "TotPsjNac": "PsjNac",
    "TotPsjInt": "PsjInt",
}


def detail_against_summary(
    around: Node, lines: tuple[Line, ...], sending: Literal["TOTAL", "PARCIAL", "FINAL", "AJUSTE"], report: Report
) -> None:
    """The summary that is of the lines in the same sending: of the period in a TOTAL, of the segment otherwise."""
    if sending == "TOTAL":
        _compared(around, "ResumenPeriodo/TotalesPeriodo", "book-period-sums", lines, report)
    elif sending != "FINAL":
        _compared(around, "ResumenSegmento/TotalesSegmento", "book-segment-sums", lines, report)


def summary(path: str, each: Node, book: Book, report: Report) -> None:
    """A line of the period's summary of sales, of a type that has no lines of its own."""
    types, kind = book.types, whole(each.of("TpoDoc")) or 0
    if kind not in types.summary_only and kind not in types.totals_needed:
        return
    net, exempt, iva = each.amount("TotMntNeto"), each.amount("TotMntExe"), each.amount("TotMntIVA")
    fares, total = each.amount("TotPsjNac") + each.amount("TotPsjInt"), each.amount("TotMntTotal")
    parts = net + exempt + iva + fares
    if kind in types.boletas:
        if (net or exempt or iva or fares) and not total:
            report.fault("book-boletas-total", f"{path}/TotMntTotal", "0", parts)
        if total and not (net or exempt or iva or fares):
            report.fault("book-boletas-parts", f"{path}/TotMntTotal", total)
        if total <= 0:
            report.fault("book-boletas-zero", f"{path}/TotMntTotal", total, "> 0")
    _taxed(path, each, book, report)
    if kind in types.boletas_exempt and (exempt <= 0 or net or iva):
        report.fault("book-boletas-exempt", path, f"{exempt}, {net}, {iva}", "> 0, 0, 0")
    if kind in types.totals_needed and not total:
        report.fault("book-others-total", f"{path}/TotMntTotal", "0", "<> 0")
    if kind in types.domestic_fares and exempt <= 0 and each.amount("TotPsjNac") <= 0:
        report.fault("book-domestic-fares", f"{path}/TotPsjNac", "0", "> 0")
    if kind in types.foreign_fares and exempt <= 0 and each.amount("TotPsjInt") <= 0:
        report.fault("book-foreign-fares", f"{path}/TotPsjInt", "0", "> 0")
    if total != parts:
        report.fault("book-summary-total", f"{path}/TotMntTotal", total, parts)
    _whole_period(path, each, total, report)
    own, others = each.amount("TotIVAPropio"), each.amount("TotIVATerceros")
    if (own or others) and own + others != iva:
        report.fault("book-summary-third-parties", f"{path}/TotMntIVA", iva, own + others)


def _taxed(path: str, each: Node, book: Book, report: Report) -> None:
    """Boletas with IVA. Each may be rounded by half a peso, so their sum may differ by as many pesos as there are."""
    if (whole(each.of("TpoDoc")) or 0) not in book.types.boletas_taxed:
        return
    net, iva = each.amount("TotMntNeto"), each.number("TotMntIVA")
    if iva is None:
        report.fault("book-boletas-iva", f"{path}/TotMntIVA")
    if net <= 0:
        report.fault("book-boletas-net", f"{path}/TotMntNeto", net, "> 0")
    expected = net * book.types.rate.percent / 100
    if iva is not None and abs(iva - expected) > max(Decimal(1), each.amount("TotDoc")):
        report.fault("book-summary-iva", f"{path}/TotMntIVA", iva, pesos(expected))


def _whole_period(path: str, each: Node, total: Decimal, report: Report) -> None:
    period = each.number("TotMntPeriodo")
    expected = total + each.amount("TotMntNoFact")
    if period is not None and period != expected:
        report.fault("book-summary-period", f"{path}/TotMntPeriodo", period, expected)


def _compared(around: Node, path: str, rule: str, lines: tuple[Line, ...], report: Report) -> None:
    grouped: dict[Key, list[Line]] = {}
    for each in lines:
        grouped.setdefault(_key(each.node), []).append(each)
    alone = book_types().summary_only
    for where, told in by_path(around, path):
        of_type = grouped.pop(_key(told), [])
        if of_type or (whole(told.of("TpoDoc")) or 0) not in alone:
            _one(where, told, of_type, rule, report)
    for (kind, _), left in grouped.items():
        if int(left[0].kind) not in alone:
            report.fault(rule, path, "-", f"TpoDoc {kind}: {len(left)}")


def _one(where: str, told: Node, lines: list[Line], rule: str, report: Report) -> None:
    for name, expected in _expected(lines, told).items():
        found = told.amount(name)
        if found != expected:
            report.fault(rule, f"{where}/{name}", found, expected)
    for table, code, total, part, amount in _TABLES:
        for place, each in enumerate(told.all(table), 1):
            sum_ = _sum_of_table(lines, part, code, each.of(code), amount)
            if each.amount(total) != sum_:
                report.fault(rule, f"{where}/{table}[{place}]/{total}", each.amount(total), sum_)


def _expected(lines: list[Line], told: Node) -> Mapping[str, Decimal]:
    expected = {"TotDoc": sum((_sign(each.node) for each in lines), Decimal(0))}
    if told.has("TotAnulado"):
        expected["TotAnulado"] = Decimal(sum(each.annulled for each in lines))
    valid = [each.node for each in lines if not each.annulled]
    for name, part in {**ALWAYS, **{name: part for name, part in IF_TOLD.items() if told.has(name)}}.items():
        expected[name] = sum((_sign(node) * node.amount(part) for node in valid), Decimal(0))
    return expected


def _sum_of_table(lines: list[Line], part: str, code: str, value: str | None, amount: str) -> Decimal:
    found = Decimal(0)
    for each in lines:
        for row in each.node.all(part) if not each.annulled else ():
            if row.of(code) == value:
                found += _sign(each.node) * row.amount(amount)
    return found


def _sign(node: Node) -> Decimal:
    """A line that an adjustment takes away counts negative."""
    return Decimal(-1) if node.of("Operacion") == "2" else Decimal(1)


def _key(node: Node) -> Key:
    return node.of("TpoDoc") or "", node.of("TpoImp") or "1"


_TABLES = (
    ("TotIVANoRec", "CodIVANoRec", "TotMntIVANoRec", "IVANoRec", "MntIVANoRec"),
    ("TotOtrosImp", "CodImp", "TotMntImp", "OtrosImp", "MntImp"),
)
