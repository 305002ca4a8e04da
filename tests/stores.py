"""An empty store on either engine, for the fixtures in `conftest` and for child processes of tests."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from minga.bootstrap import build
from minga.domain.errors import ContentDamaged
from minga.domain.ids import SessionId
from minga.domain.secrecy import Access, UserName
from minga.settings import read
from minga.storage.database import Database, Migration
from minga.storage.engine import Engine
from minga.storage.postgres import Postgres
from minga.storage.sqlite import Sqlite
from minga.store_wiring import migrations

MIGRATIONS: tuple[Migration, ...] = tuple(migrations())


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that owns turns: the shipped `Presence` without its files."""

    where: str
    name: str

    def place(self) -> str:
        return self.where

    def key(self) -> str:
        return self.name


KEY = bytes(range(32))
"""What the encrypted stores of tests are encrypted with."""


class PlainVault:
    """A vault of the one user of a store, without secrecy: what is sealed carries its session and place, so that a
    mix-up is seen."""

    user = UserName("ana")

    def create(self, session_id: SessionId, project: str) -> None: ...

    def create_alike(self, session_id: SessionId, other: SessionId) -> None:
        self.create(session_id, "")

    def seal(self, session_id: SessionId, content: bytes, place: str) -> bytes:
        return f"{session_id} {place}\n".encode() + content

    def sealer(self, session_id: SessionId) -> Callable[[bytes, str], bytes]:
        return partial(self.seal, session_id)

    def open(self, session_id: SessionId, sealed: bytes, place: str) -> bytes:
        head, _, content = sealed.partition(b"\n")
        if head.decode() != f"{session_id} {place}":
            raise ContentDamaged(place=place)
        return content

    def access(self, session_id: SessionId) -> Access | None:
        return "own"

    def readable(self) -> frozenset[SessionId]:
        return frozenset()

    def shared(self) -> frozenset[SessionId]:
        return frozenset()

    def destroyed(self, among: Collection[SessionId]) -> frozenset[SessionId]:
        return frozenset()

    def generation(self) -> int:
        return 1

    def shred(self, session_id: SessionId) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """An empty database. ``engine`` opens a connection that waits so many seconds for a lock; ``url`` is what
    MINGA_DATABASE_URL would be (empty: SQLite in ``file``, encrypted if ``kind`` is "encrypted")."""

    kind: str
    url: str
    file: Path

    def engine(self, lock_limit_s: float = 10.0) -> Engine:
        if self.url:
            return Postgres(self.url, lock_limit_s)
        return Sqlite(self.file, KEY if self.kind == "encrypted" else None, lock_limit_s)

    def database(self, lock_limit_s: float = 10.0) -> Database:
        return Database(lambda: self.engine(lock_limit_s), MIGRATIONS)


def open_store(environment: Mapping[str, str]) -> Sqlite:
    """Open the encrypted file of the Minga that lives in ``environment``, with the key from its key store."""
    minga = build(read(environment))
    try:
        return Sqlite(minga.settings.store, minga.backups.key())
    finally:
        minga.keys.close()
