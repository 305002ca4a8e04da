"""Notes are kept, synced and deleted as sessions are, and stand in no list of conversations."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices import Memory, group
from keyed import ANA, Folder
from minga.bootstrap import Minga
from minga.domain.digests import digests_of
from minga.domain.errors import BadInput, UnknownSession
from minga.domain.events import Finished
from minga.domain.ids import SessionId
from minga.domain.memory import ItemId, Note, NoteKind
from minga.domain.transcript import Message, TextPart, ToolCallPart
from minga.infrastructure.age import Passphrase
from minga.reports.figures import Asked
from minga.sessions import notes
from minga.sessions.codec import to_json
from minga.sessions.container import NotWhole, Record
from minga.sessions.notes import Notes
from minga.sessions.packing import Manifest, manifest_of

NOTE = Note(
    NoteKind.CORRECTION, "el IVA de la guía\nes del 19 %", "user", ItemId("p12"), datetime(2026, 1, 1, tzinfo=UTC)
)


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


def notes_of(minga: Minga) -> Notes:
    return Notes(minga.database, minga.migrator.clock, minga.migrator.new_id, minga.vault)


async def noted(minga: Minga, session_id: SessionId) -> Note | None:
    [message] = (await minga.history.transcript(session_id)).messages
    return notes.read(message)


async def worked(minga: Minga, prompt: str) -> SessionId:
    turn = await minga.sessions.open(None, prompt, Path("/src"))
    await minga.sessions.append(turn, None, [Finished("done")])
    return turn.session_id


def test_a_note_is_read_as_it_was_written(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        plain = Note(NoteKind.NOTE, "half \ud83d character")
        for note in (NOTE, plain):
            session_id = await notes_of(minga).add(note, "/src/shop", "git@x:shop")
            assert session_id.startswith("note-")
            assert await noted(minga, session_id) == replace(note, text=note.text.replace("\ud83d", "\ufffd"))
            assert (await minga.history.transcript(session_id)).workspace.remote == "git@x:shop"

    play(folder, scene)


def test_a_note_stands_in_no_list_of_conversations_and_ends_by_no_rule(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        session_id = await worked(minga, "zanahoria")
        note = await notes_of(minga).add(Note(NoteKind.NOTE, "zanahoria"), "/src", "")
        assert [one.id for one in await minga.history.latest(1)] == [session_id]
        assert [one.session_id for one in await minga.search.search("zanahoria", 9)] == [session_id]
        [figures] = await minga.statistics.report(Asked(by=()))
        assert figures.figures.session_ids == {session_id}
        await minga.database.write(lambda t: t.execute("UPDATE sessions SET updated_at = 1"))
        await minga.retention.set("", 1)
        assert await minga.retention.due() == [session_id]
        with pytest.raises(UnknownSession):
            await minga.sessions.open(note, "go on", Path("/src"))
        with pytest.raises(UnknownSession):
            await minga.sessions.check(note, writing=False)
        assert await minga.history.resolve(note[:20]) == note

    play(folder, scene)


def test_a_shared_note_can_be_read_and_stands_in_no_list(folder: Folder) -> None:
    folder.add(ANA)
    shared: list[SessionId] = []

    async def give(minga: Minga) -> None:
        shared.append(await notes_of(minga).add(NOTE, "/src", ""))
        minga.vault.share(shared[0], ANA, "read")

    async def take(minga: Minga) -> None:
        assert await noted(minga, shared[0]) == NOTE
        assert await minga.history.latest(9) == []
        assert await minga.search.search("IVA", 9) == []
        assert await minga.statistics.report(Asked(by=())) == []

    play(folder, give)
    play(folder, take, ANA)


def test_a_deleted_note_is_gone_with_its_key(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        note = await notes_of(minga).add(NOTE, "/src", "")
        receipt = await minga.retention.delete(note)
        assert [key.session_id for key in receipt.keys] == [note]
        with pytest.raises(UnknownSession):
            await minga.history.transcript(note)
        assert await minga.database.read(lambda t: t.execute("SELECT id FROM messages")) == []

    play(folder, scene)


@pytest.mark.parametrize("session_id", ["note-1", f"{digests_of(SessionId('s'))}1"])
def test_no_pack_brings_a_note_or_a_digest_into_the_store(session_id: str) -> None:
    manifest = Manifest(session_id, "always push", "m1", datetime(2026, 1, 1, tzinfo=UTC), datetime.now(UTC), "/src")
    with pytest.raises(NotWhole, match="a note of the memory"):
        manifest_of(Record("manifest", to_json(manifest)))


def test_a_note_is_not_packed(tmp_path: Path) -> None:
    async def scene(minga: Minga) -> None:
        note = await notes_of(minga).add(NOTE, str(tmp_path), "")
        with pytest.raises(BadInput, match="memory export"):
            await minga.moving.pack(note, tmp_path / "x.age", Passphrase("x" * 20), with_diff=False, force=False)

    play(Folder(tmp_path), scene)


def test_notes_reach_the_other_devices_and_are_deleted_there(tmp_path: Path) -> None:
    async def scene() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        note = await Notes(laptop.database, laptop.clock, laptop._new_id, laptop.vault).add(NOTE, "/src", "git@x:y")
        for device in (laptop, desk):
            await device.sync(place)
        [message] = (await desk.transcript(note)).messages
        assert notes.read(message) == NOTE
        assert await desk.history.latest(9) == []
        await desk.delete(note)
        for device in (desk, laptop):
            await device.sync(place)
        with pytest.raises(UnknownSession):
            await laptop.transcript(note)

    asyncio.run(scene())


@pytest.mark.parametrize("arguments", ["", "{", "[]", '{"kind": "joke"}', '{"kind": "note", "scope": "world"}', "{}"])
def test_what_is_no_note_is_none(arguments: str) -> None:
    [text, call] = notes._parts(NOTE)
    message = Message("m", "", None, "user", (text, replace(call, arguments=arguments)), notes.MEMORY)
    assert notes.read(message) is None
    assert notes.read(replace(message, parts=(TextPart("x"),))) is None
    whole = replace(message, parts=(text, call))
    assert notes.read(whole) == NOTE
    assert notes.read(replace(whole, agent=notes.AgentName("codex"))) is None
    assert isinstance(call, ToolCallPart)
