"""The documents of a batch in columns of numbers, and those that an issuer, type and folio name."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from minga.dte.batch.entries import Entry
from minga.dte.document import Identity

UNITS = 10_000
"""Amounts are kept in ten-thousandths: those of export have four decimals."""

_AMOUNT_MAX = 2**62
_DIGITS = "0123456789K"


@dataclass(slots=True)
class Columns:
    """One row a document, one a reference (``link_*``). RUTs are numbers, 0 where they cannot be read; days are those
    of the calendar, 0 where there is none."""

    issuer: "array[int]" = field(default_factory=lambda: array("Q"))
    kind: "array[int]" = field(default_factory=lambda: array("I"))
    folio: "array[int]" = field(default_factory=lambda: array("Q"))
    receiver: "array[int]" = field(default_factory=lambda: array("Q"))
    day: "array[int]" = field(default_factory=lambda: array("I"))
    total: "array[int]" = field(default_factory=lambda: array("q"))
    digest: "array[int]" = field(default_factory=lambda: array("Q"))
    place_end: "array[int]" = field(default_factory=lambda: array("Q"))
    places: bytearray = field(default_factory=bytearray)
    link_row: "array[int]" = field(default_factory=lambda: array("I"))
    link_place: "array[int]" = field(default_factory=lambda: array("H"))
    link_issuer: "array[int]" = field(default_factory=lambda: array("Q"))
    link_kind: "array[int]" = field(default_factory=lambda: array("I"))
    link_folio: "array[int]" = field(default_factory=lambda: array("Q"))
    link_day: "array[int]" = field(default_factory=lambda: array("I"))
    link_code: "array[int]" = field(default_factory=lambda: array("B"))

    def add(self, place: str, entry: Entry) -> None:
        row = len(self.kind)
        self.issuer.append(rut_number(entry.issuer))
        self.kind.append(entry.kind % 2**32)
        self.folio.append(entry.folio)
        self.receiver.append(rut_number(entry.receiver))
        self.day.append(_day(entry.issued))
        self.total.append(_units(entry.total))
        self.digest.append(entry.digest)
        self.places += place.encode("utf-8", "surrogateescape")
        self.place_end.append(len(self.places))
        for link in entry.links:
            self.link_row.append(row)
            self.link_place.append(min(link.place, 65_535))
            self.link_issuer.append(rut_number(link.issuer))
            self.link_kind.append(link.kind)
            self.link_folio.append(link.folio)
            self.link_day.append(_day(link.day))
            self.link_code.append(int(link.code) if link.code in ("1", "2", "3") else 0)

    def place(self, row: int) -> str:
        start = self.place_end[row - 1] if row else 0
        return self.places[start : self.place_end[row]].decode("utf-8", "surrogateescape")

    def identity(self, row: int) -> Identity:
        return Identity(rut_text(self.issuer[row]), self.kind[row], self.folio[row])

    def issued(self, row: int) -> date | None:
        return date.fromordinal(self.day[row]) if self.day[row] else None

    def key(self, row: int) -> int:
        return _key(self.issuer[row], self.kind[row], self.folio[row])


@dataclass(frozen=True, slots=True)
class Index:
    """Rows by issuer, type and folio: those of one document stand together, in the order that they came in."""

    columns: Columns
    keys: "array[int]"
    rows: "array[int]"

    def groups(self) -> Iterator[Sequence[int]]:
        """The rows of each document that can be told."""
        at = 0
        while at < len(self.rows):
            first = self.rows[at]
            same = self._same(at, self.columns.issuer[first], self.columns.kind[first], self.columns.folio[first])
            if self.columns.issuer[first] and self.columns.folio[first]:
                yield same
            at += len(same)

    def first(self, issuer: int, kind: int, folio: int) -> int | None:
        """The row of the first document of that name."""
        key = _key(issuer, kind, folio)
        found = self._same(bisect_left(self.keys, key), issuer, kind, folio)
        return found[0] if found else None

    def _same(self, at: int, issuer: int, kind: int, folio: int) -> list[int]:
        key, found = _key(issuer, kind, folio), []
        while at < len(self.rows) and self.keys[at] == key:
            row = self.rows[at]
            if (self.columns.issuer[row], self.columns.kind[row], self.columns.folio[row]) == (issuer, kind, folio):
                found.append(row)
            at += 1
        return found


def indexed(columns: Columns) -> Index:
    keys = array("Q", (columns.key(row) for row in range(len(columns.kind))))
    rows = array("I", sorted(range(len(keys)), key=keys.__getitem__))
    return Index(columns, array("Q", (keys[row] for row in rows)), rows)


def rut_number(rut: str) -> int:
    """A RUT as a number: its body and digit; 0 where it is none."""
    body, _, digit = rut.strip().upper().partition("-")
    if not (body.isascii() and body.isdecimal() and len(body) <= 12 and len(digit) == 1 and digit in _DIGITS):
        return 0
    return int(body) * len(_DIGITS) + _DIGITS.index(digit)


def rut_text(number: int) -> str:
    return f"{number // len(_DIGITS)}-{_DIGITS[number % len(_DIGITS)]}" if number else ""


def _key(issuer: int, kind: int, folio: int) -> int:
    """Spread over 64 bits; two documents may share one, so what it finds is compared."""
    return ((issuer * 1_000 + kind) * 11_400_714_819_323_198_485 + folio * 14_029_467_366_897_019_727) % 2**64


def _day(day: date | None) -> int:
    return day.toordinal() if day else 0


def _units(amount: Decimal) -> int:
    if abs(amount) > _AMOUNT_MAX // UNITS:
        return _AMOUNT_MAX if amount > 0 else -_AMOUNT_MAX
    return int(amount * UNITS)
