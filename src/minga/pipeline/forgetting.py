"""Forgets single messages for real, and proves that something is forgotten.

A key seals a whole session; so a session of which messages are forgotten is written anew without them, and its key is
destroyed. In this order, so that whoever is killed leaves the session whole, or its copy:

1. The key of the copy is made, and given to everybody who has that of the session.
2. The copy is written, all of it at once, with copies of the notes about what it keeps, which have other ids in it. Its
   id follows from what is forgotten: a repeated call finds it.
3. If nothing was said in the session since, its key is destroyed and the receipt signed, with the keys of what is
   derived from it (search indexes, memories), which get new ones; else the copy gets what it lacks, and again.
4. What CLIs have of the session is taken out of Minga's own homes; what lies in the person's is told.
5. The session is taken out of the store. Who was killed after 3 leaves unreadable bytes, which the next call, or the
   daily sweep, takes out.
6. The notes that were copied are deleted. Who was killed before leaves them, about nothing, until the next call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from minga.domain.errors import BackupDamaged, BadInput, StoreFull, StoreUnwritable, UnknownSession
from minga.domain.ids import SessionId
from minga.domain.memory import ItemId
from minga.domain.secrecy import DeletionReceipt, Vault
from minga.sessions import looking
from minga.sessions.looking import Opened, Words
from minga.sessions.redaction import Copied, Redactions, WentOn, copy_id_of
from minga.sessions.retention import Retention
from minga.sessions.search import Search
from minga.storage import plain
from minga.storage.backup import Backups
from minga.storage.database import Database, Transaction

OnLeft = Callable[[str], object]
"""Is told, for a person, what is left in the homes of CLIs."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """``session_id`` is the session that takes the place of the one of the receipt; None where nothing remained.
    ``messages``: how many it has forgotten by now; of a session that is wholly gone, how many it had.
    ``notes``: receipts of those in whose place there are others, about the same in the new session."""

    session_id: SessionId | None
    receipt: DeletionReceipt
    messages: int
    notes: tuple[DeletionReceipt, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceLooked:
    """``name`` of a place. ``looked``: pieces or files that were looked through; ``closed``: pieces that nothing opens
    for this user. ``found``: where the words stand; ``unread``: what could not be looked at, and why."""

    name: str
    looked: int
    closed: int = 0
    found: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


LEAST_BYTES = 4


@dataclass(frozen=True, slots=True)
class Proof:
    """What a look for words in all that is Minga's came to, place by place."""

    places: tuple[PlaceLooked, ...]

    @property
    def is_gone(self) -> bool:
        """The words stand nowhere, and everything could be looked at."""
        return not any(place.found or place.unread for place in self.places)


Targets = Callable[[SessionId, SessionId, Collection[str]], Awaitable[Mapping[SessionId, ItemId]]]
"""Given a session, its copy and the messages that it lacks: the sessions of notes about what has another id there, with
what they are about then."""


async def _no_notes(_: SessionId, __: SessionId, ___: Collection[str]) -> Mapping[SessionId, ItemId]:
    return {}


Look = Callable[[Callable[[str], bool]], Awaitable[PlaceLooked]]
"""Looks through another place: it gets what says whether a text holds the words."""


