"""The key store: masters, users and the store's own keys, each wrapped by the one above it.

It lies apart from the store (``keys.db`` beside it, or a schema of its own in PostgreSQL) and in no backup of it, so
that a key that was destroyed here is gone from every copy of the store. Names of users, ids of sessions and times stand
in it as they are; keys only wrapped, projects only as a keyed hash.
"""

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from minga.domain.errors import BadInput, KeysDamaged, MasterKeyLost, StoreLocked, UnknownUser
from minga.domain.secrecy import UserName
from minga.storage.database import Migration, Transaction, migrations_in
from minga.storage.direct import DirectDatabase
from minga.storage.engine import Engine
from minga.storage.master import Masters, NoSuchMaster
from minga.storage.wrapping import DoesNotOpen, fingerprint, new_key

MIGRATIONS = Path(__file__).parent / "key_migrations"

RETRIES = 3
"""A master may be replaced between looking up which one it is and using it."""

Result = TypeVar("Result")


def migrations() -> list[Migration]:
    return migrations_in(MIGRATIONS, "keys")


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where the keys lie. ``scrub`` makes what was deleted unreadable there; ``problem`` says what is wrong with the
    files, if anything; ``stale_s`` is for how long it need not be looked whether another process changed something (0:
    looked at each use)."""

    store: str
    database: DirectDatabase
    scrub: Callable[[Engine], None]
    problem: Callable[[Engine], str]
    stale_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Held:
    """A key as it lies in the store: wrapped by a master, under ``name``."""

    name: str
    master_id: str
    source: str
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class UserKey:
    """The key of a user, opened."""

    id: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Master:
    """A master key as the key store knows it. ``source`` is as in `Masters`."""

    id: str
    source: str
    state: str
    since: int


class KeyStore:
    """``open_masters`` gives the source of a name; ``first_source`` is where the first master key of all is made."""

    def __init__(
        self,
        place: KeyPlace,
        open_masters: Callable[[str], Masters],
        first_source: str,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.place = place
        self.now = now
        self.new_id = new_id
        self.first_source = first_source
        self._open_masters = open_masters
        self._sources: dict[str, Masters] = {}
        self._user_keys: dict[str, UserKey] = {}
        self._store_keys: dict[str, bytes] = {}
        self._generation = (0, -1.0)

    def close(self) -> None:
        self.place.database.close()

    def read(self, work: Callable[[Transaction], Result]) -> Result:
        """As `DirectDatabase.read`. Raises MasterKeyLost where ``work`` needs a master that is gone."""
        return self._retried(lambda: self.place.database.read(work))

    def write(self, work: Callable[[Transaction], Result]) -> Result:
        """As `DirectDatabase.write`. Raises MasterKeyLost where ``work`` needs a master that is gone."""
        return self._retried(lambda: self.place.database.write(work))

    def generation(self) -> int:
        """Grows whenever somebody's right to something ends; what was opened before must be looked up again."""
        number, looked = self._generation
        if looked < 0 or not self.place.stale_s or time.monotonic() - looked > self.place.stale_s:
            rows = self.place.database.use(lambda engine: engine.execute("SELECT number FROM generations"))
            if rows[0][0] != number:
                self._user_keys.clear()
                self._store_keys.clear()
            self._generation = rows[0][0], time.monotonic()
        return self._generation[0]

    def end_generation(self, transaction: Transaction) -> None:
        transaction.execute("UPDATE generations SET number = number + 1")
        self._generation = 0, -1.0

    def scrub(self) -> None:
        """Leave nothing of what was deleted in the files of the key store. Raises StoreLocked."""
        self.place.database.use(self.place.scrub)

    def micros(self) -> int:
        return int(self.now().timestamp() * 1_000_000)

    # Users

    def users(self) -> list[tuple[UserName, int, int]]:
        """Name, microseconds since 1970 of the first use, and number of sessions owned; by name."""
        select = (
            "SELECT u.name, u.since, (SELECT COUNT(*) FROM session_keys s WHERE s.user_name = u.name AND s.via = 'own')"
            " FROM users u ORDER BY u.name"
        )
        return [(UserName(row[0]), row[1], row[2]) for row in self.read(lambda t: t.execute(select))]

    def add_user(self, name: UserName) -> None:
        """Raises BadInput if there is one of that name."""

        def work(transaction: Transaction) -> None:
            if _is_user(transaction, name):
                raise BadInput(detail=f"there is already a user {name!r}")
            self._insert_user(transaction, name)

        self.write(work)

    def admit(self, name: UserName, *, is_account: bool) -> None:
        """Make sure that the user exists: an account from its first use, else raises UnknownUser."""
        if self.read(lambda transaction: _is_user(transaction, name)):
            return
        if not is_account:
            raise UnknownUser(name=name)
        self.write(lambda transaction: self._insert_user(transaction, name))

    def _insert_user(self, transaction: Transaction, name: UserName) -> None:
        """Another process may have been faster."""
        if _is_user(transaction, name):
            return
        transaction.execute("INSERT INTO users VALUES (?, ?)", (name, self.micros()))
        self.insert_user_key(transaction, name)

    def insert_user_key(self, transaction: Transaction, name: UserName) -> UserKey:
        """A new current key of the user, under the present master."""
        made = UserKey(self.new_id(), new_key())
        master = self.master(transaction)
        wrapped = self.source(master.source).wrap(master.id, made.key, _user_key_name(name, made.id))
        transaction.execute(
            "INSERT INTO user_keys VALUES (?, ?, 'current', ?, ?, ?, ?)",
            (made.id, name, self.micros(), fingerprint(made.key), master.id, wrapped),
        )
        return made

    def current_user_key(self, transaction: Transaction, name: UserName) -> UserKey:
        """Raises UnknownUser."""
        rows = transaction.execute(
            "SELECT u.id, u.master_id, m.source, u.wrapped FROM user_keys u JOIN masters m ON m.id = u.master_id"
            " WHERE u.user_name = ? AND u.state = 'current'",
            (name,),
        )
        if not rows:
            raise UnknownUser(name=name)
        return self.user_key(rows[0][0], name, *rows[0][1:])

    def user_key(self, key_id: str, name: str, master_id: str, source: str, wrapped: bytes) -> UserKey:
        """Open a user's key, once in this process. Raises NoSuchMaster."""
        found = self._user_keys.get(key_id)
        if found is None:
            key = self.unwrap(Held(_user_key_name(name, key_id), master_id, source, bytes(wrapped)))
            found = self._user_keys[key_id] = UserKey(key_id, key)
        return found

    # The store's own keys

    def store_key(self, name: str, shown: Callable[[bytes], str] = lambda key: "") -> bytes:
        """A key of the store itself (``store``, ``search``, …), made at its first use. ``shown`` makes what may be
        shown of it. Raises MasterKeyLost."""
        if name not in self._store_keys:
            found = self.read(lambda transaction: self.read_store_key(transaction, name))
            self._store_keys[name] = found or self.write(lambda t: self._make_store_key(t, name, shown))
        return self._store_keys[name]

    def has_store_key(self, name: str) -> bool:
        return bool(self.read(lambda t: t.execute("SELECT 1 FROM store_keys WHERE name = ?", (name,))))

    def destroy_store_key(self, transaction: Transaction, name: str) -> None:
        """Its next use makes another."""
        transaction.execute("DELETE FROM store_keys WHERE name = ?", (name,))
        self._store_keys.pop(name, None)

    def is_made(self, name: str) -> bool:
        """Whether the file that the store's key of that name encrypts was there once."""
        return bool(self.read(lambda t: t.execute("SELECT 1 FROM files_made WHERE name = ?", (name,))))

    def note_made(self, name: str) -> None:
        """To be called when the file is on disk, not before: who is killed in between has lost nothing."""
        insert = "INSERT INTO files_made VALUES (?) ON CONFLICT (name) DO NOTHING"
        self.write(lambda transaction: transaction.execute(insert, (name,)))

    def shown(self, name: str) -> str:
        """What may be shown of a store's key; empty where there is no such key yet."""
        rows = self.read(lambda t: t.execute("SELECT shown FROM store_keys WHERE name = ?", (name,)))
        return str(rows[0][0]) if rows else ""

    def project_mark(self, project: str) -> str:
        """Stands for a project in the tables, without telling which it is."""
        return hmac.new(self.store_key("projects"), project.encode("utf-8", "replace"), sha256).hexdigest()

    def read_store_key(self, transaction: Transaction, name: str) -> bytes | None:
        """None where there is none yet. Raises NoSuchMaster, KeysDamaged."""
        rows = transaction.execute(
            "SELECT k.master_id, m.source, k.wrapped FROM store_keys k JOIN masters m ON m.id = k.master_id"
            " WHERE k.name = ?",
            (name,),
        )
        return self.unwrap(Held(_store_key_name(name), rows[0][0], rows[0][1], bytes(rows[0][2]))) if rows else None

    def _make_store_key(self, transaction: Transaction, name: str, shown: Callable[[bytes], str]) -> bytes:
        if found := self.read_store_key(transaction, name):
            return found
        key, master = new_key(), self.master(transaction)
        wrapped = self.source(master.source).wrap(master.id, key, _store_key_name(name))
        transaction.execute("INSERT INTO store_keys VALUES (?, ?, ?, ?)", (name, shown(key), master.id, wrapped))
        return key

    # Masters

    def masters(self) -> list[Master]:
        """All that something is wrapped with or was: the current one, and those that a rotation has not done with."""
        select = "SELECT id, source, state, since FROM masters ORDER BY since, id"
        return [Master(*row) for row in self.place.database.read(lambda transaction: transaction.execute(select))]

    def master(self, transaction: Transaction) -> Master:
        """The current one; the first of all is made here."""
        rows = transaction.execute("SELECT id, source, state, since FROM masters WHERE state = 'current'")
        return Master(*rows[0]) if rows else self.insert_master(transaction, self.first_source)

    def insert_master(self, transaction: Transaction, source: str) -> Master:
        """Make a key in ``source`` that is the current one from now on."""
        made = Master(self.source(source).create(), source, "current", self.micros())
        transaction.execute("UPDATE masters SET state = 'retiring' WHERE state = 'current'")
        transaction.execute("INSERT INTO masters VALUES (?, ?, ?, ?)", (made.id, made.source, made.state, made.since))
        return made

    def exported(self, master: Master) -> bytes:
        """The key itself. Raises MasterKeyLost; MasterKeyUnusable where it cannot leave its source."""
        return self._retried(lambda: self.source(master.source).export(master.id))

    def opens(self, master: Master) -> bool:
        """Whether what ``master`` has wrapped can be opened. Raises MasterKeyUnusable."""
        select = (
            "SELECT u.id, u.user_name, u.master_id, m.source, u.wrapped FROM user_keys u"
            " JOIN masters m ON m.id = u.master_id WHERE u.master_id = ?"
        )
        rows = self.place.database.read(lambda transaction: transaction.execute(f"{select} LIMIT 1", (master.id,)))
        try:
            for key_id, name, master_id, source, wrapped in rows:
                self.unwrap(Held(_user_key_name(name, key_id), master_id, source, bytes(wrapped)))
        except NoSuchMaster:
            return False
        return True

    def note_source(self, master: Master, source: str) -> None:
        """The key now lies in ``source``."""
        update = "UPDATE masters SET source = ? WHERE id = ?"
        self.place.database.write(lambda transaction: transaction.execute(update, (source, master.id)))

    def source(self, name: str) -> Masters:
        if name not in self._sources:
            self._sources[name] = self._open_masters(name)
        return self._sources[name]

    def unwrap(self, held: Held) -> bytes:
        """Raises NoSuchMaster; KeysDamaged where the key store itself was changed."""
        try:
            return self.source(held.source).unwrap(held.master_id, held.wrapped, held.name)
        except DoesNotOpen as wrong:
            raise KeysDamaged(store=self.place.database.name(), detail=f"the key {held.name!r} was changed") from wrong

    def _retried(self, work: Callable[[], Result]) -> Result:
        """Do ``work`` again where a rotation took away the master under it. Raises MasterKeyLost."""
        for _ in range(RETRIES - 1):
            try:
                return work()
            except NoSuchMaster:
                continue
        try:
            return work()
        except NoSuchMaster as gone:
            raise self._lost(str(gone)) from gone

    def _lost(self, master_id: str) -> MasterKeyLost:
        sources = {master.id: self.source(master.source).shown for master in self.masters()}
        return MasterKeyLost(key=master_id, source=sources.get(master_id, "?"), store=self.place.store)


