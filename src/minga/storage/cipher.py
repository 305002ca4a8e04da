"""The encrypted SQLite file: how a connection gets its key, and what is wrong with a file that the key does not open.

Cipher: AEGIS-256 of SQLite3 Multiple Ciphers, chosen by measurement (docs/decisions/0012-file-cipher.md). Every page
has a nonce and a 32-byte tag that also binds its number, in the file as in the ``-wal``; so a flipped byte is detected
when its page is read. Of the file only the first 24 bytes are readable: 16 random ones and `FORMAT_BYTES`.
"""

import tempfile
from contextlib import suppress
from pathlib import Path

import apsw

KEY_BYTES = 32
PAGE_BYTES = 4096

PLAIN_HEADER = b"SQLite format 3\0"

FORMAT_AT = 16
FORMAT_BYTES = (b"\x10\x00\x02\x02\x40\x40\x20\x20", b"\x10\x00\x01\x01\x40\x40\x20\x20")
"""Bytes 16 to 23, which the cipher leaves readable and its tag does not cover: pages of 4096 bytes, WAL (or, before the
first switch to it, no WAL), 64 bytes of each page for nonce and tag. See section 1.3 of
https://www.sqlite.org/fileformat.html"""

_SAMPLE = 8
_UNREADABLE = "unable to get the page"
"""What integrity checks say of a page whose tag does not fit; of a page that is merely no such table they say other
things (measured with SQLite 3.54 and Multiple Ciphers 2.6.1)."""


def unlock(connection: apsw.Connection, key: bytes) -> None:
    """Give ``connection`` the raw key, before anything else is done with it. Only reading shows whether it fits."""
    assert len(key) == KEY_BYTES
    connection.execute("PRAGMA cipher='aegis'").fetchall()
    connection.execute("PRAGMA algorithm='aegis-256'").fetchall()
    connection.execute(f"PRAGMA key='raw:{key.hex()}'").fetchall()


def is_plain(path: Path) -> bool:
    """Whether ``path`` is an SQLite file that is not encrypted."""
    return _head(path)[: len(PLAIN_HEADER)] == PLAIN_HEADER


def is_encrypted(path: Path) -> bool:
    """Whether ``path`` looks like an encrypted store."""
    return bool(_head(path)) and not is_plain(path) and not format_problem(path)


def format_problem(path: Path) -> str:
    """Return what is wrong with the readable part of an encrypted file, or an empty text. An empty file is in order."""
    head = _head(path)
    problem = ""
    if head and len(head) < FORMAT_AT + len(FORMAT_BYTES[0]):
        problem = "it was cut short, or is no encrypted store"
    elif head and head[FORMAT_AT:] not in FORMAT_BYTES:
        problem = "its first bytes are not those of an encrypted store"
    return problem


def why_unreadable(path: Path, key: bytes) -> str:
    """Say why the first pages of ``path`` cannot be read with ``key``: the key, or the pages."""
    fits = _fits_other_pages(path, key)
    if fits is None:
        problem = "it was encrypted with another key, or its first pages are damaged"
    elif fits:
        problem = "the key fits, but the first pages are damaged"
    else:
        problem = "it was encrypted with another key, or most of it is damaged"
    return problem


def _fits_other_pages(path: Path, key: bytes) -> bool | None:
    """Whether ``key`` opens any of the pages behind the first; None if there is none.

    They are put into a new file with the same key, each in the place that its tag names, and looked at there.
    """
    pages = _read(path, PAGE_BYTES, _SAMPLE * PAGE_BYTES)
    count = len(pages) // PAGE_BYTES
    if not count:
        return None
    with tempfile.TemporaryDirectory(prefix="minga-") as folder:
        probe = Path(folder) / "probe.db"
        connection = apsw.Connection(str(probe))
        unlock(connection, key)
        for number in range(count):
            connection.execute(f"CREATE TABLE t{number} (a)").fetchall()
        connection.close()
        with probe.open("r+b") as file:
            file.seek(PAGE_BYTES)
            file.write(pages[: count * PAGE_BYTES])
        connection = apsw.Connection(str(probe))
        unlock(connection, key)
        said = [_checked(connection, f"t{number}") for number in range(count)]
        connection.close()
    return not all(_UNREADABLE in text for text in said)


def _checked(connection: apsw.Connection, table: str) -> str:
    """What the quick check says of a table, up to where it breaks off."""
    said: list[str] = []
    with suppress(apsw.CorruptError):
        said += (str(row[0]) for row in connection.execute(f"PRAGMA quick_check({table})"))
    return " ".join(said)


def _head(path: Path) -> bytes:
    return _read(path, 0, FORMAT_AT + len(FORMAT_BYTES[0]))


def _read(path: Path, start: int, count: int) -> bytes:
    """Through SQLite's own layer: to open and close the file beside it would end the locks that this process holds.

    https://www.sqlite.org/howtocorrupt.html section 2.2
    """
    try:
        flags = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0]
        file = apsw.VFSFile("unix", str(path), flags)
    except apsw.Error:
        return b""
    try:
        return file.xRead(min(count, max(0, file.xFileSize() - start)), start)
    finally:
        file.xClose()
