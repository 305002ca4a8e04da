"""CSV files of the SII's register of purchases and sales (RCV) as entries, and as flaws where a line is none.

A file may have other separators, quotes, encodings and orders of columns than the SII gives it; what matters is that a
line names the columns. A document with several additional taxes takes several lines.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from io import BufferedReader
from typing import Any

import msgspec

from minga.dte.registers import cells as of
from minga.dte.registers.entry import Entry, Flaw, State, Tax
from minga.dte.registers.lines import cells, lines

HEAD_LINES = 10
"""The columns are named within these; a spreadsheet or a person may put others above."""

KIND_DIGITS = 3


class _Has(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: State
    has: frozenset[str]


class _Format(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    required: tuple[str, ...]
    electronic: frozenset[int]
    nulls: frozenset[str]
    separators: tuple[str, ...]
    states: tuple[_Has, ...]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a file has which field. ``titles`` are the columns' names as written; ``sure``: the state needs no look at
    the rows; ``least``: the cells up to the last field that a document must have."""

    state: State
    separator: str
    places: Mapping[str, int]
    titles: Mapping[str, str]
    sure: bool
    least: int


@dataclass(slots=True)
class _Row:
    """The fields of one line that are not empty, and what was found wrong in them."""

    line: int
    layout: _Layout
    given: Mapping[str, str]
    flaws: list[Flaw] = field(default_factory=list)
    lost: bool = False

    def flaw(self, kind: str, name: str, *, lost: bool = True) -> None:
        title = self.layout.titles.get(name, name)
        self.flaws.append(Flaw(self.line, kind, title, self.given.get(name, "")))
        self.lost = self.lost or lost

    def read(self, name: str, reader: Any, kind: str, *, lost: bool = True) -> Any:
        """None where the cell is empty, and where it has not the form, which is a flaw."""
        text = self.given.get(name)
        if text is None:
            return None
        found = reader(text)
        if found is None:
            self.flaw(kind, name, lost=lost)
        return found

    def pesos(self, name: str) -> int:
        return self.read(name, of.amount, "rcv-amount") or 0


@dataclass(frozen=True, slots=True)
class Register:
    """A file that is being read. ``state`` is the part of the register that it is, None where it is no register.

    Going through it, once, gives every document in the file's order; a line that is none is a flaw, and the next goes
    on. Each is as far as the file was read: nothing is kept.
    """

    state: State | None
    rows: Iterator[Entry | Flaw]

    def __iter__(self) -> Iterator[Entry | Flaw]:
        return self.rows


def read_register(stream: BufferedReader) -> Register:
    """Reads the line that names the columns; the rest follows as the register is gone through."""
    source = lines(stream)
    layout = _layout(source)
    if layout is None:
        return Register(None, iter((Flaw(1, "rcv-no-register"),)))
    return Register(layout.state, _rows(source, layout))


def _rows(source: Iterator[tuple[int, str | None]], layout: _Layout) -> Iterator[Entry | Flaw]:
    entry: Entry | None = None
    key: tuple[str, ...] | None = None
    for number, line in source:
        if line is None:
            yield Flaw(number, "rcv-line")
            continue
        row = _Row(number, layout, _given(cells(line, layout.separator, layout.least), layout))
        if not row.given:
            continue
        if _adds_tax(row, key):
            taxes = _taxes(row)
            entry = entry and replace(entry, taxes=entry.taxes + taxes)
        elif "number" in layout.places and "number" not in row.given and "tax_code" in row.given:
            row.flaw("rcv-tax-row", "tax_code")
        else:
            if entry is not None:
                yield entry
            entry, key = _entry(row), _key(row)
        yield from row.flaws
    if entry is not None:
        yield entry


def _layout(source: Iterator[tuple[int, str | None]]) -> _Layout | None:
    """What the line that names the columns says; the lines above it are passed over."""
    for number, line in source:
        for separator in _format().separators if line else ():
            titles = cells(line or "", separator, 0)
            folded = {_folded(title): place for place, title in reversed(list(enumerate(titles)))}
            state = next((each.state for each in _format().states if each.has <= folded.keys()), None)
            if state is not None:
                return _placed(state, separator, folded, titles)
        if number >= HEAD_LINES:
            return None
    return None


