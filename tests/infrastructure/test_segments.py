"""What every place of sync does, whatever it is; and what only a folder or a server meets."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from segment_server import SegmentServer

from devices import Memory, group
from minga.domain.errors import SyncPlaceFailed
from minga.infrastructure.segment_server import Server, place_at
from minga.infrastructure.segments import MARKER, SEGMENT_MAX, Folder, Place, Segment, Taken

ONE = Segment("01a21373-b41c-766e-a80a-2e5652ec15df", 1)
TWO = Segment("01a21373-b41c-766e-a80a-2e5652ec15df", 2)
OTHER = Segment("01a21373-b9ed-70ad-9073-efc3e19e6549", 1)


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Place]:
    if kind == "memory":
        yield Memory()
    elif kind == "folder":
        yield Folder(folder)
    else:
        async with SegmentServer() as server:
            yield Server(server.url, "token")


@pytest.fixture(params=["memory", "folder", "server"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Callable[[Place], Awaitable[None]]], None]:
    def run(work: Callable[[Place], Awaitable[None]]) -> None:
        async def inside() -> None:
            async with opened(request.param, tmp_path) as place:
                await work(place)

        asyncio.run(inside())

    return run


At = Callable[[Callable[[Place], Awaitable[None]]], None]


def test_a_place_is_marked_once(at: At) -> None:
    async def work(place: Place) -> None:
        assert await place.marker() is None
        await place.mark(b"first")
        with pytest.raises(Taken):
            await place.mark(b"second")
        assert await place.marker() == b"first"

    at(work)


def test_segments_are_listed_in_order_and_read_as_they_were_added(at: At) -> None:
    async def work(place: Place) -> None:
        assert await place.segments() == []
        for segment in (TWO, OTHER, ONE):
            await place.add(segment, f"{segment.device} {segment.number}".encode() * 1000)
        assert await place.segments() == sorted([ONE, TWO, OTHER])
        assert await place.read(TWO) == f"{TWO.device} 2".encode() * 1000

    at(work)


def test_a_segment_is_never_replaced(at: At) -> None:
    async def work(place: Place) -> None:
        await place.add(ONE, b"first")
        with pytest.raises(Taken):
            await place.add(ONE, b"second")
        assert await place.read(ONE) == b"first"

    at(work)


def test_a_segment_that_was_removed_is_gone_and_may_be_removed_again(at: At) -> None:
    async def work(place: Place) -> None:
        await place.add(ONE, b"first")
        await place.add(TWO, b"second")
        for _ in range(2):
            await place.remove(ONE)
        assert await place.segments() == [TWO]

    at(work)


@pytest.mark.parametrize("kind", ["folder", "server"])
def test_two_devices_sync_through_a_real_place(tmp_path: Path, kind: str) -> None:
    async def work() -> None:
        (tmp_path / "shared").mkdir()
        laptop, desk = group(tmp_path, "laptop", "desk")
        async with opened(kind, tmp_path / "shared") as place:
            session = await laptop.begin("s")
            await laptop.say(session, "hello")
            for device in (laptop, desk):
                await device.sync(place)
            await desk.say(session, "and on")
            for device in (desk, laptop):
                await device.sync(place)
        assert await laptop.texts(session) == await desk.texts(session) == ["hello", "and on"]

    asyncio.run(work())


def test_what_else_lies_in_a_folder_is_no_segment(tmp_path: Path) -> None:
    async def work() -> None:
        folder = Folder(tmp_path)
        await folder.add(ONE, b"first")
        for name in ("00000001.sync-conflict-20261124.age", ".00000002.age.123.new", "2.age", "desktop.ini"):
            (tmp_path / ONE.device / name).write_bytes(b"x")
        (tmp_path / ONE.device / "00000009.age").mkdir()
        (tmp_path / "not-a-device").mkdir()
        (tmp_path / "not-a-device" / "00000001.age").write_bytes(b"x")
        assert await folder.segments() == [ONE]

    asyncio.run(work())


def test_a_folder_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As FAT on a stick: link(2) fails with EPERM."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)

    async def work() -> None:
        folder = Folder(tmp_path)
        await folder.mark(b"marker")
        await folder.add(ONE, b"first")
        with pytest.raises(Taken):
            await folder.add(ONE, b"second")
        assert (await folder.marker(), await folder.read(ONE)) == (b"marker", b"first")
        assert [file.name for file in (tmp_path / ONE.device).iterdir()] == ["00000001.age"]

    asyncio.run(work())


def test_a_segment_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    async def work() -> None:
        folder = Folder(tmp_path)
        await folder.add(ONE, b"")
        with (tmp_path / ONE.device / "00000001.age").open("r+b") as file:
            file.truncate(SEGMENT_MAX + 1)
        with pytest.raises(SyncPlaceFailed, match="larger than a segment can be"):
            await folder.read(ONE)

    asyncio.run(work())


def test_a_folder_that_cannot_be_written_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / ONE.device).write_bytes(b"in the way")
    with pytest.raises(SyncPlaceFailed, match="Not a directory"):
        asyncio.run(Folder(tmp_path / "file").marker())
    with pytest.raises(SyncPlaceFailed):
        asyncio.run(Folder(tmp_path).add(ONE, b"first"))
    assert not (tmp_path / MARKER).exists()


def test_a_server_that_is_down_or_gone_is_an_error_and_the_next_sync_goes_on(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        async with SegmentServer() as server:
            place = Server(server.url, laptop.key.token())
            await laptop.say(await laptop.begin("s"), "hello")
            server.down = True
            with pytest.raises(SyncPlaceFailed, match="503"):
                await laptop.sync(place)
            server.down = False
            await laptop.sync(place)
            await desk.sync(place)
            assert await desk.everything() == await laptop.everything()
        with pytest.raises(SyncPlaceFailed):
            await laptop.sync(place)

    asyncio.run(work())


def test_a_server_gets_ciphertext_and_a_token_that_is_not_the_key(tmp_path: Path) -> None:
    async def work() -> None:
        [laptop] = group(tmp_path, "laptop")
        async with SegmentServer() as server:
            await laptop.say(await laptop.begin("session-1"), "the secret is GREEN77")
            await laptop.sync(Server(server.url, laptop.key.token()))
            held = b"".join([*server.logs.values(), *server.markers.values()])
            asked = repr([*server.logs, *server.requests]).encode()
        secret = laptop.key.path.read_text().split()[-1].encode()
        for word in (b"GREEN77", b"session-1", secret):
            assert word not in held + asked

    asyncio.run(work())


def test_plain_http_is_for_this_device_only(tmp_path: Path) -> None:
    with pytest.raises(SyncPlaceFailed, match="https"):
        place_at("http://sync.example.com/x", lambda: "token")
    assert isinstance(place_at("http://localhost:1/x", lambda: "token"), Server)
    assert isinstance(place_at("https://sync.example.com/x", lambda: "token"), Server)
    assert isinstance(place_at(str(tmp_path), lambda: "token"), Folder)
