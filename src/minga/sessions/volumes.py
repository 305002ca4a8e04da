"""The words of the index, in volumes: each holds the messages of thirty days.

A search goes from the newest volume to the oldest and stops when it has enough; so what a frequent word or a short
beginning costs does not grow with the years. Numbers of documents are in the order of time (`first_number`).
"""

from collections.abc import Sequence

from minga.storage.database import Transaction

IN_A_SECOND = 1024
"""Numbers per second; where they do not suffice, those of later seconds are taken."""

VOLUME_S = 30 * 24 * 3600

VOLUMES_MAX = 1000
"""Times behind the year 2052 are no times; they share the last volume."""


def first_number(second: int) -> int:
    """The lowest number of a document of that second."""
    return second * IN_A_SECOND


def second_of(number: int) -> int:
    return number // IN_A_SECOND


def volume_of(number: int) -> int:
    """The volume that holds the words of a document."""
    return min(max(0, second_of(number) // VOLUME_S), VOLUMES_MAX)


def newest_first(transaction: Transaction, first: int, last: int) -> list[int]:
    """The volumes that may hold documents from number ``first`` to ``last``."""
    rows = transaction.execute(
        "SELECT number FROM volumes WHERE number BETWEEN ? AND ? ORDER BY number DESC",
        (volume_of(first), volume_of(last)),
    )
    return [row[0] for row in rows]


def put(transaction: Transaction, number: int, texts: tuple[str, str, str]) -> None:
    """Add the words of a document: what was said, what was done, marks."""
    volume = volume_of(number)
    if not transaction.execute("SELECT 1 FROM volumes WHERE number = ?", (volume,)):
        _make(transaction, volume)
    transaction.execute(f"INSERT INTO {table(volume)} (rowid, said, done, marks) VALUES (?, ?, ?, ?)", (number, *texts))  # noqa: S608 - no input


def take_out(transaction: Transaction, number: int, texts: tuple[str, str, str]) -> None:
    """``texts`` must be those that were put in; nothing of them is left in the file."""
    name = table(volume_of(number))
    sql = f"INSERT INTO {name} ({name}, rowid, said, done, marks) VALUES ('delete', ?, ?, ?, ?)"  # noqa: S608 - no input
    transaction.execute(sql, (number, *texts))


def note_session(transaction: Transaction, session: int, numbers: Sequence[int]) -> None:
    """Let the volumes of the documents ``numbers`` know the session."""
    for volume in {volume_of(number) for number in numbers}:
        transaction.execute("INSERT OR IGNORE INTO volume_sessions VALUES (?, ?)", (volume, session))


def forget_session(transaction: Transaction, session: int) -> None:
    sql = "DELETE FROM volume_sessions WHERE session = ? AND volume IN (SELECT number FROM volumes)"
    transaction.execute(sql, (session,))


def table(volume: int) -> str:
    return f"words_{volume}"


def _make(transaction: Transaction, volume: int) -> None:
    name = table(volume)
    transaction.execute(
        f"CREATE VIRTUAL TABLE {name} USING fts5("
        "said, done, marks, content = '', prefix = '3', tokenize = 'unicode61 remove_diacritics 2')"
    )
    transaction.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('secure-delete', 1)")  # noqa: S608 - no input
    transaction.execute("INSERT INTO volumes VALUES (?)", (volume,))
