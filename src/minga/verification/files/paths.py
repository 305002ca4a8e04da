"""Where files were changed: below the directory of the work, within what was allowed, and never around it."""

import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from minga.domain.events import FileChange
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.claims import Claim, summed_up

_GIT_INTERNALS = ("hooks", "config", "config.worktree", "info", "modules", "worktrees")
"""What git runs or obeys. Its objects, refs and index change with every commit, which is no fault."""


@dataclass(frozen=True, slots=True)
class ChangedPaths:
    """Files that lie in ``scratch``, the machine's folder for temporary files, are told and not held against it."""

    scratch: Path | None = None
    name: str = "changed-paths"

    def look(self, work: Work) -> Checked | None:
        if not work.changed:
            return None
        wrong = [claim for change in work.changed if (claim := odd(change, work, self.scratch))]
        fine = len(work.changed) - len(wrong)
        claims = [Claim(CheckState.PASSED, f"{fine} changed files lie where they may", formal=True)] if fine else []
        return summed_up(self.name, [*wrong, *claims])


def odd(change: FileChange, work: Work, scratch: Path | None = None) -> Claim | None:
    """What is wrong with the place of one change; None where it may be changed."""
    root = os.path.realpath(work.cwd)
    told = os.path.normpath(os.path.join(root, change.path))
    if str(work.cwd) != root and told.startswith(os.path.join(work.cwd, "")):
        told = os.path.join(root, os.path.relpath(told, work.cwd))
    if not _is_below(told, root):
        return _outside(change, told, root, scratch)
    if not _is_below(_real(told, change), root):
        problem = f"{change.path} leads out of the working directory through a symbolic link, to {_real(told, change)}"
        return Claim(CheckState.FAILED, problem)
    relative = PurePosixPath(os.path.relpath(told, root).replace(os.sep, "/"))
    if _is_git_internal(relative):
        return Claim(CheckState.FAILED, f"{relative} belongs to git itself")
    if work.allowed and not any(_is_allowed(relative, path) for path in work.allowed):
        return Claim(CheckState.FAILED, f"{relative} lies outside of the allowed paths ({', '.join(work.allowed)})")
    return None


def _outside(change: FileChange, told: str, root: str, scratch: Path | None) -> Claim:
    passing = os.path.realpath(scratch) if scratch else ""
    if passing and _is_below(os.path.realpath(told), passing) and not _is_below(root, passing):
        return Claim(CheckState.UNPROVEN, f"{change.path} lies in the folder for temporary files")
    return Claim(CheckState.FAILED, f"{change.path} lies outside of the working directory")


def _real(told: str, change: FileChange) -> str:
    """Where the bytes went. Of a link that was deleted that is the link itself."""
    if change.change == "deleted":
        return os.path.join(os.path.realpath(os.path.dirname(told)), os.path.basename(told))
    return os.path.realpath(told)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _is_git_internal(path: PurePosixPath) -> bool:
    """Also of a submodule, and in the spellings that a file system without upper case takes for the same; or all of
    it."""
    parts = [part.lower() for part in path.parts]
    return parts[-1:] == [".git"] or any(part == ".git" and below in _GIT_INTERNALS for part, below in pairwise(parts))


def _is_allowed(path: PurePosixPath, allowed: str) -> bool:
    folder = PurePosixPath(os.path.normpath(allowed or "."))
    return str(folder) == "." or path.is_relative_to(folder)
