"""Registers against documents: both sorted by what names a document, then gone through side by side."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from types import TracebackType

import msgspec

from minga.dte.reconcile.difference import Book, Difference, Totals
from minga.dte.reconcile.judging import RISK_MAX, Found, Line, judge
from minga.dte.reconcile.slip import Slip, Unread
from minga.dte.registers import Entry, Flaw, flaws
from minga.infrastructure.sorting import Sorting

_ENTRY, _SLIP = "0", "1"


class Comparison:
    """Takes registers and documents, then tells how they differ. Memory does not grow with either: what is taken lies
    in a temporary file until this is closed."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._taken = Sorting()
        self._differing = Sorting()
        self.totals = Totals()

    def __enter__(self) -> "Comparison":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._taken.close()
        self._differing.close()

    def add_register(self, file: str, register: Iterable[Entry | Flaw], tell: Callable[[Flaw], None]) -> None:
        """``tell`` hears what is wrong in its lines."""
        name = file.encode("utf-8", "replace").decode()
        for each in register:
            if isinstance(each, Flaw):
                self.totals.lost += flaws()[each.kind].lost
                tell(each)
                continue
            self.totals.entries += 1
            self.totals.registered_pesos += each.total
            self._taken.add(_key(each.party, each.kind, each.folio, _ENTRY), _encode(Line(name, each)))

    def add_documents(self, documents: Iterable[Slip | Unread], tell: Callable[[Unread], None]) -> None:
        """``tell`` hears which could not be read."""
        company, side = self._book.company, self._book.side
        for each in documents:
            if isinstance(each, Unread):
                self.totals.unread += 1
                tell(each)
            elif company is not None and each.owner(side) != company:
                self.totals.others += 1
            else:
                self.totals.documents += 1
                self.totals.documented_pesos += each.total
                self._taken.add(_key(each.party(side), each.kind, each.folio, _SLIP), _encode(each))

    def differences(self) -> Iterator[Difference]:
        """Once all was added: those with the most money at risk first. The totals are whole when this returns."""
        for found in self._found():
            self.totals.matched += bool(found.lines and found.slips)
            told = list(judge(found, self._book))
            self.totals.risk += max((each.risk for each in told), default=0)
            for each in told:
                self.totals.differences[each.kind] = self.totals.differences.get(each.kind, 0) + 1
                self._differing.add(f"{RISK_MAX - each.risk:019}", _encode(each))
        return (msgspec.msgpack.decode(record, type=Difference) for _, record in self._differing)

    def _found(self) -> Iterator[Found]:
        for named, records in groupby(self._taken, lambda record: record[0][:-1]):
            lines, slips = [], []
            for key, record in records:
                if key.endswith(_ENTRY):
                    lines.append(msgspec.msgpack.decode(record, type=Line))
                else:
                    slips.append(msgspec.msgpack.decode(record, type=Slip))
            party, kind, folio, _ = named.split("|")
            yield Found(party, int(kind), int(folio), lines, slips)


def _key(party: str, kind: int, folio: int, sort: str) -> str:
    """What names a document, then whether it is a line or a file."""
    return f"{party.replace('|', ' ')}|{kind:03}|{folio:019}|{sort}"


def _encode(record: Line | Slip | Difference) -> bytes:
    return msgspec.msgpack.encode(record)
