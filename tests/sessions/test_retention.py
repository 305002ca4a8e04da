"""For how long sessions are kept, and that a deletion and work on the same session do not meet."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from keyed import ANA, Folder
from minga.bootstrap import Minga
from minga.domain.errors import SessionBusy, UnknownSession
from minga.domain.events import Finished
from minga.domain.ids import SessionId
from minga.domain.secrecy import DeletionReceipt


def play(folder: Folder, scene: Callable[[Minga], Awaitable[None]], user: str = "") -> None:
    async def run() -> None:
        minga = folder.minga(user)
        try:
            await scene(minga)
        finally:
            await minga.close()

    asyncio.run(run())


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    url = request.getfixturevalue("postgres_cluster")() if request.param == "postgres" else ""
    return Folder(tmp_path, url)


async def worked(minga: Minga, cwd: str, days_ago: int = 0) -> SessionId:
    """A session whose last use was so many days ago."""
    turn = await minga.sessions.open(None, "zanahoria", Path(cwd))
    await minga.sessions.append(turn, None, [Finished("done")])
    micros = days_ago * timedelta(days=1) // timedelta(microseconds=1)
    earlier = "UPDATE sessions SET updated_at = updated_at - ? WHERE id = ?"
    await minga.database.write(lambda transaction: transaction.execute(earlier, (micros, turn.session_id)))
    return turn.session_id


def test_the_rule_of_a_project_counts_before_the_one_for_all_others(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        old = await worked(minga, "/src/shop", 40)
        other = await worked(minga, "/src/other", 40)
        await minga.retention.set("", 30)
        await minga.retention.set("/src/shop", 365)
        assert await minga.retention.due() == [other]
        await minga.retention.set("/src/shop", 7)
        assert sorted(await minga.retention.due()) == sorted([old, other])
        await minga.retention.set("/src/shop", 0)
        assert await minga.retention.due() == [other], "it is kept for ever"
        await minga.retention.set("", 0)
        assert await minga.retention.due() == []

    play(folder, scene)


def test_a_rule_that_reaches_behind_all_time_deletes_nothing(folder: Folder) -> None:
    """An earlier Minga took any number of days."""

    async def scene(minga: Minga) -> None:
        await worked(minga, "/src", 40)
        for days in (36_500, 999_999_999):
            await minga.retention.set("", days)
            assert await minga.retention.due() == []

    play(folder, scene)


def test_a_look_at_the_rules_that_lies_in_the_future_does_not_count(folder: Folder) -> None:
    """The clock was ahead once."""

    async def scene(minga: Minga) -> None:
        old = await worked(minga, "/src/shop", 40)
        await minga.retention.set("", 30)
        ahead = 2**52
        await minga.database.write(
            lambda t: t.execute("INSERT INTO retention_runs VALUES (?, ?)", (minga.vault.user, ahead))
        )
        receipts: list[DeletionReceipt] = []
        await minga.retention.enforce(receipts.append)
        assert [one.name for one in receipts] == [old]

    play(folder, scene)


def test_what_is_due_is_deleted_once_a_day_with_a_receipt_each(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        old = await worked(minga, "/src/shop", 40)
        kept = await worked(minga, "/src/shop")
        await minga.retention.set("", 30)
        receipts: list[DeletionReceipt] = []
        await minga.retention.enforce(receipts.append)
        assert [one.name for one in receipts] == [old]
        assert minga.vault.readable() == {kept}
        await worked(minga, "/src/shop", 40)
        await minga.retention.enforce(receipts.append)
        assert len(receipts) == 1, "it was done today"

    play(folder, scene)


def test_a_session_that_is_worked_on_is_not_deleted(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        session_id = await worked(minga, "/src")
        turn = await minga.sessions.open(session_id, "more", Path("/src"))
        with pytest.raises(SessionBusy):
            await minga.retention.delete(session_id)
        await minga.sessions.append(turn, None, [Finished("done")])
        await minga.retention.delete(session_id)
        with pytest.raises(UnknownSession):
            await minga.sessions.open(session_id, "more", Path("/src"))

    play(folder, scene)


def test_of_work_and_deletion_that_begin_at_once_one_is_told(folder: Folder) -> None:
    """In two processes' worth of connections: either the work has begun and stays, or the session is gone."""

    async def scene(minga: Minga) -> None:
        other = folder.minga()
        outcomes = set()
        for _ in range(12):
            session_id = await worked(minga, "/src")
            opened, deleted = await asyncio.gather(
                other.sessions.open(session_id, "more", Path("/src")),
                minga.retention.delete(session_id),
                return_exceptions=True,
            )
            kinds = type(opened).__name__, type(deleted).__name__
            assert kinds in {("Turn", "SessionBusy"), ("UnknownSession", "DeletionReceipt")}
            outcomes.add(kinds)
            if not isinstance(opened, BaseException):
                await other.sessions.append(opened, None, [Finished("done")])
        await other.close()
        assert outcomes

    play(folder, scene)


def test_a_session_whose_key_is_missing_without_a_receipt_is_kept(folder: Folder) -> None:
    """A changed bit in the key store, or an older copy of it, is no deletion."""

    async def scene(minga: Minga) -> None:
        lost = await worked(minga, "/src", 40)
        deleted = await worked(minga, "/src")
        minga.keys.write(lambda t: t.execute("DELETE FROM session_keys WHERE session_id = ?", (lost,)))
        minga.vault.shred(deleted)
        await minga.retention.set("", 30)
        assert await minga.retention.due() == [], "who cannot be deleted is not due"
        assert await minga.retention.keyless() == [lost]
        await minga.retention.enforce(lambda receipt: None)
        rows = await minga.database.read(lambda t: t.execute("SELECT id FROM sessions"))
        assert [row[0] for row in rows] == [lost]

    play(folder, scene)


def test_a_receipt_that_was_changed_is_no_reason_to_take_a_session_out(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        lost, deleted = await worked(minga, "/src"), await worked(minga, "/src")
        minga.vault.shred(deleted)
        minga.keys.write(lambda t: t.execute("DELETE FROM session_keys WHERE session_id = ?", (lost,)))
        minga.keys.write(lambda t: t.execute("UPDATE receipts SET body = REPLACE(body, ?, ?)", (deleted, lost)))
        minga.keys.write(lambda t: t.execute("INSERT INTO receipts VALUES ('x', 1, 'no receipt')"))
        assert await minga.retention.sweep() == 0
        assert sorted(await minga.retention.keyless()) == sorted([lost, deleted])

    play(folder, scene)


def test_of_a_removed_user_nothing_is_left_in_the_store(folder: Folder) -> None:
    folder.add(ANA)

    async def hers(minga: Minga) -> None:
        await worked(minga, "/src")
        await minga.retention.set("", 30)
        assert len(await minga.search.search("zanahoria", 5)) == 1

    async def mine(minga: Minga) -> None:
        session_id = await worked(minga, "/src")
        await minga.retention.take_out_of(ANA)
        for table in ("sessions", "turns", "events", "messages", "retention"):
            rows = await minga.database.read(lambda t, table=table: t.execute(f"SELECT COUNT(*) FROM {table}"))  # type: ignore[misc]
            assert rows[0][0] <= 2, table
        rows = await minga.database.read(lambda t: t.execute("SELECT id FROM sessions"))
        assert [row[0] for row in rows] == [session_id]

    play(folder, hers, ANA)
    play(folder, mine)
