"""``python -m benchmarks``: every table, or some of them."""

import argparse
import sys
from pathlib import Path

import msgspec
from rich.console import Console

from benchmarks import concurrency, machine, overhead, search, startup, store
from minga.domain.errors import MingaError

QUICK_TURNS = 10_000

TABLES = ("overhead", "startup", "concurrency", "store", "search")


def main() -> int:
    """Returns 1 if a run lost an event, failed, or left a process behind; times never decide."""
    options = _options()
    console = Console(file=sys.stderr if options.json else sys.stdout, width=max(Console().width, 130))
    try:
        clis = machine.find_clis(tuple(filter(None, options.agents.split(","))))
    except MingaError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    before = machine.look()
    console.print(f"{before}\nCLIs: {', '.join(map(str, clis)) or 'none'}\n")
    pairs = 2 if options.quick else options.pairs
    fields: dict[str, object] = {"machine": before, "clis": [str(cli) for cli in clis], "pairs": pairs}
    wrong = False
    if "startup" in options.tables:
        started = startup.measure(clis, pairs, _progress)
        startup.show(console, started)
        fields["startup"] = started.fields()
    if "overhead" in options.tables:
        found = overhead.measure(clis, pairs, _progress)
        overhead.show(console, found)
        fields["overhead"] = [one.fields() for one in found]
        wrong = any(one.wrong for one in found)
    if "concurrency" in options.tables:
        crowds = concurrency.measure(clis, options.runs, _progress)
        concurrency.show(console, crowds)
        fields["concurrency"] = [one.fields() for one in crowds]
        wrong = wrong or any(one.wrong for one in crowds)
    if "store" in options.tables:
        compared = store.measure(pairs, _progress)
        store.show(console, compared)
        fields["store"] = {one.name: one.fields() for one in compared}
    if "search" in options.tables:
        searched = search.measure(QUICK_TURNS if options.quick else options.turns, pairs, options.keep, _progress)
        search.show(console, searched)
        fields["search"] = searched.fields()
    after = machine.look()
    console.print(f"load at the end: {' '.join(f'{one:.2f}' for one in after.load)}")
    if options.json:
        print(msgspec.json.format(msgspec.json.encode({**fields, "load_after": after.load})).decode())
    return 1 if wrong else 0


def _progress(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("tables", nargs="*", default=TABLES, help=f"which of {', '.join(TABLES)}; all if left out")
    parser.add_argument("--agents", default="", metavar="A,B", help="these CLIs; all that are installed if left out")
    parser.add_argument("--pairs", type=int, default=5, help="rounds of each measurement (default 5)")
    parser.add_argument("--quick", action="store_true", help="2 rounds, and 10000 turns")
    parser.add_argument("--runs", type=int, default=20, help="runs at once in the table of concurrency (default 20)")
    parser.add_argument("--turns", type=int, default=search.TURNS, help="turns to search in (default 100000)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the store of the search there; use it again")
    parser.add_argument("--json", action="store_true", help="JSON on standard output, tables on standard error")
    options = parser.parse_args()
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"unknown table {sorted(unknown)[0]!r}; known are {', '.join(TABLES)}")
    if min(options.pairs, options.runs, options.turns) < 1:
        parser.error("--pairs, --runs and --turns must be at least 1")
    return options


if __name__ == "__main__":
    sys.exit(main())
