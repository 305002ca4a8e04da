"""Numbers as people write them: 1.234.567,89 in Chile, 1,234,567.89 in English; what is doubtful is read both ways."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Literal

Mark = Literal[",", "."]
"""The decimal mark: the comma in Chile, the point in English."""

MARKS: tuple[Mark, Mark] = (",", ".")

NUMERAL = (
    r"(?<![\w.,:])(?:\d{1,3}(?:[.,'\u00a0\u202f]\d{3}){1,5}(?:[.,]\d{1,9})?|\d{1,18}(?:[.,]\d{1,12})?)(?![.,:]?\d)"
)

MONEY = r"(?:US\$|USD|CLP|EUR|UF|[$€£])"

_AMOUNT = re.compile(
    rf"\s*(?P<minus>[-−–]\s?)?(?P<money>{MONEY})?\s?(?P<minus2>[-−–]\s?)?(?P<numeral>{NUMERAL})"
    rf"\s?(?P<percent>%)?\s?(?P<unit>(?:{MONEY}|[^\W\d_]{{1,20}}\.?)(?:\s[^\W\d_]{{1,20}}){{0,2}})?\s*[.,;]?\s*"
)
_BRACKETED = re.compile(r"\s*\((?P<inside>[^()]{1,40})\)\s*")
_REMARK = re.compile(r"\s*\([^()]{0,80}\)\s*[.,;]?\s*$")


@dataclass(frozen=True, slots=True)
class Reading:
    """``decimals`` is how many of them were written: what was rounded was rounded to them."""

    value: Decimal
    decimals: int


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with what stands at it. ``money`` is its sign of currency, ``unit`` the words after it; both may be
    empty. ``factor`` is -1 for one with a minus sign or in brackets, as accountants write it."""

    numeral: str
    money: str = ""
    unit: str = ""
    percent: bool = False
    factor: int = 1

    def read(self, mark: Mark) -> Reading | None:
        """None where it cannot be meant so."""
        reading = read(self.numeral, mark)
        return reading and Reading(reading.value * self.factor, reading.decimals)


def amount(text: str) -> Amount | None:
    """The amount that ``text`` is, but for a remark in brackets after it; None where it is anything else."""
    text = text.strip()
    if inside := _BRACKETED.fullmatch(text):
        one = amount(inside["inside"])
        return one and Amount(one.numeral, one.money, one.unit, one.percent, -one.factor)
    match = _AMOUNT.fullmatch(_REMARK.sub("", text))
    if match is None:
        return None
    factor = -1 if match["minus"] or match["minus2"] else 1
    return Amount(match["numeral"], match["money"] or "", match["unit"] or "", bool(match["percent"]), factor)


@lru_cache(maxsize=4096)
def read(numeral: str, mark: Mark) -> Reading | None:
    """A numeral with ``mark`` before its decimals. A lone point or comma that cannot part thousands is a decimal mark
    whichever it is: 12.5, 0,5."""
    bare = numeral.replace("\u00a0", "").replace("\u202f", "").replace("'", "")
    group = "." if mark == "," else ","
    whole, found, rest = bare.partition(mark)
    if found and mark in rest:
        return None
    if group in rest:
        return None
    if group in whole:
        pieces = whole.split(group)
        if all(len(piece) == 3 for piece in pieces[1:]) and len(pieces[0]) <= 3 and pieces[0][0] != "0":
            whole = "".join(pieces)
        elif len(pieces) == 2 and not found:
            whole, rest = pieces
        else:
            return None
    return Reading(Decimal(f"{whole}.{rest}" if rest else whole), len(rest))


def fits(exact: Decimal, stated: Reading) -> bool:
    """What needs no rounding must be the same; what was rounded may be off by less than one of its last digit."""
    unit = Decimal(1).scaleb(-stated.decimals)
    off = abs(exact - stated.value)
    return off == 0 or (off < unit and exact % unit != 0)


def written(value: Decimal, decimals: int, mark: Mark) -> str:
    """As the text around it writes numbers; rounded half away from zero, with two more decimals where it is not exact
    in ``decimals``."""
    unit = Decimal(1).scaleb(-decimals)
    shown = value if value % unit == 0 else value.quantize(unit.scaleb(-2), ROUND_HALF_UP).normalize()
    text = f"{shown.quantize(unit) if value % unit == 0 else shown:,f}"
    return text.translate(str.maketrans(",.", ".,")) if mark == "," else text
