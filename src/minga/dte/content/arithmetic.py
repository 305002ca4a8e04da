"""Every amount of a document against those it is made of: one reckoning, and the rules that compare with it."""

from minga.dte.content import commissions, foreign, global_changes, lines, taxes, totals
from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.reckoning import reckon

CHECKS = (
    *lines.CHECKS,
    *global_changes.CHECKS,
    *totals.CHECKS,
    *taxes.CHECKS,
    *commissions.CHECKS,
    *foreign.CHECKS,
)


def amounts(document: Document, grounds: Grounds, report: Report) -> None:
    """The sums of a document, reckoned once."""
    sums = reckon(document.body, document.kind, document.issued)
    for check in CHECKS:
        check(document, sums, report)


LOOKS = (amounts,)
