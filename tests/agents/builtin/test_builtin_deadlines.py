"""Terms of Ley 19.983: arithmetic, the stored passages, and what the agent says about an invoice."""

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from builtin_asking import Ask
from hypothesis import given
from hypothesis import strategies as st

from minga.agents.builtin import dates, deadlines
from minga.domain import terms
from minga.domain.events import ToolCall, ToolKind

DAYS = st.dates(date(2005, 4, 15), date(2100, 12, 31))
ARTICLES = dict(
    line.split("\t", 1)
    for line in Path(__file__).with_name("law_articles.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
)


@pytest.mark.parametrize("passage", deadlines.load().passages, ids=lambda passage: passage.key)
def test_each_quoted_passage_stands_word_for_word_in_its_article(passage: deadlines.Passage) -> None:
    assert passage.text in ARTICLES[str(passage.id_parte)]


@given(DAYS, st.sampled_from([8, 30]))
def test_a_term_holds_exactly_its_number_of_days_after_the_receipt(received: date, days: int) -> None:
    term = terms.term(received, days)
    counted = [
        received + timedelta(days=each) for each in range(1, 400) if received + timedelta(days=each) <= term.last
    ]
    assert len(counted) == days
    assert received not in counted


@given(DAYS)
def test_the_payment_term_crosses_months_by_their_real_length(received: date) -> None:
    last = terms.term(received, 30).last
    length = calendar.monthrange(received.year, received.month)[1]
    expected = received.day + 30 - length
    if length >= received.day + 30:
        assert (last.month, last.day) == (received.month, received.day + 30)
    elif expected <= calendar.monthrange(last.year, last.month)[1] and last.month != received.month + 2:
        assert last.day == expected


@pytest.mark.parametrize(
    ("received", "days", "last"),
    [
        (date(2026, 11, 2), 8, date(2026, 11, 10)),
        (date(2026, 11, 2), 30, date(2026, 12, 2)),
        (date(2024, 2, 22), 8, date(2024, 3, 1)),
        (date(2023, 2, 22), 8, date(2023, 3, 2)),
        (date(2024, 1, 31), 30, date(2024, 3, 1)),
        (date(2023, 1, 31), 30, date(2023, 3, 2)),
        (date(2024, 12, 25), 8, date(2025, 1, 2)),
        (date(2028, 2, 29), 30, date(2028, 3, 30)),
    ],
)
def test_terms_cross_months_years_and_leap_days(received: date, days: int, last: date) -> None:
    assert terms.term(received, days).last == last


@given(DAYS, st.integers(-60, 60))
def test_days_left_are_zero_on_the_last_day_and_fall_by_one_a_day(received: date, shift: int) -> None:
    term = terms.term(received, 8)
    assert term.left(term.last + timedelta(days=shift)) == -shift


@given(st.dates(date(1000, 1, 1), date(9999, 12, 31)), st.sampled_from(["es", "en"]))
def test_a_date_in_words_or_numbers_reads_back_as_itself(day: date, language: dates.Language) -> None:
    words = dates.in_words(day, language).lower().replace("é", "e").replace("á", "a")
    spanish = f"{day.day}/{day.month}/{day.year}"
    for text in (words, day.isoformat(), *([spanish, spanish.replace("/", "-")] if language == "es" else [])):
        (mention,) = dates.find(text, language, date(2026, 1, 1))
        assert mention.day == day


@given(st.text(alphabet="0123456789-/. demaryo,", max_size=40))
def test_any_text_gives_dates_or_doubts_without_overlap(text: str) -> None:
    found = dates.find(text, "es", date(2026, 1, 1))
    assert all(bool(each.doubt) == (each.day is None) for each in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


CLAIM_ES = (
    "Reclamo, art. 3 número 2 (8 días corridos): hasta la medianoche en que termina el martes 10 de noviembre de 2026."
)
PAYMENT_ES = "Pago, art. 2 (30 días corridos): hasta la medianoche en que termina el miércoles 2 de diciembre de 2026."
CLAIM_EN = "Claim, art. 3 number 2 (8 consecutive days): until the midnight that ends Tuesday, November 10, 2026."
PAYMENT_EN = "Payment, art. 2 (30 consecutive days): until the midnight that ends Wednesday, December 2, 2026."


@pytest.mark.parametrize(
    "text",
    [
        "plazos de la factura recibida el 2026-11-02",
        "plazos de la factura recibida el 02-11-2026",
        "plazos de la factura recibida el 2/11/2026",
        "plazos de la factura n° 4521 recibida el 2 de noviembre de 2026",
        "plazos según la ley 19.983 de una factura recibida el lunes 2 de noviembre de 2026",
        "Factura emitida el 30-10-2026 y recibida el 2-11-2026: ¿qué plazos hay?",
        "Recibí las mercaderías el 30-10-2026 y la factura el 2-11-2026. ¿Plazos de reclamo y de pago?",
    ],
)
def test_both_deadlines_are_given_in_spanish(ask: Ask, text: str) -> None:
    answer = ask(text).answer
    assert CLAIM_ES in answer
    assert PAYMENT_ES in answer
    assert "dentro de los ocho días corridos siguientes a su recepción" in answer
    assert "contado desde la recepción de la factura" in answer
    assert (
        "Ley 19.983, art. 3 número 2, 2019-01-16, https://www.leychile.cl/Navegar?idNorma=233421&idParte=8660371"
        in answer
    )


@pytest.mark.parametrize(
    "text",
    [
        "deadlines of the invoice received on 2026-11-02",
        "What are the claim and payment deadlines under Ley 19.983 for an invoice received on November 2, 2026?",
        "claim and payment deadlines of an invoice received on 2 November 2026",
    ],
)
def test_both_deadlines_are_given_in_english(ask: Ask, text: str) -> None:
    answer = ask(text).answer
    assert CLAIM_EN in answer
    assert PAYMENT_EN in answer
    assert "Unofficial translation" in answer


def test_only_the_asked_deadline_is_given(ask: Ask) -> None:
    claim = ask("¿Hasta cuándo puedo reclamar la factura recibida el 2/11/2026?").answer
    assert CLAIM_ES in claim
    assert "Pago, art. 2" not in claim
    assert CLAIM_ES in ask("¿Ya venció el plazo para reclamar la factura recibida el 2-11-2026?").answer
    past = ask("When was payment due for the invoice received on 2026-11-02?").answer
    assert PAYMENT_EN in past
    payment = ask("When must I pay the invoice received on 2026-11-02?").answer
    assert PAYMENT_EN in payment
    assert "Claim, art. 3" not in payment


@pytest.mark.parametrize(
    ("day", "spanish", "english"),
    [
        (4, "Quedan 6 días.", "6 days left."),
        (9, "Queda 1 día.", "1 day left."),
        (10, "Vence hoy.", "It ends today."),
        (11, "Venció hace 1 día.", "It ended 1 day ago."),
        (22, "Venció hace 12 días.", "It ended 12 days ago."),
    ],
)
def test_the_distance_to_today_is_said(ask: Ask, day: int, spanish: str, english: str) -> None:
    at = datetime(2026, 11, day, 15, tzinfo=UTC)
    assert f"{CLAIM_ES} {spanish}" in ask("plazo de reclamo de la factura recibida el 2026-11-02", at=at).answer
    assert f"{CLAIM_EN} {english}" in ask("claim deadline of the invoice received on 2026-11-02", at=at).answer


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Hoy llegó una factura, ¿cuándo vence el pago?", 3),
        ("I received an invoice yesterday: when is payment due?", 2),
    ],
)
def test_today_is_the_day_in_chile_not_in_utc(ask: Ask, text: str, day: int) -> None:
    """At 02:00 UTC on November 4 it is still November 3 in Santiago."""
    call = ask(text, at=datetime(2026, 11, 4, 2, tzinfo=UTC)).events[0]
    assert isinstance(call, ToolCall)
    assert call.kind is ToolKind.READ
    assert call.input == f'{{"received": "2026-11-0{day}", "today": "2026-11-03"}}'


