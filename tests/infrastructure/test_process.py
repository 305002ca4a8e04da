"""Child processes: bounded output, the end of the whole tree, and the watchdog's net under it."""

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from children import begun
from minga.infrastructure import commands
from minga.infrastructure.process import Process, ProcessEnded, find_marked, kill_marked, start
from minga.infrastructure.watchdog import Watchdog


@asynccontextmanager
async def running(program: str, *, mark: str = "", grace_s: float = 0.3) -> AsyncIterator[Process]:
    watchdog = Watchdog()
    try:
        async with start(
            ("/bin/sh", "-c", program),
            cwd=Path("/"),
            environment={"PATH": os.environ["PATH"]},
            mark=mark or str(uuid.uuid4()),
            watchdog=watchdog,
            grace_s=grace_s,
        ) as process:
            yield process
    finally:
        watchdog.close()


def gone(pid: int, within_s: float = 30.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_lines_go_both_ways_and_the_end_tells_the_exit_code_and_standard_error() -> None:
    async def run() -> None:
        async with running('read line; echo "got $line"; echo oops >&2; exit 7') as process:
            await process.write(b"hello\n")
            assert await process.read_line() == b"got hello"
            with pytest.raises(ProcessEnded) as ended:
                await process.read_line()
            assert (ended.value.exit_code, ended.value.stderr) == (7, "oops\n")

    asyncio.run(run())


@pytest.mark.parametrize(
    "program",
    [
        "trap '' TERM; while :; do sleep 1; done",
        "sleep 300 & sleep 300 & wait",
        "(sleep 300 &) ; sleep 300",
        "setsid sleep 300 & sleep 300",
        "env -i setsid sleep 300 & sleep 300",
        "env -i sleep 300 & exit 0",
        "setsid sleep 300 & exit 0",
    ],
)
def test_on_leaving_nothing_of_the_tree_is_left(program: str) -> None:
    mark = str(uuid.uuid4())

    async def run() -> list[int]:
        async with running(f"{program} # {mark}", mark=mark) as process:
            await asyncio.sleep(0.3)
            return [process.pid, *(child.pid for child in _family(process.pid)), *(p.pid for p in find_marked(mark))]

    pids = asyncio.run(run())
    assert all(gone(pid) for pid in pids)
    assert find_marked(mark) == []


def _family(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def test_a_program_that_is_not_there_is_told_at_once() -> None:
    async def run() -> None:
        with pytest.raises(FileNotFoundError):
            async with start(("/nowhere",), cwd=Path("/"), environment={}, mark="x", watchdog=Watchdog()):
                pass

    asyncio.run(run())


_HOST = """
import asyncio, os, sys
from pathlib import Path
from minga.infrastructure.process import start
from minga.infrastructure.watchdog import Watchdog
async def run():
    watchdog = Watchdog()
    programs = ("sleep 301 & echo $!; sleep 300", "env -i setsid sleep 301 & echo $!; sleep 300")
    async with (
        start(("/bin/sh", "-c", programs[0]), cwd=Path("/"), environment=dict(os.environ), mark=sys.argv[1],
              watchdog=watchdog) as one,
        start(("/bin/sh", "-c", programs[1]), cwd=Path("/"), environment=dict(os.environ), mark=sys.argv[1],
              watchdog=watchdog) as two,
    ):
        print(one.pid, two.pid, int(await one.read_line()), int(await two.read_line()), flush=True)
        await asyncio.sleep(100)
asyncio.run(run())
"""


def test_the_watchdog_ends_every_tree_of_a_process_that_was_killed() -> None:
    mark = str(uuid.uuid4())
    with begun([sys.executable, "-c", _HOST, mark], stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        pids = list(map(int, host.stdout.readline().split()))
        assert len(pids) == 4
    assert all(gone(pid) for pid in pids)
    assert find_marked(mark) == []


def test_what_is_left_of_a_tree_is_found_by_its_mark() -> None:
    mark = str(uuid.uuid4())
    with begun(["sleep", "300"], env={"MINGA_PROCESS_MARK": mark, "PATH": os.environ["PATH"]}) as child:
        assert [process.pid for process in find_marked(mark)] == [child.pid]
        kill_marked(mark)
        assert child.wait(30) == -9


def test_a_short_command_ends_within_its_limit() -> None:
    async def run() -> None:
        done = await commands.run(("sh", "-c", "echo ñ; echo e >&2; exit 4"), cwd=Path("/"), limit_s=5)
        assert (done.exit_code, done.stdout, done.stderr) == (4, "ñ\n", "e\n")
        began = time.monotonic()
        late = await commands.run(("sh", "-c", "sleep 60 & sleep 60"), cwd=Path("/"), limit_s=0.2)
        assert (late.exit_code, time.monotonic() - began < 30) == (None, True)

    asyncio.run(run())
