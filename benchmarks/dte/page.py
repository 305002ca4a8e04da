"""The tables, for the terminal and for ``docs/reference/dte-benchmark.md``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.dte import peers
from benchmarks.dte.comparing import CLASSES, Score, own_scores, scores
from benchmarks.dte.corpus import Mutant
from benchmarks.dte.fuzzing import Fuzzed
from benchmarks.dte.memory import Memory
from benchmarks.dte.peers import Told
from benchmarks.dte.proof import Proof
from benchmarks.dte.speed import AIM, OURS, Speed
from benchmarks.gateway import page
from benchmarks.gateway.page import NOTHING
from benchmarks.machine import Machine
from minga.dte import rules

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "dte-benchmark.md"

SCHEMAS_FROM = f"{peers.CL_SII.package} and {peers.FACTURACION.package}"

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """``size``: bytes of a document that was timed. ``told`` and ``judged``: what peers said of those documents, and of
    the others. ``failed``: why a peer could not be asked."""

    machine: Machine
    command: str
    proof: Proof
    mutants: Sequence[Mutant]
    size: float
    speeds: Sequence[Speed]
    memories: Sequence[Memory]
    told: Mapping[str, Told]
    judged: Mapping[str, Told]
    failed: Sequence[str]
    fuzzed: Fuzzed | str

    @property
    def wrong(self) -> list[str]:
        """What must not be: each makes the run fail."""
        proof, fuzzed = self.proof, self.fuzzed
        found = [f"valid, and objected to: {place}: {why}" for place, why in proof.rejected.items()]
        found += [f"mutant not seen: {place}: {rule}" for place, rule in proof.survived.items()]
        if isinstance(fuzzed, str):
            found.append(f"fuzzing {fuzzed}")
        else:
            found += [f"fuzzing raised: {each}" for each in fuzzed.raised]
        return found

    @property
    def ours(self) -> Speed:
        return next(each for each in self.speeds if each.name == OURS)

    @property
    def aim(self) -> str:
        """Whether the issue's aim was met."""
        met = "met" if self.ours.a_second >= AIM else "missed"
        return (
            f"The whole check does {self.ours.a_second:,.0f} documents a second on a core; the aim of {AIM:,} is {met}."
        )

    @property
    def quietness(self) -> str:
        load, cores = self.machine.load[0], self.machine.cores
        if load < cores / 2:
            return "The machine was quiet."
        return (
            f"**The machine was not quiet** (load {load:.1f} on {cores} cores): wall times are far longer than by "
            "themselves, CPU times up to 1.5 times; ratios of CPU times suffer least."
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
    console.print(result.quietness.replace("**", ""))
    for each in (*result.wrong, *result.failed):
        console.print(f"! {each}")


def write(result: Result) -> None:
    """Put the tables between the marks of the page."""
    parts = [f"`{result.command}`, {result.machine}.", result.quietness]
    for title, heads, rows in _tables(result):
        parts += [f"### {title}", page.table(heads, rows)]
        if title == _SPEED:
            parts.append(result.aim)
    troubles = [f"- {each}" for each in (*result.wrong, *result.failed)]
    parts.append("What went wrong:\n\n" + "\n".join(troubles) if troubles else "Nothing went wrong.")
    page.put("tables", "\n\n".join(parts), PAGE, "dte")


_SPEED = "Speed"


def _tables(result: Result) -> list[tuple[str, Sequence[str], Rows]]:
    names = list(result.judged)
    return [
        ("Proof", ("what", "count"), _proof(result.proof)),
        (_SPEED, ("what", "CPU a document, µs", "documents a second and core", "Minga : this", "wall"), _speed(result)),
        ("Memory", ("source", "documents", "most memory, MB"), _memory(result.memories)),
        ("Beside peers", ("mutants of", "all", "Minga finds", *(f"{name} finds" for name in names)), _beside(result)),
        ("Fuzzing", ("what", "count"), _fuzzing(result.fuzzed)),
    ]


def _proof(proof: Proof) -> Rows:
    killed, survived = sum(proof.killed.values()), len(proof.survived)
    proven = len(proof.killed.keys() - set(proof.survived.values()))
    return (
        ("valid documents", f"{sum(proof.documents.values()):,}"),
        ("of types", ", ".join(f"{kind}: {count}" for kind, count in sorted(proof.documents.items()))),
        ("valid envelopes, messages, books", f"{proof.covers:,}"),
        ("of these objected to", f"{len(proof.rejected):,}"),
        ("mutants killed / all", f"{killed:,} / {killed + survived:,}"),
        (
            "rules whose mutants are all killed / rules with mutants here",
            f"{proven:,} / {len(rules()) - len(proof.unproven):,}",
        ),
        ("rules whose mutants tests make", f"{len(proof.unproven):,}"),
    )


def _speed(result: Result) -> Rows:
    ours = result.ours
    rows = []
    for each in result.speeds:
        cpu = [f"{each.cpu_us:,.0f}", f"{each.a_second:,.0f}"] if each.cpu_us else [NOTHING] * 2
        share = f"{ours.cpu_us / each.cpu_us:.2f}" if each.cpu_us and each is not ours else NOTHING
        wall = f"{each.documents / each.wall_s:,.0f} a second" if each.wall_s else NOTHING
        rows.append((each.name, *cpu, share, wall))
    return rows


def _memory(memories: Sequence[Memory]) -> Rows:
    return [(each.source, f"{each.documents:,}", f"{each.peak_mb:,.0f}") for each in memories]


def _beside(result: Result) -> Rows:
    own = own_scores(result.mutants, result.proof.survived)
    theirs = {name: scores(result.mutants, each.verdicts) for name, each in result.judged.items()}
    rows = []
    for name in CLASSES:
        count = own[name].found + own[name].missed
        rows.append((name, f"{count:,}", f"{own[name].found:,}", *(_told(each[name]) for each in theirs.values())))
    valid = sum(result.proof.documents.values())
    rows.append(("valid documents rejected", f"{valid:,}", f"{len(result.proof.rejected)}", *map(_valid, _all(result))))
    return rows


def _told(score: Score) -> str:
    return f"{score.found:,} of {score.found + score.missed:,}" + (
        f", {score.unjudged:,} not taken" if score.unjudged else ""
    )


def _all(result: Result) -> list[tuple[int, int]]:
    """Of each peer: valid documents that it rejects, and those of kinds that it does not take."""
    found = []
    for name, each in result.judged.items():
        others = [verdict for file, verdict in each.verdicts.items() if file.startswith("valid-")]
        verdicts = [*result.told[name].verdicts.values(), *others]
        cannot = sum(bool(one.cannot) for one in verdicts)
        found.append((sum(bool(one.rejects) and not one.cannot for one in verdicts), cannot))
    return found


def _valid(counts: tuple[int, int]) -> str:
    rejected, cannot = counts
    return f"{rejected:,}" + (f", {cannot:,} not taken" if cannot else "")


def _fuzzing(fuzzed: Fuzzed | str) -> Rows:
    if isinstance(fuzzed, str):
        return (("the process", fuzzed),)
    return (
        ("spoiled files read", f"{fuzzed.executions:,}"),
        ("documents still found in them and checked", f"{fuzzed.documents:,}"),
        ("exceptions, crashes, hangs", f"{fuzzed.exceptions:,}"),
        ("slowest file, ms", f"{fuzzed.slowest_ms:,.0f}"),
        ("memory grown, MB", f"{fuzzed.grown_mb:,.1f}"),
    )