def test_the_question_about_the_days_left_today_keeps_the_date_of_receipt(ask: Ask) -> None:
    assert "Quedan 6 días." in ask("recibí la factura el 2026-11-02, ¿cuántos días me quedan hoy para reclamar?").answer


def test_a_last_day_on_a_weekend_is_pointed_out(ask: Ask) -> None:
    answer = ask("plazo de reclamo de la factura recibida el 2026-11-06").answer
    assert "El sábado 14 de noviembre de 2026 es fin de semana" in answer


def test_a_receipt_in_the_future_is_answered_under_condition(ask: Ask) -> None:
    assert "Esa fecha es futura" in ask("plazos de la factura recibida el 2026-12-01").answer
    assert "in the future" in ask("deadlines of the invoice received on 2026-12-01").answer


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("plazos de la factura recibida el 31-02-2026", "no es una fecha que exista"),
        ("plazos de la factura recibida el 29 de febrero de 2026", "no es una fecha que exista"),
        ("plazos de la factura recibida el 2026-13-01", "no es una fecha que exista"),
        ("plazos de la factura recibida el 2 de noviembre", "no dice el año"),
        ("plazos de la factura recibida el 02-11-26", "no dice el año con cuatro cifras"),
        ("plazos de la factura recibida el martes 2 de noviembre de 2026", "ese día es lunes"),
        ("plazos de la factura recibida el lunes", "¿Qué fecha es «lunes»?"),
        ("plazos de la factura", "Falta la fecha. ¿Qué día se recibió la factura?"),
        ("deadlines of the invoice received on 2/11/2026", "Monday, November 2, 2026 or Wednesday, February 11, 2026"),
        ("deadlines of the invoice received on November 2", "does not say the year"),
        ("plazos de la factura emitida el 2026-11-02", "no desde su emisión"),
        ("plazos de la factura, recibí las mercaderías el 2026-11-02", "no desde la entrega de los bienes"),
        ("deadline of the invoice for services received on 2026-11-02", "not from delivery of the goods"),
        ("plazos de la factura recibida el 2026-11-02 y recibida el 2026-11-03", "varias fechas de recepción"),
        ("plazos de la factura recibida el 2026-11-02 y emitida el 2026-11-03", "posterior a la de recepción"),
        ("plazo de la factura del 2026-11-02", "¿Qué día se recibió la factura?"),
        ("plazos de la factura recibida el 2020-04-02", "texto desde el 2020-04-03"),
        ("deadlines of the invoice received on 2018-05-01", "the text since 2020-04-03 only"),
        ("plazos de la factura recibida el 2005-04-14", "no estaba en vigencia: se publicó el 2004-12-15"),
        ("plazos de la factura recibida el 2099-01-01", "a más de un año"),
    ],
)
def test_what_is_unclear_is_asked_back_not_guessed(ask: Ask, text: str, question: str) -> None:
    refusal = ask(text).refusal
    assert question in refusal.message
    assert "minga run" in refusal.remedy
