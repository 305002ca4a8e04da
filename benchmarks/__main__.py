"""Measures Minga on this machine and prints tables; all of them, or those that are named.

startup      the help, the built-in agent, `minga doctor`
overhead     `minga run` against each CLI alone
acp          a prompt through `minga acp` against the CLI itself, both warm
concurrency  many runs at once on one store
store        events written and read, encrypted against plain
import       `minga sessions import` of full homes of the six CLIs
search       `minga sessions search` in many turns
move         `minga sessions pack` and `unpack`, `minga sync`
migrate      `minga continue` for every pair of the installed CLIs
balance      the gateway's permit queue beside ten other policies, simulated

`python -m benchmarks gateway` is a program of its own, with options of its own: the gateway beside its peers. So is
`python -m benchmarks translation`: calls that the gateway translates beside those that it passes on, and
`python -m benchmarks dte`: the check of tax documents, proved, timed and beside its peers,
`python -m benchmarks verifier`: how often right answers are accepted, and wrong ones pass for right,
`python -m benchmarks memory`: whether memory finds what answers a question, what a brief keeps, and what it costs,
`python -m benchmarks mcp`: start and overhead of the MCP server beside one on the official SDK, and
`python -m benchmarks cascade`: what trying a cheap agent first saves, and whether promised bounds are kept.

A time never decides the exit code. It is 1 if a run lost an event, failed or left a process behind, if a session did
not come in whole and once, or if one could not be taken over.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec
from rich.console import Console

from benchmarks import (
    acp,
    balancing,
    concurrency,
    homes,
    importing,
    machine,
    migrating,
    moving,
    overhead,
    search,
    startup,
    store,
)
from benchmarks.cascade import run as cascade
from benchmarks.dte import run as dte
from benchmarks.gateway import run as gateway
from benchmarks.machine import Cli
from benchmarks.mcp import run as mcp
from benchmarks.memory import run as memory
from benchmarks.translation import run as translation
from benchmarks.verifier import run as verifier
from minga.domain.errors import MingaError

TABLES = ("startup", "overhead", "acp", "concurrency", "store", "search", "import", "move", "migrate", "balance")

SEEDS = 3

QUICK_PAIRS = 2
QUICK_MB = 20
QUICK_TURNS = 10_000

Told: TypeAlias = tuple[object, bool]
"""What a table found, as JSON values, and whether something was wrong."""


def main() -> int:
    if sys.argv[1:2] == ["gateway"]:
        return gateway.main(sys.argv[2:])
    if sys.argv[1:2] == ["translation"]:
        return translation.main(sys.argv[2:])
    if sys.argv[1:2] == ["dte"]:
        return dte.main(sys.argv[2:])
    if sys.argv[1:2] == ["verifier"]:
        return verifier.main(sys.argv[2:])
    if sys.argv[1:2] == ["cascade"]:
        return cascade.main(sys.argv[2:])
    if sys.argv[1:2] == ["memory"]:
        return memory.main(sys.argv[2:])
    if sys.argv[1:2] == ["mcp"]:
        return mcp.main(sys.argv[2:])
    options = _options()
    console = Console(file=sys.stderr if options.json else sys.stdout, width=max(Console().width, 150))
    try:
        clis = machine.find_clis(tuple(filter(None, options.agents.split(","))))
    except MingaError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    before = machine.look()
    console.print(f"{before}\nCLIs: {', '.join(map(str, clis)) or 'none'}\n")
    fields: dict[str, object] = {"machine": before, "clis": [str(cli) for cli in clis], "pairs": options.pairs}
    wrong = False
    for name in TABLES:
        if name in options.tables:
            fields[name], is_wrong = MEASURED[name](options, clis, console)
            wrong = wrong or is_wrong
    after = machine.look()
    console.print(f"load at the end: {' '.join(f'{one:.2f}' for one in after.load)}")
    if options.json:
        print(msgspec.json.format(msgspec.json.encode({**fields, "load_after": after.load})).decode())
    return 1 if wrong else 0


def _startup(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    started = startup.measure(clis, options.pairs, _progress)
    startup.show(console, started)
    return started.fields(), False


def _overhead(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    found = overhead.measure(clis, options.pairs, _progress)
    overhead.show(console, found)
    return [one.fields() for one in found], any(one.wrong for one in found)


def _acp(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    found = acp.measure(clis, options.pairs, _progress)
    acp.show(console, found)
    return [one.fields() for one in found], any(one.wrong for one in found)


def _concurrency(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    crowds = concurrency.measure(clis, options.runs, _progress)
    concurrency.show(console, crowds)
    return [one.fields() for one in crowds], any(one.wrong for one in crowds)


def _store(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    taken = store.measure(options.pairs, _progress)
    store.show(console, taken)
    return [one.fields() for one in taken], False


def _search(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    searched = search.measure(options.turns, options.pairs, options.keep, _progress)
    search.show(console, searched)
    return searched.fields(), False


def _import(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    agents = tuple(filter(None, options.agents.split(","))) or tuple(homes.FORMATS)
    found = importing.measure(agents, options.megabytes, _progress, with_peers=options.peers)
    importing.show(console, found)
    return [one.fields() for one in found], any(one.wrong for one in found)


def _move(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    moved = moving.measure(options.megabytes, _progress)
    moving.show(console, moved)
    return moved.fields(), False


def _migrate(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    pairs = migrating.measure(clis, max(1, options.pairs // 2), _progress)
    migrating.show(console, pairs)
    return [one.fields() for one in pairs], any(one.wrong for one in pairs)


def _balance(options: argparse.Namespace, clis: list[Cli], console: Console) -> Told:
    rows = balancing.measure(min(options.pairs, SEEDS), _progress)
    a_permit_us = balancing.permit_us()
    balancing.show(console, rows, a_permit_us)
    return {"permit_us": round(a_permit_us, 2), "policies": [row.fields() for row in rows]}, False


MEASURED: dict[str, Callable[[argparse.Namespace, list[Cli], Console], Told]] = {
    "startup": _startup,
    "overhead": _overhead,
    "acp": _acp,
    "concurrency": _concurrency,
    "store": _store,
    "search": _search,
    "import": _import,
    "move": _move,
    "migrate": _migrate,
    "balance": _balance,
}


def _progress(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", default=TABLES, metavar="TABLE", help="those of the list above; else all")
    parser.add_argument("--agents", default="", metavar="A,B", help="these CLIs; all that are installed if left out")
    parser.add_argument(
        "--pairs",
        type=int,
        default=5,
        metavar="N",
        help="rounds (default 5); half of it for migrate, 3 at most for balance",
    )
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="concurrency: runs at once (default 20)")
    parser.add_argument("--turns", type=int, default=search.TURNS, metavar="N", help="search: turns (default 100000)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="search: keep the store there; use it again")
    parser.add_argument("--megabytes", type=int, default=100, metavar="N", help="import, move: a home (default 100)")
    parser.add_argument("--peers", action="store_true", help="import: other programs too, from npm and PyPI")
    parser.add_argument("--quick", action="store_true", help="2 rounds, homes of 20 MB, 10000 turns")
    parser.add_argument("--json", action="store_true", help="JSON on standard output, tables on standard error")
    options = parser.parse_args()
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"unknown table {sorted(unknown)[0]!r}; known are {', '.join(TABLES)}")
    if min(options.pairs, options.runs, options.megabytes, options.turns) < 1:
        parser.error("--pairs, --runs, --turns and --megabytes must be at least 1")
    if options.quick:
        options.pairs, options.megabytes, options.turns = QUICK_PAIRS, QUICK_MB, QUICK_TURNS
    return options


if __name__ == "__main__":
    sys.exit(main())
