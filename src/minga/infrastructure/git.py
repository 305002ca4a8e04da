"""What Minga asks of git. Every function takes a directory inside the repository."""

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from minga.infrastructure.commands import Done, run

LIMIT_S = 60.0

_APPLY = ("-c", "apply.whitespace=nowarn", "apply")


class GitFailed(Exception):
    """git answered with an error; the text is its own."""


@dataclass(frozen=True, slots=True)
class Repository:
    """``root`` is the top of the working tree, ``head`` the commit that is checked out."""

    root: Path
    head: str


async def find_repository(cwd: Path) -> Repository | None:
    """Return the repository around ``cwd``, or None if there is none, it has no commit, or git is not installed."""
    try:
        done = await _git(cwd, "rev-parse", "--show-toplevel", "HEAD")
    except (FileNotFoundError, PermissionError):
        return None
    lines = done.stdout.split("\n")
    return Repository(Path(lines[0]), lines[1]) if done.exit_code == 0 else None


@dataclass(frozen=True, slots=True)
class State:
    """How a repository stands: the commit, and path -> fingerprint of every file below a folder that differs from it
    or is untracked (not ignored). A fingerprint begins with the two letters of `git status`, and ends with ``gone``
    where there is no such file. ``top`` is the top of the working tree."""

    head: str
    files: dict[str, str]
    top: str = ""


async def state(cwd: Path) -> State:
    """Return how the repository around ``cwd`` stands; two states compared show what happened between them.

    Empty outside a repository. Takes no lock, so that a git command of an agent never meets one.
    """
    status = (
        "--no-optional-locks",
        "status",
        "--porcelain=v1",
        "-z",
        "--untracked-files=all",
        "--no-renames",
        "--",
        ".",
    )
    try:
        done, place = await asyncio.gather(_git(cwd, *status), _git(cwd, "rev-parse", "--show-toplevel", "HEAD"))
    except (FileNotFoundError, PermissionError):
        return State("", {})
    if done.exit_code != 0:
        return State("", {})
    top, _, head = os.fsdecode(place.output).partition("\n")
    found = {}
    for entry in filter(None, os.fsdecode(done.output).split("\0")):
        path = Path(top, entry[3:])
        found[_relative(path, cwd)] = f"{entry[:2]} {_fingerprint(path)}"
    return State(head.strip(), found, top)


async def committed_files(cwd: Path, old: str, new: str) -> dict[str, str]:
    """Return path -> letter of `git diff` (A, M, D …) of every file below ``cwd`` that differs between two commits."""
    done = await _git(cwd, "diff", "--name-status", "-z", "--no-renames", "--relative", old, new, "--", ".")
    parts = os.fsdecode(done.output).split("\0") if done.exit_code == 0 else []
    return {_shown(path): letter[:1] for letter, path in zip(parts[::2], parts[1::2], strict=False)}


async def blobs(cwd: Path, commit: str) -> dict[str, str]:
    """Return path -> name of the blob of every file below ``cwd`` in ``commit``, paths relative to ``cwd``."""
    done = await _git(cwd, "ls-tree", "-r", "-z", commit)
    entries = os.fsdecode(done.output).split("\0") if done.exit_code == 0 else []
    found = (entry.partition("\t") for entry in entries if entry)
    return {_shown(path): head.split(" ")[2] for head, _, path in found}


async def is_commit(cwd: Path, name: str) -> bool:
    """Whether the repository has this commit."""
    return (await _git(cwd, "cat-file", "-e", f"{name}^{{commit}}")).exit_code == 0


async def has_others(cwd: Path) -> bool:
    """Whether branches, tags or the stash have commits that are not in what is checked out."""
    done = await _git(cwd, "rev-list", "--max-count=1", "--all", "--not", "HEAD")
    return bool(done.stdout.strip())


async def is_in_others(cwd: Path, blob: str) -> bool:
    """Whether one of those commits brings in, or takes away, a file of this content."""
    others = ("--all", "--not", "HEAD")
    done = await _git(cwd, "log", "-m", "--max-count=1", "--format=%H", f"--find-object={blob}", *others)
    return bool(done.stdout.strip())


async def add_worktree(repository: Repository, path: Path, branch: str) -> None:
    """Check out HEAD on a new ``branch`` in ``path``. Raises GitFailed."""
    _check(await _git(repository.root, "worktree", "add", "-b", branch, str(path), repository.head))


async def remove_worktree(root: Path, path: Path, branch: str) -> None:
    """Remove the working tree and its branch; git forgets one whose folder is gone already. Raises GitFailed."""
    done = await _git(root, "worktree", "remove", "--force", str(path))
    await _git(root, "worktree", "prune")
    await _git(root, "branch", "-D", branch)
    _check(done)


async def is_clean(path: Path) -> bool:
    """Whether the working tree at ``path`` has nothing that is not committed; ignored files do not count."""
    done = await _git(path, "--no-optional-locks", "status", "--porcelain=v1", "--untracked-files=all")
    return done.exit_code == 0 and not done.output


async def diff_from(path: Path, commit: str) -> bytes:
    """Return the patch from ``commit`` to the working tree at ``path``, new files included (binary ones too).

    It does not depend on how the person has set up their own `git diff`.
    """
    await _git(path, "add", "--all", "--intent-to-add")
    plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "--no-relative")
    done = await _git(path, "diff", "--binary", *plain, commit)
    _check(done)
    return done.output


async def is_merged(root: Path, branch: str, base: str) -> bool:
    """Whether ``branch`` has commits of its own and all of them are in what is checked out at ``root``."""
    head = await _git(root, "rev-parse", branch)
    if head.exit_code != 0 or head.stdout.strip() == base:
        return False
    return (await _git(root, "merge-base", "--is-ancestor", branch, "HEAD")).exit_code == 0


async def apply_patch(root: Path, patch: Path) -> None:
    """Apply ``patch`` to the working tree at ``root``, as a three-way merge where it does not fit as it is.

    Raises GitFailed, with nothing changed, if there would be a conflict.
    """
    if (await _git(root, *_APPLY, str(patch))).exit_code != 0:
        await _try_in_a_copy_of_the_index(root, patch)
        _check(await _git(root, *_APPLY, "--3way", str(patch)))


async def _try_in_a_copy_of_the_index(root: Path, patch: Path) -> None:
    """`git apply --check` does not see the conflicts of a three-way merge. Raises GitFailed."""
    index = Path(root, (await _git(root, "rev-parse", "--git-path", "index")).stdout.rstrip("\n"))
    copy = patch.with_suffix(".index")
    try:
        shutil.copyfile(index, copy)
        attempt = ("env", f"GIT_INDEX_FILE={copy}", "git", *_APPLY, "--3way", "--cached", str(patch))
        _check(await run(attempt, cwd=root, limit_s=LIMIT_S))
    finally:
        copy.unlink(missing_ok=True)


async def _git(cwd: Path, *arguments: str) -> Done:
    return await run(("git", *arguments), cwd=cwd, limit_s=LIMIT_S)


def _check(done: Done) -> None:
    if done.exit_code != 0:
        raise GitFailed(done.stderr.strip() or f"exit code {done.exit_code}")


def _relative(path: Path, cwd: Path) -> str:
    return _shown(str(path.relative_to(cwd) if path.is_relative_to(cwd) else path))


def _shown(path: str) -> str:
    """A path as it may be printed and stored: bytes that are no UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def _fingerprint(path: Path) -> str:
    try:
        status = path.lstat()
    except OSError:
        return "gone"
    return f"{status.st_size}-{status.st_mtime_ns}"
