"""Detalle: each line's amount against its price, quantity, discounts and surcharges; how it counts; its number."""

from collections.abc import Mapping
from decimal import Decimal

from minga.dte.content.comparing import how
from minga.dte.document import Document
from minga.dte.grounds import Report
from minga.dte.node import Node
from minga.dte.reckoning import ZERO, Line, Sums, value, word
from minga.dte.rounding import pesos

NUMBERED = (
    ("Detalle", "NroLinDet"),
    ("SubTotInfo", "NroSTI"),
    ("DscRcgGlobal", "NroLinDR"),
    ("Referencia", "NroLinRef"),
    ("Comisiones", "NroLinCom"),
)
"""The zones whose lines are counted from 1, and the element that counts them (Formato DTE v2.5, pp. 36, 43-45, 48)."""

_PARTS = (
    ("DescuentoPct", "DescuentoMonto", "SubDscto", "TipoDscto", "ValorDscto"),
    ("RecargoPct", "RecargoMonto", "SubRecargo", "TipoRecargo", "ValorRecargo"),
)
_CHANGES = tuple((percentage, amount) for percentage, amount, *_ in _PARTS)
_HUNDRED = Decimal(100)
_DECIMALS = 6
"""Of PrcItem and QtyItem."""

_HALF_PERCENT_STEP = Decimal("0.00005")
"""Half of the second decimal of a percentage: what a percentage that was made from an amount may be off."""


def numbers(document: Document, sums: Sums, report: Report) -> None:
    """Lines are counted 1, 2, 3 …"""
    for zone, name in NUMBERED:
        nodes = document.body.parts.get(zone, ())
        for place, node in enumerate(nodes, 1):
            found = word(node, name)
            if found != str(place) and found.lstrip("0") != str(place):
                report.fault("line-numbers", f"{_path(zone, place, len(nodes))}/{name}", found, place)
                break


def treatments(document: Document, sums: Sums, report: Report) -> None:
    """IndExe says how a line counts, and each type of document has its own values of it."""
    for place, line in enumerate(sums.lines, 1):
        if line.treatment and not _may(line.treatment, document):
            report.fault("line-treatment", f"{_line(place, sums)}/IndExe", line.treatment)


def amounts(document: Document, sums: Sums, report: Report) -> None:
    """MontoItem = PrcItem x QtyItem - DescuentoMonto + RecargoMonto; 0 where it must be."""
    unsold = document.kind == 52 and document.body.of("Encabezado/IdDoc/IndTraslado") not in ("1", "9")
    for place, line in enumerate(sums.lines, 1):
        if line.treatment in ("4", "5"):
            if line.amount:
                report.fault("line-zero", f"{_line(place, sums)}/MontoItem", line.amount, 0)
            continue
        price = value(line.node, "PrcItem")
        if price is None or (unsold and not line.amount):
            continue
        quantity = value(line.node, "QtyItem")
        if quantity is None and word(line.node, "QtyItem"):
            continue
        gross = price if quantity is None else price * quantity
        expected = gross - (value(line.node, "DescuentoMonto") or ZERO) + (value(line.node, "RecargoMonto") or ZERO)
        if line.amount != expected:
            _amount(_line(place, sums), line, expected, sums.is_export, report)
        if "DescuentoPct" in line.node.parts or "RecargoPct" in line.node.parts:
            _percentages(_line(place, sums), line.node, gross, sums.is_export, report)
        if "SubDscto" in line.node.parts or "SubRecargo" in line.node.parts:
            _parts_of_changes(_line(place, sums), line.node, gross, report)


def subquantities(document: Document, sums: Sums, report: Report) -> None:
    """No part of a quantity is more than the whole."""
    for place, line in enumerate(sums.lines, 1):
        parts = line.node.parts.get("Subcantidad")
        if not parts:
            continue
        whole = value(line.node, "QtyItem")
        largest = max(value(each, "SubQty") or ZERO for each in parts)
        if whole is not None and largest > whole:
            report.fault("line-subquantity", f"{_line(place, sums)}/Subcantidad/SubQty", largest, whole)


def missing_amounts(document: Document, sums: Sums, report: Report) -> None:
    """A percentage of discount or surcharge goes with its amount."""
    for place, line in enumerate(sums.lines, 1):
        parts = line.node.parts
        for percentage, name in _CHANGES:
            if percentage in parts and name not in parts and value(line.node, percentage):
                report.fault("line-change-missing", f"{_line(place, sums)}/{percentage}", word(line.node, percentage))


