"""Files of backups: checked, hashed and put in place so that each is there whole or not at all."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import apsw

from minga.storage import cipher

_HASHED_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """``rows``: table -> how many. ``schema``: the migrations that were applied, as ``package-number``."""

    rows: Mapping[str, int]
    schema: tuple[str, ...]


@contextmanager
def opened(path: Path, key: bytes | None) -> Iterator[apsw.Connection]:
    """A store that nobody writes, for reading: no file is made beside it. Raises apsw.Error."""
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(f"file:{quote(str(path))}?immutable=1", flags)
    try:
        if key is not None:
            cipher.unlock(connection, key)
        yield connection
    finally:
        connection.close()


def examine(path: Path, key: bytes | None) -> Contents:
    """Read every page of a store that nobody writes. Raises apsw.Error, or ValueError with what the check found."""
    with opened(path, key) as connection:
        said = " ".join(str(row[0]) for row in connection.execute("PRAGMA integrity_check(1)"))
        if said != "ok":
            raise ValueError(" ".join(said.split()))
        names = [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: _count(connection, name) for name in sorted(names) if not name.startswith("sqlite_")}
        steps: list[str] = []
        if "applied_migrations" in rows:
            select = "SELECT package, number FROM applied_migrations ORDER BY package, number"
            steps = [f"{package}-{number}" for package, number in connection.execute(select)]
        return Contents(rows, tuple(steps))


def _count(connection: apsw.Connection, table: str) -> int:
    [(count,)] = connection.execute(f'SELECT COUNT(*) FROM "{table}"')  # noqa: S608 - a name of the file's own schema
    return int(count)


def digest(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_whole(source: Path, target: Path) -> str:
    """Copy a file to a new one, synced; return the SHA-256 of what was written."""
    taken = hashlib.sha256()
    with source.open("rb") as old, open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as new:
        while piece := old.read(_HASHED_AT_ONCE):
            taken.update(piece)
            new.write(piece)
        new.flush()
        os.fsync(new.fileno())
    return taken.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file: at any moment it is there whole, or not at all."""
    draft = path.with_name(f".{path.name}.new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
