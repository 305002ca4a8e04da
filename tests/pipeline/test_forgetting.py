"""Single messages are forgotten with the key that sealed them, whenever whoever forgets is killed."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devices import Memory, group
from keyed import ANA, Folder
from minga.bootstrap import Minga
from minga.domain.errors import BadInput, NotTheOwner, SessionBusy, UnknownSession
from minga.domain.events import Finished, ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, Note, NoteKind
from minga.domain.transcript import Message, Part, Role, TextPart, ToolCallPart, ToolResultPart, Workspace
from minga.memory.index import superseding
from minga.sessions.redaction import Redactions, is_forgotten
from minga.sessions.transcripts import insert_messages, insert_session, set_head
from minga.storage.backup import Kind
from minga.storage.database import Transaction
from minga.storage.keys import KeyStore

AT = datetime(2026, 11, 25, tzinfo=UTC)
S = SessionId("01a21373-6b0f-7fbc-b0cd-0bd66fe358c4")
SECRET = "el sueldo de Zacarías es 4711"


def said(number: int, role: Role, *parts: Part) -> Message:
    return Message(f"m{number}", f"m{number - 1}" if number > 1 else "", AT, role, parts, AgentName("codex"))


TOLD = [
    said(1, "user", TextPart(SECRET)),
    said(2, "assistant", ToolCallPart("c", "sh", ToolKind.SHELL, "{}")),
    said(3, "tool", ToolResultPart("c", True, f"total: {SECRET}")),
    said(4, "user", TextPart("escribe un validador")),
]
IDS = ("m1", "m2")


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
    return Folder(tmp_path, request.getfixturevalue("postgres_cluster")() if request.param == "postgres" else "")


async def put(minga: Minga) -> None:
    def work(transaction: Transaction) -> None:
        insert_session(transaction, minga.vault, S, SECRET, Workspace("/src"), 1)
        insert_messages(transaction, minga.vault, S, TOLD)
        set_head(transaction, S, "m4", None)

    await minga.database.write(work)


async def check(minga: Minga, copy_id: SessionId) -> None:
    """The copy is whole, and alone."""
    assert [one.id for one in await minga.history.latest(9)] == [copy_id]
    told = await minga.history.transcript(copy_id)
    assert [(one.id, one.parent, is_forgotten(one)) for one in told.messages] == [
        ("m1", "", True), ("m2", "m1", True), ("m3", "m2", True), ("m4", "m3", False),
    ]  # fmt: skip
    assert (told.title, told.head) == ("escribe un validador", "m4")
    with pytest.raises(UnknownSession):
        await minga.history.transcript(S)


def test_what_is_forgotten_is_gone_and_the_rest_stays_with_whom_it_was_shared(folder: Folder) -> None:
    folder.add(ANA)
    made: list[SessionId] = []

    async def scene(minga: Minga) -> None:
        await put(minga)
        minga.vault.share(S, ANA, "read")
        if not folder.url:
            minga.backups.make(Kind.MANUAL)
        before = await minga.forgetting.proof("SUELDO  de zacarias")
        assert not before.is_gone
        done = await minga.forgetting.forget_messages(S, IDS)
        assert done.session_id is not None
        assert (done.messages, done.receipt.name) == (3, S)
        await check(minga, done.session_id)
        proof = await minga.forgetting.proof(SECRET)
        assert proof.is_gone, proof
        short = await minga.forgetting.proof("zq")
        assert {place.name for place in proof.places} - {place.name for place in short.places} >= {"store file"}
        assert short.is_gone, "two bytes stand in an enciphered file by chance"
        backups = next(place for place in proof.places if place.name == "backups")
        assert bool(backups.closed) == (not folder.url)
        made.append(done.session_id)

    async def other(minga: Minga) -> None:
        assert minga.vault.access(made[0]) == "read"
        with pytest.raises(NotTheOwner):
            await minga.forgetting.forget_messages(made[0], ["m4"])

    play(folder, scene)
    play(folder, other, ANA)


def test_what_cannot_be_forgotten_is_refused_and_where_nothing_remains_the_session_goes(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        await put(minga)
        for wrong in ([], ["m9"]):
            with pytest.raises(BadInput):
                await minga.forgetting.forget_messages(S, wrong)
        turn = await minga.sessions.open(S, "more", Path("/src"))
        with pytest.raises(SessionBusy):
            await minga.forgetting.forget_messages(S, IDS)
        await minga.sessions.append(turn, None, [Finished("done")])
        everything = [one.id for one in (await minga.history.transcript(S)).messages] + [turn.id]
        await minga.sessions.tell(S)
        everything = [one.id for one in (await minga.history.transcript(S)).messages]
        assert (await minga.forgetting.forget_messages(S, everything)).session_id is None
        assert await minga.history.latest(9) == []

    play(folder, scene)


def killed(folder: Folder, at: int) -> bool:
    """Whether a process that forgets was killed before or after its write number ``at``, of either store."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    try:
        calls = iter(range(at))

        def step() -> None:
            if next(calls, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        write = KeyStore.write

        def write_key(self: KeyStore, work: Any) -> Any:
            step()
            result = write(self, work)
            step()
            return result

        async def scene(minga: Minga) -> None:
            stored = minga.database.write

            async def store(work: Any) -> Any:
                step()
                result = await stored(work)
                step()
                return result

            KeyStore.write = write_key  # type: ignore[method-assign]
            minga.database.write = store  # type: ignore[method-assign]
            await minga.forgetting.forget_messages(S, IDS)

        play(folder, scene)
    finally:
        os._exit(0)


def test_whoever_is_killed_leaves_the_session_or_its_copy_whole_and_the_same_call_ends_it(tmp_path: Path) -> None:
    at, was_killed = 0, True
    while was_killed:
        folder = Folder(tmp_path / str(at))
        play(folder, put)
        was_killed = killed(folder, at)

        async def scene(minga: Minga) -> None:
            for one in await minga.history.latest(9):
                assert len((await minga.history.transcript(one.id)).messages) == 4
            if minga.vault.access(S) is None:
                assert len(await minga.history.latest(9)) == 1
            done = await minga.forgetting.forget_messages(S, IDS)
            assert done.session_id is not None
            await check(minga, done.session_id)
            assert (await minga.forgetting.proof(SECRET)).is_gone

        play(folder, scene)
        at += 1
    assert at > 4


def test_another_device_gets_the_copy_and_loses_the_session_also_what_it_said_meanwhile(tmp_path: Path) -> None:
    async def work() -> None:
        laptop, desk = group(tmp_path, "laptop", "desk")
        place = Memory()
        session = await laptop.begin("s", SECRET)
        first = await laptop.say(session, SECRET)
        await laptop.say(session, "escribe un validador")
        for device in (laptop, desk):
            await device.sync(place)
        await desk.say(session, "meanwhile")
        copied = await Redactions(laptop.database, laptop.clock, laptop.vault).copy(session, [first])
        await laptop.delete(session)
        for device in (desk, laptop, desk, laptop):
            await device.sync(place)
        assert set(await desk.everything()) == {copied.copy_id}
        assert await laptop.everything() == await desk.everything()

    asyncio.run(work())


async def put_corrected(minga: Minga) -> None:
    """What stays of the session was corrected, and that once more."""
    await put(minga)
    about = await passage_of(minga, S)
    for text in ("escribe un conversor", "escribe un lector"):
        note = Note(NoteKind.CORRECTION, text, about=about)
        about = (await minga.memory.note(await minga.notes.add(note, "/src", ""))).id


async def passage_of(minga: Minga, session_id: SessionId) -> ItemId:
    await minga.memory.catch_up()
    return next(one.id for one in await minga.memory.of_session(session_id) if one.source.message_id == "m4")


async def corrected(minga: Minga, session_id: SessionId) -> list[str]:
    """What says of its last message, and of what says so, what is true."""
    found: list[str] = []
    item: ItemId | None = await passage_of(minga, session_id)
    while item := (await minga.memory.read(lambda t, one=item: superseding.superseded(t, [one]))).get(item):  # type: ignore[misc]
        [note] = await minga.memory.passages(item)
        found.append(note.text)
    return found


def test_what_was_corrected_stays_corrected_where_another_message_is_forgotten_twice(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        await put_corrected(minga)
        before = [(one.note.text, one.note.by, one.at, one.project) for one in await minga.memory.notes()]
        done = await minga.forgetting.forget_messages(S, ["m1"])
        assert done.session_id is not None
        assert len(done.notes) == 2
        assert await corrected(minga, done.session_id) == ["escribe un conversor", "escribe un lector"]
        again = await minga.forgetting.forget_messages(done.session_id, ["m2"])
        assert again.session_id is not None
        assert await corrected(minga, again.session_id) == ["escribe un conversor", "escribe un lector"]
        after = [(one.note.text, one.note.by, one.at, one.project) for one in await minga.memory.notes()]
        assert after == before

    play(folder, scene)


def test_whoever_is_killed_leaves_what_was_corrected_corrected(tmp_path: Path) -> None:
    at, was_killed = 0, True
    while was_killed:
        folder = Folder(tmp_path / str(at))
        play(folder, put_corrected)
        was_killed = killed(folder, at)

        async def scene(minga: Minga) -> None:
            for one in await minga.history.latest(9):
                assert await corrected(minga, one.id) == ["escribe un conversor", "escribe un lector"]
            done = await minga.forgetting.forget_messages(S, IDS)
            assert done.session_id is not None
            assert await corrected(minga, done.session_id) == ["escribe un conversor", "escribe un lector"]
            assert len(await minga.memory.notes()) == 2

        play(folder, scene)
        at += 1
    assert at > 8