def _placed(state: State, separator: str, folded: Mapping[str, int], titles: Sequence[str]) -> _Layout:
    known = {name: folded[title] for title, name in _format().columns.items() if title in folded}
    least = 1 + max(known.get(name, 0) for name in _format().required)
    sure = state != "no_incluir"
    return _Layout(state, separator, known, {name: titles[place] for name, place in known.items()}, sure, least)


def _given(found: Sequence[str], layout: _Layout) -> Mapping[str, str]:
    nulls, count = _format().nulls, len(found)
    return {
        name: found[place]
        for name, place in layout.places.items()
        if place < count and found[place] and found[place].lower() not in nulls
    }


def _key(row: _Row) -> tuple[str, ...]:
    return tuple(row.given.get(name, "") for name in ("kind", "party", "folio"))


def _adds_tax(row: _Row, key: tuple[str, ...] | None) -> bool:
    """A line without a number of its own that belongs to the document before it."""
    return "tax_code" in row.given and "total" not in row.given and _key(row) == key


def _entry(row: _Row) -> Entry | None:
    """None where something is wrong that a document cannot be without; the row then holds the flaws."""
    lacking = [row.layout.titles.get(name, name) for name in _format().required if name not in row.given]
    if lacking:
        row.flaws.append(Flaw(row.line, "rcv-missing", ", ".join(lacking)))
        row.lost = True
    iva, lost, common = row.pesos("iva"), row.pesos("iva_lost"), row.pesos("iva_common")
    entry = Entry(
        line=row.line,
        state=_state(row),
        kind=row.read("kind", lambda text: of.positive(text, KIND_DIGITS), "rcv-kind") or 0,
        party=row.read("party", of.party, "rcv-rut") or "",
        name=row.given.get("name", ""),
        folio=row.read("folio", lambda text: of.positive(text, of.FOLIO_DIGITS), "rcv-folio") or 0,
        issued=row.read("issued", of.day, "rcv-date"),
        received=row.read("received", of.moment, "rcv-instant", lost=False),
        answered=row.read("answered", of.moment, "rcv-instant", lost=False),
        claimed=row.read("claimed", of.moment, "rcv-instant", lost=False),
        exempt=row.pesos("exempt"),
        net=row.pesos("net"),
        iva=iva + lost + common,
        credit=iva,
        total=row.pesos("total"),
        purpose=row.given.get("purpose", ""),
        taxes=_taxes(row),
        references=_references(row),
    )
    if row.lost:
        return None
    if entry.kind in _format().electronic and "received" not in row.given:
        row.flaw("rcv-no-reception", "received", lost=False)
    return entry


def _state(row: _Row) -> State:
    if row.layout.sure or "incluir" in row.given.get("purpose", "").lower():
        return row.layout.state
    return "registro"


def _taxes(row: _Row) -> tuple[Tax, ...]:
    if "tax_code" not in row.given and "tax_amount" not in row.given:
        return ()
    code = of.whole(row.given.get("tax_code", ""), KIND_DIGITS)
    amount = of.amount(row.given.get("tax_amount", " "))
    rate = row.read("tax_rate", of.rate, "rcv-tax", lost=False)
    if code is None or amount is None:
        row.flaw("rcv-tax", "tax_code" if code is None else "tax_amount", lost=False)
        return ()
    return (Tax(code, amount, rate),)


def _references(row: _Row) -> tuple[tuple[int, int], ...]:
    """A type 0 without folio is how the SII writes that there is none."""
    if row.given.get("ref_kind", "0") == "0" and row.given.get("ref_folio", "0") == "0":
        return ()
    kind = of.whole(row.given.get("ref_kind", ""), KIND_DIGITS)
    folios = of.folios(row.given.get("ref_folio", ""))
    if kind is None or folios is None:
        row.flaw("rcv-reference", "ref_folio" if kind else "ref_kind", lost=False)
        return ()
    return tuple((kind, folio) for folio in folios)


def _folded(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title)
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).lower().split())


@cache
def _format() -> _Format:
    text = resources.files(__package__).joinpath("rcv.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Format)
