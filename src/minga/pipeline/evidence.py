"""What changed on disk while agents worked, whether or not they said so."""

import asyncio
from pathlib import Path

from minga.domain.events import FileChange, FileChangeKind
from minga.infrastructure import git


class Changes:
    """Compares the repository now with how it was at the start. Says nothing outside a git repository."""

    def __init__(self, cwd: Path) -> None:
        self._cwd = cwd
        self._before = asyncio.create_task(git.state(cwd))
        self._reported: set[str] = set()

    def note(self, change: FileChange) -> None:
        self._reported.add(change.path)

    @property
    def reported(self) -> tuple[str, ...]:
        return tuple(sorted(self._reported))

    async def unreported(self) -> list[FileChange]:
        """Return the changes that no agent reported (made by a shell command, say), and count them as reported."""
        before, after = await self._before, await git.state(self._cwd)
        moved = before.head and after.head and before.head != after.head
        committed = await git.committed_files(self._cwd, before.head, after.head) if moved else {}
        found: list[FileChange] = []
        for path in sorted(before.files.keys() | after.files.keys() | committed.keys()):
            was, now = before.files.get(path, ""), after.files.get(path, "")
            if path not in self._reported and (was != now or path in committed):
                found.append(FileChange(path, _kind(was, now, committed.get(path, ""))))
        self._reported.update(change.path for change in found)
        return found

    async def close(self) -> None:
        self._before.cancel()
        await asyncio.gather(self._before, return_exceptions=True)


def _kind(before: str, after: str, committed: str) -> FileChangeKind:
    """``before`` and ``after`` are fingerprints of `git.State`, or empty for a file as in the commit."""
    vanished = before.startswith("??") and not after and not committed
    if after.endswith("gone") or vanished or (committed == "D" and not after):
        return "deleted"
    new = after.startswith(("??", "A")) or committed == "A"
    return "added" if new and not before else "modified"
