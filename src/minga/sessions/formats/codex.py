"""Sessions of Codex: one rollout file each, below ``sessions`` by the day on which they began, or archived."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from minga.domain.errors import MigrationFailed
from minga.domain.ids import AgentName, NativeId
from minga.domain.transcript import Item
from minga.sessions.formats import codex_reading, codex_writing, records
from minga.sessions.formats.format import About, Draft, NativeFile, Placed, Read, Target
from minga.sessions.formats.lines import Line, raw_bytes, read_lines
from minga.sessions.formats.placing import clear_file, erase_named, place_file, planned_file, remove_file

_NAME = re.compile(r"rollout-.*-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl(?:\.zst)?")

_FOLDERS = ("sessions", "archived_sessions")


class CodexFormat:
    """Fits `Format`. ``home`` is what CODEX_HOME names."""

    agent = AgentName("codex")

    def find(self, home: Path) -> Iterator[NativeFile]:
        found = [
            file
            for folder in _FOLDERS
            for path in (home / folder).rglob("rollout-*.jsonl*")
            if (file := self._file(path)) is not None
        ]
        yield from sorted(found, key=lambda file: (-file.modified_ns, str(file.path)))

    def _file(self, path: Path) -> NativeFile | None:
        """None for what is no rollout, or has gone since it was listed."""
        named = _NAME.fullmatch(path.name)
        try:
            state = path.stat() if named and path.is_file() else None
        except OSError:
            return None
        if named is None or state is None:
            return None
        return NativeFile(self.agent, NativeId(named[1]), path, state.st_size, state.st_mtime_ns)

    def read(self, file: NativeFile) -> Iterator[Read]:
        yield from codex_reading.read(file)
        if title := _title(file):
            yield About(file.native_id, title=title)

    def raw(self, file: NativeFile) -> Iterator[bytes]:
        return raw_bytes(file.path)

    def draft(self, items: Sequence[Item], target: Target) -> Draft:
        return codex_writing.draft(items, target)

    def planned(self, draft: Draft, target: Target) -> Placed:
        path = target.home / draft.path
        return planned_file(self._id_in(path), path, draft.content)

    async def place(self, draft: Draft, target: Target) -> Placed:
        """``sha256`` is that of the file. Codex fills its own index from the file when it meets it."""
        return await asyncio.to_thread(self._place, draft, target)

    def _place(self, draft: Draft, target: Target) -> Placed:
        path = target.home / draft.path
        native_id = self._id_in(path)
        if taken := next((file for file in self.find(target.home) if file.native_id == native_id), None):
            raise MigrationFailed(agent=self.agent, detail=f"there is a session {native_id!r} in {str(taken.path)!r}")
        return place_file(self.agent, native_id, path, draft.content)

    def _id_in(self, path: Path) -> NativeId:
        """The id in the name of a rollout. Raises MigrationFailed."""
        named = _NAME.fullmatch(path.name)
        if named is None:
            raise MigrationFailed(agent=self.agent, detail=f"{path.name!r} is no name of a rollout")
        return NativeId(named[1])

    async def remove(self, placed: Placed, target: Target) -> None:
        await asyncio.to_thread(remove_file, self.agent, placed)

    async def erase(self, native_id: NativeId, target: Target) -> None:
        await asyncio.to_thread(erase_named, target.home, native_id)

    async def clear(self, planned: Placed, target: Target) -> None:
        await asyncio.to_thread(clear_file, self.agent, planned)


def _title(file: NativeFile) -> str:
    """The name that a person gave to the session: Codex keeps names in one file of its home, the last line counts."""
    title = ""
    for folder in file.path.parents:
        index = folder.parent / "session_index.jsonl"
        if folder.name in _FOLDERS and index.is_file():
            for line in read_lines(index):
                if isinstance(line, Line) and line.value.get("id") == file.native_id:
                    title = records.text(line.value.get("thread_name"))
            break
    return title
