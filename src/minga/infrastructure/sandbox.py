"""Runs a program on a copy of a working directory, so that nothing it does reaches the person's files.

Where the kernel permits it, the copy stands at the directory's own path, everything else is read-only, and there is no
network (`cell`); elsewhere the program runs in the copy with a home of its own, which a program that means harm can
leave: `Ran.isolation` tells which it was. Why so: docs/decisions/0040-sandbox.md.
"""

import asyncio
import json
import re
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from minga.infrastructure import cell
from minga.infrastructure.process import OutputExceeded, Process, ProcessEnded, descendants_of, start
from minga.infrastructure.sandbox_environment import GIT_CONFIGURATION, sandbox_environment, without_network
from minga.infrastructure.scratch import scratch_folder
from minga.infrastructure.watchdog import Watchdog
from minga.infrastructure.workspace_copy import Copied, copy_workspace, damage, lay_over

GIB = 1024**3

PRIVATE_PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/var/run")  # noqa: S108 - these are hidden, not used
"""Where every program of the machine may write, or reach a service (the socket of Docker, an agent with keys)."""

PROBE_LIMIT_S = 20.0

LOOK_S = 0.5
"""How often processes are counted where the kernel does not do it."""

_NETWORK = re.compile(
    r"Network is unreachable|ENETUNREACH|EAI_AGAIN|ENOTFOUND|getaddrinfo|gaierror|Name or service not known|"
    r"Temporary failure in name resolution|Could not resolve host|nodename nor servname|No address associated|"
    r"NameResolutionError|Failed to connect to (?!localhost|127\.)|127\.0\.0\.1:9\b|port=9\)|ENOTCACHED|"
    r"dial udp .{0,80}unreachable"
)

_OUTSIDE = re.compile(r"Read-only file system|EROFS")


class Isolation(StrEnum):
    """``namespaces``: by the kernel. ``copy``: only by where the program looks."""

    NAMESPACES = "namespaces"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Limits:
    """``wall_s`` for all of the run; the others for each process of it. Memory is that which can be written: programs
    reserve address space without end (Node, Go, Java)."""

    wall_s: float = 300.0
    cpu_s: int = 900
    memory_bytes: int = 8 * GIB
    file_bytes: int = GIB
    processes: int = 1024


