"""The lines of the table, and how the visits of all rounds become one figure."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.gateway.visit import Visit

DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Measure:
    """One line. ``added`` figures have those of the model server itself taken off, the median from the median and
    the best from the best. Where ``more`` is better, the best round is the highest."""

    key: str
    title: str
    unit: str
    digits: int = 0
    added: bool = False
    more: bool = False
    ratio: bool = True


MEASURES = (
    Measure("c64_cpu", "CPU a request, 64 connections", "µs"),
    Measure("c1_p50", "added latency, 1 connection, p50", "ms", 2, added=True),
    Measure("c1_p99", "added latency, 1 connection, p99", "ms", 2, added=True),
    Measure("c16_p50", "added latency, 16 connections, p50", "ms", 2, added=True),
    Measure("c16_p99", "added latency, 16 connections, p99", "ms", 2, added=True),
    Measure("c64_rps", "requests a second, 64 connections", "1/s", more=True),
    Measure("burst_cpu", "CPU a stream of 50 chunks", "µs"),
    Measure("paced_first_p50", "first byte of 16 paced streams, p50", "ms", 2),
    Measure("paced_first_p95", "first byte of 16 paced streams, p95", "ms", 2),
    Measure("large_c1_p50", "200 kB request, 1 connection, p50", "ms", 2),
    Measure("large_c16_p50", "200 kB request, 16 connections, p50", "ms", 2),
    Measure("large_c64_rps", "200 kB requests a second, 64 connections", "1/s", more=True),
    Measure("large_c64_cpu", "CPU a 200 kB request, 64 connections", "µs"),
    Measure("memory_idle", "memory after the start", "MB"),
    Measure("memory_after", "memory after the load", "MB"),
    Measure("memory_idle_streams", "memory with 1,000 idle streams", "MB"),
    Measure("crowd_open", "of 2,000 streams, so many ran at once", "", more=True, ratio=False),
    Measure("crowd_errors", "of 2,000 streams, so many failed", "", ratio=False),
    Measure("crowd_first_p95", "first byte of 2,000 streams, p95", "ms"),
    Measure("start_s", "start to the first served request", "s", 2),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Over the rounds; ``best`` is the best of them."""

    median: float
    best: float

    def told(self, measure: Measure) -> str:
        median, best = (f"{one:,.{measure.digits}f}" for one in (self.median, self.best))
        return median if median == best else f"{median} ({best})"


def figure(measure: Measure, target: str, visits: Sequence[Visit]) -> Figure | None:
    """None where no round has one."""
    values = [one.figures[measure.key] for one in visits if one.target == target and measure.key in one.figures]
    if not values:
        return None
    found = Figure(statistics.median(values), _best(measure)(values))
    if not measure.added:
        return found
    floor = figure(replace(measure, added=False), DIRECT, visits)
    return None if floor is None else Figure(found.median - floor.median, found.best - floor.best)


def _best(measure: Measure) -> Callable[[Sequence[float]], float]:
    return max if measure.more else min


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours over another's, of the best rounds. ``other`` is its name."""

    value: float
    other: str

    def told(self) -> str:
        return f"{self.value:.2f}" if self.value < 10 else f"{self.value:.0f}"


def ratio(measure: Measure, ours: str, others: Sequence[str], visits: Sequence[Visit]) -> Ratio | None:
    """Against the best of ``others``. None where there is nothing to compare, or nothing to divide by."""
    mine = figure(measure, ours, visits)
    theirs = {name: found.best for name in others if (found := figure(measure, name, visits)) is not None}
    if mine is None or not theirs or not measure.ratio:
        return None
    name = _best_name(measure, theirs)
    return Ratio(mine.best / theirs[name], name) if theirs[name] > 0 else None


def _best_name(measure: Measure, values: dict[str, float]) -> str:
    return (max if measure.more else min)(values, key=lambda name: values[name])
