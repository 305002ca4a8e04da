"""`python -m benchmarks gateway`: install, build, measure in turn, print the table, write the page."""

import argparse
import contextlib
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from benchmarks import machine
from benchmarks.gateway import environments, faults, page, processes, soak, targets
from benchmarks.gateway.environments import CannotMeasure
from benchmarks.gateway.load import Door
from benchmarks.gateway.measures import DIRECT
from benchmarks.gateway.targets import Minga, Target
from benchmarks.gateway.visit import FULL, QUICK, Stub, Visit, serves, visit

FILES_MIN = 10_000
"""Open files: 2,000 streams are 4,000 connections of a gateway."""

WIDTH = 230


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(width=max(Console().width, WIDTH))
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that nothing is left running
    try:
        raise_open_files()
        if options.install:
            environments.install(_say)
        with targets.workplace() as folder, model_server(Path(folder)) as stub:
            return _run(options, console, Path(folder), stub)
    except CannotMeasure as wrong:
        print(f"benchmarks: {wrong}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace, console: Console, folder: Path, stub: Stub) -> int:
    if options.faults:
        return faults.measure(console, folder, _say, is_written=options.write)
    ours = Minga(folder / "minga", stub.port)
    ours.folder.mkdir()
    ours.prepare()
    chosen = _chosen(targets.all_of(ours, folder, compiled=options.compiled), options.only)
    if options.list:
        console.print("\n".join(f"{one.name} {one.version}" for one in chosen))
        return 0
    if options.soak:
        return soak.measure(console, chosen, stub, folder, options.soak, is_written=options.write)
    return _table(options, console, folder, stub, ours, chosen)


def _table(
    options: argparse.Namespace, console: Console, folder: Path, stub: Stub, ours: Minga, chosen: list[Target]
) -> int:
    before = machine.look()
    console.print(str(before))
    visits: list[Visit] = []
    for number in range(1, options.rounds + 1):
        for target in chosen:
            _say(f"round {number}: {target.name}")
            if not serves(Door(stub.port, "/v1/chat/completions", {})):
                raise CannotMeasure("the model server of the benchmark does not answer any more")
            place = folder / f"{number}-{len(visits)}"
            place.mkdir()
            visits.append(visit(target, number, stub, place, QUICK if options.quick else FULL))
    command = " ".join(("python -m benchmarks gateway", *sys.argv[2:]))
    result = page.Result(before, chosen, visits, options.rounds, command, ours.calls())
    page.show(console, result)
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(visits)))
    if options.write:
        page.write(result)
    return 1 if result.booked < result.answered else 0


def _chosen(all_targets: list[Target], only: str) -> list[Target]:
    """The model server itself is always there: the others are compared with it. Raises CannotMeasure."""
    wanted = [name.strip().lower() for name in only.split(",") if name.strip()]
    known = {one.name.lower(): one for one in all_targets}
    if unknown := [name for name in wanted if name not in known]:
        raise CannotMeasure(f"{unknown[0]!r} is not installed or not known; there are {', '.join(known)}")
    return [one for one in all_targets if not wanted or one.name.lower() in wanted or one.name == DIRECT]


@contextlib.contextmanager
def model_server(folder: Path) -> Iterator[Stub]:
    program = environments.build(folder)
    port = processes.free_port()
    with processes.running((str(program), str(port)), {}, folder / "stub.log", folder) as process:
        yield Stub(process.pid, port)


def raise_open_files() -> None:
    """Raises CannotMeasure."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < FILES_MIN:
        raise CannotMeasure(f"a process may open {most} files here, and {FILES_MIN} are needed: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks gateway", description=__doc__)
    parser.add_argument("--only", default="", metavar="A,B", help="these targets; all that are there if left out")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="visits to each target (default 3)")
    parser.add_argument("--quick", action="store_true", help="one round of 1 s a measurement: whether all of it works")
    parser.add_argument("--list", action="store_true", help="only say what would be measured")
    parser.add_argument("--soak", type=float, default=0, metavar="MINUTES", help="instead: load for so long, memory")
    parser.add_argument("--compiled", action="store_true", help="also what `make compiled` made")
    parser.add_argument("--faults", action="store_true", help="instead: what callers see when the model server fails")
    parser.add_argument("--no-install", dest="install", action="store_false", help="only what is installed already")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures of all rounds, too")
    parser.add_argument("--write", action="store_true", help="put the result into docs/reference/gateway-benchmark.md")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.soak < 0:
        parser.error("--rounds must be at least 1, and --soak more than 0")
    if options.quick:
        options.rounds = 1
    return options
