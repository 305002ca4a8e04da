"""Dates that norms set for tax documents, as pure functions; each names its norm and says whether it has passed.

No clock: the instant is given. Entries: `deadlines` for an invoice that was received, `record` for the SII's register
of claims, and the functions of `issuing` for who issues.
"""

from minga.dte.deadlines.business_days import UnknownYear, business_days_after, is_business_day
from minga.dte.deadlines.claims import (
    ACTIONS,
    Recorded,
    Reply,
    Request,
    Standing,
    assignable,
    manual,
    record,
    window_end,
)
from minga.dte.deadlines.invoice import Agreement, Received, deadlines, payment_of, recovery_fee
from minga.dte.deadlines.issuing import (
    caf_expiry,
    cession_known,
    issued_in_time,
    latest_issue,
    latest_refund_request,
    latest_return,
)
from minga.dte.deadlines.limit import Deadline, Limit, limits

__all__ = [
    "ACTIONS",
    "Agreement",
    "Deadline",
    "Limit",
    "Received",
    "Recorded",
    "Reply",
    "Request",
    "Standing",
    "UnknownYear",
    "assignable",
    "business_days_after",
    "caf_expiry",
    "cession_known",
    "deadlines",
    "is_business_day",
    "issued_in_time",
    "latest_issue",
    "latest_refund_request",
    "latest_return",
    "limits",
    "manual",
    "payment_of",
    "record",
    "recovery_fee",
    "window_end",
]
