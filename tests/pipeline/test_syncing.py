"""Devices in step: the same messages in any order give the same sessions, and nothing is mixed or lost."""

import asyncio
import io
import random
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import Device, Memory, group
from minga.domain.errors import BadAgeKey, NoSyncKey, OtherSyncKey, SyncKeyInTheWay, SyncPlaceFailed
from minga.domain.events import Finished
from minga.domain.ids import SessionId
from minga.domain.transcript import ImagePart, TextPart
from minga.infrastructure import age
from minga.infrastructure.segments import Folder, Segment
from minga.pipeline.syncing import SyncKey, key_file
from minga.sessions.container import SEGMENT, read
from minga.sessions.store import Sessions
from stores import Owner

MARK = "the secret is GREEN77"


def test_what_was_said_on_one_device_is_on_the_other_after_both_have_synced(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s", "RUT validator")
        await laptop.say(session, "hello", (TextPart("look"), ImagePart("image/png", b"\x89PNG")))
        assert (await laptop.sync(place)).sent == 2
        came = (await desk.sync(place)).incoming
        assert (came.messages, came.sessions) == (2, {session})
        assert await desk.everything() == await laptop.everything()
        assert (await desk.transcript(session)).workspace.remote == "git@x:y"
        await desk.say(session, "and on")
        await desk.sync(place)
        await laptop.sync(place)
        assert await laptop.texts(session) == ["hello", "look", "and on"]

    asyncio.run(work())


def test_a_session_that_went_on_in_two_devices_at_once_has_two_branches_and_each_device_stays_on_its_own(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s")
        await laptop.say(session, "begin")
        await laptop.sync(place)
        await desk.sync(place)
        await laptop.say(session, "on the laptop", "more")
        await desk.say(session, "at the desk")
        for device in (laptop, desk, laptop, desk):
            await device.sync(place)
        assert await laptop.everything() == await desk.everything()
        assert await laptop.texts(session) == ["begin", "on the laptop", "more"]
        assert await desk.texts(session) == ["begin", "at the desk"]
        shown = await desk.branches_of(session)
        assert sorted((one.words, one.stands, one.apart) for one in shown) == [
            ("at the desk", True, 0),
            ("more", False, 2),
        ]
        other = next(one for one in shown if not one.stands)
        await desk.branches.switch(session, other.leaf[:-1])
        assert await desk.texts(session) == ["begin", "on the laptop", "more"]

    asyncio.run(work())


def test_syncing_again_sends_nothing_and_changes_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        await laptop.say(await laptop.begin("s"), "hello")
        for device in (laptop, desk, laptop):
            await device.sync(place)
        logs = dict(place.logs)
        for device in (laptop, desk, laptop, desk):
            done = await device.sync(place)
            assert (done.sent, done.segments, done.incoming.messages) == (0, 0, 0)
        assert place.logs == logs

    asyncio.run(work())


def test_a_deleted_session_is_gone_everywhere_and_does_not_come_back(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s")
        await laptop.say(session, MARK)
        await laptop.sync(place)
        await desk.sync(place)
        await desk.say(session, "meanwhile")
        await laptop.delete(session)
        for device in (laptop, desk, laptop, desk):
            await device.sync(place)
        assert await laptop.everything() == await desk.everything() == {}
        assert desk.vault.shredded == [session]

    asyncio.run(work())


def test_messages_said_after_a_deletion_reach_the_other_devices(tmp_path: Path) -> None:
    """Numbers of messages are not given twice."""

    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        first = await laptop.begin("first")
        await laptop.say(first, *map(str, range(5)))
        await laptop.sync(place)
        await laptop.delete(first)
        await laptop.say(await laptop.begin("second"), "new")
        await laptop.sync(place)
        await desk.sync(place)
        assert await desk.texts(SessionId("second")) == ["new"]

    asyncio.run(work())


def test_a_session_that_was_deleted_elsewhere_while_it_works_here_goes_after_its_turn(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s")
        await laptop.say(session, "hello")
        await laptop.sync(place)
        await desk.sync(place)
        await laptop.delete(session)
        await laptop.sync(place)
        sessions = Sessions(desk.database, desk.clock, desk._new_id, Owner("here", "1"), desk.vault)
        turn = await sessions.open(session, "go on", Path("/src"))
        [skipped] = (await desk.sync(place)).skipped
        assert session in skipped.reason
        assert await desk.texts(session) == ["hello"]
        await sessions.append(turn, None, [Finished("done")])
        assert (await desk.sync(place)).skipped == ()
        assert await desk.everything() == {}

    asyncio.run(work())


def test_clocks_that_differ_by_days_decide_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        late = Device("late", tmp_path / "late", laptop.key, late=timedelta(days=400))
        place = Memory()
        session = await laptop.begin("s")
        await laptop.say(session, "one")
        for device in (laptop, late, desk):
            await device.sync(place)
        await late.say(session, "two, a year ago")
        await late.sync(place)
        await laptop.sync(place)
        await laptop.say(session, "three")
        for device in (laptop, late, desk):
            await device.sync(place)
        for device in (laptop, late, desk):
            assert await device.texts(session) == ["one", "two, a year ago", "three"]

    asyncio.run(work())


def test_of_two_versions_of_a_message_all_devices_keep_the_one_that_says_more(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s")
        message = await laptop.say(session, "half")
        await laptop.sync(place)
        await desk.sync(place)
        await desk.rewrite(session, message, "half, and the rest")
        for device in (desk, laptop, desk):
            await device.sync(place)
        assert await laptop.texts(session) == await desk.texts(session) == ["half, and the rest"]

    asyncio.run(work())


def test_a_place_that_shows_an_old_state_loses_nothing(tmp_path: Path) -> None:
    """A restored drive, an older stick: what this device had left there is gone, and so is what others had."""

    async def work() -> None:
        laptop, desk, late = group(tmp_path, "laptop", "desk", "late")
        place = Memory()
        session = await laptop.begin("s")
        deleted = await laptop.begin("deleted")
        await laptop.say(session, "one")
        await laptop.say(deleted, MARK)
        await laptop.sync(place)
        await desk.sync(place)
        old = dict(place.logs)
        await laptop.say(session, "two")
        await laptop.delete(deleted)
        await laptop.sync(place)
        await desk.sync(place)
        await desk.say(session, "three")
        await desk.sync(place)
        await laptop.sync(place)
        place.logs = dict(old)
        await laptop.say(session, "four")
        done = await laptop.sync(place)
        assert done.again
        assert not (await laptop.sync(place)).again
        for device in (desk, late, desk):
            await device.sync(place)
            assert await device.texts(session) == ["one", "two", "three", "four"]
            assert await device.everything() == await laptop.everything()

    asyncio.run(work())


def test_what_is_brought_in_again_after_its_deletion_does_not_stop_a_sync(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s")
        await laptop.say(session, "one")
        await laptop.sync(place)
        await laptop.delete(session)
        await laptop.begin("s", "another title")
        await laptop.say(session, "one again")
        assert (await laptop.sync(place)).withheld == ()
        await desk.sync(place)
        assert (await desk.everything())[session][0] == "another title"
        await laptop.delete(session)
        await laptop.sync(place)
        await laptop.begin("s")
        await laptop.say(session, "and again")
        assert (await laptop.sync(place)).withheld == (session,)
        await desk.sync(place)
        assert await desk.everything() == {}

    asyncio.run(work())


def test_a_log_that_was_written_anew_holds_nothing_of_what_was_deleted(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk, late = group(tmp_path, "laptop", "desk", "late")
        place = Memory()
        kept, gone = await laptop.begin("kept"), await laptop.begin("gone")
        await laptop.say(kept, "kept")
        await laptop.say(gone, MARK)
        for device in (laptop, desk):
            await device.sync(place)
        await desk.say(gone, f"{MARK} again")
        for device in (desk, laptop):
            await device.sync(place)
        await laptop.delete(gone)
        for device in (laptop, desk):
            await device.sync(place)
        assert MARK in _told(laptop.key, place)
        for device in (laptop, desk):
            assert (await device.sync(place, renew=True)).again
        assert MARK not in _told(laptop.key, place)
        await late.sync(place)
        assert await late.everything() == await laptop.everything() == await desk.everything()
        assert await late.texts(kept) == ["kept"]
        assert not (await laptop.sync(place)).again

    asyncio.run(work())


def _told(key: SyncKey, place: Memory) -> str:
    """All that the segments say to who has the key."""
    told = []
    for sealed in place.logs.values():
        opened = io.BytesIO()
        age.decrypt(io.BytesIO(sealed), opened, key.read())
        opened.seek(0)
        told += [record.body.decode() for record in read(SEGMENT, opened)]
    return "".join(told)


def test_a_device_that_joined_waits_for_the_place_to_arrive(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        with pytest.raises(SyncPlaceFailed, match="--begin"):
            await desk.sync(place, begin=False)
        assert place.kept is None
        await laptop.say(await laptop.begin("s"), "hello")
        await laptop.sync(place, begin=False)
        marker, place.kept = place.kept, None
        for device in (laptop, desk):
            with pytest.raises(SyncPlaceFailed, match="marker is missing"):
                await device.sync(place)
        for half in (b"", (marker or b"")[:-20]):
            place.kept = half
            with pytest.raises(SyncPlaceFailed, match="not arrived whole"):
                await desk.sync(place)
        place.kept = marker
        await desk.sync(place, begin=False)
        assert await desk.everything() == await laptop.everything()

    asyncio.run(work())


class Cut(Exception):
    """The line is dead."""


class Failing(Memory):
    """Ends the work at its ``at``-th operation, before it or right after it."""

    def __init__(self, of: Memory, at: int, *, after: bool) -> None:
        self.of, self.left, self.after = of, at, after

    async def _do(self, work: Callable[[], Awaitable[object]]) -> object:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Cut
        result = await work()
        if self.left == 0:
            raise Cut
        return result

    async def marker(self):  # type: ignore[no-untyped-def]
        return await self._do(self.of.marker)

    async def mark(self, content: bytes) -> None:
        await self._do(lambda: self.of.mark(content))

    async def segments(self):  # type: ignore[no-untyped-def]
        return await self._do(self.of.segments)

    async def read(self, segment: Segment):  # type: ignore[no-untyped-def]
        return await self._do(lambda: self.of.read(segment))

    async def add(self, segment: Segment, content: bytes) -> None:
        await self._do(lambda: self.of.add(segment, content))

    async def remove(self, segment: Segment) -> None:
        await self._do(lambda: self.of.remove(segment))


def test_a_sync_that_is_cut_at_any_moment_goes_on_and_loses_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        cuts = 0
        for at in range(1, 12):
            for after in (False, True):
                laptop, desk = group(tmp_path / f"{at}{after}", "laptop", "desk")
                place = Memory()
                await desk.say(await desk.begin("d"), "from the desk")
                await desk.sync(place)
                await laptop.say(await laptop.begin("l"), "from the laptop")
                await laptop.sync(place)
                await laptop.say(await laptop.begin("l2"), "more")
                try:
                    await laptop.sync(Failing(place, at, after=after), renew=at > 6)
                except Cut:
                    cuts += 1
                await laptop.sync(place)
                await desk.sync(place)
                assert len(await laptop.everything()) == 3
                assert await laptop.everything() == await desk.everything()
        assert cuts >= 8

    asyncio.run(work())


STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["say", "say", "say", "sync", "sync", "delete", "switch", "begin"])),
    max_size=24,
)


@settings(max_examples=40, deadline=None)
@given(STEPS, st.integers(0, 2**16))
def test_whatever_devices_do_in_whatever_order_they_agree_once_all_have_synced(
    steps: list[tuple[int, str]], seed: int
) -> None:
    """Sessions that nobody deleted are all there, with every message that was said in them."""
    chance = random.Random(seed)

    async def work(folder: Path) -> None:
        devices = group(folder, "a", "b", "c")
        place = Memory()
        said: dict[SessionId, set[str]] = {}
        deleted: set[SessionId] = set()
        for who, what in steps:
            device = devices[who]
            here = sorted(await device.everything())
            if what == "sync":
                await device.sync(place)
            elif what == "begin" or (what == "say" and not here):
                session = await device.begin(f"s{len(said)}")
                said[session] = {await device.say(session, "first")}
            elif what == "say":
                session = chance.choice(here)
                said[session].add(await device.say(session, f"{who} says {chance.random()}"))
            elif what == "delete" and here and chance.random() < 0.4:
                session = chance.choice(here)
                deleted.add(session)
                await device.delete(session)
            elif what == "switch" and here:
                session = chance.choice(here)
                branch = chance.choice(await device.branches_of(session))
                await device.branches.switch(session, branch.leaf)
        order = [device for device in devices for _ in range(3)]
        chance.shuffle(order)
        for device in (*order, *devices, *devices):
            await device.sync(place)
        agreed = await devices[0].everything()
        assert await devices[1].everything() == agreed
        assert await devices[2].everything() == agreed
        assert agreed.keys() == said.keys() - deleted
        for session, (_, messages, _) in agreed.items():
            assert {message.id for message in messages} == said[session]

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(work(Path(folder)))


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(6)), st.integers(0, 5))
def test_segments_that_come_in_any_order_and_twice_give_the_same_sessions(order: list[int], again: int) -> None:
    async def work(folder: Path) -> None:
        writer, reader, other = group(folder, "writer", "reader", "other")
        whole = Memory()
        session = await writer.begin("s")
        for text in ("one", "two", "three"):
            await writer.say(session, text)
            await writer.sync(whole)
        segments = sorted(whole.logs)
        assert len(segments) >= 6
        part = Memory()
        part.kept = whole.kept
        for index in (*order, order[again]):
            part.logs[segments[index]] = whole.logs[segments[index]]
            await reader.sync(part)
        for segment in segments:
            part.logs.setdefault(segment, whole.logs[segment])
        await reader.sync(part)
        await other.sync(whole)
        assert await reader.everything() == await other.everything() == await writer.everything()
        assert await reader.texts(session) == ["one", "two", "three"]

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(work(Path(folder)))


def test_the_place_holds_only_ciphertext_and_tells_no_name(tmp_path: Path) -> None:
    async def work() -> bytes:
        [laptop] = group(tmp_path, "laptop")
        folder = tmp_path / "shared"
        folder.mkdir()
        session = await laptop.begin("session-id-1", "a title of mine", cwd="/home/me/secret-project")
        await laptop.say(session, MARK)
        await laptop.sync(Folder(folder))
        return b"".join(
            str(file.relative_to(folder)).encode() + file.read_bytes() for file in folder.rglob("*") if file.is_file()
        )

    held = asyncio.run(work())
    assert held
    for word in (MARK, "GREEN77", "a title of mine", "secret-project", "session-id-1", "git@x"):
        assert word.encode() not in held


def test_a_log_with_a_gap_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s")
        for text in ("one", "two"):
            await laptop.say(session, text)
            await laptop.sync(place)
        lost = sorted(place.logs)[1]
        del place.logs[lost]
        assert (await desk.sync(place)).missing == (lost,)

    asyncio.run(work())


@pytest.mark.parametrize("damage", [b"", b"age-encryption.org/v1\n", b"flip", b"cut"])
def test_a_damaged_segment_is_told_and_nothing_of_it_taken_in(tmp_path: Path, damage: bytes) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        await laptop.say(await laptop.begin("s"), "hello")
        await laptop.sync(place)
        whole = dict(place.logs)
        for segment, content in whole.items():
            middle = len(content) // 2
            flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
            place.logs[segment] = {b"flip": flipped, b"cut": content[:middle]}.get(damage, damage)
        done = await desk.sync(place)
        assert [one.segment for one in done.skipped] == sorted(whole)
        assert await desk.everything() == {}
        place.logs |= whole
        assert (await desk.sync(place)).skipped == ()
        assert await desk.everything() == await laptop.everything()

    asyncio.run(work())


def test_a_segment_that_somebody_put_in_the_place_of_another_is_not_taken_in(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s")
        await laptop.say(session, "one")
        await laptop.sync(place)
        first, *_ = sorted(place.logs)
        place.logs[replace(first, number=9)] = place.logs[first]
        [skipped] = (await desk.sync(place)).skipped
        assert skipped.segment.number == 9
        assert "not what its name says" in skipped.reason

    asyncio.run(work())


def test_another_groups_place_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    async def work() -> None:
        [laptop] = group(tmp_path / "one", "laptop")
        [stranger] = group(tmp_path / "two", "stranger")
        place = Memory()
        await laptop.say(await laptop.begin("s"), "hello")
        await laptop.sync(place)
        before = dict(place.logs)
        with pytest.raises(OtherSyncKey):
            await stranger.sync(place)
        assert place.logs == before

    asyncio.run(work())


def test_a_copied_disk_loses_nothing_to_its_twin(tmp_path: Path) -> None:
    """Two stores with one device's name: numbers that are taken are left to the other."""

    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s")
        await laptop.say(session, "one")
        await laptop.sync(place)
        await laptop.database.close()
        copy = tmp_path / "twin"
        copy.mkdir()
        (copy / "minga.db").write_bytes((laptop.folder / "minga.db").read_bytes())
        twin = Device("twin", copy, laptop.key)
        twin.vault.held.add(session)
        again = Device("laptop", laptop.folder, laptop.key, vault=laptop.vault, numbers=laptop.numbers)
        await twin.say(session, "on the twin")
        await twin.sync(place)
        await again.say(session, "on the first")
        await again.sync(place)
        await desk.sync(place)
        assert {one.words for one in await desk.branches_of(session)} == {"on the twin", "on the first"}

    asyncio.run(work())


def test_a_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    key = SyncKey(tmp_path / "config" / "sync.key")
    with pytest.raises(NoSyncKey):
        key.read()
    secret, public = key.make()
    assert key.path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SyncKeyInTheWay):
        key.make()
    other = SyncKey(tmp_path / "other.key")
    assert other.join(key.path.read_text()) == public
    assert other.token() == key.token() != secret
    with pytest.raises(BadAgeKey):
        SyncKey(tmp_path / "third.key").join("not a key")
    assert not (tmp_path / "third.key").exists()


def test_profiles_of_one_account_have_keys_of_their_own() -> None:
    assert len({key_file(""), key_file("ana"), key_file("bea")}) == 3
    assert "/" not in key_file("../ana")


def test_a_folder_that_is_not_there_is_an_error_and_not_made(tmp_path: Path) -> None:
    [laptop] = group(tmp_path, "laptop")
    with pytest.raises(SyncPlaceFailed, match="no such directory"):
        asyncio.run(laptop.sync(Folder(tmp_path / "unplugged")))
    assert not (tmp_path / "unplugged").exists()
