"""Every amount of a document against those it is made of: one reckoning, and the rules that compare with it."""

from minga.dte.content import commissions, foreign, global_changes, lines, taxes, totals
from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.reckoning import reckon


def amounts(document: Document, grounds: Grounds, report: Report) -> None:
    """The sums of a document, reckoned once; what a document has not is not looked at."""
    sums = reckon(document.body, document.kind, document.issued)
    checks = [*lines.CHECKS, *totals.CHECKS]
    if "DscRcgGlobal" in document.body.parts:
        checks += global_changes.CHECKS
    if sums.taxed or "ImptoReten" in sums.totals.parts:
        checks += taxes.CHECKS
    if "Comisiones" in document.body.parts or "Comisiones" in sums.totals.parts:
        checks += commissions.CHECKS
    if "OtraMoneda" in sums.head.parts or any("OtrMnda" in line.node.parts for line in sums.lines):
        checks += foreign.CHECKS
    for check in checks:
        check(document, sums, report)


LOOKS = (amounts,)
