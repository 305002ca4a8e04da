"""What changed on disk while agents worked, whether or not they said so."""

import asyncio
import os
from pathlib import Path

from minga.domain.events import FileChange, FileChangeKind
from minga.infrastructure import git
from minga.infrastructure.originals import LOOKED_AT_MAX, files_below


class Changes:
    """Compares the directory now with how it was at the start: as git sees it; without git, the files that are likely
    the person's own. Says nothing of a directory without git and with more than `LOOKED_AT_MAX` files."""

    def __init__(self, cwd: Path) -> None:
        self._cwd = cwd
        self._before = asyncio.create_task(_state(cwd))
        self._reported: set[str] = set()

    def note(self, change: FileChange) -> None:
        self._reported.add(change.path)

    @property
    def reported(self) -> tuple[str, ...]:
        return tuple(sorted(self._reported))

    async def unreported(self) -> list[FileChange]:
        """Return the changes that no agent reported (made by a shell command, say), and count them as reported."""
        before = await self._before
        after = await _state(self._cwd, is_git=before is not None and bool(before.top))
        if before is None or after is None:
            return []
        if before.top != after.top:
            return self._without_repository(before.top)
        moved = before.head and after.head and before.head != after.head
        committed = await git.committed_files(self._cwd, before.head, after.head) if moved else {}
        found: list[FileChange] = []
        for path in sorted(before.files.keys() | after.files.keys() | committed.keys()):
            was, now = before.files.get(path, ""), after.files.get(path, "")
            if path not in self._reported and (was != now or path in committed):
                found.append(FileChange(path, _kind(was, now, committed.get(path, ""))))
        self._reported.update(change.path for change in found)
        return found

    def _without_repository(self, top: str) -> list[FileChange]:
        """Git failed; if the repository itself was deleted, that is all that can be told."""
        gone = FileChange(".git", "deleted")
        if Path(top, ".git").exists() or gone.path in self._reported:
            return []
        self._reported.add(gone.path)
        return [gone]

    async def close(self) -> None:
        self._before.cancel()
        await asyncio.gather(self._before, return_exceptions=True)


async def _state(cwd: Path, *, is_git: bool | None = None) -> git.State | None:
    """As git sees it, or without git, as ``is_git`` says; None: found out. None where there are too many files."""
    seen = await git.state(cwd) if is_git is not False else None
    if seen is not None and (is_git or seen.top):
        return seen
    return await asyncio.to_thread(_state_without_git, cwd)


def _state_without_git(cwd: Path) -> git.State | None:
    names = files_below(cwd)
    if len(names) >= LOOKED_AT_MAX:
        return None
    return git.State("", {name: f"?? {mark}" for name in names if (mark := _fingerprint(os.path.join(cwd, name)))})


def _fingerprint(path: str) -> str:
    """Empty for what is gone."""
    try:
        status = os.lstat(path)
    except OSError:
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"


def _kind(before: str, after: str, committed: str) -> FileChangeKind:
    """``before`` and ``after`` are fingerprints of `git.State`, or empty for a file as in the commit."""
    vanished = before.startswith("??") and not after and not committed
    if after.endswith("gone") or vanished or (committed == "D" and not after):
        return "deleted"
    new = after.startswith(("??", "A")) or committed == "A"
    return "added" if new and not before else "modified"
