"""`python -m benchmarks cascade`: what a cascade saves against named models, and whether promised bounds are kept.

It replays recorded outcomes, which are no part of Minga: without them nothing is measured.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from rich.console import Console

from benchmarks import machine
from benchmarks.cascade import bound, confidences, page, replay, tables, watch
from benchmarks.cascade.page import Replayed, Result
from benchmarks.cascade.replay import BASELINES, Check
from benchmarks.cascade.tables import Agents
from benchmarks.gateway.environments import CannotMeasure

WIDTH = 170

STAGES = (1, 2, 3)

ASSUMED = Check(0.95, 0.10)

CHECKS = (Check(0.95, 0.05), ASSUMED, Check(0.95, 0.15), Check(0.9, 0.2), Check(0.8, 0.3))
"""Assumed all of them; how much the saving hangs on them."""

RATES = Path(__file__).parents[1] / "verifier" / "measured.json"
"""What the bench of the verifier measured: ``tpr`` and ``fpr``, each with ``value``, ``of``, ``low`` and ``high``."""


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(width=max(Console().width, WIDTH))
    try:
        result = _measure(options)
    except CannotMeasure as wrong:
        print(f"benchmarks: {wrong}", file=sys.stderr)
        return 2
    page.show(console, result)
    if options.write:
        page.write(result)
    return 1 if result.missed else 0


def _measure(options: argparse.Namespace) -> Result:
    before = machine.look()
    measured = rates(options.rates)
    agents, questions = tables.agents(options.data), tables.questions(options.data)
    replayed = {stages: _replayed(agents, stages, measured, options.splits) for stages in STAGES}
    _say("confidences")
    prepared = confidences.prepare(questions)
    _say("bounds")
    bounds = list(bound.measure(prepared))
    _say("the watch")
    watches = list(watch.measure())
    command = " ".join(("python -m benchmarks cascade", *sys.argv[2:]))
    return Result(
        before, command, measured.check, measured.source, options.splits, _whole(agents), replayed, bounds, watches
    )


class Measured(NamedTuple):
    """The check that the aim is about, the same check at the worse ends of its intervals, and where this comes from."""

    check: Check
    worse: Check
    source: str


def rates(file: Path) -> Measured:
    """Raises CannotMeasure for a file without rates; without a file they are assumed."""
    if not file.is_file():
        return Measured(ASSUMED, ASSUMED, "assumed, as no measured rates of the verifier are at hand")
    try:
        told = json.loads(file.read_text("utf-8"))
        tpr, fpr = told["tpr"], told["fpr"]
        check, worse = Check(float(tpr["value"]), float(fpr["value"])), Check(float(tpr["low"]), float(fpr["high"]))
        counts = f"{tpr['of']} right and {fpr['of']} wrong ones"
    except (ValueError, KeyError, TypeError) as wrong:
        raise CannotMeasure(f"{file} has no rates: {wrong!r}") from None
    if not all(0 <= rate <= 1 for rate in (*check, *worse)):
        raise CannotMeasure(f"{file} has rates beyond 0..1")
    return Measured(
        check, worse, f"measured by the verifier's own bench on {counts}, answers of other kinds than these"
    )


def _replayed(agents: Agents, stages: int, measured: Measured, splits: int) -> Replayed:
    _say(f"at most {stages} agents in turn")
    checks = dict.fromkeys((measured.check, measured.worse, *CHECKS)) if stages > 1 else (measured.check,)
    return {one: replay.replay(agents, one, stages, splits) for one in checks}


def _whole(agents: Agents) -> dict[str, tuple[float, float]]:
    return {name: (sum(agents.cost[model]), fmean(agents.right[model])) for name, model in BASELINES.items()}


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks cascade", description=__doc__)
    parser.add_argument("--splits", type=int, default=replay.SPLITS, metavar="N", help="of the tasks (default 10)")
    parser.add_argument("--data", type=Path, default=tables.FOLDER, metavar="FOLDER", help="with the recorded outcomes")
    parser.add_argument("--rates", type=Path, default=RATES, metavar="FILE", help="measured rates of the verifier")
    parser.add_argument("--write", action="store_true", help="put it into docs/reference/cascade-benchmark.md")
    options = parser.parse_args(arguments)
    if options.splits < 1:
        parser.error("--splits must be at least 1")
    return options
