"""A batch: documents go in one by one, what they say of one another comes out at the end."""

from collections.abc import Iterator
from dataclasses import dataclass

from minga.dte.batch.columns import Columns, indexed
from minga.dte.batch.comparing import Told, compared
from minga.dte.batch.entries import Entry
from minga.dte.document import Identity
from minga.dte.finding import Fault, Finding
from minga.dte.rulebook import findings


@dataclass(frozen=True, slots=True)
class Between:
    """A finding about a document beside others of its batch. ``place`` says where the document stands."""

    identity: Identity
    place: str
    finding: Finding


class Batch:
    """Holds what it needs of each document until `close`."""

    def __init__(self) -> None:
        self._columns = Columns()

    def __len__(self) -> int:
        return len(self._columns.kind)

    def add(self, place: str, entry: Entry) -> None:
        """``place`` says where the document stands, as in its `Piece`."""
        self._columns.add(place, entry)

    def close(self) -> list[Between]:
        """What the documents say of one another, in the order that they came in."""
        told = sorted(compared(indexed(self._columns)), key=lambda each: each.row)
        return [between for each in told for between in self._between(each)]

    def _between(self, told: Told) -> Iterator[Between]:
        columns, row = self._columns, told.row
        fault = Fault(told.rule, told.path, told.found, told.expected)
        for finding in findings([fault], columns.kind[row], columns.issued(row)):
            yield Between(columns.identity(row), columns.place(row), finding)
