"""`python -m benchmarks memory`: does memory find what answers a question, what does a brief keep, and what does it
cost. The exit code is 1 where an aim is missed; the only time among the aims is
that of a question among a million passages."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks import machine
from benchmarks.memory import asking, conversing, costs, growing, hygiene, judging, keeping, page, peers, spanish
from benchmarks.memory.filled import Memories, NoEncoder
from benchmarks.memory.page import Run
from benchmarks.memory.section import Say, Section

WIDTH = 150

QUICK_EVERY = 6
"""So that only each such question is asked."""

Measure = Callable[[Memories, bool, Say], Awaitable[Section]]

SECTIONS: dict[str, Measure] = {
    "spanish": spanish.measure,
    "reading": judging.measure,
    "asking": asking.measure,
    "compression": keeping.measure,
    "hygiene": hygiene.measure,
    "cost": costs.measure,
    "locomo": conversing.measure,
    "scale": growing.measure,
    "peers": peers.measure,
}
NOT_QUICK = ("locomo", "scale", "peers")


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(width=max(Console().width, WIDTH))
    command, before = " ".join(("python -m benchmarks memory", *arguments)), str(machine.look())
    try:
        sections = asyncio.run(_measure(_wanted(options), options.quick))
    except NoEncoder as wrong:
        print(f"benchmarks: {wrong}", file=sys.stderr)
        return 2
    console.print(before)
    for section in sections.values():
        page.show(console, section)
    if options.write:
        page.write({name: Run(command, before, section) for name, section in sections.items()})
    return 0 if all(aim.is_met for section in sections.values() for aim in section.aims) else 1


async def _measure(names: Sequence[str], is_quick: bool) -> dict[str, Section]:
    with TemporaryDirectory(prefix="minga-bench-") as folder:
        memories = Memories(Path(folder), _say, QUICK_EVERY if is_quick else 1)
        try:
            return {name: await SECTIONS[name](memories, is_quick, _say) for name in names}
        finally:
            await memories.close()


def _wanted(options: argparse.Namespace) -> list[str]:
    only = [name for name in options.only.split(",") if name]
    return only or [name for name in SECTIONS if not (options.quick and name in NOT_QUICK)]


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    known = ",".join(SECTIONS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks memory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one part, a sixth of its questions; only what is quick")
    parser.add_argument("--only", default="", metavar="A,B", help=f"these sections; all of {known} if left out")
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the result into docs/reference/memory-benchmark.md and measured.json; other sections stay",
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.only.split(",")) - {*SECTIONS, ""}:
        parser.error(f"unknown section {min(unknown)!r}; known are {known}")
    if options.write and options.quick:
        parser.error("--write takes all questions")
    return options
