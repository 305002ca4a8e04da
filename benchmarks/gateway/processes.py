"""What the kernel says about processes: time, memory, and how busy the rest of the machine is (proc(5))."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

TICK_HZ = os.sysconf("SC_CLK_TCK")

CALM = 0.15
"""Share of the cores: below it the machine counts as calm."""

STOP_LIMIT_S = 15

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Spent:
    """``cpu_s`` of the measured tree, user and system; ``others`` is the share of all cores that went to processes
    which have nothing to do with the measurement."""

    cpu_s: float
    others: float


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path, cwd: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a group of its own, which is gone at the end with all that it started."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    members = tree(process.pid)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_LIMIT_S)
    for pid in members:
        with contextlib.suppress(ProcessLookupError):
            if process.poll() is None or pid != process.pid:
                os.kill(pid, signal.SIGKILL)
    process.wait()


def tree(pid: int) -> list[int]:
    """``pid`` and all that descends from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def _stat(pid: int) -> list[str]:
    """The fields from the state on; none if it has ended."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/stat").read_text()
        return text[text.rindex(")") + 2 :].split()
    return []


def cpu_s(pids: Sequence[int]) -> float:
    found = (fields for pid in pids if (fields := _stat(pid)))
    return sum(int(fields[11]) + int(fields[12]) for fields in found) / TICK_HZ


def memory_mb(pid: int) -> float:
    """Of the whole tree, shared pages counted once (PSS)."""
    return _memory_mb(pid, "Pss:")


def own_memory_mb(pid: int) -> float:
    """Of the whole tree, without the pages of programs and libraries: of those each user counts a share, which grows
    whenever another program that uses them ends."""
    return _memory_mb(pid, "Pss_Anon:", "Pss_Shmem:")


def _memory_mb(pid: int, *kinds: str) -> float:
    total = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith(kinds))
    return total / 1024


def spend(work: Callable[[], Result], measured: Sequence[int], beside: Sequence[int]) -> tuple[Result, Spent]:
    """Do ``work``; say what it took of ``measured``. ``beside`` and this process with its ended children belong to the
    measurement too, and are not "others"."""
    ours = [pid for pid in beside if pid not in measured]
    before = cpu_s(measured), cpu_s(ours) + _own_s(), *_machine_s()
    result = work()
    after = cpu_s(measured), cpu_s(ours) + _own_s(), *_machine_s()
    took, own, busy, there = (late - early for early, late in zip(before, after, strict=True))
    return result, Spent(took, max(0.0, busy - took - own) / max(there, 0.01))


def _own_s() -> float:
    return sum(os.times()[:4])


def _machine_s() -> tuple[float, float]:
    """Busy seconds of all cores, and all there were, since the machine started."""
    fields = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICK_HZ, sum(fields) / TICK_HZ


def wait_for_calm(limit_s: float) -> None:
    """Until the cores are mostly idle, or for ``limit_s``."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        busy, there = _machine_s()
        time.sleep(1)
        busy_now, there_now = _machine_s()
        if (busy_now - busy) / max(there_now - there, 0.01) < CALM:
            return