Stopped = Literal["", "time", "processes", "missing"]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended. ``exit_code`` as a shell tells it (128 + signal); None where it was ``stopped``, or could
    not begin (``missing``). ``output``: the last 64 kB of both streams; bytes that are not UTF-8 are replaced."""

    exit_code: int | None
    output: str
    isolation: Isolation
    stopped: Stopped = ""
    deleted: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    took_s: float = 0.0

    @property
    def wanted_network(self) -> bool:
        """As far as it can be told from what it printed."""
        return _NETWORK.search(self.output) is not None

    @property
    def wanted_to_write_outside(self) -> bool:
        return _OUTSIDE.search(self.output) is not None


class Sandbox:
    """``environment`` is the person's; what of it may be seen inside is `sandbox_environment`'s affair. ``isolation``
    None: the best that this machine permits, found out at the first run."""

    def __init__(
        self, environment: Mapping[str, str], watchdog: Watchdog, *, isolation: Isolation | None = None
    ) -> None:
        self._environment = environment
        self._watchdog = watchdog
        self._isolation = isolation
        self._probing = asyncio.Lock()

    async def isolation(self) -> Isolation:
        """Which isolation this machine permits."""
        async with self._probing:
            if self._isolation is None:
                self._isolation = await self._probe()
        return self._isolation

    async def run(
        self,
        command: Sequence[str],
        cwd: Path,
        *,
        laid_over: Mapping[str, bytes | None] | None = None,
        limits: Limits | None = None,
    ) -> Ran:
        """Run ``command`` on a copy of ``cwd``, in which ``laid_over`` replaces files (None: removes them).

        Raises CopyRefused where no copy can be made, OSError where the disk takes none. Nothing of it is left after,
        also when cancelled.
        """
        isolation = await self.isolation()
        source = await asyncio.to_thread(cwd.resolve, strict=True)
        with scratch_folder("sandbox", Path(tempfile.gettempdir())) as folder:
            copied = await asyncio.to_thread(_prepared, source, folder, isolation, laid_over or {})
            ran = await self._run(tuple(command), source, folder, copied, isolation, limits or Limits())
            deleted, changed = await asyncio.to_thread(damage, copied)
        return replace(ran, deleted=tuple(deleted), changed=tuple(changed), left_out=copied.left_out)

    async def _probe(self) -> Isolation:
        if sys.platform != "linux":
            return Isolation.COPY
        with scratch_folder("sandbox", Path(tempfile.gettempdir())) as folder:
            work = folder / "work"
            work.mkdir()
            copied = _prepared(work, folder, Isolation.NAMESPACES, {})
            ran = await self._run(
                ("/bin/sh", "-c", "true"), work, folder, copied, Isolation.NAMESPACES, Limits(wall_s=PROBE_LIMIT_S)
            )
        return Isolation.NAMESPACES if ran.exit_code == 0 else Isolation.COPY

    async def _run(
        self,
        command: tuple[str, ...],
        source: Path,
        folder: Path,
        copied: Copied,
        isolation: Isolation,
        limits: Limits,
    ) -> Ran:
        environment = self._environment_in(folder, source, isolation)
        plan = folder / "plan.json"
        plan.write_text(json.dumps(_plan(command, source, folder, copied, isolation, limits, environment)))
        began = time.monotonic()
        async with start(
            (sys.executable, "-I", "-S", cell.__file__, str(plan)),
            cwd=folder,
            environment=environment,
            mark=secrets.token_hex(16),
            watchdog=self._watchdog,
            grace_s=0.2,
        ) as process:
            exit_code, stopped = await _followed(process, isolation, limits)
        return Ran(exit_code, process.stderr, isolation, stopped, took_s=time.monotonic() - began)

    def _environment_in(self, folder: Path, source: Path, isolation: Isolation) -> dict[str, str]:
        if isolation is Isolation.NAMESPACES:
            inside = Path(PRIVATE_PLACES[0])
            environment = sandbox_environment(self._environment, inside / "home", inside)
            return {**environment, "PWD": str(source)}
        temporary, copy = folder / "tmp", folder / "copy"
        environment = sandbox_environment(self._environment, temporary / "home", temporary)
        own = f"{copy / 'src'}:{copy}"  # an editable install points at the original
        path = f"{own}:{environment['PYTHONPATH']}" if environment.get("PYTHONPATH") else own
        return {**without_network(environment), "PWD": str(copy), "PYTHONPATH": path}


def _prepared(source: Path, folder: Path, isolation: Isolation, laid_over: Mapping[str, bytes | None]) -> Copied:
    for name in ("tmp", "tmp/home"):
        (folder / name).mkdir()
    (folder / "tmp/home/.gitconfig").write_text(GIT_CONFIGURATION)
    copied = copy_workspace(source, folder / "copy", mounts=isolation is Isolation.NAMESPACES)
    return lay_over(copied, laid_over)


def _plan(
    command: tuple[str, ...],
    source: Path,
    folder: Path,
    copied: Copied,
    isolation: Isolation,
    limits: Limits,
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """What `cell` reads."""
    isolated = isolation is Isolation.NAMESPACES
    return {
        "isolated": isolated,
        "command": command,
        "cwd": str(source if isolated else copied.folder),
        "copy": str(copied.folder),
        "scratch": str(folder),
        "bound": copied.bound,
        "processes": limits.processes,
        "limits": {
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": limits.cpu_s,
            "RLIMIT_DATA": limits.memory_bytes,
            "RLIMIT_FSIZE": limits.file_bytes,
            **({"RLIMIT_NPROC": limits.processes} if isolated else {}),
        },
        **(_mounts(source, folder, environment) if isolated else {}),
    }


def _mounts(source: Path, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Private folders, and what of the real ones stays visible in them: the surroundings of the working directory and
    of programs."""
    places = [place for place in map(Path, PRIVATE_PLACES) if place.is_dir() and not place.is_symlink()]
    private = []
    for number, place in enumerate(places):
        own = folder / "tmp" if number == 0 else folder / f"private-{number}"
        own.mkdir(exist_ok=True)
        private.append((str(place), str(own)))
    programs = (Path(entry).parent for entry in environment["PATH"].split(":") if entry.startswith("/"))
    around = next((folder for folder in (source, *source.parents) if (folder / ".git").exists()), source)
    needed = {around, Path(sys.prefix), Path(sys.base_prefix), *programs}
    shown = {str(path) for path in needed if path.is_dir() and any(place in path.parents for place in places)}
    return {"private": private, "shown": sorted(shown)}


async def _followed(process: Process, isolation: Isolation, limits: Limits) -> tuple[int | None, Stopped]:
    """How the command ended, within the limits; the caller ends what is left of it."""
    reporting = asyncio.create_task(_report(process))
    counting = asyncio.create_task(_count(process, limits.processes, isolation))
    try:
        await asyncio.wait({reporting, counting}, timeout=limits.wall_s, return_when=asyncio.FIRST_COMPLETED)
        if counting.done():
            return None, "processes"
        return _ending(*reporting.result(), isolation) if reporting.done() else (None, "time")
    finally:
        for task in (reporting, counting):
            task.cancel()
        await asyncio.gather(reporting, counting, return_exceptions=True)


def _ending(told: str, code: int | None, isolation: Isolation) -> tuple[int | None, Stopped]:
    """What the line of `cell` says. Without one the command took its place, and ``code`` is its own; in namespaces it
    was killed, as when memory runs out."""
    word, _, rest = told.partition(" ")
    if word in ("missing", "impossible"):
        return None, "missing"
    if word == "processes":
        return None, "processes"
    if word == "exit":
        return int(rest), ""
    if isolation is Isolation.NAMESPACES:
        return 128 + signal.SIGKILL, ""
    return (128 - code if code is not None and code < 0 else code), ""


async def _report(process: Process) -> tuple[str, int | None]:
    """The line of `cell`, empty where the command took its place without one; the exit code of the process."""
    told = ""
    try:
        while True:
            line = (await process.read_line()).decode("utf-8", "replace")
            told = told or line
    except ProcessEnded:
        return told, await process.wait()
    except OutputExceeded:
        return told, None


async def _count(process: Process, most: int, isolation: Isolation) -> None:
    """Returns when there are too many processes; in namespaces `cell` counts them."""
    while True:
        await asyncio.sleep(LOOK_S)
        if isolation is Isolation.COPY and len(await asyncio.to_thread(descendants_of, process.pid)) > most:
            return
