"""Where a directory stands in git, and what in it is not committed; without a trace in the person's repository."""

import asyncio
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from minga.infrastructure.commands import Done, run
from minga.infrastructure.git import GitFailed
from minga.infrastructure.scratch import scratch_folder

LIMIT_S = 120.0

PATCH_MAX = 64 * 1024 * 1024
"""Bytes of a patch; more is no work in progress but data."""

_PLAIN = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--no-relative",
    "--unified=3",
    "--submodule=short",
)
"""What the person's own settings of git might change."""

_SECRET = re.compile(r"(?<=://)[^/@]*@")


@dataclass(frozen=True, slots=True)
class Standing:
    """``root`` of the working tree; ``remote`` without names and passwords; ``branch`` is empty where none is checked
    out."""

    root: Path
    remote: str
    branch: str
    commit: str


async def standing(cwd: Path) -> Standing | None:
    """None outside a repository with a commit, or without git."""
    try:
        found = await _git(cwd, "rev-parse", "--show-toplevel", "HEAD")
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    lines = found.stdout.split("\n")
    if found.exit_code != 0:
        return None
    branch, remote = await asyncio.gather(_git(cwd, "symbolic-ref", "--quiet", "--short", "HEAD"), _remote(cwd))
    return Standing(Path(lines[0]), remote, branch.stdout.strip(), lines[1])


async def _remote(cwd: Path) -> str:
    names = (await _git(cwd, "remote")).stdout.split()
    if not names:
        return ""
    name = "origin" if "origin" in names else names[0]
    return _SECRET.sub("", (await _git(cwd, "remote", "get-url", name)).stdout.strip())


async def patch_of(standing: Standing) -> bytes:
    """The patch from the commit to the working tree, new files included. The person's own index is not touched.

    Raises GitFailed, also for a patch of more than `PATCH_MAX` bytes.
    """
    index = Path(standing.root, (await _git(standing.root, "rev-parse", "--git-path", "index")).stdout.rstrip("\n"))
    with scratch_folder("index") as folder:
        copy = folder / "index"
        if index.exists():
            shutil.copy2(index, copy)  # with its time, by which git knows what changed in the same second
        own = ("env", f"GIT_INDEX_FILE={copy}", "git")
        _check(await run((*own, "add", "--all", "--intent-to-add"), cwd=standing.root, limit_s=LIMIT_S))
        command = (*own, "diff", "--binary", *_PLAIN, standing.commit)
        done = await run(command, cwd=standing.root, limit_s=LIMIT_S)
    _check(done)
    if len(done.output) > PATCH_MAX:
        raise GitFailed(f"the uncommitted changes are {len(done.output) / 1e6:.0f} MB; more than 67 MB are not taken")
    return done.output


async def try_patch(root: Path, patch: bytes) -> None:
    """Raises GitFailed if ``patch`` does not fit the files below ``root`` as they are. Changes nothing."""
    await _apply(root, patch, "--check")


async def apply_patch(root: Path, patch: bytes) -> None:
    """Raises GitFailed, with nothing changed."""
    await _apply(root, patch)


async def _apply(root: Path, patch: bytes, *options: str) -> None:
    """The patch goes in through a pipe: it is never a file."""
    if not patch:
        return
    child = await asyncio.create_subprocess_exec(
        "git",
        "-c",
        "apply.whitespace=nowarn",
        "apply",
        *options,
        "-",
        cwd=root,
        env={**os.environ, "LC_ALL": "C"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await child.communicate(patch)
    if child.returncode != 0:
        raise GitFailed(" ".join(said.decode("utf-8", "replace").split()))


async def _git(cwd: Path, *arguments: str) -> Done:
    return await run(("git", *arguments), cwd=cwd, limit_s=LIMIT_S)


def _check(done: Done) -> None:
    if done.exit_code != 0:
        raise GitFailed(done.stderr.strip() or f"exit code {done.exit_code}")
