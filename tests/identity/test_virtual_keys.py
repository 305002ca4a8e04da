"""Virtual keys: shown once, kept as a hash, ended for good."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from minga.domain.errors import BadInput, KeyNameTaken, UnknownVirtualKey
from minga.domain.model_calls import KeyId, Refused, VirtualKey
from minga.identity.virtual_keys import FORGOTTEN_AFTER, KNOWN_FOR, PREFIX, VirtualKeys
from minga.infrastructure.clock import FakeClock, SystemClock
from minga.storage.database import Database, Transaction

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def wanted(name: str, expires_at: datetime | None = None) -> VirtualKey:
    return VirtualKey(
        id=KeyId(""),
        name=name,
        user="ana",
        team="dev",
        project="shop",
        models=("gpt-5*", "claude-*"),
        created_at=START,
        expires_at=expires_at,
        revoked_at=None,
        requests_per_minute=60,
        concurrent_max=4,
        budget_micro_usd=5_000_000,
        budget_window="month",
        caches=True,
        marks_prompts=True,
    )


def keys_of(database: Database, clock: FakeClock) -> VirtualKeys:
    numbers = count(1)
    return VirtualKeys(database, clock, lambda: f"key-{next(numbers)}")


def test_a_key_is_what_was_wanted_and_its_text_is_not_in_the_store(database: Database) -> None:
    async def work() -> None:
        keys = keys_of(database, FakeClock(START))
        text, made = await keys.make(wanted("laptop"))
        assert text.startswith(PREFIX)
        assert len(text) > 40
        assert await keys.all() == [made]
        assert await keys.admit(text) == made
        rows = await database.read(lambda transaction: transaction.execute("SELECT * FROM virtual_keys"))
        assert text not in repr(rows)
        assert (await keys.make(wanted("other")))[0] != text

    asyncio.run(work())


def test_a_name_is_taken_until_its_key_is_revoked(database: Database) -> None:
    async def work() -> None:
        keys = keys_of(database, FakeClock(START))
        await keys.make(wanted("laptop"))
        with pytest.raises(KeyNameTaken):
            await keys.make(wanted("laptop"))
        assert (await keys.revoke("laptop")).revoked_at == START
        with pytest.raises(UnknownVirtualKey):
            await keys.revoke("laptop")
        await keys.make(wanted("laptop"))
        assert len(await keys.all()) == 2

    asyncio.run(work())


def test_a_key_that_another_process_made_or_revoked_is_seen_within_a_second(database: Database) -> None:
    async def work() -> None:
        clock = FakeClock(START)
        serving, other = keys_of(database, clock), VirtualKeys(database, clock, lambda: "key-of-another")
        with pytest.raises(Refused):
            await serving.admit("mk-nothing")
        text, _ = await other.make(wanted("laptop"))
        clock.advance(KNOWN_FOR.total_seconds())
        await serving.admit(text)
        await other.revoke("laptop")
        clock.advance(KNOWN_FOR.total_seconds())
        with pytest.raises(Refused) as refused:
            await serving.admit(text)
        assert refused.value.reason == "wrong-key"

    asyncio.run(work())


def test_an_expired_key_is_told_that_it_expired(database: Database) -> None:
    async def work() -> None:
        clock = FakeClock(START)
        keys = keys_of(database, clock)
        text, _ = await keys.make(wanted("laptop", expires_at=START + timedelta(days=1)))
        await keys.admit(text)
        clock.advance(86_400)
        with pytest.raises(Refused, match="expired on 2026-11-26") as refused:
            await keys.admit(text)
        assert refused.value.reason == "expired-key"

    asyncio.run(work())


@pytest.mark.parametrize("text", ["", " ", "mk-", "\udcff\x00", "x" * 100_000])
def test_no_key_and_any_other_text_are_refused(database: Database, text: str) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(keys_of(database, FakeClock(START)).admit(text))
    assert refused.value.reason == ("wrong-key" if text else "no-key")


def test_a_key_of_another_process_works_from_the_moment_it_is_made(database: Database) -> None:
    async def work() -> None:
        clock = FakeClock(START)
        here, elsewhere = keys_of(database, clock), keys_of(database, clock)
        with pytest.raises(Refused):
            await here.admit("mk-guessed")  # it has just looked
        text, made = await elsewhere.make(wanted("laptop"))
        assert await here.admit(text) == made

    asyncio.run(work())


def test_those_who_guess_together_do_not_keep_the_store_busy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = count()
    read = database.read

    async def counted(work: Callable[[Transaction], Any]) -> Any:
        next(reads)
        return await read(work)

    async def work() -> None:
        keys = VirtualKeys(database, SystemClock(), lambda: "key-1")
        await asyncio.gather(*(keys.admit(f"mk-{number}") for number in range(200)), return_exceptions=True)

    monkeypatch.setattr(database, "read", counted)
    asyncio.run(work())
    assert next(reads) < 5


def test_the_key_of_a_dead_run_ends_and_is_forgotten_a_day_later(database: Database) -> None:
    async def work() -> None:
        clock = FakeClock(START)
        keys = keys_of(database, clock)
        _, person = await keys.make(wanted("ana", START + timedelta(hours=1)))
        _, dead = await keys.make(replace(wanted("run-1-codex"), run_id="attempt-1"))
        _, expired = await keys.make(replace(wanted("run-2-codex", START + timedelta(hours=1)), run_id="attempt-2"))
        _, alive = await keys.make(replace(wanted("run-3-codex"), run_id="attempt-3"))
        await keys.end_runs(["attempt-1"])
        assert [key.revoked_at for key in await keys.all()] == [None, START, None, None]
        found = await keys.of_run("attempt-1")
        assert found is not None
        assert (found.id, found.agent) == (dead.id, "codex")
        clock.advance(FORGOTTEN_AFTER.total_seconds() + 1)
        await keys.end_runs([])
        assert [key.id for key in await keys.all()] == [person.id, expired.id, alive.id], (
            "the other ended an hour later"
        )
        clock.advance(3600)
        await keys.end_runs([])
        assert [key.id for key in await keys.all()] == [person.id, alive.id]
        await keys.end(alive.id)
        assert (await keys.all())[-1].revoked_at == clock.now()

    asyncio.run(work())


@pytest.mark.parametrize(
    "odd",
    [
        {"name": ""},
        {"name": "two\nlines"},
        {"team": "x" * 201},
        {"models": ("",)},
        {"models": ("gpt-4 gpt-5*",)},
        {"expires_at": START},
        {"expires_at": datetime.fromisoformat("9999-12-31T23:59:59-14:00")},
    ],
    ids=lambda odd: next(iter(odd)),
)
def test_what_no_key_may_be_is_refused_where_it_is_made(database: Database, odd: dict[str, Any]) -> None:
    async def work() -> None:
        keys = keys_of(database, FakeClock(START))
        with pytest.raises(BadInput):
            await keys.make(replace(wanted("odd"), **odd))
        assert await keys.all() == []

    asyncio.run(work())


def test_a_row_with_an_instant_that_there_is_not_stops_no_other_key(database: Database) -> None:
    async def work() -> None:
        keys = keys_of(database, FakeClock(START))
        text, good = await keys.make(wanted("good"))
        _, odd = await keys.make(wanted("odd"))
        update = "UPDATE virtual_keys SET expires_at = ? WHERE id = ?"
        await database.write(lambda transaction: transaction.execute(update, (1 << 62, odd.id)))
        assert (await keys_of(database, FakeClock(START)).admit(text)).id == good.id
        assert [key.id for key in await keys.all()] == [good.id, odd.id]

    asyncio.run(work())
