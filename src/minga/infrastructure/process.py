"""Child processes that cannot outlive their use: own process group, bounded output, whole-tree kill.

Three nets, each for what the one before misses: the process group (children that stayed in it), a mark in the
environment (children that left the group with setsid), and the watchdog (Minga itself was killed with -9).
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from minga.infrastructure.tail import Tail
from minga.infrastructure.watchdog import Watchdog

MARK = "MINGA_PROCESS_MARK"
"""Environment variable that every process of one tree inherits; its value is unique to the tree."""

STDERR_KEPT_BYTES = 64 * 1024
STDERR_WAIT_S = 0.2
"""How long its end is waited for once the process is gone: what detached itself may hold it open."""

LINE_BYTES_MAX = 32 * 1024 * 1024
OUTPUT_BYTES_MAX = 256 * 1024 * 1024


class ProcessEnded(Exception):
    """The process ended while something was still expected from it. ``exit_code`` is negative for a signal."""

    def __init__(self, exit_code: int | None, stderr: str) -> None:
        self.exit_code = exit_code
        self.stderr = stderr
        super().__init__(f"the process ended with exit code {exit_code}: {stderr[-500:]}")


class OutputExceeded(Exception):
    """The process printed more than it may: a line over ``LINE_BYTES_MAX`` or ``limit_bytes`` in all."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(f"more than {limit_bytes} bytes of output")


class Process:
    """A running child. Made by `start`; reads lines from standard output, keeps the tail of standard error."""

    def __init__(
        self,
        child: asyncio.subprocess.Process,
        mark: str,
        output_bytes_max: int,
        on_stderr: Callable[[bytes], None] | None,
    ) -> None:
        self._child = child
        self._mark = mark
        self._output_left = output_bytes_max
        self._output_bytes_max = output_bytes_max
        self._stderr = Tail(STDERR_KEPT_BYTES)
        self._on_stderr = on_stderr
        self._stderr_reader = asyncio.create_task(self._keep_stderr())

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        return self._child.returncode

    @property
    def stderr(self) -> str:
        """The last ``STDERR_KEPT_BYTES`` of standard error; bytes that are not UTF-8 are replaced."""
        return self._stderr.text()

    async def read_line(self) -> bytes:
        """Return the next line of standard output without its end.

        Raises ProcessEnded at the end of output, OutputExceeded over the limits.
        """
        assert self._child.stdout is not None
        try:
            line = await self._child.stdout.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            line = end.partial
            if not line:
                raise await self.ended() from None
        except asyncio.LimitOverrunError:
            raise OutputExceeded(LINE_BYTES_MAX) from None
        self._output_left -= len(line)
        if self._output_left < 0:
            raise OutputExceeded(self._output_bytes_max)
        return line.rstrip(b"\r\n")

    async def write(self, data: bytes) -> None:
        """Write to standard input. Raises ProcessEnded if the process no longer reads."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(data)
            await self._child.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self.ended() from None

    async def close_input(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            await self._child.stdin.wait_closed()

    async def ended(self) -> ProcessEnded:
        """Wait shortly for the exit code and the last of standard error, and say how the process ended."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._child.wait(), 2)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._stderr_reader), STDERR_WAIT_S)
        return ProcessEnded(self._child.returncode, self.stderr)

    async def wait(self) -> int:
        return await self._child.wait()

    async def end_tree(self, grace_s: float) -> None:
        """End every process of the tree: input closed, SIGTERM after ``grace_s``, SIGKILL after as long again.

        What the leader leaves behind gets its SIGTERM and its grace too: a login shell killed outright in its start-up
        files may leave a lock (pyenv's, for one) on which every later shell of the person's waits. Who descends from
        the leader is looked up before it ends: a child with a session of its own and an empty environment cannot be
        told from a stranger afterwards.
        """
        descendants = await asyncio.to_thread(descendants_of, self.pid)
        with contextlib.suppress(ProcessEnded):
            await self.close_input()
        await self._wait_at_most(grace_s)
        if await asyncio.to_thread(signal_tree, self.pid, self._mark, signal.SIGTERM):
            await asyncio.to_thread(wait_for_tree, self.pid, self._mark, grace_s)
            await asyncio.to_thread(kill_tree, self.pid, self._mark)
        await asyncio.to_thread(end_all, descendants, grace_s)
        await self._wait_at_most(5)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._stderr_reader), STDERR_WAIT_S)
        self._stderr_reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._stderr_reader
        # asyncio closes the pipes when it sees their end, which the loop may not live to see; there is no public way
        self._child._transport.close()  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    async def _wait_at_most(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._child.wait(), seconds)

    async def _keep_stderr(self) -> None:
        assert self._child.stderr is not None
        while piece := await self._child.stderr.read(8192):
            self._stderr.add(piece)
            if self._on_stderr is not None:
                self._on_stderr(piece)


