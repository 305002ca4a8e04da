"""Native sessions come in once, whole, and again only with what is new; what Minga wrote itself is not told twice."""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path

import pytest

from minga.domain.events import Finished, NativeSession, ToolKind
from minga.domain.ids import AgentName, AttemptId, NativeId, SessionId
from minga.domain.secrecy import Access, UserName
from minga.domain.transcript import Called, Item, Message, Said, TextPart, ToolCallPart, ToolResultPart
from minga.infrastructure.clock import FakeClock
from minga.sessions.crossing import crossing
from minga.sessions.formats.claude import ClaudeFormat
from minga.sessions.formats.format import NativeFile, Read, Target
from minga.sessions.history import History
from minga.sessions.import_batches import BATCH, PIECE, PIECES
from minga.sessions.importing import BroughtIn, Discovered, Importer
from minga.sessions.natives import Native, Natives
from minga.sessions.retention import take_out
from minga.sessions.store import Sessions
from minga.storage.database import Database
from stores import Owner, PlainVault

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CLAUDE = AgentName("claude")
ID = NativeId("11111111-1111-4111-8111-111111111111")

ITEMS: tuple[Item, ...] = (
    Said("user", "¿qué hay?", START),
    Said("assistant", "miro", START),
    Called(
        ToolCallPart("toolu_1", "Bash", ToolKind.SHELL, '{"command":"ls"}'),
        ToolResultPart("toolu_1", True, "a.txt"),
        START,
        joins=True,
    ),
    Said("assistant", "un archivo", START),
)


class Desk:
    """A home of Claude Code, and a store."""

    def __init__(self, database: Database, home: Path) -> None:
        numbers = count(1)
        self.clock = FakeClock(START)
        self.home = home
        self.cwd = home / "work"
        self.database = database
        self.vault = PlainVault()
        self.history = History(database, self.vault)
        self.natives = Natives(database, self.clock, self.vault)
        self.sessions = Sessions(
            database, self.clock, lambda: f"0199-{next(numbers):03}", Owner("here", "1"), self.vault
        )
        self.importer = Importer(database, self.vault, self.clock, {CLAUDE: ClaudeFormat})
        self.booked: list[str] = []

    @property
    def file(self) -> Path:
        [path] = (self.home / "projects").glob("*/*.jsonl")
        return path

    async def write(self, items: Sequence[Item] = ITEMS, native_id: NativeId = ID) -> None:
        self.cwd.mkdir(exist_ok=True)
        target = Target(native_id, self.home, self.cwd, "claude", "2.1.330", "m", START)
        await ClaudeFormat().place(ClaudeFormat().draft(items, target), target)

    def add(self, role: str, text: str, at: datetime = START) -> None:
        """What the CLI itself appends when its session goes on."""
        last = json.loads(self.file.read_text("utf-8").splitlines()[-1])
        content = text if role == "user" else [{"type": "text", "text": text}]
        line = {
            **last,
            "type": role,
            "timestamp": at.isoformat(),
            "uuid": f"{text}-uuid",
            "parentUuid": last["uuid"],
            "message": {"role": role, "content": content},
        }
        if role == "assistant":
            line["message"] |= {"id": f"msg_{text}", "type": "message", "model": "m"}
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        os.utime(self.file, ns=(0, os.stat(self.file).st_mtime_ns + 1_000_000))

    def unlisted(self, agent: AgentName, detail: str) -> None:
        raise AssertionError((agent, detail))

    async def found(self) -> list[Discovered]:
        return await self.importer.discover({CLAUDE: self.home}, self.unlisted)

    async def bring_in(self) -> BroughtIn:
        async def book(session_id: SessionId, messages: Sequence[Message]) -> None:
            self.booked.extend(message.id for message in messages)

        [one] = await self.found()
        return await self.importer.bring_in(one.file, book)

    async def texts(self, session_id: SessionId) -> list[str]:
        line = (await self.history.transcript(session_id)).lineage()
        return [part.text for message in line for part in message.parts if isinstance(part, TextPart)]


def test_what_was_deleted_from_the_store_does_not_come_in_again_by_itself(desk: Desk) -> None:
    async def work() -> None:
        await desk.write()
        session_id = (await desk.bring_in()).session_id
        await desk.database.write(lambda transaction: take_out(transaction, session_id))
        desk.add("user", "and on")
        assert [one.state for one in await desk.found()] == ["deleted"]
        assert (await desk.bring_in()).session_id == session_id
        assert [one.state for one in await desk.found()] == ["known"]

    asyncio.run(work())


