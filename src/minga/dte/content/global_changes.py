"""DscRcgGlobal: discounts and surcharges on the whole document, and the lines that they are on."""

from minga.dte.document import Document
from minga.dte.grounds import Report
from minga.dte.reckoning import Sums, word

_MEANT = {"": ("",), "1": ("1",), "2": ("2", "6")}
"""The treatments of lines that a change with that IndExeDR is on."""


def on_lines(document: Document, sums: Sums, report: Report) -> None:
    """A change is on lines that there are."""
    nodes = document.body.parts.get("DscRcgGlobal")
    if not nodes:
        return
    present = {line.treatment for line in sums.lines}
    for place, node in enumerate(nodes, 1):
        on = word(node, "IndExeDR")
        meant = ("", "1") if sums.is_exempt and on != "2" else _MEANT.get(on, ())
        if not present.intersection(meant):
            report.fault("global-no-line", _path(place, len(nodes), "IndExeDR"), on)


def percentages(document: Document, sums: Sums, report: Report) -> None:
    """Where lines carry different taxes, a change on them must be a percentage: an amount cannot be shared out."""
    nodes = document.body.parts.get("DscRcgGlobal")
    if not nodes or len({tuple(line.codes) for line in sums.lines if not line.treatment}) < 2:
        return
    for place, node in enumerate(nodes, 1):
        if word(node, "TpoValor") == "$" and not word(node, "IndExeDR"):
            report.fault("global-percent", _path(place, len(nodes), "TpoValor"), "$", "%")


def _path(place: int, count: int, name: str) -> str:
    return f"DscRcgGlobal[{place}]/{name}" if count > 1 else f"DscRcgGlobal/{name}"


CHECKS = (on_lines, percentages)
