"""Dates that norms set: how they are counted in Chile, what they depend on, and that each names its norm."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.agents.builtin import deadlines as builtin
from minga.domain.terms import chile, day_in_chile, days_later, instant, last_instant, months_after
from minga.dte.deadlines import (
    Agreement,
    Deadline,
    Limit,
    Received,
    UnknownYear,
    business_days_after,
    caf_expiry,
    cession_known,
    deadlines,
    issued_in_time,
    latest_issue,
    latest_refund_request,
    latest_return,
    limits,
    payment_of,
    window_end,
)
from minga.dte.deadlines.invoice import CLAIM_DAYS, PAYMENT_DAYS

RECEIVED = instant(datetime(2026, 11, 20, 10, 0))
INVOICE = Received(kind=33, received=RECEIVED)
LOCAL = st.datetimes(datetime(2017, 1, 14), datetime(2035, 1, 1))


def by_id(invoice: Received) -> dict[str, Deadline]:
    return {each.limit.id: each for each in deadlines(invoice)}


def local(at: datetime) -> str:
    return at.astimezone(chile()).strftime("%Y-%m-%d %H:%M:%S")


def test_an_invoice_that_nobody_answered_has_each_date_on_its_day() -> None:
    found = by_id(replace(INVOICE, balance=Decimal(119_050)))
    assert {id_: str(each.last) for id_, each in found.items()} == {
        "claim-register": "2026-11-28",
        "claim-law": "2026-11-28",
        "acceptance": "2026-11-28",
        "receipt-presumed": "2026-11-28",
        "payment": "2026-12-20",
        "default-interest": "2026-12-20",
        "recovery-fee": "2026-12-20",
        "executive-merit": "2026-12-20",
        "executive-action": "2027-12-20",
        "vat-credit": "2026-11-30",
        "vat-credit-late": "2027-01-31",
    }
    assert local(found["claim-register"].until) == "2026-11-28 10:00:00"
    assert local(found["claim-law"].until) == "2026-11-28 23:59:59"
    assert found["recovery-fee"].pesos == 1191


@pytest.mark.parametrize(
    ("received", "end"),
    [
        (datetime(2026, 9, 1, 10, 0), "2026-09-09 13:00:00+00:00"),  # summer time begins on 6 September
        (datetime(2026, 4, 1, 10, 0), "2026-04-09 14:00:00+00:00"),  # and ended on 4 April
        (datetime(2026, 3, 27, 23, 30), "2026-04-05 02:30:00+00:00"),  # 23:30 of 4 April happens twice: the first
        (datetime(2026, 8, 29, 0, 30), "2026-09-06 04:30:00+00:00"),  # 0:30 of 6 September does not happen
    ],
)
def test_eight_days_are_the_same_clock_time_across_a_change_of_the_clock(received: datetime, end: str) -> None:
    assert str(window_end(instant(received))) == end


def test_a_day_lasts_until_its_midnight_also_where_its_last_hour_happens_twice() -> None:
    assert str(last_instant(date(2026, 4, 4))) == "2026-04-05 03:59:59.999999+00:00"
    assert str(last_instant(date(2026, 9, 5))) == "2026-09-06 03:59:59.999999+00:00"


@given(LOCAL)
def test_the_window_is_eight_clock_days_give_or_take_the_hour_of_summer_time(at: datetime) -> None:
    received = instant(at)
    elapsed = window_end(received) - received
    assert abs(elapsed - timedelta(days=8)) <= timedelta(hours=1)
    assert day_in_chile(window_end(received)) - day_in_chile(received) == timedelta(days=8)


@given(LOCAL, st.integers(0, 400))
def test_later_days_come_later_and_a_date_passes_once(at: datetime, days: int) -> None:
    received = instant(at)
    assert days_later(received, days + 1) > days_later(received, days)
    for each in deadlines(Received(kind=33, received=received)):
        assert not each.passed(each.until)
        assert each.passed(each.until + timedelta(microseconds=1))
        assert each.until > received


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 48))
def test_a_term_of_months_ends_on_the_same_number_or_the_months_last_day(day: date, months: int) -> None:
    end = months_after(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == day.day or (end.day < day.day and (end + timedelta(days=1)).day == 1)


def test_an_acceptance_makes_it_irrevocable_at_once_and_a_claim_takes_merit_and_credit_away() -> None:
    accepted = RECEIVED + timedelta(days=1)
    assert by_id(replace(INVOICE, accepted=accepted))["acceptance"].until == accepted
    claimed = by_id(replace(INVOICE, claimed=RECEIVED + timedelta(days=2)))
    assert not {"acceptance", "receipt-presumed", "executive-merit", "executive-action", "vat-credit"} & set(claimed)
    late = by_id(replace(INVOICE, claimed=RECEIVED + timedelta(days=20)))
    assert {"acceptance", "executive-merit", "vat-credit"} <= set(late)


def test_the_vat_credit_belongs_to_the_month_of_the_receipt_or_of_the_end_of_the_eight_days() -> None:
    at_the_end = replace(INVOICE, received=instant(datetime(2026, 11, 25, 9, 0)))
    assert by_id(at_the_end)["vat-credit"].last == date(2026, 12, 31)
    acknowledged = replace(at_the_end, acknowledged=instant(datetime(2026, 11, 26, 9, 0)))
    assert by_id(acknowledged)["vat-credit"].last == date(2026, 11, 30)
    assert by_id(acknowledged)["vat-credit-late"].last == date(2027, 1, 31)


def test_an_agreement_holds_only_where_it_was_registered_within_five_business_days() -> None:
    signed = date(2026, 9, 16)  # a Wednesday; Friday 18 and Saturday 19 September are holidays
    assert Agreement(signed, 60).registrable_until == date(2026, 9, 24)
    in_time = replace(INVOICE, agreement=Agreement(signed, 60, date(2026, 9, 24)))
    assert (payment_of(in_time).limit.id, payment_of(in_time).last) == ("payment-agreed", date(2027, 1, 19))
    for registered in (None, date(2026, 9, 25), date(2026, 9, 15)):
        void = replace(INVOICE, agreement=Agreement(signed, 60, registered))
        assert (payment_of(void).limit.id, payment_of(void).last) == ("payment", date(2026, 12, 20))


def test_a_public_body_pays_within_thirty_days_or_what_the_tender_says_up_to_sixty() -> None:
    assert payment_of(replace(INVOICE, public_days=30)).last == date(2026, 12, 20)
    assert payment_of(replace(INVOICE, public_days=45)).last == date(2027, 1, 4)
    assert payment_of(replace(INVOICE, public_days=90)).last == payment_of(replace(INVOICE, public_days=60)).last


def test_the_invoice_that_the_buyer_issues_is_paid_and_collected_but_not_claimed() -> None:
    ids = set(by_id(replace(INVOICE, kind=46)))
    assert ids == {"payment", "default-interest", "recovery-fee", "executive-merit", "executive-action"}


def test_what_is_no_invoice_has_no_such_dates_and_earlier_texts_are_not_guessed() -> None:
    assert deadlines(replace(INVOICE, kind=61)) == ()
    earlier = by_id(Received(kind=33, received=instant(datetime(2018, 3, 1, 9, 0))))
    assert "claim-register" in earlier
    assert not {"payment", "acceptance", "vat-credit"} & set(earlier)


def test_a_year_without_known_holidays_is_refused_and_not_guessed() -> None:
    with pytest.raises(UnknownYear, match="2031"):
        business_days_after(date(2031, 3, 3), 5)
    assert business_days_after(date(2026, 12, 31), 1) == date(2027, 1, 2)  # a Saturday
    assert business_days_after(date(2026, 4, 2), 1) == date(2026, 4, 6)  # past Good Friday, Saturday and Sunday


@given(st.dates(date(2025, 1, 1), date(2027, 11, 1)), st.integers(1, 10))
def test_business_days_are_never_sundays_and_come_at_least_as_late_as_days(day: date, count: int) -> None:
    last = business_days_after(day, count)
    assert last.weekday() != 6
    assert (last - day).days >= count


def test_an_invoice_may_be_postponed_to_the_tenth_day_of_the_next_month_with_a_date_of_its_month() -> None:
    assert latest_issue(date(2026, 12, 3)).last == date(2027, 1, 10)
    sale = date(2026, 11, 5)
    assert issued_in_time(sale, issued=date(2026, 11, 30), sent=date(2026, 12, 10))
    assert not issued_in_time(sale, issued=date(2026, 11, 30), sent=date(2026, 12, 11))
    assert not issued_in_time(sale, issued=date(2026, 12, 1), sent=date(2026, 12, 1))
    assert not issued_in_time(sale, issued=date(2026, 11, 5), sent=date(2026, 11, 4))


def test_goods_may_come_back_for_six_months_and_folios_be_used_for_six() -> None:
    assert latest_return(date(2026, 8, 31)).last == date(2027, 2, 28)
    assert latest_refund_request(date(2026, 11, 1)).last == date(2026, 12, 1)
    assert caf_expiry(date(2026, 3, 31)).last == date(2026, 9, 30)
    assert caf_expiry(date(2026, 3, 31)).passed(datetime(2026, 10, 1, 12, tzinfo=UTC))


def test_the_debtor_knows_of_an_assignment_on_the_next_business_day() -> None:
    known = cession_known(date(2026, 9, 17))
    assert not known.passed(instant(datetime(2026, 9, 20, 23, 0)))
    assert known.passed(instant(datetime(2026, 9, 21, 0, 0)))


@pytest.mark.parametrize("limit", limits().values(), ids=lambda limit: limit.id)
def test_each_date_names_norms_that_are_known(limit: Limit) -> None:
    assert limit.norms()


def test_the_built_in_agent_counts_the_same_days() -> None:
    law = builtin.load()
    assert (law.claim_days, law.payment_days) == (CLAIM_DAYS, PAYMENT_DAYS)