def _amount(path: str, line: Line, expected: Decimal, is_export: bool, report: Report) -> None:
    off = how(line.amount, (expected,), is_export)
    if off == "none":
        return
    rule = "amount-peso" if off == "peso" else "line-amount"
    if rule == "line-amount" and abs(line.amount - expected) <= _room(line.node):
        rule = "line-price-rounded"
    written = word(line.node, "MontoItem")
    report.fault(rule, f"{path}/MontoItem", written, f"{expected.normalize() if is_export else pesos(expected):f}")


def _room(node: Node) -> Decimal:
    """What the amount may differ because price and quantity are written with fewer decimals than the format has: half
    of the last written decimal of the one for each of the other. A whole quantity is taken as exact."""
    price, quantity = value(node, "PrcItem"), value(node, "QtyItem")
    if price is None or quantity is None:
        return ZERO
    room = abs(quantity) * _half_step(word(node, "PrcItem"))
    return room if quantity == quantity.to_integral_value() else room + abs(price) * _half_step(word(node, "QtyItem"))


def _half_step(text: str) -> Decimal:
    """Half of the last written decimal; nothing where all six are written."""
    decimals = len(text.partition(".")[2])
    return ZERO if decimals >= _DECIMALS else Decimal(5).scaleb(-decimals - 1)


def _percentages(path: str, node: Node, gross: Decimal, is_export: bool, report: Report) -> None:
    discount = value(node, "DescuentoMonto") or ZERO
    for percentage, name, *_ in _PARTS:
        percent, amount = value(node, percentage), value(node, name)
        if percent is None or amount is None:
            continue
        bases = (gross, gross - discount) if name == "RecargoMonto" else (gross,)
        readings = tuple(base * percent / _HUNDRED for base in bases)
        off = how(amount, readings, is_export)
        if off == "none":
            continue
        is_near = off == "peso" or abs(amount - readings[0]) <= abs(gross) * _HALF_PERCENT_STEP
        report.fault(
            "line-percent-rounded" if is_near else "line-percent", f"{path}/{name}", amount, f"{pesos(readings[0]):f}"
        )


def _parts_of_changes(path: str, node: Node, gross: Decimal, report: Report) -> None:
    for _, name, parts, kind, of in _PARTS:
        found = node.parts.get(parts)
        amount = value(node, name)
        if not found or amount is None:
            continue
        in_pesos = sum((value(each, of) or ZERO for each in found if word(each, kind) != "%"), ZERO)
        percentages = [value(each, of) or ZERO for each in found if word(each, kind) == "%"]
        sign = -1 if name == "DescuentoMonto" else 1
        left = gross
        for percent in percentages:
            left += sign * left * percent / _HUNDRED
        together = in_pesos + gross * sum(percentages, ZERO) / _HUNDRED
        readings = (together, in_pesos + sign * (left - gross))
        if how(amount, readings) != "none" and min(abs(amount - each) for each in readings) > len(found):
            report.fault("line-change-parts", f"{path}/{name}", amount, f"{pesos(together):f}")


def _may(treatment: str, document: Document) -> bool:
    kinds = _KINDS.get(treatment)
    if kinds is not None and document.kind not in kinds:
        return False
    if document.kind == 52 and treatment in ("4", "5"):
        is_sale = document.body.of("Encabezado/IdDoc/IndTraslado") == "1"
        return is_sale == (treatment == "4")
    return treatment in _TREATMENTS


_TREATMENTS = ("1", "2", "3", "4", "5", "6")
_KINDS: Mapping[str, tuple[int, ...]] = {
    "3": (33, 34, 52, 56, 61),
    "4": (33, 34, 46, 52, 110),
    "5": (52,),
    "6": (33, 34, 39, 41, 46, 52, 56, 61, 110, 111, 112),
}
"""The types that a value of IndExe is for, where not for all: a container deposit (GrntDep) is in invoices, their notes
and guías, lines without sale in invoices and guías, lines to deduct in guías, negative ones not in 43 (Formato DTE
v2.5, pp. 31, 36-37)."""


def _line(place: int, sums: Sums) -> str:
    return _path("Detalle", place, len(sums.lines))


def _path(zone: str, place: int, count: int) -> str:
    return f"{zone}[{place}]" if count > 1 else zone


CHECKS = (numbers, treatments, amounts, subquantities, missing_amounts)
