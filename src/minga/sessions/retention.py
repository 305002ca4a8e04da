"""How sessions end for good: deleted by their owner, or because a rule says for how long a project's are kept."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

from minga.domain.errors import SessionBusy, StoreFull, StoreUnwritable, UnknownSession
from minga.domain.ids import SessionId
from minga.domain.secrecy import DeletionReceipt, UserName, Vault
from minga.infrastructure.clock import Clock
from minga.sessions import digests
from minga.sessions.natives import Trace, traces
from minga.sessions.notes import NO_NOTE
from minga.storage.database import Database, Transaction
from minga.storage.instants import to_micros

DAY = timedelta(days=1) // timedelta(microseconds=1)
"""How often the rules are looked at."""

DAYS_MAX = 36_500

_OF_TURNS = ("events", "pictures", "attempts")
_OF_SESSIONS = ("turns", "messages", "natives", "native_pieces", "set_aside")


_NATIVES = (
    "owner, agent, native_id FROM natives WHERE session_id = ? AND home = ''",
    "s.owner, a.agent, a.native_id FROM attempts a JOIN turns t ON t.id = a.turn_id JOIN sessions s"
    " ON s.id = t.session_id WHERE s.id = ? AND a.native_id IS NOT NULL AND a.home = ''",
)
"""What a session's own CLIs have of it in the person's homes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Sessions of ``project`` (working directory or git remote; empty: of every project without a rule of its own) that
    were not used for ``days`` are deleted; 0: never."""

    project: str
    days: int


Erase = Callable[[Sequence[Trace]], Awaitable[list[str]]]
"""Takes away what CLIs have of a session; returns what is left, for a person: `erasing.Eraser`."""

Forget = Callable[[Transaction, Literal["session_id", "owner"], str], None]
"""Takes out what other packages keep of a session, or of a user."""


def _keep(transaction: Transaction, key: Literal["session_id", "owner"], value: str) -> None: ...


def _all_is_well(transaction: Transaction) -> None: ...


class Derived(Protocol):
    """A file that is made from what sessions say: the search index, the memory."""

    def key(self) -> bytes | None:
        """That of the file as it lies there; None where there is none."""
        ...

    async def shred_sessions(self, session_ids: Sequence[SessionId], old_key: bytes | None) -> None:
        """Take out sessions that were deleted, and then give the file a new key: ``old_key`` was destroyed with
        them."""
        ...


class Retention:
    """Of the vault's user. Without a rule, sessions are kept for ever."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        vault: Vault,
        derived: Sequence[Derived],
        erase: Erase,
        forget: Forget = _keep,
    ) -> None:
        self._erase = erase
        self._forget = forget
        self._database = database
        self._derived = derived
        self._clock = clock
        self._vault = vault

    async def delete(
        self,
        session_id: SessionId,
        on_left: Callable[[str], object] | None = None,
        check: Callable[[Transaction], None] = _all_is_well,
    ) -> DeletionReceipt:
        """Destroy a session's keys and those of its digests, then take what they sealed out of the store, and its
        native sessions out of the homes of the CLIs; ``on_left`` is told which are left there. What it cost stays in
        the ledger.

        ``check`` may raise, while nobody can begin to work in the session: then it stays as it is. Killed in between,
        or on a full disk, the content is unreadable, and `sweep` takes it out. Raises UnknownSession, NotTheOwner,
        SessionBusy.
        """
        keys = [file.key() for file in self._derived]
        receipt = await self._database.write(lambda transaction: self._shred(transaction, session_id, check))
        with suppress(StoreFull, StoreUnwritable):
            read = await self._database.read(lambda transaction: digests.stored(transaction, session_id))
            for file, key in zip(self._derived, keys, strict=True):
                await file.shred_sessions([session_id, *read], key)
            for one in read:
                await self._take_out(one)
            await self._take_out(session_id, on_left)
        return receipt

    async def _take_out(self, session_id: SessionId, on_left: Callable[[str], object] | None = None) -> None:
        """The store forgets last where the native sessions lie: killed in between, `sweep` does it all again."""
        for left in await self._erase(await self._database.read(lambda transaction: traces(transaction, session_id))):
            if on_left is not None:
                on_left(left)

        def work(transaction: Transaction) -> None:
            self._forget(transaction, "session_id", session_id)
            take_out(transaction, session_id)

        await self._database.write(work)

    def _shred(
        self, transaction: Transaction, session_id: SessionId, check: Callable[[Transaction], None]
    ) -> DeletionReceipt:
        """While the session is held nobody can begin to work in it."""
        transaction.hold(session_id)
        if transaction.execute("SELECT 1 FROM turns WHERE session_id = ? AND state = 'running'", (session_id,)):
            if self._vault.access(session_id) is None:
                raise UnknownSession(session=session_id)
            raise SessionBusy(session=session_id)
        check(transaction)
        if self._vault.access(session_id) == "own":  # else the vault says what is wrong, and nothing is destroyed
            for one in digests.stored(transaction, session_id):
                if self._vault.access(one) == "own":
                    self._vault.shred(one)
        return self._vault.shred(session_id)

    async def take_out_of(self, user: UserName, on_left: Callable[[str], object] | None = None) -> None:
        """Take out what the keys of a removed user had sealed, and the user's rules; ``on_left`` as in `delete`."""
        select = "SELECT id FROM sessions WHERE owner = ?"
        rows = await self._database.read(lambda transaction: transaction.execute(select, (user,)))
        for (session_id,) in rows:
            await self._take_out(SessionId(session_id), on_left)
        for table in ("retention", "retention_runs", "deleted_natives"):
            delete = f"DELETE FROM {table} WHERE owner = ?"  # noqa: S608 - constants
            await self._database.write(lambda transaction, sql=delete: transaction.execute(sql, (user,)))  # type: ignore[misc]
        await self._database.write(lambda transaction: self._forget(transaction, "owner", user))

    async def sweep(self, on_left: Callable[[str], object] | None = None) -> int:
        """Take out the user's sessions whose keys are destroyed already; return how many there were. ``on_left`` as in
        `delete`.

        Only a receipt says that: a key can also be missing because the key store was changed, or an older copy of it
        put back, and then the session is kept (`keyless`).
        """
        gone = self._vault.destroyed(await self._without_key())
        for session_id in gone:
            await self._take_out(session_id, on_left)
        return len(gone)

    async def keyless(self) -> list[SessionId]:
        """The user's sessions that have no key, though nobody has deleted them."""
        without = await self._without_key()
        gone = self._vault.destroyed(without)
        return [session_id for session_id in without if session_id not in gone]

    async def _without_key(self) -> list[SessionId]:
        select = "SELECT id FROM sessions WHERE owner = ? ORDER BY id"
        rows = await self._database.read(lambda transaction: transaction.execute(select, (self._vault.user,)))
        readable = self._vault.readable()
        return [SessionId(row[0]) for row in rows if row[0] not in readable]

    async def rules(self) -> list[Rule]:
        select = "SELECT project, days FROM retention WHERE owner = ? ORDER BY project"
        rows = await self._database.read(lambda transaction: transaction.execute(select, (self._vault.user,)))
        return [Rule(*row) for row in rows]

    async def set(self, project: str, days: int) -> None:
        """Keep the sessions of ``project`` for ``days`` after their last use; 0: for ever, whatever the other rules."""

        def work(transaction: Transaction) -> None:
            key = self._vault.user, project
            transaction.execute("DELETE FROM retention WHERE owner = ? AND project = ?", key)
            if project or days:
                transaction.execute("INSERT INTO retention VALUES (?, ?, ?)", (*key, days))

        await self._database.write(work)

    async def due(self) -> list[SessionId]:
        """The user's sessions that a rule ends now, and that nobody works in; those without a key are kept,
        and so are notes."""
        rules = {rule.project: rule.days for rule in await self.rules()}
        if not rules:
            return []
        select = (
            f"SELECT id, cwd, remote, updated_at FROM sessions s WHERE owner = ? AND {NO_NOTE} AND NOT EXISTS"  # noqa: S608
            " (SELECT 1 FROM turns t WHERE t.session_id = s.id AND t.state = 'running')"
        )
        rows = await self._database.read(lambda transaction: transaction.execute(select, (self._vault.user,)))
        now, readable = to_micros(self._clock.now()), self._vault.readable()
        found: list[SessionId] = []
        for session_id, cwd, remote, updated_at in rows:
            days = next((rules[project] for project in (remote, cwd) if project and project in rules), rules.get(""))
            if days and session_id in readable and updated_at < now - days * DAY:
                found.append(SessionId(session_id))
        return found

    async def enforce(self, on_receipt: Callable[[DeletionReceipt], object]) -> None:
        """Once a day: sweep, and delete what is due."""
        now = to_micros(self._clock.now())
        last = "SELECT ran_at FROM retention_runs WHERE owner = ?"
        rows = await self._database.read(lambda transaction: transaction.execute(last, (self._vault.user,)))
        if rows and 0 <= now - rows[0][0] < DAY:  # one in the future was noted while the clock was wrong
            return
        await self.sweep()
        for session_id in await self.due():
            try:
                on_receipt(await self.delete(session_id))
            except (SessionBusy, UnknownSession):  # another process was faster
                continue
        await self._database.write(lambda transaction: _note_run(transaction, self._vault.user, now))


def take_out(transaction: Transaction, session_id: SessionId) -> None:
    """Remove everything of a session from the sessions' tables. Its key is the vault's matter.

    What its CLIs still have of it stays theirs, but is not brought in again by itself.
    """
    for natives in _NATIVES:
        insert = f"INSERT INTO deleted_natives SELECT DISTINCT {natives} ON CONFLICT DO NOTHING"
        transaction.execute(insert, (session_id,))
    transaction.execute("UPDATE sync_sessions SET header = ? WHERE session_id = ?", (b"", session_id))  # sealed with it
    turns = "(SELECT id FROM turns WHERE session_id = ?)"
    for table in _OF_TURNS:
        transaction.execute(f"DELETE FROM {table} WHERE turn_id IN {turns}", (session_id,))  # noqa: S608 - constants
    for table in _OF_SESSIONS:
        transaction.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))  # noqa: S608 - constants
    transaction.execute("DELETE FROM sessions WHERE id = ?", (session_id,))


def _note_run(transaction: Transaction, owner: str, now: int) -> None:
    transaction.execute("DELETE FROM retention_runs WHERE owner = ?", (owner,))
    transaction.execute("INSERT INTO retention_runs VALUES (?, ?)", (owner, now))
