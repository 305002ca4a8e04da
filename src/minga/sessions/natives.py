"""Which native sessions of the CLIs belong to which session: those that were found and brought in, and those that Minga
wrote; and the native bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from minga.domain.errors import UnknownSession
from minga.domain.ids import AgentName, NativeId, SessionId, TurnId
from minga.domain.secrecy import Vault
from minga.infrastructure.clock import Clock
from minga.storage.database import Database, Transaction
from minga.storage.engine import Row
from minga.storage.instants import to_micros


@dataclass(frozen=True, slots=True)
class Native:
    """One native session. ``home`` is empty for the person's own; ``through`` is the last turn of the session that it
    holds; ``sha256`` of its bytes when they were last read; of what Minga wrote, as they were written: it tells whether
    the CLI has gone on. ``level`` is empty for what was found.

    In one that Minga wrote, everything up to the native message ``seam`` is the session's own history as far as its
    message ``anchor``; what the CLI adds comes after that.
    """

    agent: AgentName
    native_id: NativeId
    home: str
    session_id: SessionId
    origin: Literal["found", "written"]
    path: str
    sha256: str
    through: str
    cli_version: str = ""
    level: str = ""
    size: int = 0
    modified_ns: int = 0
    seam: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a CLI has of a session. ``home`` is empty for the person's own; ``origin`` is empty for what a run of
    Minga's made, and ``path`` and ``sha256`` with it."""

    agent: AgentName
    native_id: NativeId
    home: str
    origin: str = ""
    path: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """The last turn of an agent in a native session; ``ended_at`` in the store's form, None while it runs."""

    session_id: SessionId
    turn_id: TurnId
    ended_at: int | None


_COLUMNS = (
    "agent, native_id, home, session_id, origin, path, sha256, through, cli_version, level, size, modified_ns,"
    " seam, anchor"
)

_RAN = (
    "SELECT a.agent, a.native_id, t.session_id, t.id, t.ended_at FROM attempts a"
    " JOIN turns t ON t.id = a.turn_id WHERE a.native_id IS NOT NULL AND a.home = ''"
)


