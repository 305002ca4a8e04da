"""Sums, averages and percentages said in words: "el promedio de 4, 5 y 6 es 5", "19 % of 100 is 19"."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from minga.domain.verdict import CheckState
from minga.verification.arithmetic.amounts import MARKS, MONEY, NUMERAL, Mark, fits, read, written
from minga.verification.claims import Claim

_ONE = rf"(?:{MONEY}\s?)?{NUMERAL}"
_AND = r"(?:,|;| y| and| e|, and| \+)"
_SERIES = re.compile(
    rf"\b(?P<what>suma|total|sum|promedio|media|average|mean) (?:de|of|entre) (?P<items>{_ONE}(?:(?:,|;| y| and"
    rf"| e|, and| \+) {_ONE}){{1,60}})"
    rf" (?:es|is|da|son|gives|=)(?: de| igual a)? (?P<result>{_ONE})(?!\s?%)",
    re.IGNORECASE,
)
_SHARE = re.compile(
    rf"(?P<rate>{NUMERAL})\s?% (?:de|of|sobre) (?P<base>{_ONE}) (?:es|is|son|da|equivale a"
    rf"|equals)(?: de)? (?P<result>{_ONE})(?!\s?%)",
    re.IGNORECASE,
)
_SHARE_AFTER = re.compile(
    rf"(?P<result>{_ONE}) \((?:el |the )?(?P<rate>{NUMERAL})\s?% (?:de|of|sobre) (?P<base>{_ONE})\)", re.IGNORECASE
)
_NUMERAL = re.compile(NUMERAL)
_VERBS = (" es ", " is ", " da ", " son ", " = ", " gives ")
_SUMS = frozenset({"suma", "total", "sum"})
_NEGATED = re.compile(r"\b(?:no|not|incorrect\w*|wrong|err[oó]ne\w*|fals[oae]|deber[ií]a|should)\b", re.IGNORECASE)


def series(lines: Sequence[str], first_line: int) -> Iterator[Claim]:
    for number, line in enumerate(lines, first_line):
        if "%" not in line and not any(word in line for word in _VERBS):
            continue
        for match in _SERIES.finditer(line):
            yield from _claim(line, number, match, _of_series)
        for pattern in (_SHARE, _SHARE_AFTER):
            for match in pattern.finditer(line):
                yield from _claim(line, number, match, _share)


def _of_series(match: re.Match[str], mark: Mark) -> Decimal | None:
    read_ones = [read(numeral, mark) for numeral in _NUMERAL.findall(match["items"])]
    known = [one.value for one in read_ones if one]
    if len(known) != len(read_ones):
        return None
    whole = sum(known, Decimal())
    return whole if match["what"].lower() in _SUMS else whole / len(known)


def _share(match: re.Match[str], mark: Mark) -> Decimal | None:
    [rate], [base] = _NUMERAL.findall(match["rate"]), _NUMERAL.findall(match["base"])
    read_rate, read_base = read(rate, mark), read(base, mark)
    return read_rate.value * read_base.value / 100 if read_rate and read_base else None


def _claim(
    line: str, number: int, match: re.Match[str], exact_of: Callable[[re.Match[str], Mark], Decimal | None]
) -> Iterator[Claim]:
    [numeral] = _NUMERAL.findall(match["result"])
    shown = match[0].replace(match["result"], "").strip(" ()=")
    worst: Claim | None = None
    for mark in MARKS:
        exact, stated = exact_of(match, mark), read(numeral, mark)
        if exact is None or stated is None:
            continue
        value = written(exact, stated.decimals, mark)
        if fits(exact, stated):
            yield Claim(CheckState.PASSED, f"line {number}: {shown} is {value}")
            return
        state = CheckState.UNPROVEN if _NEGATED.search(line[:2_000]) else CheckState.FAILED
        worst = worst or Claim(state, f"line {number}: {shown} is {value}, not {numeral}")
    if worst:
        yield worst
