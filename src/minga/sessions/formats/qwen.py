"""Sessions of Qwen Code: ``projects/<folder>/chats/<id>.jsonl``, and ``subagents/<id>/`` beside ``chats``.

The CLI resumes a session only in the working directory that the folder is named after.
"""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from minga.domain.ids import AgentName, NativeId
from minga.domain.transcript import Item
from minga.sessions.formats.format import Draft, NativeFile, Placed, Read, Target
from minga.sessions.formats.lines import raw_bytes
from minga.sessions.formats.placing import clear_file, erase_named, place_file, planned_file, remove_file
from minga.sessions.formats.project_lines import find_files
from minga.sessions.formats.qwen_reading import read
from minga.sessions.formats.qwen_writing import write


class QwenFormat:
    """Fits `Format`."""

    agent = AgentName("qwen")

    def find(self, home: Path) -> Iterator[NativeFile]:
        yield from find_files(self.agent, home, "projects/*/chats/*.jsonl", "projects/*/subagents/*/agent-*.jsonl")

    def read(self, file: NativeFile) -> Iterator[Read]:
        return read(file)

    def raw(self, file: NativeFile) -> Iterator[bytes]:
        return raw_bytes(file.path)

    def draft(self, items: Sequence[Item], target: Target) -> Draft:
        return write(items, target)

    def planned(self, draft: Draft, target: Target) -> Placed:
        return planned_file(target.native_id, target.home / draft.path, draft.content)

    async def place(self, draft: Draft, target: Target) -> Placed:
        path = target.home / draft.path
        return await asyncio.to_thread(place_file, self.agent, target.native_id, path, draft.content)

    async def remove(self, placed: Placed, target: Target) -> None:
        await asyncio.to_thread(remove_file, self.agent, placed)

    async def erase(self, native_id: NativeId, target: Target) -> None:
        await asyncio.to_thread(erase_named, target.home, native_id)

    async def clear(self, planned: Placed, target: Target) -> None:
        await asyncio.to_thread(clear_file, self.agent, planned)
