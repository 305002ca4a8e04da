"""PostgreSQL through pg8000. Imported by `bootstrap` only when a PostgreSQL address is configured."""

import ssl
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pg8000 import dbapi

from minga.domain.errors import StoreDamaged, StoreError, StoreFull, StoreLocked, StoreUnreachable, StoreUnwritable
from minga.storage.engine import Row, Value, printable

LOCK_LIMIT_S = 10
ANSWER_LIMIT_S = 30
"""For the connection and for every answer; longer than any wait for a lock."""

_LOCK_NOT_AVAILABLE = "55P03"
_DISK_FULL = "53100"
_UNWRITABLE = frozenset({"42501", "25006"})
_DAMAGED = frozenset({"XX001", "XX002"})
_SERVER_GOES = ("08", "57P")
"""SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_LOST = (dbapi.InterfaceError, OSError, struct.error)
"""What pg8000 raises when the connection breaks off; struct.error where it breaks off inside a message."""


class Postgres:
    """One connection. ``url`` is an address such as ``postgresql://user:password@host:5432/minga``; a unix socket is
    given as ``?host=/folder``, encryption as ``?sslmode=require`` or ``verify-full``."""

    def __init__(self, url: str, lock_limit_s: float = LOCK_LIMIT_S) -> None:
        address = _parse(url)
        self.name = address.shown
        self._lock_limit_s = lock_limit_s
        self._broken = False
        try:
            self._connection: Any = dbapi.connect(**address.arguments())
        except (*_LOST, dbapi.Error) as wrong:
            raise StoreUnreachable(store=self.name, detail=_said(wrong)) from wrong
        self._connection.autocommit = True
        self._cursor: Any = self._connection.cursor()
        self.execute(f"SET lock_timeout = '{round(lock_limit_s * 1000)}ms'")

    unwritable: StoreFull | StoreUnwritable | None = None

    def serves(self, *, writing: bool) -> bool:
        """What is lost says so when it is used."""
        return True

    def begin(self, *, writing: bool) -> None:
        self.execute("BEGIN" if writing else "BEGIN READ ONLY")

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        with self._errors():
            self._cursor.execute(sql.replace("?", "%s"), tuple(map(_storable, parameters)))
            return [tuple(row) for row in self._cursor.fetchall()] if self._cursor.description else []

    def has_table(self, name: str) -> bool:
        """Looks with the statement's snapshot: `to_regclass` may answer from a cache that is older than a lock."""
        select = "SELECT 1 FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) AND tablename = ?"
        return bool(self.execute(select, (name,)))

    def hold(self, name: str) -> None:
        self.execute("SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(?, 0))", (f"minga.{name}",))

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        if not self._broken:
            self.execute("ROLLBACK")

    def close(self) -> None:
        with suppress(*_LOST):
            self._connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except dbapi.DatabaseError as wrong:
            raise self._translated(_code(wrong), _said(wrong)) from wrong
        except _LOST as wrong:
            self._broken = True
            raise StoreUnreachable(store=self.name, detail=_said(wrong)) from wrong

    def _translated(self, code: str, detail: str) -> StoreError:
        if code == _LOCK_NOT_AVAILABLE:
            return StoreLocked(store=self.name, limit_s=self._lock_limit_s)
        if code == _DISK_FULL:
            return StoreFull(store=self.name)
        if code in _UNWRITABLE:
            return StoreUnwritable(store=self.name, detail=detail)
        if code in _DAMAGED:
            return StoreDamaged(store=self.name, detail=detail)
        if code.startswith(_SERVER_GOES):
            self._broken = True
            return StoreUnreachable(store=self.name, detail=detail)
        return StoreError(store=self.name, detail=detail)


@dataclass(frozen=True, slots=True)
class _Address:
    """The parts of a PostgreSQL URL. ``host`` beginning with a slash is the folder of a unix socket."""

    user: str
    password: str
    host: str
    port: int
    database: str
    sslmode: str

    @property
    def shown(self) -> str:
        """As it may be shown: without the password."""
        place = f"?host={self.host}" if self.host.startswith("/") else ""
        host = "" if place else f"{self.host}:{self.port}"
        return f"postgresql://{self.user}@{host}/{self.database}{place}"

    def arguments(self) -> dict[str, Any]:
        where: dict[str, Any] = {"host": self.host, "port": self.port, "ssl_context": self._encryption()}
        if self.host.startswith("/"):
            where = {"host": None, "unix_sock": f"{self.host}/.s.PGSQL.{self.port}", "ssl_context": False}
        return {
            **where,
            "user": self.user,
            "password": self.password or None,
            "database": self.database,
            "timeout": ANSWER_LIMIT_S,
            "application_name": "minga",
        }

    def _encryption(self) -> ssl.SSLContext | Literal[False] | None:
        """What pg8000 takes: False never asks for TLS, None asks and does without (after it has read the certificates
        of the system, which takes longer than the rest of connecting)."""
        if self.sslmode == "disable":
            return False
        if self.sslmode in ("allow", "prefer"):
            return None
        context = ssl.create_default_context()
        if self.sslmode == "require":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _parse(url: str) -> _Address:
    """Raises StoreUnreachable if ``url`` is no address, or asks for what is not known here."""
    try:
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        user = given.pop("user", unquote(parts.username or "")) or "postgres"
        address = _Address(
            user=user,
            password=given.pop("password", unquote(parts.password or "")),
            host=given.pop("host", unquote(parts.hostname or "")) or "localhost",
            port=int(given.pop("port", parts.port or 5432)),
            database=given.pop("dbname", unquote(parts.path.lstrip("/"))) or user,
            sslmode=given.pop("sslmode", "prefer"),
        )
    except ValueError as wrong:
        raise StoreUnreachable(store="PostgreSQL", detail="its address is not valid") from wrong
    if given:
        raise StoreUnreachable(store="PostgreSQL", detail=f"{sorted(given)[0]!r} in its address is unknown")
    return address


def _code(wrong: Exception) -> str:
    """SQLSTATE: pg8000 gives the fields of the server's message by their letters."""
    fields = wrong.args[0] if wrong.args and isinstance(wrong.args[0], dict) else {}
    return str(fields.get("C", ""))


def _said(wrong: Exception) -> str:
    fields = wrong.args[0] if wrong.args and isinstance(wrong.args[0], dict) else {}
    return " ".join(str(fields.get("M") or wrong).split())


def _storable(value: Value) -> Value:
    """PostgreSQL's text cannot hold the character NUL; it is shown as its Unicode picture instead."""
    return printable(value).replace("\0", "\N{SYMBOL FOR NULL}") if isinstance(value, str) else value
