"""Makes worktrees, shows and merges their changes, and clears those that are merged, too old or over the quota."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from minga.domain.errors import BadInput, ChangesDoNotFit, NotARepository, WorktreeFailed
from minga.domain.secrecy import UserName
from minga.domain.sessions import Claim
from minga.domain.workspaces import Worktree
from minga.infrastructure import git
from minga.infrastructure.clock import Clock
from minga.infrastructure.files import size_of
from minga.infrastructure.ids import NewId
from minga.infrastructure.scratch import scratch_folder
from minga.storage.database import Database
from minga.storage.engine import Row

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Removed:
    path: Path
    reason: str


class Worktrees:
    """Those of ``user``; all lie below ``folder``. ``age_max`` and ``quota_bytes`` bound what may stay there, whosever
    it is; one whose process lives, by ``is_alive``, is in use and stays."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        new_id: NewId,
        claim: Claim,
        is_alive: Callable[[str], bool],
        *,
        user: UserName,
        folder: Path,
        age_max: timedelta,
        quota_bytes: int,
    ) -> None:
        self._database = database
        self._is_alive = is_alive
        self._claim = claim
        self._clock = clock
        self._new_id = new_id
        self._user = user
        self._folder = folder
        self._age_max = age_max
        self._quota_bytes = quota_bytes

    async def add(self, cwd: Path, agent: str) -> Worktree:
        """Make a worktree of the repository around ``cwd`` for ``agent``. Raises NotARepository, WorktreeFailed."""
        repository = await git.find_repository(cwd)
        if repository is None:
            raise NotARepository(path=str(cwd))
        name = f"{repository.root.name}-{agent}-{self._new_id()[-12:]}"
        path, branch = self._folder / name, f"minga/{name}"
        inside = path / cwd.resolve().relative_to(repository.root.resolve())
        now, owner = self._clock.now(), self._claim.key()
        worktree = Worktree(path, repository.root, branch, repository.head, agent, now, inside, owner, self._user)
        row = (str(path), str(repository.root), branch, repository.head, agent, int(now.timestamp()), owner, self._user)
        await self._database.write(
            lambda transaction: transaction.execute("INSERT INTO worktrees VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        )
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            await git.add_worktree(repository, path, branch)
            inside.mkdir(parents=True, exist_ok=True)
        except (git.GitFailed, OSError) as wrong:
            await self._forget(path)
            raise WorktreeFailed(path=str(path), detail=str(wrong)) from wrong
        return worktree

    async def all(self) -> list[Worktree]:
        """The user's, the oldest first."""
        return [worktree for worktree in await self._everybodys() if worktree.user == self._user]

    async def _everybodys(self) -> list[Worktree]:
        rows = await self._database.read(
            lambda transaction: transaction.execute(
                "SELECT path, root, branch, base, agent, created_at, owner_key, user_name FROM worktrees"
                " ORDER BY created_at, path"
            )
        )
        return [_worktree(row) for row in rows]

    async def find(self, name: str) -> Worktree:
        """Return the one worktree whose folder name is or ends with ``name``. Raises BadInput."""
        found = [worktree for worktree in await self.all() if worktree.path.name.endswith(name)]
        if len(found) != 1:
            raise BadInput(detail=f"{name!r} names {len(found)} worktrees; `minga worktrees list` shows them")
        return found[0]

    async def diff(self, worktree: Worktree) -> str:
        """Return what was changed in it since it was made, as a patch."""
        return (await self._patch(worktree)).decode("utf-8", "replace")

    async def _patch(self, worktree: Worktree) -> bytes:
        try:
            return await git.diff_from(worktree.path, worktree.base)
        except (git.GitFailed, OSError) as wrong:
            raise WorktreeFailed(path=str(worktree.path), detail=str(wrong)) from wrong

    async def merge(self, worktree: Worktree) -> None:
        """Bring its changes into the person's working tree, uncommitted, and remove it. Raises ChangesDoNotFit,
        with nothing changed or removed."""
        try:
            if content := await self._patch(worktree):
                with scratch_folder("merge") as folder:
                    patch = folder / "changes.patch"
                    patch.write_bytes(content)
                    await git.apply_patch(worktree.root, patch)
        except git.GitFailed as wrong:
            raise ChangesDoNotFit(name=worktree.path.name, detail=str(wrong)) from wrong
        await self.remove(worktree)

    async def remove(self, worktree: Worktree) -> None:
        """Remove it with its branch, whatever state it is in."""
        try:
            await git.remove_worktree(worktree.root, worktree.path, worktree.branch)
        except (git.GitFailed, OSError):
            shutil.rmtree(worktree.path, ignore_errors=True)
        await self._forget(worktree.path)

    async def clear(self) -> list[Removed]:
        """Remove what is merged, older than the age, or over the quota (oldest first), of every user; those in use
        stay. Return which of the user's own."""
        removed: list[Removed] = []
        kept: list[tuple[Worktree, int]] = []
        for worktree in await self._everybodys():
            if reason := await self._reason_to_remove(worktree):
                await self.remove(worktree)
                removed += self._own(worktree, reason)
            else:
                kept.append((worktree, size_of(worktree.path)))
        over = sum(size for _, size in kept) - self._quota_bytes
        for worktree, size in kept:
            if over > 0 and not self._is_alive(worktree.owner_key):
                await self.remove(worktree)
                removed += self._own(worktree, "over the disk quota")
                over -= size
        return removed

    def _own(self, worktree: Worktree, reason: str) -> list[Removed]:
        return [Removed(worktree.path, reason)] if worktree.user == self._user else []

    async def _reason_to_remove(self, worktree: Worktree) -> str:
        if self._is_alive(worktree.owner_key):
            return ""
        if not worktree.path.exists():
            return "its folder is gone"
        if self._clock.now() - worktree.created_at > self._age_max:
            return f"older than {self._age_max.days} days"
        merged = await git.is_merged(worktree.root, worktree.branch, worktree.base)
        return "merged" if merged and await git.is_clean(worktree.path) else ""

    async def _forget(self, path: Path) -> None:
        await self._database.write(
            lambda transaction: transaction.execute("DELETE FROM worktrees WHERE path = ?", (str(path),))
        )


def _worktree(row: Row) -> Worktree:
    path = Path(row[0])
    made_at = datetime.fromtimestamp(row[5], UTC)
    return Worktree(path, Path(row[1]), row[2], row[3], row[4], made_at, path, row[6], UserName(row[7]))