class Natives:
    def __init__(self, database: Database, clock: Clock, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault

    async def note(self, native: Native) -> None:
        """Add it, or bring what is known of it up to date."""
        now = to_micros(self._clock.now())
        await self._database.write(lambda transaction: note(transaction, self._vault, native, now))

    async def all(self) -> list[Native]:
        """The user's native sessions; without those of sessions that the user may not write into any more."""
        select = f"SELECT {_COLUMNS} FROM natives WHERE owner = ?"  # noqa: S608 - constants
        rows = await self._database.read(lambda transaction: transaction.execute(select, (self._vault.user,)))
        return [native for native in map(_native, rows) if self._may_write(native.session_id)]

    async def own(self, agent: AgentName, native_id: NativeId) -> Native | None:
        """What is known of a native session in the person's own home of the CLI; None as in `all`."""
        select = f"SELECT {_COLUMNS} FROM natives WHERE owner = ? AND agent = ? AND native_id = ? AND home = ''"  # noqa: S608
        key = self._vault.user, agent, native_id
        rows = await self._database.read(lambda transaction: transaction.execute(select, key))
        native = _native(rows[0]) if rows else None
        return native if native and self._may_write(native.session_id) else None

    async def of(self, session_id: SessionId) -> list[Native]:
        """All native sessions of a session, oldest first. Raises UnknownSession."""
        if self._vault.access(session_id) is None:
            raise UnknownSession(session=session_id)
        select = f"SELECT {_COLUMNS} FROM natives WHERE session_id = ? ORDER BY noted_at"  # noqa: S608 - constants
        rows = await self._database.read(lambda transaction: transaction.execute(select, (session_id,)))
        return [_native(row) for row in rows]

    async def written(self, session_id: SessionId, agent: AgentName, home: str) -> list[Native]:
        """What was written of a session for the user, oldest first. Raises UnknownSession."""
        if self._vault.access(session_id) is None:
            raise UnknownSession(session=session_id)
        select = (
            f"SELECT {_COLUMNS} FROM natives WHERE owner = ? AND session_id = ? AND agent = ? AND home = ?"  # noqa: S608
            " AND origin = 'written' ORDER BY noted_at"
        )
        key = self._vault.user, session_id, agent, home
        rows = await self._database.read(lambda transaction: transaction.execute(select, key))
        return [_native(row) for row in rows]

    async def is_noted(self, agent: AgentName, native_id: NativeId, home: str) -> bool:
        select = "SELECT 1 FROM natives WHERE owner = ? AND agent = ? AND native_id = ? AND home = ?"
        key = self._vault.user, agent, native_id, home
        return bool(await self._database.read(lambda transaction: transaction.execute(select, key)))

    async def ran(self) -> dict[tuple[AgentName, NativeId], Ran]:
        """The native sessions that runs of Minga's made in the person's own homes, with the last run of each; those
        that the user may write into."""
        rows = await self._database.read(lambda transaction: transaction.execute(f"{_RAN} ORDER BY t.started_at"))
        return {(AgentName(row[0]), NativeId(row[1])): _ran(row) for row in rows if self._may_write(SessionId(row[2]))}

    async def ran_in(self, agent: AgentName, native_id: NativeId) -> Ran | None:
        """As `ran`, of one native session; None where no run of Minga's made it."""
        select = f"{_RAN} AND a.agent = ? AND a.native_id = ? ORDER BY t.started_at"
        rows = await self._database.read(lambda transaction: transaction.execute(select, (agent, native_id)))
        seen = [_ran(row) for row in rows if self._may_write(SessionId(row[2]))]
        return seen[-1] if seen else None

    def _may_write(self, session_id: SessionId) -> bool:
        return self._vault.access(session_id) in ("own", "continue")

    async def last_message(self, turn_id: TurnId) -> str:
        """The last message of one of Minga's own turns, empty where it is not told yet."""
        select = "SELECT id FROM messages WHERE turn_id = ? ORDER BY seq DESC LIMIT 1"
        rows = await self._database.read(lambda transaction: transaction.execute(select, (turn_id,)))
        return str(rows[0][0]) if rows else ""

    async def deleted(self) -> set[tuple[str, str]]:
        """Agent and id of the native sessions whose session the user has deleted, also where a backup that is older
        than that was restored."""
        user = (self._vault.user,)
        select = "SELECT agent, native_id FROM deleted_natives WHERE owner = ?"
        rows = await self._database.read(lambda transaction: transaction.execute(select, user))
        select = "SELECT session_id, agent, native_id FROM natives WHERE owner = ? AND home = ''"
        known = await self._database.read(lambda transaction: transaction.execute(select, user))
        destroyed = self._vault.destroyed({SessionId(row[0]) for row in known} - self._vault.readable())
        return {(row[0], row[1]) for row in rows} | {(row[1], row[2]) for row in known if row[0] in destroyed}

    async def forget(self, native: Native) -> None:
        """Its file is gone; the bytes that were kept of it stay."""
        key = self._vault.user, native.agent, native.native_id, native.home
        delete = "DELETE FROM natives WHERE owner = ? AND agent = ? AND native_id = ? AND home = ?"
        await self._database.write(lambda transaction: transaction.execute(delete, key))

    async def newest_bytes(self, session_id: SessionId) -> bytes:
        """The native bytes that were kept last of a session, also where its file never was on this device; empty where
        none were kept."""

        def work(transaction: Transaction) -> bytes:
            rows = transaction.execute(
                "SELECT p.agent, p.native_id, MAX(COALESCE(n.noted_at, 0)) AS noted FROM native_pieces p LEFT JOIN"
                " natives n ON n.session_id = p.session_id AND n.agent = p.agent AND n.native_id = p.native_id"
                " WHERE p.session_id = ? GROUP BY p.agent, p.native_id ORDER BY noted DESC, p.native_id DESC",
                (session_id,),
            )
            kept = (packed(AgentName(row[0]), NativeId(row[1]), session_id) for row in rows)
            return next((b"".join(pieces(transaction, self._vault, native)) for native in kept), b"")

        return await self._database.read(work)


def traces(transaction: Transaction, session_id: SessionId) -> list[Trace]:
    """All that CLIs have of a session, for whichever user; without a look at who asks: it is for a deleted one."""
    noted = transaction.execute(
        "SELECT agent, native_id, home, origin, path, sha256 FROM natives WHERE session_id = ? ORDER BY noted_at",
        (session_id,),
    )
    made = transaction.execute(
        "SELECT DISTINCT a.agent, a.native_id, a.home FROM attempts a JOIN turns t ON t.id = a.turn_id"
        " WHERE t.session_id = ? AND a.native_id IS NOT NULL ORDER BY 1, 2",
        (session_id,),
    )
    found = [Trace(AgentName(row[0]), NativeId(row[1]), *row[2:]) for row in (*noted, *made)]
    return list({(one.agent, one.native_id, one.home): one for one in reversed(found)}.values())


def packed(agent: AgentName, native_id: NativeId, session_id: SessionId) -> Native:
    """A native session of which only the bytes are here, and no file that the CLI knows of."""
    return Native(agent, native_id, "", session_id, "found", "", "", "")


def note(transaction: Transaction, vault: Vault, native: Native, now: int) -> None:
    key = vault.user, native.agent, native.native_id, native.home
    transaction.execute("DELETE FROM natives WHERE owner = ? AND agent = ? AND native_id = ? AND home = ?", key)
    found = native.session_id, native.origin, native.path, native.size, native.modified_ns, native.sha256
    written = native.cli_version, native.level, native.through, native.seam, native.anchor
    transaction.execute(
        "INSERT INTO natives VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*key, *found, *written, now)
    )


def pieces(transaction: Transaction, vault: Vault, native: Native) -> Iterator[bytes]:
    rows = transaction.execute(
        "SELECT number, body FROM native_pieces WHERE session_id = ? AND agent = ? AND native_id = ? ORDER BY number",
        (native.session_id, native.agent, native.native_id),
    )
    for number, body in rows:
        yield vault.open(native.session_id, bytes(body), _piece(native, number))


def keep_pieces(transaction: Transaction, vault: Vault, native: Native, first: int, bodies: Sequence[bytes]) -> None:
    """Keep pieces of the native bytes, from number ``first`` (of 0) on; those that are the same already are left."""
    where = "WHERE session_id = ? AND agent = ? AND native_id = ? AND number = ?"
    for number, body in enumerate(bodies, first):
        key = native.session_id, native.agent, native.native_id, number
        rows = transaction.execute(f"SELECT body FROM native_pieces {where}", key)  # noqa: S608 - constants
        if rows and vault.open(native.session_id, bytes(rows[0][0]), _piece(native, number)) == body:
            continue
        transaction.execute(f"DELETE FROM native_pieces {where}", key)  # noqa: S608 - constants
        sealed = vault.seal(native.session_id, body, _piece(native, number))
        transaction.execute("INSERT INTO native_pieces VALUES (?, ?, ?, ?, ?)", (*key, sealed))


def drop_pieces(transaction: Transaction, native: Native, first: int) -> None:
    """Forget the pieces from number ``first`` on: the file has become shorter."""
    transaction.execute(
        "DELETE FROM native_pieces WHERE session_id = ? AND agent = ? AND native_id = ? AND number >= ?",
        (native.session_id, native.agent, native.native_id, first),
    )


def _piece(native: Native, number: int) -> str:
    return f"native_pieces:{native.agent}:{native.native_id}:{number}"


def _ran(row: Row) -> Ran:
    return Ran(SessionId(row[2]), TurnId(row[3]), row[4])


def _native(row: Row) -> Native:
    return Native(AgentName(row[0]), NativeId(row[1]), row[2], SessionId(row[3]), *row[4:])
