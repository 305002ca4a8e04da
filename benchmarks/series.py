"""Measurements of one thing, and how they are written."""

import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 180


@dataclass(frozen=True, slots=True)
class Series:
    """Wall times in seconds, in the order in which they were taken."""

    times_s: tuple[float, ...]

    @property
    def minimum(self) -> float:
        return min(self.times_s)

    @property
    def median(self) -> float:
        return statistics.median(self.times_s)

    @property
    def maximum(self) -> float:
        return max(self.times_s)

    def __str__(self) -> str:
        """Minimum, median and maximum in milliseconds."""
        return f"{self.minimum * 1000:.0f} / {self.median * 1000:.0f} / {self.maximum * 1000:.0f}"

    def fields(self) -> dict[str, object]:
        return {
            "min_ms": round(self.minimum * 1000, 1),
            "median_ms": round(self.median * 1000, 1),
            "max_ms": round(self.maximum * 1000, 1),
            "times_ms": [round(one * 1000, 1) for one in self.times_s],
        }


class WrongResult(Exception):
    """What was measured did not do what it should have done, so its time means nothing."""


def time_command(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], expected: str = "") -> float:
    """Run ``command`` to its end without input; return its wall time in seconds.

    Raises WrongResult if it fails, takes longer than ``LIMIT_S``, or does not print ``expected``.
    """
    began = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired as late:
        raise WrongResult(f"{command[0]} did not end within {LIMIT_S} s") from late
    took_s = time.perf_counter() - began
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0 or expected not in output:
        errors = done.stderr.decode("utf-8", "replace")
        raise WrongResult(f"{' '.join(command[:3])} … ended with {done.returncode}: {output[-500:]} {errors[-500:]}")
    return took_s
