"""The dates that follow from the receipt of an invoice: claim, acceptance, payment, executive merit, VAT credit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from minga.domain.terms import day_in_chile, end_of_month, last_instant, months_after, term
from minga.dte.deadlines.business_days import business_days_after
from minga.dte.deadlines.claims import window_end
from minga.dte.deadlines.limit import Deadline, limits, whole_day
from minga.dte.rounding import pesos

CLAIM_DAYS = 8
PAYMENT_DAYS = 30
PUBLIC_DAYS_MAX = 60
REGISTRATION_DAYS = 5
FEE = Decimal("0.01")

CLAIMED_IN_REGISTER = frozenset({33, 34, 43})
"""WSR p.3."""

INVOICES = CLAIMED_IN_REGISTER | {46}
"""What Ley 19.983 holds for; the invoice that the buyer issues (46) by its art. 6, without claim."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A written term of payment longer than 30 days. ``registered``: at the Ministry of Economy, None if it is not."""

    signed: date
    days: int
    registered: date | None = None

    @property
    def registrable_until(self) -> date:
        """Raises UnknownYear."""
        return business_days_after(self.signed, REGISTRATION_DAYS)

    @property
    def holds(self) -> bool:
        return self.registered is not None and self.signed <= self.registered <= self.registrable_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An invoice that was received. Instants are aware.

    ``received``: by the SII. ``delivered``: the day on which the buyer got it, the same if None. ``accepted`` (ACD),
    ``acknowledged`` (ERM) and ``claimed`` (RCD, RFP, RFT) stand in the SII's register. ``public_days``: the buyer is a
    body under Ley 19.886, and pays within so many days (30, or by tender or contract up to 60; what is above does not
    hold). ``balance``: unpaid.
    """

    kind: int
    received: datetime
    delivered: date | None = None
    accepted: datetime | None = None
    acknowledged: datetime | None = None
    claimed: datetime | None = None
    agreement: Agreement | None = None
    public_days: int | None = None
    balance: Decimal | None = None

    @property
    def day(self) -> date:
        return self.delivered or day_in_chile(self.received)


def deadlines(invoice: Received) -> tuple[Deadline, ...]:
    """Every date that follows; none for a document that is no invoice, and none that an earlier text of the norm ruled.

    Raises UnknownYear for an agreement in a year whose holidays are not known.
    """
    if invoice.kind not in INVOICES:
        return ()
    found = (*_of_claim(invoice), *_of_payment(invoice), *_of_credit(invoice))
    return tuple(each for each in found if invoice.day >= each.limit.valid_from)


def accepted_from(invoice: Received) -> datetime | None:
    """The last instant before it is irrevocably accepted; None where it was claimed in time."""
    window = last_instant(term(invoice.day, CLAIM_DAYS).last)
    if invoice.claimed is not None and invoice.claimed <= window:
        return None
    return min(invoice.accepted, window) if invoice.accepted is not None else window


def payment_of(invoice: Received) -> Deadline:
    """The one term of payment that holds."""
    if invoice.public_days is not None:
        return whole_day("payment-public", term(invoice.day, min(invoice.public_days, PUBLIC_DAYS_MAX)).last)
    if invoice.agreement is not None and invoice.agreement.holds:
        return whole_day("payment-agreed", term(invoice.day, invoice.agreement.days).last)
    return whole_day("payment", term(invoice.day, PAYMENT_DAYS).last)


def _of_claim(invoice: Received) -> Iterator[Deadline]:
    if invoice.kind not in CLAIMED_IN_REGISTER:
        return
    yield Deadline(limits()["claim-register"], window_end(invoice.received))
    yield whole_day("claim-law", term(invoice.day, CLAIM_DAYS).last)
    accepted, presumed = accepted_from(invoice), _delivery_known(invoice)
    if accepted is not None:
        yield Deadline(limits()["acceptance"], accepted)
    if presumed is not None:
        yield Deadline(limits()["receipt-presumed"], presumed)


def _of_payment(invoice: Received) -> Iterator[Deadline]:
    if invoice.agreement is not None:
        yield whole_day("agreement-register", invoice.agreement.registrable_until)
    payment, delivery = payment_of(invoice), _delivery_known(invoice)
    yield payment
    yield Deadline(limits()["default-interest"], payment.until)
    yield Deadline(limits()["recovery-fee"], payment.until, recovery_fee(invoice.balance))
    if invoice.kind == 46 or delivery is not None:
        yield Deadline(limits()["executive-merit"], max(payment.until, delivery or payment.until))
        yield whole_day("executive-action", months_after(payment.last, 12))


def _of_credit(invoice: Received) -> Iterator[Deadline]:
    """Not of the invoice that the buyer issues and whose IVA it pays itself."""
    known = _delivery_known(invoice)
    if known is None:
        return
    period = end_of_month(day_in_chile(known))
    yield whole_day("vat-credit", period)
    yield whole_day("vat-credit-late", end_of_month(months_after(period.replace(day=1), 2)))


def recovery_fee(balance: Decimal | None) -> int | None:
    """Pesos that a debtor in default owes besides the balance (Ley 19.983 art. 2 ter)."""
    return None if balance is None else int(pesos(balance * FEE))


def _delivery_known(invoice: Received) -> datetime | None:
    """When receipt of goods or services was acknowledged, else the end of its 8 days; None where it was claimed, and
    where nothing is claimed or presumed (46)."""
    window = last_instant(term(invoice.day, CLAIM_DAYS).last)
    if invoice.kind not in CLAIMED_IN_REGISTER or (invoice.claimed is not None and invoice.claimed <= window):
        return None
    return min(invoice.acknowledged, window) if invoice.acknowledged is not None else window
