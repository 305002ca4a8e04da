"""What one process took: time and memory."""

import contextlib
import resource
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.series import WrongResult

LIMIT_S = 900
LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Spent:
    """``cpu_s`` is of the process and of those that it waited for; ``peak_mb`` the most that was resident of the
    process itself, 0 where the system does not tell."""

    took_s: float
    cpu_s: float
    peak_mb: float
    output: str


def spend(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> Spent:
    """Run ``command`` to its end without input. Raises WrongResult if it fails or takes longer than ``LIMIT_S``."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        used, began = _cpu_of_children_s(), time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _peak_bytes(process.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY_S)
            if time.perf_counter() - began > LIMIT_S:
                process.kill()
        took_s = time.perf_counter() - began
        said, complaints = (_read(file) for file in (output, errors))
    if process.returncode != 0:
        name = " ".join(map(str, command[:3]))
        raise WrongResult(f"{name} … ended with {process.returncode}: {said[-500:]} {complaints[-500:]}")
    return Spent(took_s, _cpu_of_children_s() - used, peak / 1e6, said)


def _cpu_of_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak_bytes(pid: int) -> int:
    """VmHWM of proc(5). What `wait4` tells also counts what the parent had in memory when it started the child."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _read(file: "tempfile._TemporaryFileWrapper[bytes]") -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
