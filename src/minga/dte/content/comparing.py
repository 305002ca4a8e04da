"""An amount that stands in a document beside what it is reckoned to be."""

from collections.abc import Iterable
from decimal import Decimal

from minga.dte.grounds import Report
from minga.dte.reckoning import ZERO
from minga.dte.rounding import EXPORT_PLACES, Difference, difference, difference_export, least, pesos, rounded


def how(found: Decimal, readings: Iterable[Decimal], is_export: bool = False) -> Difference:
    """The difference from the nearest reading."""
    judge = difference_export if is_export else difference
    return least(judge(found, each) for each in readings)


def compare(
    report: Report, rule: str, path: str, found: Decimal | None, readings: tuple[Decimal, ...], is_export: bool = False
) -> None:
    """Reports ``rule``, or ``amount-peso`` where it is a peso off. What is absent counts as 0."""
    off = how(ZERO if found is None else found, readings, is_export)
    if off != "none":
        expected = rounded(readings[0], EXPORT_PLACES).normalize() if is_export else pesos(readings[0])
        text = "" if found is None else found
        report.fault("amount-peso" if off == "peso" and found is not None else rule, path, text, f"{expected:f}")
