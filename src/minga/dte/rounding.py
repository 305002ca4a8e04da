"""Pesos are whole. The SII's texts name no way of rounding; half away from zero is what programs that the SII certified
do, and a real invoice that the SII took is a peso off: so a peso is its own class of difference."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Difference = Literal["none", "peso", "wrong"]


def pesos(amount: Decimal) -> Decimal:
    """Whole pesos, half away from zero."""
    return amount.quantize(Decimal(1), ROUND_HALF_UP)


def difference(found: Decimal, expected: Decimal) -> Difference:
    """``expected`` need not be whole. ``peso``: off by one peso or less after rounding."""
    rounded = pesos(expected)
    if found == rounded:
        return "none"
    return "peso" if abs(found - rounded) <= 1 else "wrong"
