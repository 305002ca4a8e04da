"""`minga quality`: how good checks and answers were, and what may be promised."""

import sys
from collections.abc import Mapping
from typing import Any

import click
import msgspec
from rich.table import Table

from minga.domain.errors import BadInput
from minga.domain.verdict import Judgement
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.view import JUDGED
from minga.entrypoints.cli.visible import visible
from minga.reports.quality import KindOfWork, Quality, quality
from minga.verification.guarantees import WRONG_MIN, Guarantee
from minga.verification.quality import CheckRates, NoSaving, NoThreshold, Rate, Saving, disable_cascade

HELP = """How good the checks and the answers were, by kind of task, and what may be promised of the answers to come.

Every verdict is a label; how an answer turned out is told by `minga feedback`, or found in git. A promise of at
most 5 % wrong needs some 160 of them, of 1 % some 820. Without them it is said that none can be given.

\b
  minga quality
  minga quality --wrong-max 1 --baseline claude
"""

WRONG_MAX_PERCENT = 5.0


@click.command(cls=Verb, name="quality", help=HELP)
@option(
    "--wrong-max", type=float, metavar="PERCENT", help="Of 100 answers given, how many may be wrong; 5 if left out."
)
@option("--baseline", metavar="AGENT", help="What was saved against always beginning with this agent.")
@option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def command(desk: Desk, /, wrong_max: float | None, baseline: str | None, as_json: bool) -> None:
    percent = WRONG_MAX_PERCENT if wrong_max is None else wrong_max
    if not 0 < percent < 100:
        raise BadInput(detail=desk.say("--wrong-max must be above 0 and below 100"))
    named = baseline or desk.settings.text("baseline")

    async def work(minga: Any) -> Quality:
        await minga.aftermath.look()
        return quality(await minga.labels.all(), percent / 100, named)

    found = desk.run(work)
    if as_json:
        print(msgspec.json.encode(_fields(found)).decode())
    elif not found.kinds:
        print(desk.say("No answer was checked yet."), file=sys.stderr)
    else:
        _show(desk, found)


def _fields(found: Quality) -> dict[str, Any]:
    return {
        "kinds": [
            {
                "kind": one.kind,
                "answers": one.answers,
                "judgements": one.judgements,
                "outcomes": one.outcomes,
                "known": one.known,
                "right": one.right,
                "turns": one.turns,
                "abstained": one.abstained,
                "guarantee": _promise(one.guarantee),
            }
            for one in found.kinds
        ],
        "checks": {name: {"tpr": _rate(rates.tpr), "fpr": _rate(rates.fpr)} for name, rates in found.checks.items()},
        "saving": found.saving if isinstance(found.saving, Saving) else None,
        "no_saving": str(found.saving) if isinstance(found.saving, NoSaving) else None,
    }


def _promise(made: Guarantee) -> dict[str, Any]:
    watch = made.watch
    return {
        "alpha": made.alpha,
        "threshold": None if isinstance(made.calibration, NoThreshold) else made.calibration.confidence,
        "why_none": str(made.calibration) if isinstance(made.calibration, NoThreshold) else None,
        "confidences": dict(made.confidences),
        "watched": watch.seen if watch else 0,
        "watched_wrong": watch.wrong if watch else 0,
        "alarm": made.is_void,
    }


def _rate(rate: Rate) -> Mapping[str, Any]:
    interval = rate.interval()
    return {"count": rate.count, "trials": rate.trials, "low": interval.low, "high": interval.high}


def _show(desk: Desk, found: Quality) -> None:
    say = desk.say
    console = Console(highlight=False) if sys.stdout.isatty() else Console(width=200, highlight=False)
    table = Table(box=None, pad_edge=False)
    table.add_column(say("Kind"))
    for title in ("Answers", "Accepted", "Rejected", "Not verified", "Known", "Right", "Turns", "Abstained"):
        table.add_column(say(title), justify="right")
    for one in found.kinds:
        table.add_row(say(one.kind), *map(str, _counts(one)))
    console.print(table, markup=False)
    console.print()
    checks = Table(box=None, pad_edge=False)
    checks.add_column(say("Check"))
    for title in ("Right accepted", "Wrong accepted"):
        checks.add_column(say(title), justify="right")
    checks.add_column("")
    for name, rates in found.checks.items():
        checks.add_row(visible(name), _told(rates.tpr), _told(rates.fpr), _warning(desk, rates))
    if found.checks:
        console.print(checks, markup=False)
        console.print()
    for one in found.kinds:
        console.print(_sentence(desk, one.guarantee), markup=False, soft_wrap=True)
    if found.saving is not None:
        console.print(_saved(desk, found.saving), markup=False, soft_wrap=True)


def _counts(one: KindOfWork) -> tuple[int, ...]:
    judged = [one.judgements.get(judgement, 0) for judgement in Judgement]
    return (one.answers, *judged, one.known, one.right, one.turns, one.abstained)


def _told(rate: Rate) -> str:
    if not rate.trials:
        return "–"
    interval = rate.interval()
    return f"{rate.count}/{rate.trials} ({interval.low:.2f}–{interval.high:.2f})"


def _warning(desk: Desk, rates: CheckRates) -> str:
    """A check that is fooled too often must not decide."""
    known = rates.fpr.trials >= WRONG_MIN
    return desk.say("fooled too often") if known and disable_cascade(rates.fpr) else ""


def _sentence(desk: Desk, made: Guarantee) -> str:
    say, kind = desk.say, desk.say(made.kind)
    percent = f"{made.alpha * 100:g}"
    if isinstance(made.calibration, NoThreshold):
        why = say.told(str(made.calibration))
        return say("{kind}: no guarantee can be given yet: {why}", kind=kind, why=why)
    if made.is_void:
        return say(
            "{kind}: the guarantee no longer holds: more than {percent} % were wrong", kind=kind, percent=percent
        )
    given = ", ".join(say(JUDGED[judgement]) for judgement in Judgement if made.allows(judgement))
    return say(
        "{kind}: of the answers that are {given}, at most {percent} % are wrong (95 % sure, on work like that of"
        " {labels} labels; {seen} watched since)",
        kind=kind,
        given=given,
        percent=percent,
        labels=made.calibration.labels,
        seen=made.watch.seen if made.watch else 0,
    )


def _saved(desk: Desk, saving: Saving | NoSaving) -> str:
    say = desk.say
    if isinstance(saving, NoSaving):
        return say.told(str(saving))
    cost, gained = saving.cost, saving.quality
    text = say("saved against always {agent}: {value:.0%} of the cost ({low:.0%} to {high:.0%}), {gained:+.1%} right")
    return text.format(agent=saving.baseline, value=cost.value, low=cost.low, high=cost.high, gained=gained.value)
