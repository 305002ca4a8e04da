"""Working trees that Minga made."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from minga.domain.secrecy import UserName


@dataclass(frozen=True, slots=True)
class Worktree:
    """``root`` is the person's repository, ``base`` the commit that the worktree started from; ``cwd`` is the folder
    inside the worktree that stands for the folder in which the run was started. ``owner_key`` is of the process that
    made it, ``user`` for whom."""

    path: Path
    root: Path
    branch: str
    base: str
    agent: str
    created_at: datetime
    cwd: Path
    owner_key: str
    user: UserName
