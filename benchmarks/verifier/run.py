"""`python -m benchmarks verifier`: every labelled answer judged, and what the verifier was wrong about."""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console

from benchmarks import machine
from benchmarks.verifier import corpus, page, timing
from benchmarks.verifier.corpus import DEVELOPMENT, HELD_OUT, KINDS, Half
from benchmarks.verifier.judging import a_judge, judged
from benchmarks.verifier.page import Result

WIDTH = 150

LONG_ANSWERS = 40
"""Of each kind that are timed."""


def main(arguments: Sequence[str]) -> int:
    """1 where the aim is missed over all kinds in one of the halves."""
    options = _options(arguments)
    console = Console(width=max(Console().width, WIDTH))
    before = machine.look()
    halves = {}
    with a_judge() as judge:
        for half in _halves(options.half):
            _say(half.name)
            cases = [case for case in corpus.cases(half, slow=not options.quick) if _wanted(case.kind, options.only)]
            halves[half.name] = judged(cases, judge, _say)
        _say("long answers")
        every = [case for half in (DEVELOPMENT, HELD_OUT) for case in corpus.cases(half, slow=False)]
        wanted = [case for case in every if _wanted(case.kind, options.only)]
        times = timing.measure(wanted, judge, LONG_ANSWERS, _say)
    command = " ".join(("python -m benchmarks verifier", *arguments))
    result = Result(before, command, halves, times)
    for name in _shown(options.misses):
        page.show_misses(console, name, halves.get(name, ()))
    page.show(console, result)
    if options.write:
        page.write(result)
    return 0 if result.is_met else 1


def _wanted(kind: str, only: str) -> bool:
    return not only or kind in only.split(",")


def _halves(name: str) -> Sequence[Half]:
    return [half for half in (DEVELOPMENT, HELD_OUT) if name in ("both", half.name)]


def _shown(misses: str | None) -> Sequence[str]:
    return {None: (), "all": (DEVELOPMENT.name, HELD_OUT.name)}.get(misses, (DEVELOPMENT.name,))


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    kinds = ",".join(kind.name for kind in KINDS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks verifier", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the answers for which programs have to run")
    parser.add_argument("--only", default="", metavar="A,B", help=f"these kinds; all of {kinds} if left out")
    parser.add_argument(
        "--half", default="both", choices=("both", DEVELOPMENT.name, HELD_OUT.name), help="only this one"
    )
    parser.add_argument(
        "--misses",
        nargs="?",
        const="development",
        choices=("development", "all"),
        help="print the answers that were misjudged, of the development half; `all`: of the other, too",
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the result into docs/reference/verifier-benchmark.md, and the rates into measured.json",
    )
    options = parser.parse_args(arguments)
    if options.write and (options.quick or options.only or options.half != "both"):
        parser.error("--write takes the whole corpus")
    return options
