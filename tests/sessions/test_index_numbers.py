"""What a message costs in the index does not grow with how many have its second: archives that were written at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from minga.domain.ids import AgentName, SessionId
from minga.domain.transcript import Message, TextPart, Workspace
from minga.sessions import index
from minga.sessions.index import Entry, SessionFacts
from minga.sessions.volumes import IN_A_SECOND
from minga.storage.database import Transaction, migrate, migrations_in
from minga.storage.engine import Row, Value
from minga.storage.sqlite import Sqlite
from shelf import NOON, Play, Shelf
from stores import KEY

SECOND = int(NOON.timestamp())
BATCH = 500


class Counting(Transaction):
    """Counts its statements."""

    statements = 0

    def execute(self, sql: str, parameters: tuple[Value, ...] = ()) -> list[Row]:  # type: ignore[override]
        self.statements += 1
        return super().execute(sql, parameters)


@pytest.fixture
def transaction(tmp_path: Path) -> Iterator[Counting]:
    engine = Sqlite(tmp_path / "index.db", KEY)
    migrate(engine, migrations_in(index.MIGRATIONS, "index"))
    yield Counting(engine)
    engine.close()


def _add(transaction: Counting, first: int, second: int | None, session: str) -> int:
    """Add a batch, and return how many statements that took."""
    before = transaction.statements
    entries = [
        Entry(seq, SessionId(session), f"m{seq}", second, AgentName("codex"), "user", "word", "", ())
        for seq in range(first, first + BATCH)
    ]
    index.add(transaction, entries, {SessionId(session): SessionFacts("", "", 0, True)})
    return transaction.statements - before


@pytest.mark.parametrize("second", [SECOND, None])
@pytest.mark.parametrize("sessions", [1, 100])
def test_the_last_of_many_messages_of_one_second_cost_what_the_first_cost(
    transaction: Counting, second: int | None, sessions: int
) -> None:
    counts = [_add(transaction, first, second, f"s{first % sessions}") for first in range(1, 12 * BATCH, BATCH)]
    assert max(counts) < 1.2 * counts[0]
    [(held, distinct)] = transaction.execute("SELECT COUNT(*), COUNT(DISTINCT number) FROM documents")
    assert held == distinct == 12 * BATCH


def test_messages_of_a_full_second_stay_in_their_order(transaction: Counting) -> None:
    for first in range(IN_A_SECOND, IN_A_SECOND + 6 * BATCH, BATCH):
        _add(transaction, first, SECOND, "s")
    rows = transaction.execute("SELECT seq FROM documents ORDER BY number")
    assert [row[0] for row in rows] == list(range(IN_A_SECOND, IN_A_SECOND + 6 * BATCH))


def test_a_message_that_comes_again_keeps_its_number(transaction: Counting) -> None:
    for _ in range(2):
        for first in range(IN_A_SECOND, IN_A_SECOND + 4 * BATCH, BATCH):
            _add(transaction, first, SECOND, "s")
    [(lowest, highest)] = transaction.execute("SELECT MIN(number), MAX(number) FROM documents")
    assert highest - lowest + 1 == 4 * BATCH


def test_all_messages_of_a_full_second_are_found(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        said = [
            Message(f"m{number}", "", NOON, "user", (TextPart(f"word w{number}"),), AgentName("codex"))
            for number in range(2 * IN_A_SECOND + 10)
        ]
        await shelf.put(SessionId("a"), said, Workspace("/src"))
        assert len(await shelf.find("word", limit=5000)) == len(said)
        assert await shelf.texts(f"w{len(said) - 1}") == [f"word w{len(said) - 1}"]

    play(scene)