class Forgetting:
    """Of the vault's user. ``receipts`` gives all that were signed; ``files``: kind -> files that must hold no plain
    text; ``others``: further places to look at by their names, such as the memory; ``targets``: notes about what gets
    another id."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        redactions: Redactions,
        retention: Retention,
        search: Search,
        backups: Backups,
        receipts: Callable[[], Iterable[DeletionReceipt]],
        files: Callable[[], Mapping[str, Sequence[Path]]],
        others: Mapping[str, Look] = MappingProxyType({}),
        targets: Targets = _no_notes,
    ) -> None:
        self._database = database
        self._vault = vault
        self._redactions = redactions
        self._retention = retention
        self._search = search
        self._backups = backups
        self._receipts = receipts
        self._files = files
        self._derived = {"search index": self._in_index, **others}
        self._targets = targets

    async def forget_messages(
        self, session_id: SessionId, message_ids: Collection[str], on_left: OnLeft | None = None
    ) -> Redacted:
        """Put a session without ``message_ids``, and without what their tools gave back, in the place of the session,
        and destroy this one. Killed at any moment, the same call ends it.

        Raises UnknownSession, NotTheOwner, SessionBusy; BadInput where a message is not the session's.
        """
        if self._vault.access(session_id) is None and (done := await self._ended(session_id, message_ids, on_left)):
            return done
        while True:
            about = await self._targets(session_id, copy_id_of(session_id, message_ids), message_ids)
            copied = await self._redactions.copy(session_id, message_ids, about)
            try:
                receipt = await self._retention.delete(session_id, on_left, partial(self._check, session_id, copied))
            except WentOn:
                continue
            notes = await self._delete_notes(copied.copy_id) if copied.copy_id else ()
            return Redacted(copied.copy_id, receipt, copied.forgotten, notes)

    async def _delete_notes(self, copy_id: SessionId) -> tuple[DeletionReceipt, ...]:
        """Those in whose place there are others with the copy."""
        done: list[DeletionReceipt] = []
        for note_id in await self._redactions.outdated(copy_id):
            with suppress(UnknownSession):  # another process has deleted it
                done.append(await self._retention.delete(note_id))
        return tuple(done)

    def _check(self, session_id: SessionId, copied: Copied, transaction: Transaction) -> None:
        self._redactions.check(transaction, session_id, copied)

    async def _ended(
        self, session_id: SessionId, message_ids: Collection[str], on_left: OnLeft | None
    ) -> Redacted | None:
        """What an earlier call came to, that was killed when the key was destroyed already."""
        if not self._vault.destroyed([session_id]):
            return None
        mine = [one for one in self._receipts() if one.name == session_id and one.by == self._vault.user]
        if not mine:
            return None
        await self._retention.sweep(on_left)
        copy_id = copy_id_of(session_id, message_ids)
        forgotten, notes = await self._redactions.forgotten_in(copy_id), await self._delete_notes(copy_id)
        return Redacted(None if forgotten is None else copy_id, mine[-1], forgotten or 0, notes)

    async def proof(self, words: str, are_in: Callable[[str], bool] | None = None) -> Proof:
        """Look for ``words`` in everything that the user can open, in the search index, in backups opened with today's
        keys, and in the bytes of the files themselves. Raises BadInput where there are none, StoreError.

        In what is opened ``are_in`` says whether they stand, or else they do one after the other, and neither case nor
        accents count; in the bytes of files, words count as given and in lower case, and those of fewer than
        `LEAST_BYTES` are not looked for: enciphered files hold them by chance.
        """
        if not words.strip():
            raise BadInput(detail="there are no words to look for")
        are_in = are_in or Words(words).are_in
        opened = await self._database.read(lambda t: looking.look(t.execute, self._vault, are_in))
        places = [
            _place("sessions", opened),
            *[await _looked(name, look, are_in) for name, look in self._derived.items()],
            await asyncio.to_thread(self._in_backups, are_in),
            *await asyncio.to_thread(self._in_files, words.strip()),
        ]
        return Proof(tuple(places))

    async def _in_index(self, are_in: Callable[[str], bool]) -> PlaceLooked:
        documents, held = await self._search.look(are_in)
        return PlaceLooked("search index", documents, 0, tuple(" ".join(one) for one in held))

    def _in_backups(self, are_in: Callable[[str], bool]) -> PlaceLooked:
        looked = closed = 0
        found: list[str] = []
        unread: list[str] = []
        for backup in self._backups.all():
            try:
                opened = self._backups.read(backup, lambda rows: looking.look(rows, self._vault, are_in))
            except BackupDamaged as wrong:
                unread.append(wrong.message)
                continue
            looked, closed = looked + opened.pieces, closed + opened.closed
            found += [f"{backup.name} {session_id} {place}" for session_id, place in opened.found]
        return PlaceLooked("backups", looked, closed, tuple(found), tuple(unread))

    def _in_files(self, words: str) -> list[PlaceLooked]:
        if len(words.encode()) < LEAST_BYTES:
            return []
        forms = plain.forms_of(words)
        places: list[PlaceLooked] = []
        for kind, files in self._files().items():
            there, found, unread = 0, [], []
            for file in files:
                try:
                    if plain.stand_in(file, forms):
                        found.append(str(file))
                    there += file.exists()
                except OSError as wrong:
                    unread.append(f"{file}: {wrong.strerror or wrong}")
            places.append(PlaceLooked(kind, there, 0, tuple(found), tuple(unread)))
        return places


async def _looked(name: str, look: Look, are_in: Callable[[str], bool]) -> PlaceLooked:
    """Without room, what cannot be opened is told, and the other places are looked at all the same."""
    try:
        return await look(are_in)
    except (StoreFull, StoreUnwritable) as wrong:
        return PlaceLooked(name, 0, unread=(wrong.message,))


def _place(name: str, opened: Opened) -> PlaceLooked:
    found = tuple(f"{session_id} {place}" for session_id, place in opened.found)
    return PlaceLooked(name, opened.pieces, opened.closed, found)
