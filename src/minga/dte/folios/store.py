"""The folios of the store: added as CAFs, handed out one by one, each noted before anybody has it.

Whoever takes a folio is told it only after the transaction that notes it is durable: two processes never get the same
one, and a process that dies leaves its folio noted as taken, not lost.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from minga.domain.errors import BadCaf, ContentDamaged, FolioUsed, NoFolio, UnknownFolio
from minga.dte.folios.caf import FOLIO_MAX, Authorisation, read_caf
from minga.dte.folios.marks import Marks
from minga.dte.stamps.folios import Caf
from minga.infrastructure.clock import Clock
from minga.storage.database import Database, Transaction
from minga.storage.instants import to_micros
from minga.storage.wrapping import Cipher, DoesNotOpen

State = Literal["taken", "used", "void"]
"""``taken``: handed out, and no document of it is known. ``void``: the person said that it will never be used."""

_LOCK = "dte-folios"


@dataclass(frozen=True, slots=True)
class Folio:
    """A number and the CAF that it stands in. It is nobody's until it is taken."""

    number: int
    authorisation: Authorisation

    @property
    def key(self) -> tuple[str, int, int]:
        """Issuer, type and number: what no two documents share."""
        caf = self.authorisation.caf
        return caf.issuer, caf.kind, self.number


@dataclass(frozen=True, slots=True)
class Used:
    """A folio that was handed out. ``sha256`` is that of the document made with it, "" where none is known."""

    folio: int
    state: State
    sha256: str


@dataclass(frozen=True, slots=True)
class Held:
    """A CAF of the store: ``left`` folios were never handed out; ``open`` ones were, and no document is known."""

    authorisation: Authorisation
    left: int
    open: tuple[int, ...]


