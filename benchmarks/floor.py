"""What a search could take at least: one plain, unencrypted FTS5 table with the same messages and the same MATCH."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import apsw

from benchmarks import filled
from minga.bootstrap import build
from minga.domain.sessions import Wanted
from minga.sessions.index import texts_of
from minga.sessions.search_words import terms_of
from minga.settings import read
from minga.storage.sqlite import Sqlite

AT_ONCE = 5000

Order = Literal["rank", "rowid DESC"]
BEST: Order = "rank"
NEWEST: Order = "rowid DESC"


def make(home: Path, turns: int) -> None:
    """From the index of the store in ``home``; for `filled.apart`."""
    minga = build(read(filled.environment(home)))
    key = minga.keys.store_key(f"search {minga.vault.user}")
    minga.keys.close()
    part = home / "plain.db.part"
    part.unlink(missing_ok=True)
    connection = apsw.Connection(str(part))
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute(
        "CREATE VIRTUAL TABLE words USING fts5("
        "said, done, marks, content = '', prefix = '3', tokenize = 'unicode61 remove_diacritics 2')"
    )
    for rows in _documents(next((home / "search").glob("*.db")), key):
        with connection:
            connection.executemany("INSERT INTO words (rowid, said, done, marks) VALUES (?, ?, ?, ?)", rows)
    connection.close()
    part.rename(home / "plain.db")


def open_plain(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA cache_size=-32000")
    return connection


def ask(connection: apsw.Connection, wanted: Wanted, order: Order) -> list[int]:
    """Rows with the words, in the CLI if one is asked for; of the other bounds FTS5 by itself knows nothing."""
    parts = [f"{{said done}} : ({term.expression})" for term in terms_of(wanted.words)] or ["marks : u"]
    if wanted.agent:
        parts.append(f"marks : {wanted.agent}")
    select = f"SELECT rowid FROM words WHERE words MATCH ? ORDER BY {order} LIMIT 20"
    return [int(str(row[0])) for row in connection.execute(select, (" AND ".join(parts),))]


def _documents(index: Path, key: bytes) -> Iterator[list[tuple[int, str, str, str]]]:
    """Number, what was said, what was done, who said it and where."""
    engine = Sqlite(index, key)
    last = -(1 << 62)
    select = (
        "SELECT d.number, d.body, a.name, d.role FROM documents d JOIN agents a ON a.number = d.agent"
        " WHERE d.number > ? ORDER BY d.number LIMIT ?"
    )
    while rows := engine.execute(select, (last, AT_ONCE)):
        last = rows[-1][0]
        yield [
            (number, *texts_of(body), f"{agent} {'u' if role == 'user' else ''}") for number, body, agent, role in rows
        ]
    engine.close()
