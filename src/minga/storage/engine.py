"""What a database engine must do. SQL is written once, in the subset that SQLite and PostgreSQL share, with ``?`` as
the placeholder; instants are BIGINT microseconds since 1970 UTC, JSON is TEXT, truth values are INTEGER 0 or 1."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from minga.domain.errors import StoreFull, StoreUnwritable

Value = str | int | float | bytes | None
Row = tuple[Any, ...]

Rows = Callable[[str, Sequence[Value]], Iterable[Row]]
"""Asks a database and gives the rows, perhaps one by one."""


class Engine(Protocol):
    """One connection, used from one thread. Every method raises an error of `domain.errors` under `StoreError`."""

    name: str
    unwritable: StoreFull | StoreUnwritable | None
    """Why it is only read, as it lay there when it was opened; None where it can be written, too."""

    def serves(self, *, writing: bool) -> bool:
        """Whether this connection is still good for that; else another is to be opened."""
        ...

    def begin(self, *, writing: bool) -> None: ...

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]: ...

    def has_table(self, name: str) -> bool: ...

    def hold(self, name: str) -> None:
        """Inside a writing transaction: wait until no other one holds ``name``, and hold it until the end."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


def printable(text: str) -> str:
    """Replace half characters (bytes that were no UTF-8), which no engine can store, by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def statements(script: str) -> list[str]:
    """Split a migration into statements: each ends with a semicolon at the end of a line."""
    return [part.strip() for part in script.split(";\n") if part.strip()]
