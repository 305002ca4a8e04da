"""Sessions of OpenCode: rows of one database. It is read as it lies; what writes to it is OpenCode's own command."""

import asyncio
import contextlib
import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import msgspec

from minga.domain.errors import MigrationFailed, NoRoomToMigrate, StoreDamaged
from minga.domain.ids import AgentName, NativeId
from minga.domain.transcript import Item
from minga.infrastructure import commands
from minga.infrastructure.files import place_new
from minga.infrastructure.process import MARK, kill_marked
from minga.infrastructure.scratch import scratch_folder
from minga.sessions.formats import opencode_reading, opencode_rows, opencode_writing
from minga.sessions.formats.format import Draft, NativeFile, Placed, Read, Target

DATABASE = Path(".local/share/opencode/opencode.db")

FULL = re.compile(r"disk is full|no space left|ENOSPC", re.IGNORECASE)

LIMIT_S = 120.0
"""Of one command: a first start, which makes the database, took 13 s on a loaded machine."""


class OpenCodeFormat:
    """Fits `Format`. ``home`` is the folder above ``.local``; the path of every session is that of the database."""

    agent = AgentName("opencode")

    def find(self, home: Path) -> Iterator[NativeFile]:
        path = home / DATABASE
        if path.is_file():
            yield from opencode_rows.find(self.agent, path)

    def read(self, file: NativeFile) -> Iterator[Read]:
        return opencode_reading.read(file)

    def raw(self, file: NativeFile) -> Iterator[bytes]:
        """What ``opencode export`` gives, made of the rows: of a session that is still written to, a moment's state."""
        return opencode_rows.export(file.path, file.native_id)

    def draft(self, items: Sequence[Item], target: Target) -> Draft:
        return opencode_writing.draft(items, target)

    def planned(self, draft: Draft, target: Target) -> Placed:
        """``sha256`` holds how many messages and parts it will have: what import makes of them is not known before."""
        return Placed(_native_id(draft), target.home / DATABASE, "{} {}".format(*_written(draft)))

    async def place(self, draft: Draft, target: Target) -> Placed:
        """``sha256`` is that of what `raw` gives right after. ``native_id`` stands in the draft, not in the target."""
        native_id = _native_id(draft)
        if await self._digest(target, native_id):
            raise MigrationFailed(agent=self.agent, detail=f"there is a session {native_id!r} already")
        with scratch_folder("import") as folder:
            file = folder / "session.json"
            place_new(file, draft.content)
            marked = {**target.environment, MARK: native_id}
            done = await self._run(replace(target, environment=marked), "import", str(file))
        if done.exit_code != 0:
            await self._give_up(native_id, target, done)
        digest = await self._digest(target, native_id)
        if not digest or not self._is_whole(draft, target, native_id):
            await self._give_up(native_id, target, done)
        return Placed(native_id, target.home / DATABASE, digest)

    async def remove(self, placed: Placed, target: Target) -> None:
        digest = await self._digest(target, placed.native_id)
        if digest != placed.sha256:
            what = "was changed after it was written" if digest else "is not there"
            raise MigrationFailed(agent=self.agent, detail=f"the session {placed.native_id!r} {what}")
        await self._delete(placed.native_id, target)

    async def erase(self, native_id: NativeId, target: Target) -> None:
        """The database is made anew besides: the rows would still stand in its freed pages."""
        await self._delete(native_id, target)
        path = target.home / DATABASE
        if _holds_something(path):
            try:
                await asyncio.to_thread(_make_anew, path)
            except sqlite3.Error as wrong:
                detail = f"{str(path)!r} cannot be removed: {wrong}"
                raise MigrationFailed(agent=self.agent, detail=detail) from wrong

    async def clear(self, planned: Placed, target: Target) -> None:
        """An import that outlived its Minga is ended first."""
        await asyncio.to_thread(kill_marked, planned.native_id)
        if not _holds_something(planned.path):
            return
        there = await asyncio.to_thread(opencode_rows.count, planned.path, planned.native_id)
        if all(one <= of for one, of in zip(there, map(int, planned.sha256.split()), strict=True)):
            await self._delete(planned.native_id, target)

    async def _give_up(self, native_id: NativeId, target: Target, done: commands.Done) -> NoReturn:
        """Take away what an import that failed has left. Raises MigrationFailed, always."""
        with contextlib.suppress(MigrationFailed):  # why the import failed is what the person must know
            await self._delete(native_id, target)
        raise self._failed(done, target)

    async def _delete(self, native_id: NativeId, target: Target) -> None:
        if await self._digest(target, native_id):
            done = await self._run(target, "session", "delete", native_id)
            if await self._digest(target, native_id):
                raise self._failed(done, target)

    def _failed(self, done: commands.Done, target: Target) -> MigrationFailed:
        if FULL.search(done.stderr + done.stdout):
            return NoRoomToMigrate(agent=self.agent, path=str(target.home / DATABASE.parent))
        return MigrationFailed(agent=self.agent, detail=_why(done))

    async def _run(self, target: Target, *arguments: str) -> commands.Done:
        if not target.program:
            detail = f"it is not installed, and its sessions lie in its database: minga agents install {self.agent}"
            raise MigrationFailed(agent=self.agent, detail=detail)
        command = (target.program, *arguments)
        try:
            return await commands.run(command, cwd=target.cwd, limit_s=LIMIT_S, environment=target.environment)
        except OSError as wrong:
            raise MigrationFailed(agent=self.agent, detail=f"{target.program!r} does not start: {wrong}") from wrong

    async def _digest(self, target: Target, native_id: NativeId) -> str:
        """SHA-256 of the session as it stands in the database; empty where it is not there."""
        return await asyncio.to_thread(self._digest_of, target.home / DATABASE, native_id)

    def _digest_of(self, path: Path, native_id: NativeId) -> str:
        if not _holds_something(path):
            return ""
        digest = hashlib.sha256()
        try:
            pieces = 0
            for piece in opencode_rows.export(path, native_id):
                digest.update(piece)
                pieces += 1
        except (OSError, StoreDamaged) as wrong:
            raise MigrationFailed(agent=self.agent, detail=str(wrong)) from wrong
        return digest.hexdigest() if pieces else ""

    def _is_whole(self, draft: Draft, target: Target, native_id: NativeId) -> bool:
        """Whether every message and part of the draft is in the database: import leaves out what is there already, and
        ends at the first piece that it does not understand."""
        return opencode_rows.count(target.home / DATABASE, native_id) == _written(draft)


def _make_anew(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=5.0, isolation_level=None)) as database:
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _holds_something(database: Path) -> bool:
    """OpenCode leaves an empty file where its disk is full at its first start, and fills it at the next."""
    return database.is_file() and database.stat().st_size > 0


def _written(draft: Draft) -> tuple[int, int]:
    """How many messages and parts a draft has."""
    messages = msgspec.json.decode(draft.content)["messages"]
    return len(messages), sum(len(message["parts"]) for message in messages)


def _native_id(draft: Draft) -> NativeId:
    return NativeId(msgspec.json.decode(draft.content)["info"]["id"])


def _why(done: commands.Done) -> str:
    """The last line that the command said."""
    said = (done.stderr + done.stdout).strip() or f"opencode ended with {done.exit_code}"
    return said.splitlines()[-1][:500]
