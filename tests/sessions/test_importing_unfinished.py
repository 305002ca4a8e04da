"""What a CLI is just writing waits until it is written; no session without a name comes of what is empty or broken."""

import asyncio
import os
from pathlib import Path

import pytest
from test_importing import START, Desk

from minga.sessions.importing import STILL_S
from minga.storage.database import Database


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path)


def _touch(desk: Desk, age_s: float) -> None:
    at = START.timestamp() - age_s
    os.utime(desk.file, (at, at))


def test_a_line_that_is_just_being_written_waits_for_the_next_look(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        whole = desk.file.read_bytes()
        desk.file.write_bytes(whole[:-40])
        _touch(desk, age_s=1)
        first = await desk.bring_in()
        assert first.set_aside == 0
        assert [one.state for one in await desk.found()] == ["changed"]
        desk.file.write_bytes(whole)
        _touch(desk, age_s=0)
        second = await desk.bring_in()
        assert (second.set_aside, second.messages) == (0, 1)
        assert [one.state for one in await desk.found()] == ["known"]
        kept = await desk.database.read(lambda transaction: transaction.execute("SELECT place FROM set_aside"))
        assert kept == []

    asyncio.run(run())


def test_a_last_line_that_stays_half_is_set_aside_once_the_file_is_at_rest(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        desk.file.write_bytes(desk.file.read_bytes()[:-40])
        _touch(desk, age_s=1)
        assert (await desk.bring_in()).set_aside == 0
        desk.clock.advance(STILL_S)
        assert [one.state for one in await desk.found()] == ["changed"]
        assert (await desk.bring_in()).set_aside == 1
        assert [one.state for one in await desk.found()] == ["known"]

    asyncio.run(run())


def test_a_broken_line_with_its_end_does_not_wait(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        desk.file.write_bytes(desk.file.read_bytes() + b'{"type": "us\n')
        _touch(desk, age_s=1)
        assert (await desk.bring_in()).set_aside == 1

    asyncio.run(run())


@pytest.mark.parametrize("content", [b"", b'{"type": "us'])
def test_a_file_in_which_nothing_stands_yet_brings_nothing_in(desk: Desk, content: bytes) -> None:
    async def run() -> None:
        await desk.write()
        whole = desk.file.read_bytes()
        desk.file.write_bytes(content)
        _touch(desk, age_s=1)
        if content:
            assert (await desk.bring_in()).session_id == ""
        else:
            assert await desk.found() == []
        assert await desk.history.latest(5) == []
        desk.file.write_bytes(whole)
        assert (await desk.bring_in()).messages > 0

    asyncio.run(run())


def test_a_wholly_broken_file_is_named_in_the_title_until_it_can_be_read(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        whole = desk.file.read_bytes()
        desk.file.write_bytes(bytes(500))
        done = await desk.bring_in()
        assert done.set_aside == 1
        [summary] = await desk.history.latest(5)
        assert summary.title == done.title
        assert summary.title.endswith(f"/{desk.file.name}")
        desk.file.write_bytes(whole)
        assert (await desk.bring_in()).title == "¿qué hay?"
        [summary] = await desk.history.latest(5)
        assert summary.title == "¿qué hay?"

    asyncio.run(run())
