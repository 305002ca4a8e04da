"""Pesos are whole. The SII's texts name no way of rounding; half away from zero is what programs that the SII certified
do, and a real invoice that the SII took is a peso off: so a peso is its own class of difference."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Literal

Difference = Literal["none", "peso", "wrong"]

EXPORT_PLACES = 4
"""Decimals of amounts in documents of export, in units of their currency."""

_WIDE = Context(prec=200)
_WIDEST = 100
_CENT = Decimal("0.01")


def pesos(amount: Decimal) -> Decimal:
    """Whole pesos, half away from zero."""
    return rounded(amount, 0)


def rounded(amount: Decimal, places: int) -> Decimal:
    """To that many decimals, half away from zero. What is too large to be money stays as it is."""
    if amount.adjusted() > _WIDEST:
        return amount
    return amount.quantize(_step(places), ROUND_HALF_UP, _WIDE)


@lru_cache(maxsize=32)
def _step(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def difference(found: Decimal, expected: Decimal) -> Difference:
    """``expected`` need not be whole. ``peso``: off by one peso or less after rounding."""
    whole = pesos(expected)
    if found == whole:
        return "none"
    return "peso" if abs(found - whole) <= 1 else "wrong"


def difference_export(found: Decimal, expected: Decimal) -> Difference:
    """Of amounts in another currency: ``none`` if it is rounded to four or two decimals, ``peso`` if it is rounded to
    whole units or off by a hundredth or less."""
    if found in (rounded(expected, EXPORT_PLACES), rounded(expected, 2)):
        return "none"
    return "peso" if found == pesos(expected) or abs(found - expected) <= _CENT else "wrong"


def least(differences: Iterable[Difference]) -> Difference:
    """The smallest of them; ``wrong`` if there is none."""
    found = set(differences)
    return "none" if "none" in found else "peso" if "peso" in found else "wrong"
