"""Amounts below one another, or in one sentence, with their labels: do the totals follow from the parts?

Neto, exento, IVA, descuento, subtotal, total and their English names mean what they mean on an invoice; everything else
is an item. A total is right if any reading of what it adds up is; it is held wrong only where none is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache
from itertools import combinations

from minga.domain.verdict import CheckState
from minga.verification.arithmetic.amounts import MARKS, Amount, Mark, Reading, fits, written
from minga.verification.claims import Claim

_ADJUSTMENTS_MAX = 6

_ENTRIES_MAX = 2_000
"""Of one column; a longer one is data, and no total that a person states."""


class Role(Enum):
    ITEM = auto()
    SUBTOTAL = auto()
    NET = auto()
    EXEMPT = auto()
    VAT = auto()
    DISCOUNT = auto()
    ADDED = auto()
    WITHHELD = auto()
    TOTAL = auto()
    AVERAGE = auto()
    SKIPPED = auto()


_ROLES = (
    (Role.SKIPPED, r"[uú]nic\w+|unique|distint\w+|acumulad\w+|cumulative|m[aá]xim\w+|m[ií]nim\w+|max|min"
                   r"|mediana|median|incluid\w+|included|%"
                   r"|total(?:s|es)?\b.{0,60}\b(?:anterior\w*|previ\w+|pasad\w+|presupuest\w+|before|last|budget\w*|target)"),
    (Role.AVERAGE, r"promedio|average|avg|mean|media"),
    (Role.SUBTOTAL, r"sub-?\s?totale?s?|subtotals?|suma parcial"),
    (Role.NET, r"(?:monto |total |valor |base )?(?:neto|afecto|imponible)|net(?: amount| total)?|tax base"
               r"|base imponible"),
    (Role.EXEMPT, r"(?:monto |total )?exento|exempt(?: amount)?"),
    (Role.VAT, r"(?:total |monto )?i\.?v\.?a\.?|vat|(?:sales )?tax|impuesto"),
    (Role.DISCOUNT, r"descuentos?|dcto\.?|rebaja|discounts?"),
    (Role.WITHHELD, r"retenci[oó]n(?:es)?|withholding|withheld"),
    (Role.ADDED, r"recargos?|surcharges?|propina|tip|env[ií]o|flete|despacho|shipping|delivery"
                 r"|impuestos? (?:adicional|espec)\w*|i\.?l\.?a\.?|iaba"),
    (Role.TOTAL, r"(?:gran |grand |monto )?total(?: a pagar| general| final| factura| bruto| due| amount)?|sum"
                 r"|suma|grand total"),
)  # fmt: skip
_ROLE = [(role, re.compile(rf"(?:el |la |the )?(?:{words})\b", re.IGNORECASE)) for role, words in _ROLES]
_PLAIN_TOTAL = re.compile(
    r"(?:el |la |the )?(?:gran |grand |monto |valor )?(?:sub-?\s?)?(?:totals?|totales|neto|net|i\.?v\.?a\.?|vat"
    r"|tax|suma|sum|promedio|average)"
    r"(?: (?:a pagar|general|final|factura|bruto|l[ií]quido|neto|due|amount|net|iva"
    r"|total))?(?:\s?\(?\d{1,2}(?:[.,]\d{1,2})?\s?%\)?)?",
    re.IGNORECASE,
)
_OPPOSED = re.compile(
    r"d[eé]bito|cr[eé]dito|remanente|saldo|abono|anticipo|devoluci|reembols|credit|debit|balance|refund|carry",
    re.IGNORECASE,
)
"""Labels of what is added in one place and taken off in another."""

_LAST_ITEMS_MAX = 20

_IN_PERCENT = {Role.VAT, Role.DISCOUNT, Role.WITHHELD, Role.ADDED}
_RATE = re.compile(r"(\d{1,2}(?:[.,]\d{1,2})?)\s?%")
_WHOLE = Decimal(100)
_CHILEAN_RATE = Decimal(19)


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    amount: Amount
    line: int


@dataclass(frozen=True, slots=True)
class Column:
    """``sure``: it is known to be one that is added up; else only a total near the sum is held against it."""

    entries: Sequence[Entry]
    sure: bool = True


@lru_cache(maxsize=4096)
def role_of(label: str) -> Role:
    bare = label.strip(" *_:`-•\t").removeprefix("(+)").removeprefix("(-)").strip(" *_:`-")
    if _ROLE[0][1].search(bare) and not _RATE.search(bare):
        return Role.SKIPPED
    return next((role for role, pattern in _ROLE[1:] if pattern.match(bare)), Role.ITEM)


def column_claims(column: Column) -> list[Claim]:
    """What the column states. Read as in Chile and as in English: the reading under which less is wrong counts."""
    if len(column.entries) > _ENTRIES_MAX:
        return []
    read = [_Tally(column, mark).claims() for mark in MARKS if _can_be_read(column, mark)]
    return min(read, key=_wrong, default=[])


def _wrong(claims: Sequence[Claim]) -> tuple[int, int]:
    """How many are, and how many of them are so far off that the numbers may be read wrongly."""
    states = [claim.state for claim in claims]
    return len(states) - states.count(CheckState.PASSED), states.count(CheckState.UNPROVEN)


def _can_be_read(column: Column, mark: Mark) -> bool:
    return all(entry.amount.read(mark) for entry in column.entries)


@dataclass(frozen=True, slots=True)
class _Adjustment:
    """What is added to a sum, or taken off where ``value`` is negative."""

    role: Role
    value: Decimal
    percent: bool

    def of(self, base: Decimal) -> Decimal:
        return base * self.value / 100 if self.percent else self.value


class _Tally:
    """Goes down a column. ``items`` are those since the last subtotal, ``subtotals`` are of the sections before."""

    def __init__(self, column: Column, mark: Mark) -> None:
        self.column = column
        self.mark: Mark = mark
        self.items: list[Reading] = []
        self.all_items: list[Reading] = []
        self.subtotals: list[Reading] = []
        self.totals: list[Reading] = []
        self.net: Reading | None = None
        self.adjustments: list[_Adjustment] = []

    def claims(self) -> list[Claim]:
        found: list[Claim] = []
        for entry in self.column.entries:
            reading = entry.amount.read(self.mark)
            assert reading is not None
            found += self._met(entry, role_of(entry.label), reading)
        return found

    def _met(self, entry: Entry, role: Role, reading: Reading) -> Iterator[Claim]:
        match role:
            case Role.ITEM:
                self.items.append(reading)
                self.all_items.append(reading)
            case Role.SUBTOTAL:
                if self.items or self.all_items:
                    yield from self._claim(entry, reading, [_sum(self.items), _sum(self.all_items)])
                self.subtotals.append(reading)
                self.items = []
            case Role.NET:
                yield from self._net(entry, reading)
            case Role.VAT:
                yield from self._vat(entry, reading)
                self.adjustments.append(_Adjustment(role, reading.value, entry.amount.percent))
            case Role.DISCOUNT | Role.WITHHELD:
                self.adjustments.append(_Adjustment(role, -abs(reading.value), entry.amount.percent))
            case Role.EXEMPT | Role.ADDED:
                self.adjustments.append(_Adjustment(role, reading.value, entry.amount.percent))
            case Role.TOTAL:
                yield from self._total(entry, reading)
            case Role.AVERAGE if len(self.all_items) > 1:
                mean = _sum(self.all_items) / len(self.all_items)
                yield from self._claim(entry, reading, [mean])
            case _:
                pass

    def _bases(self) -> list[Decimal]:
        bases = [self.net.value] if self.net else []
        if self.subtotals:
            bases += [_sum(self.subtotals) + _sum(self.items), self.subtotals[-1].value + _sum(self.items)]
        if self.all_items:
            bases += [_sum(self.all_items), _sum(self.items)]
        if self.totals and self.adjustments:
            bases.append(self.totals[-1].value)
        return bases

    def _net(self, entry: Entry, reading: Reading) -> Iterator[Claim]:
        if self.all_items or self.subtotals:
            yield from self._claim(entry, reading, self._with_adjustments(self._bases()))
        self.net = reading

    def _vat(self, entry: Entry, reading: Reading) -> Iterator[Claim]:
        stated = _RATE.search(entry.label)
        chilean = bool(re.match(r"\W*(?:el |total |monto )?i\.?v\.?a", entry.label, re.IGNORECASE))
        if not (stated or chilean) or entry.amount.percent:
            return
        rate = Decimal(stated[1].replace(",", ".")) if stated else _CHILEAN_RATE
        bases = [self.net.value] if self.net else self._with_adjustments(self._bases())
        expected = [base * rate / 100 for base in bases]
        if expected and (stated or _near(expected[0], reading.value, Decimal("0.05"))):
            yield from self._claim(entry, reading, expected)

    def _total(self, entry: Entry, reading: Reading) -> Iterator[Claim]:
        if self._is_count(entry):
            yield from self._claim(entry, reading, [Decimal(len(self.all_items))])
            return
        bases = self._bases()
        parts = len(self.all_items) + len(self.subtotals) + len(self.adjustments) + bool(self.net) + bool(self.totals)
        if parts > 1 and bases:
            others = [_sum(self.totals)] if self.totals else []
            if not _is_plain(entry.label):
                others += [_sum(self.items[-count:]) for count in range(2, min(len(self.items), _LAST_ITEMS_MAX))]
            yield from self._claim(entry, reading, [*self._with_adjustments(bases), *others])
        self.totals.append(reading)
        self.items, self.subtotals, self.net, self.adjustments = [], [], None, []

    def _is_count(self, entry: Entry) -> bool:
        """``Total: 3 items`` below amounts of money."""
        priced = all(one.amount.money for one in self.column.entries if role_of(one.label) is Role.ITEM)
        return bool(self.all_items and priced and entry.amount.unit and not entry.amount.money)

    def _with_adjustments(self, bases: Sequence[Decimal]) -> list[Decimal]:
        """Each base with VAT, and every choice of what else is added and taken off; the one with all of it first."""
        kinds = {Role.VAT, Role.EXEMPT} if self._net_is_taxed() else {Role.VAT}
        always = [one for one in self.adjustments if one.role in kinds]
        others = [one for one in self.adjustments if one.role not in kinds][:_ADJUSTMENTS_MAX]
        chosen = [(*always, *some) for size in range(len(others), -1, -1) for some in combinations(others, size)]
        return [base + sum((one.of(base) for one in some), Decimal()) for base in bases[:5] for some in chosen]

    def _net_is_taxed(self) -> bool:
        """The VAT is that of the net amount alone, so that what is exempt comes on top of it."""
        vat = sum((one.value for one in self.adjustments if one.role is Role.VAT), Decimal())
        return bool(self.net and vat and abs(self.net.value * _CHILEAN_RATE / 100 - vat) < 1)

    def _claim(self, entry: Entry, stated: Reading, expected: Sequence[Decimal]) -> Iterator[Claim]:
        label = entry.label.strip(" *_:|`-•")
        right = next((value for value in expected if self._fits(value, stated, entry)), None)
        if right is not None:
            yield Claim(
                CheckState.PASSED, f"line {entry.line}: {label} is {written(stated.value, stated.decimals, self.mark)}"
            )
            return
        if entry.amount.percent and stated.value != _WHOLE:
            return  # a rate, such as a growth, is not the sum of others
        nearest = min(expected, key=lambda value: abs(value - stated.value))
        known = len(self.adjustments) <= _ADJUSTMENTS_MAX and self._of_one_kind(entry)
        known = known and not any(_OPPOSED.search(one.label[:80]) for one in self.column.entries)
        wrong = known and _near(nearest, stated.value, self._tolerated(entry))
        state = CheckState.FAILED if wrong else CheckState.UNPROVEN
        shown = written(stated.value, stated.decimals, self.mark)
        value = written(nearest, stated.decimals, self.mark)
        yield Claim(state, f"line {entry.line}: {label} is {value}, not {shown}", holds_back=True)

    def _tolerated(self, entry: Entry) -> Decimal:
        """How far a total may be off and still be held for a wrong one, and not for something else than a sum."""
        if not self.column.sure or not _is_plain(entry.label):
            return Decimal("0.12")
        return Decimal(1) if entry.amount.money else Decimal("0.8")

    def _fits(self, value: Decimal, stated: Reading, entry: Entry) -> bool:
        """Rounded shares in percent may miss their total by half a digit each."""
        if fits(value, stated):
            return True
        parts = [one for one in self.all_items if one.decimals or entry.amount.percent]
        slack = sum((Decimal(1).scaleb(-one.decimals) / 2 for one in parts), Decimal())
        return entry.amount.percent and abs(value - stated.value) <= slack

    def _of_one_kind(self, entry: Entry) -> bool:
        """Pesos and dollars, or hours and days, are not added up."""
        amounts = [one.amount for one in self.column.entries if role_of(one.label) is not Role.SKIPPED]
        rates = [one.amount for one in self.column.entries if one.amount.percent and role_of(one.label) in _IN_PERCENT]
        if self._is_count(entry):
            return True
        amounts = [one for one in amounts if one.money or not any(each.money for each in amounts)]
        money = {one.money for one in amounts} - {""}
        units = {one.unit.lower().split(" ")[0].removesuffix("s") for one in amounts} - {""}
        return len(money) < 2 and len(units) < 2 and len({one.percent for one in amounts if one not in rates}) == 1


def _is_plain(label: str) -> bool:
    return bool(_PLAIN_TOTAL.fullmatch(label.strip(" *_:|`-•")))


def _sum(readings: Sequence[Reading]) -> Decimal:
    return sum((one.value for one in readings), Decimal())


def _near(expected: Decimal, stated: Decimal, share: Decimal) -> bool:
    return abs(expected - stated) <= share * max(abs(expected), abs(stated), Decimal(1))
