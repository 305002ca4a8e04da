"""Numbers, days and RUTs as they are printed in Chile."""

from datetime import date
from decimal import Decimal

from minga.domain import rut
from minga.domain.months import MONTHS


def figure(number: Decimal) -> str:
    """1.057.450 and 2,5: a dot for thousands, a comma for decimals, no zeros that say nothing."""
    text = f"{number:,f}"
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    return whole.replace(",", ".") + (f",{decimals}" if decimals else "")


def money(number: Decimal) -> str:
    """In a currency with cents: two decimals at least."""
    text = figure(number)
    whole, _, decimals = text.partition(",")
    return f"{whole},{decimals:0<2}"


def long_day(day: date) -> str:
    return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"


def short_day(day: date) -> str:
    return f"{day:%d-%m-%Y}"


def dotted(text: str) -> str:
    """A RUT with the dots of thousands; what is none stays as it is."""
    try:
        return rut.with_dots(rut.parse(text))
    except ValueError:
        return text
