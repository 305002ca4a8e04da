"""One visit: a gateway is started, measured once in every way, and stopped."""

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from benchmarks.gateway import load, processes
from benchmarks.gateway.load import Door, NoFigures
from benchmarks.gateway.streams import Told
from benchmarks.gateway.targets import Target

PACE_MS = 5
CROWD = 2000
CROWD_PACE_MS = 200
"""A stream of the crowd takes ten seconds, so that all of them run at once."""

IDLE = 1000
IDLE_PACE_MS = 600_000

LOOK_EVERY_S = 0.01
SETTLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Lengths:
    """Seconds a measurement. ``calm_s`` is how long to wait for a calm machine before a visit."""

    c1: int
    c16: int
    c64: int
    streams: float
    large: int
    calm_s: float


FULL = Lengths(3, 3, 5, 3, 2, 60)
QUICK = Lengths(1, 1, 2, 1, 1, 1)


@dataclass(slots=True)
class Visit:
    """``figures`` are by the keys of `measures`; what could not be measured is missing there and told in ``wrong``.
    ``others`` is the share of the cores that other programs took, a value a measurement; ``answered`` how many calls
    came back whole."""

    target: str
    round: int
    figures: dict[str, float] = field(default_factory=dict)
    others: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answered: int = 0

    @property
    def others_share(self) -> float:
        return statistics.median(self.others) if self.others else 0.0


@dataclass(frozen=True, slots=True)
class Stub:
    pid: int
    port: int


@dataclass(slots=True)
class Running:
    """A gateway that takes calls. ``pid`` is its first process."""

    door: Door
    pid: int
    start_s: float


class NoStart(Exception):
    """A gateway did not come to take calls."""


def visit(target: Target, number: int, stub: Stub, folder: Path, lengths: Lengths) -> Visit:
    """Measure ``target`` once. Whatever goes wrong with it is told in what is returned."""
    found = Visit(target.name, number)
    processes.wait_for_calm(lengths.calm_s)
    try:
        with started(target, stub, folder) as running:
            _Measuring(running, stub, folder, lengths, found).all()
    except (NoStart, OSError) as wrong:
        found.wrong.append(f"start: {wrong}")
    return found


@contextlib.contextmanager
def started(target: Target, stub: Stub, folder: Path) -> Iterator[Running]:
    """The target, once it has served a call. Raises NoStart."""
    if target.start is None:
        yield Running(Door(stub.port, "/v1/chat/completions", {}), stub.pid, 0.0)
        return
    launch = target.start(folder, processes.free_port(), stub.port)
    log = folder / "log"
    began = time.perf_counter()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **launch.environment}
    with processes.running(launch.command, environment, log, folder) as process:
        while not serves(launch.door):
            late = time.perf_counter() - began > target.start_limit_s
            if late or process.poll() is not None:
                raise NoStart(f"{target.name} {'took too long' if late else 'ended'}: {_end_of(log)}")
            time.sleep(LOOK_EVERY_S)
        yield Running(launch.door, process.pid, time.perf_counter() - began)


def serves(door: Door) -> bool:
    """Whether a call is answered as the model server answers it."""
    connection = HTTPConnection("127.0.0.1", door.port, timeout=10)
    try:
        connection.request("POST", door.path, door.small(), {"Content-Type": "application/json", **door.headers})
        response = connection.getresponse()
        return response.status == 200 and b"fox" in response.read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end_of(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-300:].strip().replace("\n", " ") if log.exists() else ""


@dataclass(frozen=True, slots=True)
class _Measuring:
    running: Running
    stub: Stub
    folder: Path
    lengths: Lengths
    found: Visit

    def all(self) -> None:
        figures, lengths, door = self.found.figures, self.lengths, self.running.door
        is_gateway = self.running.pid != self.stub.pid
        if is_gateway:
            figures["start_s"] = self.running.start_s
            time.sleep(SETTLE_S)
            figures["memory_idle"] = processes.memory_mb(self.running.pid)
        self._calls("warm", door.small(), 16, 1)
        for name, connections, seconds in (("c1", 1, lengths.c1), ("c16", 16, lengths.c16), ("c64", 64, lengths.c64)):
            self._calls(name, door.small(), connections, seconds)
        self._streams("paced", door.small(stream=True, pace_ms=PACE_MS), 16, lengths.streams)
        self._streams("burst", door.small(stream=True), 16, lengths.streams)
        for name, connections, seconds in (
            ("large_c1", 1, lengths.large),
            ("large_c16", 16, lengths.large),
            ("large_c64", 64, lengths.c64),
        ):
            self._calls(name, door.large(), connections, seconds)
        if is_gateway:
            figures["memory_after"] = processes.memory_mb(self.running.pid)
            self._attempt("idle", self._idle)
        self._streams("crowd", door.small(stream=True, pace_ms=CROWD_PACE_MS), CROWD, 0)

    def _attempt(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except NoFigures as wrong:
            self.found.wrong.append(f"{name}: {wrong}")

    def _spend(self, work: Callable[[], Told | load.Bursts]) -> tuple[Told | load.Bursts, float]:
        """What ``work`` gave, and the seconds of processor that the gateway took for it."""
        measured = processes.tree(self.running.pid)
        told, spent = processes.spend(work, measured, [self.stub.pid])
        self.found.others.append(spent.others)
        return told, spent.cpu_s

    def _calls(self, name: str, body: str, connections: int, seconds: int) -> None:
        def work() -> None:
            told, cpu_s = self._spend(lambda: load.calls(self.running.door, body, connections, seconds, self.folder))
            assert isinstance(told, load.Bursts)
            if told.errors:
                self.found.wrong.append(f"{name}: {told.errors} of {told.requests} calls failed")
            if told.requests <= told.errors:
                self.found.wrong.append(f"{name}: no call came back within {seconds} s")
            else:
                self.found.answered += told.requests - told.errors
                self.found.figures |= {
                    f"{name}_p50": told.p50_us / 1000,
                    f"{name}_p99": told.p99_us / 1000,
                    f"{name}_rps": told.per_s,
                    f"{name}_cpu": 1e6 * cpu_s / told.requests,
                }

        self._attempt(name, work)

    def _streams(self, name: str, body: str, connections: int, seconds: float) -> None:
        def work() -> None:
            told, cpu_s = self._spend(lambda: load.streams(self.running.door, body, connections, seconds))
            assert isinstance(told, Told)
            if told.errors:
                self.found.wrong.append(f"{name}: {told.errors} errors, {told.whole} whole streams; {told.first_error}")
            self.found.figures |= {f"{name}_errors": told.errors, f"{name}_open": told.open_most}
            self.found.answered += told.whole
            if told.whole and told.first_p50_ms is not None and told.first_p95_ms is not None:
                self.found.figures |= {
                    f"{name}_first_p50": told.first_p50_ms,
                    f"{name}_first_p95": told.first_p95_ms,
                    f"{name}_cpu": 1e6 * cpu_s / told.whole,
                }

        self._attempt(name, work)

    def _idle(self) -> None:
        with load.held(self.running.door, self.running.door.small(stream=True, pace_ms=IDLE_PACE_MS), IDLE) as told:
            if told.errors or told.open_most < IDLE:
                why = f"{told.open_most} of {IDLE} streams began; {told.first_error}"
                self.found.wrong.append(f"idle: {why}")
                return
            self.found.figures["memory_idle_streams"] = processes.memory_mb(self.running.pid)
