"""Minutes of load on each gateway that was chosen, with its own memory every ten seconds: does it grow?"""

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.gateway import load, page, processes
from benchmarks.gateway.targets import Target
from benchmarks.gateway.visit import NoStart, Running, Stub, started

EVERY_S = 10.0

CALLS_S = 20
STREAMS_S = 10
"""Seconds of plain calls, and then of streams, again and again."""

CONNECTIONS = 16

WARM = 0.25
"""The share of the samples that does not count: caches and pools fill."""


@dataclass(slots=True)
class Soak:
    """``samples`` are pairs of minutes and MB."""

    target: str
    samples: list[tuple[float, float]] = field(default_factory=list)
    calls: int = 0
    errors: int = 0

    @property
    def slope_kb_a_minute(self) -> float:
        """Of the line through the samples after the warm ones."""
        kept = self.samples[round(len(self.samples) * WARM) :]
        if len(kept) < 2:
            return 0.0
        return statistics.linear_regression(*zip(*kept, strict=True)).slope * 1024

    @property
    def told(self) -> list[str]:
        first, last = self.samples[0][1], self.samples[-1][1]
        at_warm = self.samples[round(len(self.samples) * WARM)][1]
        most = max(mb for _, mb in self.samples)
        cells = [f"{first:.1f}", f"{at_warm:.1f}", f"{last:.1f}", f"{most:.1f}", f"{self.slope_kb_a_minute:+,.0f}"]
        return [self.target, f"{self.samples[-1][0]:.1f}", f"{self.calls:,}", f"{self.errors:,}", *cells]


HEADS = (
    "",
    "minutes",
    "calls and streams",
    "failed",
    "MB first",
    "MB warm",
    "MB last",
    "MB most",
    "slope, kB a minute",
)


def measure(
    console: Console, chosen: Sequence[Target], stub: Stub, folder: Path, minutes: float, *, is_written: bool
) -> int:
    """Print a line a target; 1 if a call failed or nothing started."""
    before = machine.look()
    found: list[Soak] = []
    for target in chosen:
        if target.start is None:
            continue
        place = folder / f"soak-{len(found)}"
        place.mkdir()
        try:
            with started(target, stub, place) as running:
                found.append(_soaked(target, running, stub, place, minutes))
        except NoStart as wrong:
            console.print(f"! {wrong}")
            return 1
    table = Table(title="Memory under load", title_justify="left")
    for head in HEADS:
        table.add_column(head)
    for one in found:
        table.add_row(*one.told)
    console.print(table)
    if is_written:
        page.put("soak", f"{before}.\n\n{page.table(HEADS, [one.told for one in found])}")
    return 1 if any(one.errors for one in found) else 0


def _soaked(target: Target, running: Running, stub: Stub, folder: Path, minutes: float) -> Soak:
    soak = Soak(target.name)
    began, over = time.monotonic(), threading.Event()

    def sample() -> None:
        while not over.is_set():
            soak.samples.append(((time.monotonic() - began) / 60, processes.own_memory_mb(running.pid)))
            over.wait(EVERY_S)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        while time.monotonic() - began < minutes * 60:
            _burden(soak, running, folder, min(1.0, minutes))
    finally:
        over.set()
        sampler.join()
    soak.samples.append(((time.monotonic() - began) / 60, processes.own_memory_mb(running.pid)))
    return soak


def _burden(soak: Soak, running: Running, folder: Path, share: float) -> None:
    """One turn of calls and streams; a shorter one where the whole is shorter than a minute."""
    door = running.door
    plain = load.calls(door, door.small(), CONNECTIONS, max(1, round(CALLS_S * share)), folder)
    streamed = load.streams(door, door.small(stream=True), CONNECTIONS, max(1.0, STREAMS_S * share))
    soak.calls += plain.requests - plain.errors + streamed.whole
    soak.errors += plain.errors + streamed.errors
