"""The contract of the store: the same on SQLite and on PostgreSQL."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from children import begun
from minga.domain.errors import StoreError, StoreLocked, StoreTooNew, StoreUnreachable
from minga.storage.database import ROWS_AT_ONCE, ROWS_EVEN, Database, Migration, Transaction
from minga.storage.engine import Engine, Row, Value, statements
from minga.storage.postgres import Postgres
from stores import MIGRATIONS, Place

NOTES = (Migration("notes", 1, "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);\n"),)


async def all_notes(database: Database) -> list[Row]:
    return await database.read(lambda transaction: transaction.execute("SELECT id, text FROM notes ORDER BY id"))


@pytest.fixture
def notes(place: Place) -> Database:
    return Database(place.engine, NOTES)


def test_what_was_written_is_there_after_the_store_was_opened_again(place: Place) -> None:
    async def run() -> None:
        first = Database(place.engine, NOTES)
        await first.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (?, ?)", (1, "ñandú €")))
        await first.close()
        second = Database(place.engine, NOTES)
        assert await all_notes(second) == [(1, "ñandú €")]
        await second.close()

    asyncio.run(run())


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_works(notes: Database) -> None:
    def half(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO notes VALUES (1, 'half')")
        transaction.execute("INSERT INTO notes VALUES (1, 'again')")

    async def run() -> None:
        with pytest.raises(StoreError):
            await notes.write(half)
        assert await all_notes(notes) == []
        await notes.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (2, 'whole')"))
        assert await all_notes(notes) == [(2, "whole")]
        await notes.close()

    asyncio.run(run())


def test_work_that_raises_rolls_back_and_its_error_comes_through(notes: Database) -> None:
    def work(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO notes VALUES (1, 'x')")
        raise KeyError("mine")

    async def run() -> None:
        with pytest.raises(KeyError, match="mine"):
            await notes.write(work)
        assert await all_notes(notes) == []
        await notes.close()

    asyncio.run(run())


def test_a_caller_that_is_cancelled_does_not_tear_its_transaction(notes: Database) -> None:
    entered = threading.Event()

    def slow(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO notes VALUES (1, 'begun')")
        entered.set()
        time.sleep(0.2)
        transaction.execute("INSERT INTO notes VALUES (2, 'ended')")

    async def run() -> None:
        await all_notes(notes)
        writing = asyncio.create_task(notes.write(slow))
        await asyncio.to_thread(entered.wait)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await all_notes(notes) == [(1, "begun"), (2, "ended")]
        await notes.close()

    asyncio.run(run())


def test_the_event_loop_turns_while_the_store_works(notes: Database) -> None:
    async def run() -> None:
        working, turned = threading.Event(), threading.Event()

        def work(_: Transaction) -> bool:
            working.set()
            return turned.wait(30)

        writing = asyncio.create_task(notes.write(work))
        await asyncio.to_thread(working.wait, 30)
        asyncio.get_running_loop().call_soon(turned.set)
        assert await writing, "the loop has turned while the store was at work"
        await notes.close()

    asyncio.run(run())


def test_every_migration_of_minga_is_applied_once(place: Place) -> None:
    async def run() -> None:
        for _ in range(2):
            database = place.database()
            rows = await database.read(
                lambda transaction: transaction.execute("SELECT package, number FROM applied_migrations")
            )
            assert sorted(rows) == sorted((step.package, step.number) for step in MIGRATIONS)
            await database.close()

    asyncio.run(run())


def test_a_new_step_is_applied_to_an_old_store_and_its_rows_stay(place: Place) -> None:
    more = Migration("notes", 2, "ALTER TABLE notes ADD COLUMN done INTEGER;\nUPDATE notes SET done = 0;\n")

    async def run() -> None:
        old = Database(place.engine, NOTES)
        await old.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (1, 'old')"))
        await old.close()
        new = Database(place.engine, (*NOTES, more))
        assert await new.read(lambda transaction: transaction.execute("SELECT * FROM notes")) == [(1, "old", 0)]
        await new.close()

    asyncio.run(run())


def test_a_migration_that_fails_leaves_the_store_as_it_was(place: Place) -> None:
    broken = Migration(
        "notes", 2, "ALTER TABLE notes ADD COLUMN done INTEGER;\nALTER TABLE nowhere ADD COLUMN x TEXT;\n"
    )

    async def run() -> None:
        old = Database(place.engine, NOTES)
        await all_notes(old)
        await old.close()
        with pytest.raises(StoreError):
            await all_notes(Database(place.engine, (*NOTES, broken)))
        again = Database(place.engine, NOTES)
        assert await again.read(lambda transaction: transaction.execute("SELECT * FROM notes")) == []
        await again.close()

    asyncio.run(run())


def test_a_store_of_a_newer_minga_is_refused_and_not_touched(place: Place) -> None:
    newer = (*MIGRATIONS, Migration("sessions", 9, "CREATE TABLE future (id INTEGER);\n"))

    async def run() -> None:
        new = Database(place.engine, newer)
        await new.read(lambda transaction: transaction.execute("SELECT * FROM future"))
        await new.close()
        with pytest.raises(StoreTooNew, match="sessions-9"):
            await place.database().read(lambda transaction: transaction.execute("SELECT 1"))
        again = Database(place.engine, newer)
        assert await again.read(lambda transaction: transaction.execute("SELECT * FROM future")) == []
        await again.close()

    asyncio.run(run())


_MIGRATE = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from stores import Place
place = Place(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
async def run():
    database = place.database()
    print("ready", flush=True)
    sys.stdin.readline()
    await database.read(lambda transaction: transaction.execute("SELECT * FROM turns"))
    await database.close()
asyncio.run(run())
"""


