"""Records in the order of their keys, however many: what memory does not hold lies in a file without a name."""

import sqlite3
from collections.abc import Iterator

BATCH = 10_000
CACHE_KIB = 32 * 1024


class Sorting:
    """Takes records, then gives them back in the order of their keys; equal keys in the order in which they came.

    The file is the system's temporary one, and gone when this is closed or the process ends.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE", f"cache_size = -{CACHE_KIB}"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE records (place INTEGER PRIMARY KEY, key TEXT, record BLOB)")
        self._waiting: list[tuple[str, bytes]] = []

    def add(self, key: str, record: bytes) -> None:
        self._waiting.append((key, record))
        if len(self._waiting) >= BATCH:
            self._write()

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        self._write()
        yield from self._database.execute("SELECT key, record FROM records ORDER BY key, place")

    def close(self) -> None:
        self._database.close()

    def _write(self) -> None:
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO records (key, record) VALUES (?, ?)", self._waiting)
        self._database.execute("COMMIT")
        self._waiting.clear()
