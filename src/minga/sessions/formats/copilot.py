"""Sessions of GitHub Copilot CLI: ``session-state/<id>/events.jsonl`` in its home, whatever the working directory."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from minga.domain.ids import AgentName, NativeId
from minga.domain.transcript import Item
from minga.sessions.formats.copilot_reading import read
from minga.sessions.formats.copilot_writing import write
from minga.sessions.formats.format import Draft, NativeFile, Placed, Read, Target
from minga.sessions.formats.lines import raw_bytes
from minga.sessions.formats.placing import clear_file, erase_named, place_file, planned_file, remove_file
from minga.sessions.formats.values import printed


class CopilotFormat:
    """Fits `Format`."""

    agent = AgentName("copilot")

    def find(self, home: Path) -> Iterator[NativeFile]:
        found: list[NativeFile] = []
        for path in home.glob("session-state/*/events.jsonl"):
            with contextlib.suppress(OSError):
                about = path.stat()
                native_id = NativeId(printed(path.parent.name))
                found.append(NativeFile(self.agent, native_id, path, about.st_size, about.st_mtime_ns))
        yield from sorted(found, key=lambda file: file.modified_ns, reverse=True)

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
        """The folder that the CLI may have filled meanwhile stays."""
        await asyncio.to_thread(remove_file, self.agent, placed)

    async def erase(self, native_id: NativeId, target: Target) -> None:
        await asyncio.to_thread(erase_named, target.home, native_id)

    async def clear(self, planned: Placed, target: Target) -> None:
        await asyncio.to_thread(clear_file, self.agent, planned)