def test_processes_that_start_at_once_migrate_once(place: Place) -> None:
    arguments = (str(Path(__file__).parent.parent), place.kind, place.url, str(place.file))
    command = [sys.executable, "-c", _MIGRATE, *arguments]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with ExitStack() as stack:
        children = [stack.enter_context(begun(command, text=True, **streams)) for _ in range(3)]
        for child in children:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin
            child.stdin.write("\n")
            child.stdin.flush()
        for child in children:
            _, errors = child.communicate(timeout=60)
            assert child.returncode == 0, errors
    engine = place.engine()
    applied = engine.execute("SELECT package, number FROM applied_migrations")
    engine.close()
    assert sorted(applied) == sorted((step.package, step.number) for step in MIGRATIONS)


def test_a_table_locked_by_another_program_ends_in_an_error_within_the_limit(place: Place) -> None:
    async def run() -> None:
        other = place.engine()
        writer = Database(lambda: place.engine(0.3), NOTES)
        await all_notes(writer)
        other.begin(writing=True)
        if place.url:
            other.execute("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        with pytest.raises(StoreLocked) as locked:
            await writer.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (1, 'x')"))
        assert 0.2 < time.monotonic() - began < 30
        assert "0.3 s" in locked.value.message
        other.rollback()
        await writer.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (1, 'after')"))
        assert await all_notes(writer) == [(1, "after")]
        other.close()
        await writer.close()

    asyncio.run(run())


def test_two_processes_that_write_wait_for_each_other(place: Place) -> None:
    """Short transactions of several connections all come through; none is told that the store is locked."""

    async def run() -> None:
        databases = [Database(place.engine, NOTES) for _ in range(3)]
        await asyncio.gather(*(all_notes(database) for database in databases))

        async def write(database: Database, numbers: Sequence[int]) -> None:
            for number in numbers:
                await database.write(
                    lambda transaction, number=number: transaction.execute(  # type: ignore[misc]
                        "INSERT INTO notes VALUES (?, 'x')", (number,)
                    )
                )

        await asyncio.gather(*(write(database, range(i * 100, i * 100 + 20)) for i, database in enumerate(databases)))
        assert len(await all_notes(databases[0])) == 60
        for database in databases:
            await database.close()

    asyncio.run(run())


def test_a_text_with_a_nul_character_is_stored_on_every_engine(notes: Database) -> None:
    async def run() -> None:
        await notes.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (1, ?)", ("a\0b",)))
        [(_, text)] = await all_notes(notes)
        assert text in ("a\0b", "a␀b")
        await notes.close()

    asyncio.run(run())


def test_rows_that_are_inserted_at_once_are_all_there_and_those_that_were_there_stay(notes: Database) -> None:
    async def run() -> None:
        await notes.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (7, 'before')"))
        rows = [(number, f"ñ{number}") for number in range(ROWS_AT_ONCE * 2 + 1)]
        keep = "ON CONFLICT (id) DO NOTHING"
        await notes.write(lambda transaction: transaction.insert("notes", [*rows, rows[-1]], keep))
        await notes.write(lambda transaction: transaction.insert("notes", []))
        assert await all_notes(notes) == [(7, "before") if row[0] == 7 else row for row in rows]
        await notes.close()

    asyncio.run(run())


def test_rows_are_inserted_by_few_different_statements() -> None:
    """SQLite keeps what it has prepared: all lengths would be megabytes."""

    class Noting:
        def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
            told.add(sql)
            return []

    told: set[str] = set()
    transaction = Transaction(cast(Engine, Noting()))
    for count in range(1, 201):
        transaction.insert("notes", [(number, "x") for number in range(count)])
    assert len(told) == ROWS_AT_ONCE // ROWS_EVEN + ROWS_EVEN - 1


def test_a_migration_script_is_split_at_the_ends_of_lines_only() -> None:
    assert statements("CREATE TABLE a (t TEXT DEFAULT ';');\nSELECT 1;\n\n") == [
        "CREATE TABLE a (t TEXT DEFAULT ';')",
        "SELECT 1",
    ]


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://someone:sekrit@/minga?host={tmp_path}"
    with pytest.raises(StoreUnreachable) as unreachable:
        Postgres(url)
    assert str(tmp_path) in unreachable.value.message
    assert "sekrit" not in unreachable.value.message
    assert "MINGA_DATABASE_URL" in unreachable.value.remedy_text


def test_an_address_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(StoreUnreachable) as unreachable:
        Postgres("postgresql://someone:sekrit@host:port:port/minga")
    assert "sekrit" not in unreachable.value.message


def test_after_the_server_dropped_the_connection_the_next_use_connects_again(
    postgres_cluster: Callable[[], str], tmp_path: Path
) -> None:
    place = Place("postgres", postgres_cluster(), tmp_path)

    async def run() -> None:
        database = Database(place.engine, NOTES)
        await all_notes(database)
        admin = place.engine()
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        admin.close()
        with pytest.raises(StoreUnreachable):
            await database.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (1, 'lost')"))
        await database.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (2, 'kept')"))
        assert await all_notes(database) == [(2, "kept")]
        await database.close()

    asyncio.run(run())


def test_a_store_that_could_not_be_opened_is_tried_again_at_the_next_use(place: Place) -> None:
    async def run() -> None:
        nowhere = replace(place, url="", file=Path("/dev/null/minga.db"))
        places = [nowhere, place]
        database = Database(lambda: places.pop(0).engine(), NOTES)
        with pytest.raises(StoreError):
            await all_notes(database)
        assert await all_notes(database) == []
        await database.close()

    asyncio.run(run())
