"""The dates of who issues: until when an invoice may be issued, goods may come back, folios may be used."""

from datetime import date, timedelta

from minga.domain.terms import end_of_month, months_after, term
from minga.dte.deadlines.business_days import business_days_after
from minga.dte.deadlines.limit import Deadline, whole_day

POSTPONED_TO_DAY = 10
RETURN_MONTHS = 6
REFUND_DAYS = 30
CAF_MONTHS = 6


def latest_issue(operation: date) -> Deadline:
    """Until when a sale of that day, that a guía went with, may be invoiced (DL 825 art. 55)."""
    return whole_day("issue-postponed", end_of_month(operation) + timedelta(days=POSTPONED_TO_DAY))


def issued_in_time(operation: date, issued: date, sent: date) -> bool:
    """``issued`` is the invoice's own date, which must stand in the operation's month; ``sent`` the day on which it was
    really issued."""
    same_month = (issued.year, issued.month) == (operation.year, operation.month)
    return same_month and operation <= sent <= latest_issue(operation).last


def latest_return(delivered: date) -> Deadline:
    """Until when goods may come back so that a credit note takes the IVA back (DL 825 arts. 21 and 70)."""
    return whole_day("return-of-goods", months_after(delivered, RETURN_MONTHS))


def latest_refund_request(undone: date) -> Deadline:
    """``undone``: the day on which the sale lost its effect (DL 825 art. 70; taxes other than IVA)."""
    return whole_day("refund-request", term(undone, REFUND_DAYS).last)


def caf_expiry(authorised: date) -> Deadline:
    """``authorised`` is the CAF's FA."""
    return whole_day("caf", months_after(authorised, CAF_MONTHS))


def cession_known(registered: date) -> Deadline:
    """The last instant before the debtor counts as knowing of an assignment entered on that day (Ley 19.983 art. 9).
    Raises UnknownYear."""
    return whole_day("cession-known", business_days_after(registered, 1) - timedelta(days=1))
