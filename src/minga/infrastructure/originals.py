"""How the files of a working directory were at one moment, kept without a trace in it.

In a git repository only what is not committed is copied; the rest is read from the repository's own objects, by the
names that its index gave at that moment. Elsewhere a bounded copy is made, tests and what configures them first.
"""

import asyncio
import os
import subprocess
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from minga.infrastructure.commands import run
from minga.infrastructure.scratch import scratch_folder

LIMIT_S = 60.0

FILE_BYTES_MAX = 2_000_000
KEPT_BYTES_MAX = 64_000_000
KEPT_FILES_MAX = 5_000
LOOKED_AT_MAX = 50_000
"""Files of a directory without git that are looked at."""

_SCRATCH = "minga-scratch-"

_SKIPPED = {"node_modules", "__pycache__", "target", "dist", "build", "site-packages"}

_TESTING = ("test", "spec", "conftest", "pytest", "tox.ini", "setup.cfg", "pyproject", "package.json", "makefile")


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Fits `domain.work.Originals`. ``blobs`` are git's names of what was committed or staged and unchanged;
    ``copies`` are files in the scratch folder."""

    cwd: Path
    blobs: Mapping[str, str]
    copies: Mapping[str, Path]

    def paths(self) -> Sequence[str]:
        return sorted({*self.blobs, *self.copies})

    def read(self, path: str) -> bytes | None:
        """None for a file that was not there, or is not kept. Raises OSError where git cannot be run."""
        if path in self.copies:
            return self.copies[path].read_bytes()
        return self._blob(path) if path in self.blobs else None

    def _blob(self, path: str) -> bytes | None:
        """As git would write it into the working tree; what lies in another place (LFS) is not fetched."""
        command = ("git", "cat-file", "--filters", f"--path=./{path}", self.blobs[path])
        environment = {**os.environ, "GIT_LFS_SKIP_SMUDGE": "1", "GIT_NO_LAZY_FETCH": "1"}
        done = subprocess.run(command, cwd=self.cwd, env=environment, capture_output=True, check=False, timeout=LIMIT_S)
        return done.stdout if done.returncode == 0 else None


@asynccontextmanager
async def keep(cwd: Path) -> AsyncIterator[KeptFiles]:
    """How the files below ``cwd`` are now, for as long as the block lasts. Changes nothing in it, nor in its git.

    What is ignored by git, is no plain file, or is beyond the bounds is not kept. Raises OSError where the scratch
    folder takes no more.
    """
    with scratch_folder("originals") as folder:
        yield await _kept(cwd, folder)


async def _kept(cwd: Path, folder: Path) -> KeptFiles:
    tracked = await _listed(cwd, "ls-files", "-z", "--stage")
    if tracked is None:
        names = sorted(await asyncio.to_thread(files_below, cwd), key=_is_of_no_test)
        return KeptFiles(cwd, {}, await _copied(cwd, names, folder))
    changed, untracked = await asyncio.gather(
        _listed(cwd, "diff-files", "-z", "--name-only", "--relative", "--ignore-submodules"),
        _listed(cwd, "ls-files", "-z", "--others", "--exclude-standard"),
    )
    blobs = dict(_plain_files(tracked))
    for path in changed or ():
        blobs.pop(path, None)
    return KeptFiles(cwd, blobs, await _copied(cwd, [*(changed or ()), *(untracked or ())], folder))


async def _copied(cwd: Path, paths: Sequence[str], folder: Path) -> dict[str, Path]:
    """Copy as many of ``paths``, in their order, as the bounds allow. Who cancels it waits for the file at hand:
    nothing is written into ``folder`` afterwards."""
    stopped = threading.Event()
    copying = asyncio.ensure_future(asyncio.to_thread(_copy, cwd, paths, folder, stopped))
    try:
        return await asyncio.shield(copying)
    except asyncio.CancelledError:
        stopped.set()
        await asyncio.gather(copying, return_exceptions=True)
        raise


async def _listed(cwd: Path, *command: str) -> list[str] | None:
    """What git lists, ended by NUL; None outside a repository, or without git."""
    try:
        done = await run(("git", "--no-optional-locks", *command), cwd=cwd, limit_s=LIMIT_S)
    except (FileNotFoundError, PermissionError):
        return None
    return list(filter(None, os.fsdecode(done.output).split("\0"))) if done.exit_code == 0 else None


def _plain_files(entries: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Path and name of the object, of ``MODE OBJECT STAGE<tab>PATH``; no links, no submodules, nothing in conflict."""
    for entry in entries:
        head, _, path = entry.partition("\t")
        mode, name, stage = head.split(" ")
        if mode.startswith("100") and stage == "0":
            yield path, name


def files_below(cwd: Path) -> list[str]:
    """The files and links below ``cwd`` that are likely a person's own, as many as `LOOKED_AT_MAX`."""
    found: list[str] = []
    for parent, folders, names in os.walk(cwd):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith((".", _SCRATCH)))
        found += (os.path.relpath(os.path.join(parent, name), cwd) for name in sorted([*names, *links]))
        if len(found) >= LOOKED_AT_MAX:
            break
    return found[:LOOKED_AT_MAX]


def _is_of_no_test(path: str) -> bool:
    return not any(word in part for part in PurePosixPath(path.lower()).parts for word in _TESTING)


def _copy(cwd: Path, paths: Sequence[str], folder: Path, stopped: threading.Event) -> dict[str, Path]:
    copies: dict[str, Path] = {}
    left = KEPT_BYTES_MAX
    for path in paths:
        content = _content(cwd / path)
        if content is None or len(content) > left:
            continue
        if len(copies) >= KEPT_FILES_MAX or stopped.is_set():
            break
        left -= len(content)
        copies[path] = folder / str(len(copies))
        copies[path].write_bytes(content)
    return copies


def _content(path: Path) -> bytes | None:
    """None for what is no plain file, is too large, or cannot be read."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > FILE_BYTES_MAX:
            return None
        return path.read_bytes()
    except OSError:
        return None