def search_key(user: str) -> str:
    """The name of the key of a user's search index."""
    return f"search {user}"


def memory_key(user: str) -> str:
    """The name of the key of what is derived for a user's memory."""
    return f"memory {user}"


def truncate_log(engine: Engine) -> None:
    """SQLite: deleted rows are zeroed in the file (secure_delete); this empties the log, where they may still stand."""
    until = time.monotonic() + 10
    while engine.execute("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]:
        if time.monotonic() > until:
            raise StoreLocked(store=engine.name, limit_s=10)
        time.sleep(0.01)


def integrity(engine: Engine) -> str:
    """SQLite: what its own look at every page and index finds; empty where all is well. Some 100 MB a second."""
    said = " ".join(str(engine.execute("PRAGMA integrity_check(1)")[0][0]).split())
    return "" if said == "ok" else said


def vacuum(engine: Engine) -> None:
    """PostgreSQL: deleted rows are dead until a vacuum."""
    for table in ("session_keys", "user_keys", "store_keys"):
        engine.execute(f"VACUUM {table}")


def _is_user(transaction: Transaction, name: str) -> bool:
    return bool(transaction.execute("SELECT 1 FROM users WHERE name = ?", (name,)))


def _user_key_name(user: str, key_id: str) -> str:
    return f"user:{user}:{key_id}"


def _store_key_name(name: str) -> str:
    return f"store:{name}"