def test_what_a_deleted_run_of_mingas_left_in_a_home_does_not_come_in_as_new(desk: Desk) -> None:
    async def work() -> None:
        await desk.write()
        turn = await desk.sessions.open(None, "go on", desk.cwd)
        await desk.sessions.begin_attempt(turn, AttemptId("a"), CLAUDE, "")
        await desk.sessions.append(turn, AttemptId("a"), [NativeSession(ID, "m")])
        await desk.sessions.append(turn, None, [Finished("done")])
        await desk.database.write(lambda transaction: take_out(transaction, turn.session_id))
        assert [one.state for one in await desk.found()] == ["deleted"]

    asyncio.run(work())


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path)


def test_a_session_comes_in_with_its_bytes_and_is_known_afterwards(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        assert [one.state for one in await desk.found()] == ["new"]
        done = await desk.bring_in()
        transcript = await desk.history.transcript(done.session_id)
        assert crossing(transcript.lineage()) == [
            item if isinstance(item, Said) and item.role == "user" else replace(item, model="m") for item in ITEMS
        ]
        assert (transcript.title, transcript.workspace.cwd) == ("¿qué hay?", str(desk.cwd))
        [native] = await desk.natives.of(done.session_id)
        assert await desk.natives.newest_bytes(native.session_id) == desk.file.read_bytes()
        assert [one.state for one in await desk.found()] == ["known"]
        [summary] = await desk.history.latest(5)
        assert (summary.id, summary.turns, summary.agents, summary.last_state) == (
            done.session_id,
            1,
            (CLAUDE,),
            "finished",
        )

    asyncio.run(run())


def test_what_is_new_comes_in_and_what_was_there_stays(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        first = await desk.bring_in()
        desk.add("user", "otra")
        desk.add("assistant", "respuesta")
        assert [one.state for one in await desk.found()] == ["changed"]
        second = await desk.bring_in()
        assert (second.session_id, second.messages) == (first.session_id, 2)
        assert (await desk.texts(first.session_id))[-2:] == ["otra", "respuesta"]
        assert (await desk.bring_in()).messages == 0
        [native] = await desk.natives.of(first.session_id)
        assert await desk.natives.newest_bytes(native.session_id) == desk.file.read_bytes()

    asyncio.run(run())


def test_broken_lines_are_kept_aside_and_counted(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        with desk.file.open("ab") as file:
            file.write(b'{"type": "user", \xff\n[]\n')
        done = await desk.bring_in()
        assert done.set_aside == 2
        kept = await desk.database.read(lambda transaction: transaction.execute("SELECT body FROM set_aside"))
        assert any(b"\xff" in bytes(row[0]) for row in kept)
        assert crossing((await desk.history.transcript(done.session_id)).lineage())

    asyncio.run(run())


def test_where_a_file_cannot_be_read_further_what_came_before_is_kept_and_the_next_import_completes_it(
    desk: Desk,
) -> None:
    class Breaking(ClaudeFormat):
        def read(self, file: NativeFile) -> Iterator[Read]:
            yield from islice(super().read(file), BATCH)
            raise OSError(5, "the disk is broken")

    async def run() -> None:
        said = [Said(role, f"{role} {number}", START) for number in range(BATCH) for role in ("user", "assistant")]
        await desk.write(said)
        whole = desk.importer
        desk.importer = Importer(desk.database, desk.vault, desk.clock, {CLAUDE: Breaking})
        with pytest.raises(OSError, match="broken"):
            await desk.bring_in()
        desk.importer = whole
        assert [one.state for one in await desk.found()] == ["new"]
        done = await desk.bring_in()
        assert 0 < done.messages < len(said)
        assert await desk.texts(done.session_id) == [item.text for item in said]

    asyncio.run(run())


def test_native_bytes_of_many_pieces_come_back_whole_and_shrink_with_the_file(desk: Desk) -> None:
    async def run() -> None:
        said = [Said("user", "ñ" * PIECE, START) for _ in range(PIECES)]
        for items in (said, said[:1], said[:2]):
            await desk.write(items)
            done = await desk.bring_in()
            [native] = await desk.natives.of(done.session_id)
            assert await desk.natives.newest_bytes(native.session_id) == desk.file.read_bytes()
            desk.file.unlink()

    asyncio.run(run())


def test_a_session_of_a_run_of_mingas_is_ours_and_only_what_came_later_is_new(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        turn = await desk.sessions.open(None, "¿qué hay?", desk.cwd)
        await desk.sessions.begin_attempt(turn, AttemptId("a"), CLAUDE, "")
        await desk.sessions.append(turn, AttemptId("a"), [NativeSession(ID), Finished("un archivo")])
        os.utime(desk.file, (START.timestamp(), START.timestamp()))
        [one] = await desk.found()
        assert (one.state, one.session_id) == ("ours", turn.session_id)
        later = START + timedelta(hours=1)
        desk.add("user", "and by hand", later)
        os.utime(desk.file, (later.timestamp(), later.timestamp()))
        assert [one.state for one in await desk.found()] == ["changed"]
        done = await desk.bring_in()
        assert (done.session_id, done.messages) == (turn.session_id, 1)
        assert await desk.texts(turn.session_id) == ["¿qué hay?", "un archivo", "and by hand"]

    asyncio.run(run())


class Reader(PlainVault):
    """Of somebody to whom one session was shared to read."""

    user = UserName("bea")

    def __init__(self, shared: SessionId) -> None:
        self._shared = shared

    def access(self, session_id: SessionId) -> Access | None:
        return "read" if session_id == self._shared else "own"


def test_an_import_writes_nothing_into_a_session_that_was_shared_to_read(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        turn = await desk.sessions.open(None, "¿qué hay?", desk.cwd)
        await desk.sessions.begin_attempt(turn, AttemptId("a"), CLAUDE, "")
        await desk.sessions.append(turn, AttemptId("a"), [NativeSession(ID), Finished("un archivo")])
        desk.add("user", "and by hand", START + timedelta(hours=1))
        desk.importer = Importer(desk.database, Reader(turn.session_id), desk.clock, {CLAUDE: ClaudeFormat})
        assert [one.state for one in await desk.found()] == ["new"]
        done = await desk.bring_in()
        assert done.session_id != turn.session_id
        await desk.sessions.tell(turn.session_id)
        assert await desk.texts(turn.session_id) == ["¿qué hay?", "un archivo"]

    asyncio.run(run())


def test_of_a_session_that_minga_wrote_only_what_the_cli_added_comes_in(desk: Desk) -> None:
    async def run() -> None:
        turn = await desk.sessions.open(None, "begun elsewhere", desk.cwd)
        await desk.sessions.append(turn, None, [Finished("answered elsewhere")])
        await desk.sessions.tell(turn.session_id)
        anchor = (await desk.history.transcript(turn.session_id)).head
        await desk.write([Said("user", "begun elsewhere"), Said("assistant", "answered elsewhere")])
        written = [read.id for read in ClaudeFormat().read((await desk.found())[0].file) if isinstance(read, Message)]
        stamp = desk.file.stat()
        await desk.natives.note(
            Native(
                agent=CLAUDE,
                native_id=ID,
                home="",
                session_id=turn.session_id,
                origin="written",
                path=str(desk.file),
                sha256="",
                through=turn.id,
                size=stamp.st_size,
                modified_ns=stamp.st_mtime_ns,
                seam=written[-1],
                anchor=anchor,
            )
        )
        assert [one.state for one in await desk.found()] == ["known"]
        desk.add("user", "seguimos")
        desk.add("assistant", "sí")
        done = await desk.bring_in()
        assert (done.session_id, done.messages) == (turn.session_id, 2)
        assert await desk.texts(turn.session_id) == ["begun elsewhere", "answered elsewhere", "seguimos", "sí"]

    asyncio.run(run())


def test_a_session_that_went_on_in_two_places_keeps_where_it_stands_and_gains_a_branch(desk: Desk) -> None:
    async def run() -> None:
        await desk.write()
        session_id = (await desk.bring_in()).session_id
        turn = await desk.sessions.open(session_id, "in Minga", desk.cwd)
        await desk.sessions.append(turn, None, [Finished("by Minga")])
        await desk.sessions.tell(session_id)
        desk.add("user", "in the CLI")
        await desk.bring_in()
        assert (await desk.texts(session_id))[-2:] == ["in Minga", "by Minga"]
        leaves = (await desk.history.transcript(session_id)).leaves()
        assert [leaf.parts for leaf in leaves][-1] == (TextPart("in the CLI"),)
        assert len(leaves) == 2

    asyncio.run(run())