class Folios:
    """``cipher`` seals the CAF files: their private keys lie in no file, in no backup and in no database as text."""

    def __init__(self, database: Database, cipher: Cipher, marks: Marks, clock: Clock) -> None:
        self._database = database
        self._cipher = cipher
        self._marks = marks
        self._clock = clock

    async def add(self, content: bytes, path: str) -> tuple[Authorisation, bool]:
        """Keep the CAF file; whether it is new. Raises BadCaf: it is none, or its folios overlap with another one."""
        added = read_caf(content, path)
        found = added.caf
        row = (found.issuer, found.kind, found.first, found.last, found.first)
        sealed = self._cipher.seal(content, _name(found.issuer, found.kind, found.first))

        def work(transaction: Transaction) -> bool:
            transaction.hold(_LOCK)
            select = (
                "SELECT first_folio, last_folio FROM dte_cafs"
                " WHERE issuer = ? AND kind = ? AND first_folio <= ? AND last_folio >= ?"
            )
            there = transaction.execute(select, (found.issuer, found.kind, found.last, found.first))
            if (found.first, found.last) in {(row[0], row[1]) for row in there}:
                return False
            if there:
                detail = f"its folios overlap with those of another CAF here, {there[0][0]} to {there[0][1]}"
                raise BadCaf(path=path, detail=detail, suggestion="")
            transaction.insert("dte_cafs", [(*row, sealed, to_micros(self._clock.now()))])
            return True

        return added, await self._database.write(work)

    async def all(self) -> list[Held]:
        """Every CAF, by issuer, type and folio."""
        select = "SELECT issuer, kind, first_folio FROM dte_cafs ORDER BY issuer, kind, first_folio"
        return await self._database.read(
            lambda transaction: [self._held(transaction, *row) for row in transaction.execute(select)]
        )

    async def next(self, issuer: str, kind: int, today: date) -> Folio:
        """The lowest folio that was never handed out, of a CAF that is valid on the day of issue. Raises NoFolio."""
        return await self._database.read(lambda transaction: self._lowest(transaction, issuer, kind, today))

    async def given(self, issuer: str, kind: int, number: int) -> Folio:
        """A folio of one's own choice. Raises UnknownFolio."""
        return await self._database.read(lambda transaction: self._of(transaction, issuer, kind, number))

    async def take(self, folio: Folio) -> None:
        """From now on the folio is the caller's alone. Raises FolioUsed: somebody has it, or had it."""

        def work(transaction: Transaction) -> None:
            transaction.hold(_LOCK)
            caf = folio.authorisation.caf
            if self._free(transaction, caf, folio.number) != folio.number:
                raise FolioUsed(folio=folio.number, kind=caf.kind, issuer=caf.issuer)
            self._marks.set(caf.issuer, caf.kind, caf.first, folio.number)
            _note(transaction, folio.key, "taken", to_micros(self._clock.now()))
            update = "UPDATE dte_cafs SET next_folio = ? WHERE issuer = ? AND kind = ? AND next_folio = ?"
            transaction.execute(update, (folio.number + 1, caf.issuer, caf.kind, folio.number))

        await self._database.write(work)

    async def settle(self, folio: Folio, sha256: str) -> None:
        """The document is written: the folio is used."""
        at = to_micros(self._clock.now())
        await self._database.write(lambda transaction: _note(transaction, folio.key, "used", at, sha256))

    async def release(self, issuer: str, kind: int, folio: int) -> None:
        """The person says that no document was made with a folio that was taken: the next one gets it.

        Raises FolioUsed, UnknownFolio.
        """

        def work(transaction: Transaction) -> None:
            transaction.hold(_LOCK)
            first = self._open_one(transaction, issuer, kind, folio)
            key = (issuer, kind, folio)
            transaction.execute("DELETE FROM dte_folios WHERE issuer = ? AND kind = ? AND folio = ?", key)
            update = (
                "UPDATE dte_cafs SET next_folio = ?"
                " WHERE issuer = ? AND kind = ? AND first_folio = ? AND next_folio > ?"
            )
            transaction.execute(update, (folio, issuer, kind, first, folio))
            self._marks.set(issuer, kind, first, folio, gone=False)

        await self._database.write(work)

    async def void(self, issuer: str, kind: int, folio: int) -> None:
        """Note that a folio will never be used (it must be annulled at the SII). Raises FolioUsed, UnknownFolio."""

        def work(transaction: Transaction) -> None:
            transaction.hold(_LOCK)
            first = self._open_one(transaction, issuer, kind, folio)
            self._marks.set(issuer, kind, first, folio)
            _note(transaction, (issuer, kind, folio), "void", to_micros(self._clock.now()))

        await self._database.write(work)

    async def used(self, issuer: str, kind: int) -> list[Used]:
        """Every folio that was handed out, by number."""
        select = "SELECT folio, state, sha256 FROM dte_folios WHERE issuer = ? AND kind = ? ORDER BY folio"
        rows = await self._database.read(lambda transaction: transaction.execute(select, (issuer, kind)))
        return [Used(*row) for row in rows]

    def _held(self, transaction: Transaction, issuer: str, kind: int, first: int) -> Held:
        opened = self._open(transaction, issuer, kind, first)
        found = opened.caf
        select = "SELECT folio, state FROM dte_folios WHERE issuer = ? AND kind = ? AND folio BETWEEN ? AND ?"
        states: dict[int, State] = dict(transaction.execute(select, (issuer, kind, first, found.last)))
        marks = self._marks.of(issuer, kind, first)
        marked = {first + place for place, mark in enumerate(marks) if mark} - states.keys()
        open_ = sorted({*marked, *(folio for folio, state in states.items() if state == "taken")})
        return Held(opened, found.last - first + 1 - len(states) - len(marked), tuple(open_))

    def _lowest(self, transaction: Transaction, issuer: str, kind: int, today: date) -> Folio:
        select = "SELECT first_folio, next_folio FROM dte_cafs WHERE issuer = ? AND kind = ? ORDER BY first_folio"
        rows = transaction.execute(select, (issuer, kind))
        detail = "all are used" if rows else "no folio authorisation (CAF) was added"
        for first, start in rows:
            found = self._open(transaction, issuer, kind, first)
            number = self._free(transaction, found.caf, start)
            if number > found.caf.last:
                continue
            since, until = found.valid
            if since <= today <= until:
                return Folio(number, found)
            detail = f"those there are valid from {since} to {until}, and the document is of {today}"
        raise NoFolio(kind=kind, issuer=issuer, detail=detail)

    def _free(self, transaction: Transaction, caf: Caf, start: int) -> int:
        """The lowest free folio from ``start`` on; beyond the last one where there is none."""
        select = "SELECT folio FROM dte_folios WHERE issuer = ? AND kind = ? AND folio BETWEEN ? AND ?"
        gone = {row[0] for row in transaction.execute(select, (caf.issuer, caf.kind, start, caf.last))}
        marks = self._marks.of(caf.issuer, caf.kind, caf.first)
        while start in gone or any(marks[start - caf.first : start - caf.first + 1]):
            start += 1
        return start

    def _of(self, transaction: Transaction, issuer: str, kind: int, number: int) -> Folio:
        """Raises UnknownFolio."""
        select = (
            "SELECT first_folio FROM dte_cafs WHERE issuer = ? AND kind = ? AND ? BETWEEN first_folio AND last_folio"
        )
        could_be = 1 <= number <= FOLIO_MAX and 1 <= kind <= FOLIO_MAX  # beyond, no database has such a number
        found = transaction.execute(select, (issuer, kind, number)) if could_be else []
        if not found:
            raise UnknownFolio(folio=number, kind=kind, issuer=issuer)
        return Folio(number, self._open(transaction, issuer, kind, found[0][0]))

    def _open_one(self, transaction: Transaction, issuer: str, kind: int, number: int) -> int:
        """The first folio of the CAF of one that was not used. Raises FolioUsed, UnknownFolio."""
        found = self._of(transaction, issuer, kind, number)
        select = "SELECT 1 FROM dte_folios WHERE issuer = ? AND kind = ? AND folio = ? AND state <> 'taken'"
        if transaction.execute(select, (issuer, kind, number)):
            raise FolioUsed(folio=number, kind=kind, issuer=issuer)
        return found.authorisation.caf.first

    def _open(self, transaction: Transaction, issuer: str, kind: int, first: int) -> Authorisation:
        select = "SELECT sealed FROM dte_cafs WHERE issuer = ? AND kind = ? AND first_folio = ?"
        sealed = bytes(transaction.execute(select, (issuer, kind, first))[0][0])
        place = f"CAF {issuer} {kind} {first}"
        try:
            return read_caf(self._cipher.open(sealed, _name(issuer, kind, first)), place)
        except DoesNotOpen as wrong:
            raise ContentDamaged(place=place) from wrong


def _note(transaction: Transaction, key: tuple[str, int, int], state: State, at: int, sha256: str = "") -> None:
    on_conflict = (
        "ON CONFLICT (issuer, kind, folio) DO UPDATE SET state = excluded.state, at = excluded.at,"
        " sha256 = excluded.sha256"
    )
    transaction.insert("dte_folios", [(*key, state, at, sha256)], on_conflict)


def _name(issuer: str, kind: int, first: int) -> bytes:
    return f"caf {issuer} {kind} {first}".encode()
