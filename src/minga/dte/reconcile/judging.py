"""What differs in one document between the lines of the registers that name it and the files that hold it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from minga.domain.terms import day_in_chile
from minga.dte.deadlines import manual, window_end
from minga.dte.reconcile.difference import Book, Difference
from minga.dte.reconcile.slip import Slip
from minga.dte.registers import Entry

COLUMNS = {"exempt": "Monto Exento", "net": "Monto Neto", "iva": "Monto IVA", "total": "Monto Total"}
"""Fields of an entry, as the SII calls them."""

RISK_MAX = 10**18
"""More than can be at risk; what can be stored."""

WAITING = frozenset({"registro", "pendiente", "no_incluir"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one of the registers."""

    file: str
    entry: Entry

    def __str__(self) -> str:
        return f"{self.file}:{self.entry.line}"


@dataclass(frozen=True, slots=True)
class Found:
    """One document: every line that names it, every file that holds it."""

    party: str
    document: int
    folio: int
    lines: Sequence[Line]
    slips: Sequence[Slip]

    @property
    def total(self) -> int:
        return abs(self.lines[0].entry.total if self.lines else self.slips[0].total)

    def difference(self, kind: str, risk: int, **values: Any) -> Difference:
        return Difference(
            kind,
            self.party,
            self.document,
            self.folio,
            min(risk, RISK_MAX),
            lines=tuple(map(str, self.lines)),
            places=tuple(each.place for each in self.slips),
            **values,
        )


def judge(found: Found, book: Book) -> Iterator[Difference]:
    if not found.slips:
        yield found.difference("missing-document", found.total)
    if not found.lines:
        yield found.difference("missing-entry", found.total)
    yield from _repeated(found)
    if found.lines and found.slips:
        yield from _values(found)
    yield from _period(found, book)
    if found.lines:
        yield from _claim(found, book)


def _repeated(found: Found) -> Iterator[Difference]:
    states = [line.entry.state for line in found.lines]
    if len(states) > 1:
        kind = "entry-twice" if len(set(states)) == 1 else "two-states"
        yield found.difference(kind, found.total * (len(states) - 1), registered=", ".join(states))
    if len(found.slips) > 1:
        yield found.difference("document-twice", found.total * (len(found.slips) - 1))


def _values(found: Found) -> Iterator[Difference]:
    """Of the first line and the first file: others are told of as repeated."""
    entry, slip = found.lines[0].entry, found.slips[0]
    differing = {
        name: (getattr(entry, name), amount) for name, amount in slip.amounts.items() if getattr(entry, name) != amount
    }
    if differing:
        yield found.difference(
            "amount",
            max(abs(left - right) for left, right in differing.values()),
            registered=_listed({name: left for name, (left, _) in differing.items()}),
            documented=_listed({name: right for name, (_, right) in differing.items()}),
        )
    if slip.issued is not None and slip.issued != entry.issued:
        yield found.difference("date", 0, registered=str(entry.issued), documented=str(slip.issued))


def _listed(amounts: dict[str, int]) -> str:
    return ", ".join(f"{COLUMNS[name]} {amount}" for name, amount in amounts.items())


def _period(found: Found, book: Book) -> Iterator[Difference]:
    """Only what the register holds: a document that it does not name belongs to no period of it."""
    if not found.lines:
        return
    entry = found.lines[0].entry
    if book.side == "purchases":
        right = book.takes_purchase(entry.issued, _credited(entry))
    else:
        right = book.takes_sale(entry.issued) or any(each.periodic for each in found.slips)
    if not right:
        yield found.difference("wrong-period", abs(entry.iva), registered=str(entry.issued))


def _credited(entry: Entry) -> date:
    """The day to whose month the VAT credit belongs: of the acknowledgement, else of the end of the 8 days (DL 825 art.
    23 N° 7), else of the document."""
    if entry.answered is not None:
        return day_in_chile(entry.answered)
    if entry.received is not None and entry.kind in manual().kinds:
        return day_in_chile(window_end(entry.received))
    return entry.issued


def _claim(found: Found, book: Book) -> Iterator[Difference]:
    entry = found.lines[0].entry
    if entry.answered is not None and entry.claimed is not None:
        yield found.difference("answered-claimed", found.total)
    claimed = entry.claimed is not None or entry.state == "reclamado"
    if claimed and any(each.paid for each in found.slips):
        yield found.difference("claimed-paid", found.total)
    if entry.received is None or entry.kind not in manual().kinds:
        return
    end = window_end(entry.received)
    if entry.claimed is not None and entry.claimed > end:
        yield found.difference("claimed-late", found.total, until=end)
    if claimed or entry.answered is not None or entry.state not in WAITING:
        return
    if book.at <= end <= book.at + book.soon:
        yield found.difference("claim-open", found.total, until=end)
    elif entry.state == "pendiente" and book.at > end:
        yield found.difference("claim-over", found.total, until=end)
