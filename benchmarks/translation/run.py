"""`python -m benchmarks translation`: start, measure in turn, print the table, write the page."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.gateway import environments, load, processes, targets
from benchmarks.gateway.environments import CannotMeasure
from benchmarks.gateway.load import NoFigures
from benchmarks.gateway.run import model_server, raise_open_files
from benchmarks.gateway.streams import Told
from benchmarks.gateway.visit import NoStart, Running, Stub, started
from benchmarks.translation import page, ways
from benchmarks.translation.conversations import LARGE, SMALL, TINY, Size, body
from benchmarks.translation.page import Figure, Result
from benchmarks.translation.ways import Way

CONNECTIONS = 64
STREAMS = 16

WIDTH = 150


@dataclass(frozen=True, slots=True)
class Lengths:
    """Seconds a measurement; of a slow gateway ``patience`` times as many, so that enough calls come back."""

    warm: int
    calls: int
    streams: float
    patience: int


FULL = Lengths(2, 4, 3, 3)
QUICK = Lengths(1, 1, 1, 6)


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(width=max(Console().width, WIDTH))
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that nothing is left running
    try:
        raise_open_files()
        with targets.workplace() as folder, model_server(Path(folder)) as stub:
            return _run(options, console, Path(folder), stub)
    except CannotMeasure as wrong:
        print(f"benchmarks: {wrong}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace, console: Console, folder: Path, stub: Stub) -> int:
    before = machine.look()
    console.print(str(before))
    ours = ways.minga(folder, stub.port)
    peer = options.peer and (environments.folder() / "litellm" / ".ready").exists()
    chosen = ways.gateways(ours, peer=peer)
    lengths = QUICK if options.quick else FULL
    figures: list[Figure] = []
    wrong: list[str] = []
    for number in range(1, options.rounds + 1):
        for target, key, its_ways in chosen:
            _say(f"round {number}: {target.name}")
            place = folder / f"{number}-{target.name}"
            place.mkdir()
            try:
                with started(target, stub, place) as running:
                    for way in its_ways:
                        _say(f"  {way}")
                        _Measuring(way, running, key, stub, place, lengths, figures, wrong).all()
            except (NoStart, OSError) as why:
                wrong.append(f"{target.name}: {why}")
    command = " ".join(("python -m benchmarks translation", *sys.argv[2:]))
    versions = [f"{target.name} {target.version}" for target, _, _ in chosen]
    result = Result(before, figures, options.rounds, command, versions, list(dict.fromkeys(wrong)))
    page.show(console, result)
    if options.write:
        page.write(result)
    return 0


@dataclass(frozen=True, slots=True)
class _Measuring:
    way: Way
    running: Running
    key: str
    stub: Stub
    folder: Path
    lengths: Lengths
    figures: list[Figure]
    wrong: list[str]

    def all(self) -> None:
        patience = self.lengths.patience if self.way.gateway == ways.PEER else 1
        self._calls("", TINY, self.lengths.warm * patience)
        self._calls(page.SMALL, SMALL, self.lengths.calls * patience)
        self._calls(page.LARGE, LARGE, self.lengths.calls * patience)
        self._streams(self.lengths.streams * patience)

    def _calls(self, measure: str, size: Size, seconds: int) -> None:
        door = self.way.door(self.running.door.port, self.key)
        asked = body(self.way.caller, size, self.way.model).decode()

        def work() -> tuple[int, int]:
            told = load.calls(door, asked, CONNECTIONS, seconds, self.folder)
            return told.requests - told.errors, told.errors

        self._note(measure, work)

    def _streams(self, seconds: float) -> None:
        door = self.way.door(self.running.door.port, self.key, stream=True)
        asked = body(self.way.caller, TINY, self.way.model, stream=True).decode()

        def work() -> tuple[int, int]:
            told: Told = load.streams(door, asked, STREAMS, seconds)
            return told.whole, told.errors

        self._note(page.STREAM, work)

    def _note(self, measure: str, work: Callable[[], tuple[int, int]]) -> None:
        """``work`` gives how many came back whole, and how many did not. Without a name of a measure it warms up."""
        measured = processes.tree(self.running.pid)
        try:
            (whole, errors), spent = processes.spend(work, measured, [self.stub.pid])
        except NoFigures as why:
            self.wrong.append(f"{self.way}, {measure}: {why}")
            return
        if errors or not whole:
            self.wrong.append(f"{self.way}, {measure or 'warm-up'}: {errors} failed, {whole} came back whole")
        if measure and whole > errors:
            self.figures.append(Figure(self.way, measure, 1e6 * spent.cpu_s / whole, spent.others))


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks translation", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="visits to each gateway (default 3)")
    parser.add_argument("--quick", action="store_true", help="one round of 1 s a measurement: whether all of it works")
    parser.add_argument("--no-peer", dest="peer", action="store_false", help="without LiteLLM")
    parser.add_argument("--write", action="store_true", help="put it into docs/reference/translation-benchmark.md")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.quick:
        options.rounds = 1
    return options
