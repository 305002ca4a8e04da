"""`python -m benchmarks mcp`: how soon Minga's MCP server is there, and what a call costs beside the tool's own work.

The peer is a server with the same tool on the official Python SDK. All that is compared is taken in turn. A time never
decides the exit code; a wrong answer does.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.gateway import page
from benchmarks.machine import Machine
from benchmarks.mcp.callers import Http, Lines, WrongAnswer
from minga.entrypoints.mcp.offered import TOOLS
from minga.entrypoints.mcp.place import Place
from minga.infrastructure.clock import SystemClock
from minga.settings import read

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "mcp-benchmark.md"

PEER = Path(__file__).parent / "outside" / "sdk_server.py"

RUT = "76.192.083-9"

OURS, PEERS = {"rut": RUT}, {"rut_written": RUT}

CALLS = 300
"""In each round; one figure of a round is the median of its calls."""

WIDTH = 130

START_AIM_MS, LINES_AIM_MS, HTTP_AIM_MS = 400, 5, 8

HEADS = ("", "Minga", f"SDK {version('mcp')}", "SDK / Minga", "aim")


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds, a figure a round."""

    what: str
    minga: Sequence[float]
    peer: Sequence[float]
    aim_ms: float | None

    def cells(self) -> tuple[str, ...]:
        ratio = statistics.median(self.peer) / max(statistics.median(self.minga), 1e-9)
        aim = "" if self.aim_ms is None else f"≤ {self.aim_ms:g} ms"
        return self.what, _told(self.minga), _told(self.peer), f"{ratio:.1f} ×", aim


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(width=max(Console().width, WIDTH))
    before = machine.look()
    console.print(f"{before}\n")
    try:
        with machine.workplace() as folder:
            rows = _measure(folder, options.rounds)
    except WrongAnswer as wrong:
        print(f"benchmarks: {wrong}", file=sys.stderr)
        return 1
    _show(console, rows)
    if options.write:
        _write(before, rows, options.rounds)
    return 0


def _measure(folder: Path, rounds: int) -> list[Row]:
    environment = machine.environment(folder, [])
    servers = ((*machine.minga_command(), "mcp"), OURS), ((sys.executable, str(PEER)), PEERS)
    begun: list[list[tuple[float, float]]] = [[], []]
    called: list[list[float]] = [[], []]
    for number in range(rounds):
        _say(f"round {number + 1} of {rounds}: standard streams")
        for index, (command, given) in enumerate(servers):
            with contextlib.closing(Lines(command, folder, environment)) as server:
                begun[index].append(server.begin())
                called[index].append(_median_of(server.call, given))
    own = [asyncio.run(_own_work(folder)) for _ in range(rounds)]
    over_http = _over_http(folder, environment, rounds)
    work = statistics.median(own)
    first, listed = ([[one[part] for one in series] for series in begun] for part in (0, 1))
    return [
        Row("start to the answer of `initialize`", first[0], first[1], START_AIM_MS),
        Row("start to the first list of tools", listed[0], listed[1], START_AIM_MS),
        Row("a call over standard streams", called[0], called[1], None),
        Row("… over the tool's own work", _less(called[0], work), _less(called[1], work), LINES_AIM_MS),
        Row("a call over HTTP", over_http[0], over_http[1], None),
        Row("… over the tool's own work", _less(over_http[0], work), _less(over_http[1], work), HTTP_AIM_MS),
    ]


async def _own_work(folder: Path) -> float:
    """What the tool itself takes, in this process."""
    tool = next(one for one in TOOLS if one.name == "rut_check")
    place = Place(read(machine.environment(folder, [])), SystemClock(), "en", folder)

    async def told(done: float, total: float | None, says: str) -> None:
        """Nobody waits for it."""

    asked = tool.read(OURS)
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        await tool.do(place, asked, told)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _over_http(folder: Path, environment: Mapping[str, str], rounds: int) -> tuple[list[float], list[float]]:
    """Minga: one worker of `minga serve`, which looks the key up. The peer: uvicorn, without a key."""
    made = subprocess.run(
        (*machine.minga_command(), "virtual-keys", "add", "bench", "--tools", "--json"),
        env=environment,
        capture_output=True,
        check=True,
    )
    key = json.loads(made.stdout)["key"]
    port, other = _free_port(), _free_port()
    serve = (*machine.minga_command(), "serve", "--port", str(port))
    peer = (sys.executable, str(PEER), str(other))
    found: tuple[list[float], list[float]] = ([], [])
    with _running(serve, folder, environment, port), _running(peer, folder, environment, other):
        for number in range(rounds):
            _say(f"round {number + 1} of {rounds}: HTTP")
            for series, caller, given in zip(found, (Http(port, key), Http(other, "")), (OURS, PEERS), strict=True):
                with contextlib.closing(caller):
                    series.append(_median_of(caller.call, given))
    return found


@contextlib.contextmanager
def _running(command: Sequence[str], folder: Path, environment: Mapping[str, str], port: int) -> Iterator[None]:
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            until = time.monotonic() + 60
            while not _listens(port):
                if time.monotonic() > until:
                    raise WrongAnswer(f"nothing answers on port {port}")
                time.sleep(0.05)
            yield
        finally:
            server.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number: int = listening.getsockname()[1]
        return number


def _median_of(call: Callable[[Mapping[str, str]], float], given: Mapping[str, str]) -> float:
    for _ in range(20):
        call(given)
    return statistics.median(call(given) for _ in range(CALLS))


def _less(times: Sequence[float], work: float) -> list[float]:
    return [one - work for one in times]


def _told(series: Sequence[float]) -> str:
    best, median = min(series) * 1000, statistics.median(series) * 1000
    return f"{median:.0f} ms ({best:.0f})" if median > 20 else f"{median:.2f} ms ({best:.2f})"


def _show(console: Console, rows: Sequence[Row]) -> None:
    table = Table(title="MCP: median of the rounds, in brackets the best", title_justify="left")
    for head in HEADS:
        table.add_column(head)
    for row in rows:
        table.add_row(*row.cells())
    console.print(table)


def _write(before: Machine, rows: Sequence[Row], rounds: int) -> None:
    told = (
        f"`python -m benchmarks mcp --write`, {before}. {rounds} rounds in turn, {CALLS} calls in each;"
        " median of the rounds, in brackets the best."
    )
    page.put("tables", f"{told}\n\n{page.table(HEADS, [row.cells() for row in rows])}", PAGE, "mcp")


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks mcp", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="default 7")
    parser.add_argument("--write", action="store_true", help="put it into docs/reference/mcp-benchmark.md")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options
