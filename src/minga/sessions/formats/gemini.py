"""Sessions of Gemini CLI: ``.gemini/tmp/<project>/chats/session-*.jsonl``, with sub-agents in a folder beside them.

The CLI finds a session only in the folder of its project (`gemini_projects`).
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from minga.domain.errors import MigrationFailed
from minga.domain.ids import AgentName, NativeId
from minga.domain.transcript import Item
from minga.infrastructure import commands
from minga.sessions.formats.format import Draft, NativeFile, Placed, Read, Target
from minga.sessions.formats.gemini_files import find_files
from minga.sessions.formats.gemini_projects import claim_slug, find_slug, is_before_migration
from minga.sessions.formats.gemini_reading import read
from minga.sessions.formats.gemini_writing import write
from minga.sessions.formats.lines import raw_bytes
from minga.sessions.formats.placing import clear_file, erase_named, place_file, planned_file, remove_file, unwritten

START_S = 60.0


class GeminiFormat:
    """Fits `Format`."""

    agent = AgentName("gemini")

    def find(self, home: Path) -> Iterator[NativeFile]:
        """Of the files with one id, which the CLI leaves when it resumes, only the one with the conversation."""
        yield from find_files(self.agent, home)

    def read(self, file: NativeFile) -> Iterator[Read]:
        return read(file)

    def raw(self, file: NativeFile) -> Iterator[bytes]:
        return raw_bytes(file.path)

    def draft(self, items: Sequence[Item], target: Target) -> Draft:
        return write(items, target)

    def planned(self, draft: Draft, target: Target) -> Placed:
        """In which project's folder is seen only when it is placed."""
        return planned_file(target.native_id, target.home / draft.path, draft.content)

    async def place(self, draft: Draft, target: Target) -> Placed:
        """The file goes into the folder of the project of ``target.cwd``; for a new project one is made."""
        gemini, cwd = target.home / ".gemini", os.path.abspath(target.cwd)
        if await asyncio.to_thread(_is_before_migration, gemini, cwd):
            await self._let_migrate(target)
            if await asyncio.to_thread(_is_before_migration, gemini, cwd):
                raise MigrationFailed(agent=self.agent, detail="it does not take over this project's older sessions")
        return await asyncio.to_thread(self._place, gemini, cwd, draft, target)

    async def remove(self, placed: Placed, target: Target) -> None:
        """The project's folder stays."""
        await asyncio.to_thread(remove_file, self.agent, placed)

    async def erase(self, native_id: NativeId, target: Target) -> None:
        """Its files are named after the first eight characters."""
        await asyncio.to_thread(erase_named, target.home, native_id)
        await asyncio.to_thread(erase_named, target.home / ".gemini" / "tmp", native_id[:8])

    async def clear(self, planned: Placed, target: Target) -> None:
        for chats in await asyncio.to_thread(list, (target.home / ".gemini" / "tmp").glob("*/chats")):
            await asyncio.to_thread(clear_file, self.agent, replace(planned, path=chats / planned.path.name))

    async def _let_migrate(self, target: Target) -> None:
        """Start the CLI in the project, which makes it copy the sessions of its older layout."""
        command = (target.program, "--list-sessions")
        try:
            await commands.run(command, cwd=target.cwd, limit_s=START_S, environment=target.environment)
        except OSError as wrong:
            raise MigrationFailed(agent=self.agent, detail=f"{target.program} cannot be started: {wrong}") from wrong

    def _place(self, gemini: Path, cwd: str, draft: Draft, target: Target) -> Placed:
        try:
            slug = find_slug(gemini, cwd) or claim_slug(gemini, cwd)
        except OSError as wrong:
            raise unwritten(self.agent, gemini, wrong) from wrong
        path = gemini / "tmp" / slug / "chats" / Path(draft.path).name
        placed = place_file(self.agent, target.native_id, path, draft.content)
        if find_slug(gemini, cwd) != slug:
            remove_file(self.agent, placed)
            raise MigrationFailed(agent=self.agent, detail=f"{gemini} is being changed by another program; try again")
        return placed


def _is_before_migration(gemini: Path, cwd: str) -> bool:
    return is_before_migration(gemini, cwd, find_slug(gemini, cwd))