@asynccontextmanager
async def start(
    command: tuple[str, ...],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    mark: str,
    watchdog: Watchdog,
    on_stderr: Callable[[bytes], None] | None = None,
    grace_s: float = 1.0,
    output_bytes_max: int = OUTPUT_BYTES_MAX,
) -> AsyncIterator[Process]:
    """Start ``command`` in a process group of its own; on leaving, the whole tree is gone.

    ``mark`` must be unique to this tree. ``on_stderr`` gets all of standard error, in pieces; no file gets it. Raises
    FileNotFoundError or PermissionError if it cannot be started.
    """
    child = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**environment, MARK: mark},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=LINE_BYTES_MAX,
    )
    watchdog.guard(child.pid, mark)
    process = Process(child, mark, output_bytes_max, on_stderr)
    try:
        yield process
    finally:
        await _finish(asyncio.create_task(process.end_tree(grace_s)))
        watchdog.release(child.pid)


async def _finish(ending: asyncio.Task[None]) -> None:
    """Wait until ``ending`` is done, also where the caller is cancelled meanwhile; the cancel counts afterwards."""
    cancelled = False
    while not ending.done():
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            cancelled = True
    ending.result()
    if cancelled:
        raise asyncio.CancelledError


def signal_tree(leader: int, mark: str, sign: signal.Signals) -> int:
    """Send ``sign`` to the group of ``leader`` and to everything found of its tree; return how much was found."""
    members = find_tree(leader, mark)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, sign)
    for process in members:
        with contextlib.suppress(psutil.Error):
            process.send_signal(sign)
    return len(members)


def kill_tree(leader: int, mark: str) -> None:
    """SIGKILL the tree until none of it is left; a process that forks meanwhile is caught by the next look."""
    for _ in range(10):
        if not signal_tree(leader, mark, signal.SIGKILL):
            return


def wait_for_tree(leader: int, mark: str, seconds: float) -> None:
    """Wait until nothing of the tree is left, at most ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and find_tree(leader, mark):
        time.sleep(0.02)


def descendants_of(leader: int) -> list[psutil.Process]:
    try:
        return psutil.Process(leader).children(recursive=True)
    except psutil.Error:
        return []


def end_all(processes: list[psutil.Process], seconds: float) -> None:
    """SIGTERM to those that still live, SIGKILL after ``seconds``; one whose pid went to another is left alone."""
    left = [process for process in processes if _lives(process)]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    for process in psutil.wait_procs(left, seconds)[1] if left else ():
        with contextlib.suppress(psutil.Error):
            process.kill()


def kill_marked(mark: str) -> None:
    """SIGKILL what is left of a tree whose leader is not known any more."""
    for process in find_marked(mark):
        with contextlib.suppress(psutil.Error):
            process.kill()


def find_tree(leader: int, mark: str) -> list[psutil.Process]:
    """Return the living processes that descend from ``leader``, stand in its session, or carry ``mark``.

    Three signs, because agents start MCP servers with a scrubbed environment, in groups of their own, or detached.
    """
    found = {process.pid: process for process in find_marked(mark)}
    found |= {child.pid: child for child in descendants_of(leader)}
    for process in psutil.process_iter():
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) == leader:
                found[process.pid] = process
    return [process for process in found.values() if _lives(process)]


def find_marked(mark: str) -> list[psutil.Process]:
    """Return the living processes that carry ``mark`` in their environment, as far as the system lets us see."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == mark and _lives(process):
                found.append(process)
    return found


def marks_above() -> int:
    """How many marked trees this process stands in: trees within trees count each."""
    found = set()
    for process in psutil.Process().parents():
        with contextlib.suppress(psutil.Error, OSError):
            found.add(process.environ().get(MARK))
    found.add(os.environ.get(MARK))
    return len(found - {None, ""})


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
