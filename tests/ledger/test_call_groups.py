"""Entries of calls are written in groups."""

import asyncio
from datetime import UTC, datetime
from functools import partial

from minga.domain.events import Usage
from minga.domain.model_calls import CallEntry, KeyId
from minga.ledger.calls import TOLD_AT_ONCE, CallBook
from stores import Place

OWNER = ("ana", "dev", "p")
USED = Usage("gpt-5.1", 1, 0, 0, 1)


def entry(number: int) -> CallEntry:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    return CallEntry(f"c{number}", at, KeyId("k"), *OWNER, "p", "openai-chat", USED, 1, "provider", 200, 1, 1)


def test_calls_go_on_while_the_entries_of_a_large_group_are_told_that_they_are_booked(place: Place) -> None:
    told: list[int] = []
    seen: list[int] = []

    async def watch() -> None:
        while len(told) < 2 * TOLD_AT_ONCE + 1:
            seen.append(len(told))
            await asyncio.sleep(0)

    async def run() -> None:
        database = place.database()
        book = CallBook(database)
        for number in range(2 * TOLD_AT_ONCE + 1):
            book.add(entry(number), partial(told.append, number))
        watcher = asyncio.create_task(watch())
        await book.close()
        await watcher
        await database.close()

    asyncio.run(run())
    assert told == list(range(2 * TOLD_AT_ONCE + 1))
    assert {TOLD_AT_ONCE, 2 * TOLD_AT_ONCE} <= set(seen)
