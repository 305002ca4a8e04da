"""Digests are kept, synced and deleted with the session that they are of, and stand in no list of conversations."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devices import Device, Memory, group
from minga.domain.digests import Claimed, Digest, Fault, digests_of
from minga.domain.ids import AgentName, SessionId
from minga.domain.transcript import Message, TextPart
from minga.sessions import digests
from minga.sessions.digests import Digests
from minga.sessions.notes import MEMORY

SINCE = datetime(2026, 4, 1, tzinfo=UTC)
CLAIM = Claimed("m1", "el plazo es de\n8 días", "", "plazo", "8 días", single=True, valid_from=SINCE)


def of(session_id: SessionId) -> Digest:
    return Digest(session_id, "m1", "m9", "gpt-5-mini", "una línea", "un párrafo\nlargo", (CLAIM,), 2)


def store(device: Device) -> Digests:
    return Digests(device.database, device.clock, device._new_id, device.vault)


async def ids(device: Device) -> set[str]:
    rows = await device.database.read(lambda transaction: transaction.execute("SELECT id FROM sessions"))
    return {row[0] for row in rows}


async def kept(device: Device, session_id: SessionId) -> list[Digest | None]:
    found = await device.database.read(lambda transaction: digests.stored(transaction, session_id))
    return [digests.read(one, (await device.transcript(one)).messages[0]) for one in found]


def test_what_is_kept_is_what_was_made_on_every_device_until_one_deletes_the_session(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session, other = await laptop.begin("s"), await laptop.begin("s2")
        refused = Digest(session, "m10", "m11", "gpt-5-mini", fault=Fault.LANGUAGE)
        for one in (of(session), refused, of(other)):
            assert await store(laptop).add(one)
        for device in (laptop, desk):
            await device.sync(place)
        assert await kept(desk, session) == [of(session), refused]
        assert sorted(one.id for one in await desk.history.latest(9)) == ["s", "s2"]
        await desk.delete(session)
        assert await kept(desk, session) == []
        for device in (desk, laptop, desk):
            await device.sync(place)
        assert await ids(laptop) == await ids(desk)
        assert {one.startswith(digests_of(other)) for one in await ids(laptop) - {"s2"}} == {True}
        assert len(laptop.vault.shredded) == 3

    asyncio.run(work())


def test_a_digest_made_while_the_session_was_deleted_elsewhere_goes_too(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s")
        await laptop.sync(place)
        await desk.sync(place)
        await store(desk).add(of(session))
        await laptop.delete(session)
        for device in (desk, laptop, desk, laptop):
            await device.sync(place)
        assert await ids(laptop) == await ids(desk) == set()

    asyncio.run(work())


def test_a_session_that_is_gone_gets_none(tmp_path: Path) -> None:
    async def work() -> None:
        [laptop] = group(tmp_path, "laptop")
        session = await laptop.begin("s")
        await laptop.delete(session)
        assert not await store(laptop).add(of(session))
        assert await ids(laptop) == set()

    asyncio.run(work())


def test_a_message_that_holds_no_digest_is_none() -> None:
    message = Message("m", "", None, "assistant", (TextPart("x"),), MEMORY)
    assert digests.read(SessionId(f"{digests_of(SessionId('s'))}1"), message) is None


@pytest.mark.parametrize(
    ("changed", "session_id"),
    [
        pytest.param({"agent": AgentName("codex")}, "s", id="a-cli-said-it"),
        pytest.param({"role": "user"}, "s", id="a-person-said-it"),
        pytest.param({}, "s2", id="its-id-names-another-session"),
    ],
)
def test_what_only_looks_like_a_digest_is_none(tmp_path: Path, changed: dict[str, Any], session_id: str) -> None:
    async def work() -> None:
        [laptop] = group(tmp_path, "laptop")
        await store(laptop).add(of(await laptop.begin("s")))
        [made] = await laptop.database.read(lambda transaction: digests.stored(transaction, SessionId("s")))
        message = (await laptop.transcript(made)).messages[0]
        assert digests.read(made, message) == of(SessionId("s"))
        assert digests.read(SessionId(f"{digests_of(SessionId(session_id))}1"), replace(message, **changed)) is None

    asyncio.run(work())
