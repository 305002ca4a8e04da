"""The tables, for the terminal and for ``docs/reference/verifier-benchmark.md``; the rates, for other programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.gateway import page
from benchmarks.gateway.page import NOTHING
from benchmarks.machine import Machine
from benchmarks.verifier import rates
from benchmarks.verifier.corpus import HELD_OUT, KINDS
from benchmarks.verifier.judging import Outcome, of_kind
from benchmarks.verifier.kinds_of_checks import KINDS_OF_CHECKS
from benchmarks.verifier.rates import FPR_MOST, TPR_LEAST, Score
from benchmarks.verifier.timing import AIM_MS, MIXED, Times
from minga.domain.verdict import CheckState
from minga.verification.quality.rates import Rate

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "verifier-benchmark.md"

MEASURED = Path(__file__).with_name("measured.json")
"""The rates on the half that was held out: what the replay of the cascade calls measured."""

ALL = "all that can be checked"
ANSWERS_SHOWN = 1500

Rows = list[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """``halves``: what came of each half of the corpus, by its name."""

    machine: Machine
    command: str
    halves: Mapping[str, Sequence[Outcome]]
    times: Sequence[Times]

    @property
    def is_met(self) -> bool:
        """Whether both halves keep the aim over all kinds."""
        return all(rates.score(outcomes).is_met for outcomes in self.halves.values())

    @property
    def aim(self) -> str:
        told = "; ".join(f"{name}: {_aim(rates.score(outcomes))}" for name, outcomes in self.halves.items())
        return f"Aim: of right answers at least {TPR_LEAST:.0%} accepted, of wrong ones at most {FPR_MOST:.0%}. {told}."

    @property
    def speed(self) -> str:
        mixed = next((each for each in self.times if each.kind == MIXED), None)
        if mixed is None:
            return "Nothing was timed."
        met = "kept" if mixed.cpu_p95 <= AIM_MS else "missed"
        return (
            f"Aim: at most {AIM_MS} ms for an answer of 20 kB; {met} "
            f"(p95 of mixed answers: {mixed.cpu_p95:.0f} ms of the processor)."
        )


def show(console: Console, result: Result) -> None:
    console.print(str(result.machine))
    for title, heads, rows in _tables(result):
        table = Table(title=title, title_justify="left")
        for head in heads:
            table.add_column(head)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(result.aim)
    console.print(result.speed)


def show_misses(console: Console, half: str, outcomes: Sequence[Outcome]) -> None:
    """Each answer that was misjudged, with what the checks said."""
    for one in outcomes:
        if one.is_missed:
            case = one.case
            label = {True: "right", False: "wrong", None: "open"}[case.right]
            console.rule(f"{half}: {case.kind} / {case.template} / {label}, and {one.verdict.judgement}")
            console.print(case.why, case.prompt, case.answer[:ANSWERS_SHOWN], sep="\n", markup=False, highlight=False)
            for path, content in case.changes.items():
                console.print(f"--- {path}:\n{content!s:.600}", markup=False, highlight=False)
            for each in one.verdict.checks:
                said = f"  {each.check}: {each.state}: {' | '.join(each.evidence)}"
                console.print(said, markup=False, highlight=False)


def write(result: Result) -> None:
    """Put the tables between the marks of the page, and the rates into `MEASURED`."""
    parts = [f"`{result.command}`, {result.machine}.", result.aim]
    for title, heads, rows in _tables(result):
        parts += [f"### {title}", page.table(heads, rows)]
    parts.append(result.speed)
    page.put("tables", "\n\n".join(parts), PAGE, "verifier")
    MEASURED.write_bytes(msgspec.json.format(msgspec.json.encode(measured(result)), indent=2) + b"\n")


def measured(result: Result) -> dict[str, object]:
    """The rates of the half that was held out: over all kinds, and of each."""
    outcomes = result.halves[HELD_OUT.name]
    kinds = {kind.name: rates.score(of_kind(outcomes, kind.name)) for kind in KINDS}
    fields = {name: _fields(each) for name, each in kinds.items() if each.tpr.trials}
    return {"when": result.machine.when, "command": result.command, **_fields(rates.score(outcomes)), "kinds": fields}


def _fields(found: Score) -> dict[str, object]:
    return {
        name: {
            "value": rate.value,
            "count": rate.count,
            "of": rate.trials,
            "low": rate.interval().low,
            "high": rate.interval().high,
        }
        for name, rate in (("tpr", found.tpr), ("fpr", found.fpr))
    }


def _aim(found: Score) -> str:
    return f"{_share(found.tpr)} and {_share(found.fpr)}, {'kept' if found.is_met else 'missed'}"


def _tables(result: Result) -> list[tuple[str, Sequence[str], Rows]]:
    heads = (
        "kind",
        "right answers",
        "accepted (TPR)",
        "of traps",
        "rejected",
        "wrong answers",
        "accepted (FPR)",
        "refuted",
    )
    tables: list[tuple[str, Sequence[str], Rows]] = [
        (f"By kind, {name}", heads, _kinds(outcomes)) for name, outcomes in result.halves.items()
    ]
    everything = [one for outcomes in result.halves.values() for one in outcomes]
    heads = (
        "check",
        "right answers",
        "passed",
        "rejected",
        "wrong answers of its kinds",
        "passed",
        "failed",
        "unproven",
    )
    tables.append(("By check, both halves", heads, _checks(everything)))
    heads = ("half", "answers that nothing can prove", "labelled so", "accepted", "rejected")
    tables.append(("What cannot be checked", heads, _open(result.halves)))
    heads = ("answers of 20 kB", "count", "p50, ms", "p95, ms", "CPU p50, ms", "CPU p95, ms")
    rows = [
        (each.kind, str(each.answers), *(f"{ms:.1f}" for ms in (each.p50, each.p95, each.cpu_p50, each.cpu_p95)))
        for each in result.times
    ]
    tables.append(("Time without programs", heads, rows))
    return tables


def _kinds(outcomes: Sequence[Outcome]) -> Rows:
    rows = [_kind(kind.name, rates.score(of_kind(outcomes, kind.name))) for kind in KINDS]
    return [*(row for row in rows if row[1] != "0"), _kind(f"**{ALL}**", rates.score(outcomes))]


def _kind(name: str, found: Score) -> Sequence[str]:
    return (
        name,
        str(found.tpr.trials),
        _with_interval(found.tpr),
        _of(found.traps),
        _of(found.denied),
        str(found.fpr.trials),
        _with_interval(found.fpr),
        _of(found.refuted),
    )


def _checks(outcomes: Sequence[Outcome]) -> Rows:
    rows: Rows = []
    for name, each in rates.by_check(outcomes, KINDS_OF_CHECKS).items():
        wrong = each.fpr.trials
        rows.append((
            name,
            str(each.tpr.trials),
            _with_interval(each.tpr),
            _with_interval(each.denied),
            str(wrong),
            _with_interval(each.fpr),
            _of(Rate(each.wrong[CheckState.FAILED], wrong)),
            _of(Rate(each.wrong[CheckState.UNPROVEN] + each.wrong[CheckState.BROKEN], wrong)),
        ))  # fmt: skip
    return rows


def _open(halves: Mapping[str, Sequence[Outcome]]) -> Rows:
    rows: Rows = []
    for name, outcomes in halves.items():
        found = [one for one in outcomes if one.case.right is None]
        accepted, rejected = sum(one.accepted for one in found), sum(one.rejected for one in found)
        rest = len(found) - accepted - rejected
        rows.append((name, str(len(found)), str(rest), str(accepted), str(rejected)))
    return rows


def _of(rate: Rate) -> str:
    return f"{rate.count} of {rate.trials}" if rate.trials else NOTHING


def _share(rate: Rate) -> str:
    return NOTHING if rate.value is None else f"{rate.value:.1%}"


def _with_interval(rate: Rate) -> str:
    if rate.value is None:
        return NOTHING
    interval = rate.interval()
    return f"{rate.count}: {rate.value:.1%} [{interval.low:.1%}, {interval.high:.1%}]"
