"""The same mutants and the same valid documents before peers: what each finds, misses and does not take."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.dte.corpus import Mutant
from benchmarks.dte.peers import Verdict

CLASSES: Mapping[str, tuple[str, ...]] = {
    "schema": ("schema",),
    "signature, certificate": ("signature", "certificate"),
    "stamp, folio authorisation": ("stamp", "caf"),
    "sums and taxes": ("totals", "line", "tax", "exempt", "gross", "global", "commission", "foreign"),
    "fields and codes": ("field", "header", "place", "rut", "amount", "kind", "code"),
    "references": ("ref",),
    "boletas": ("boleta",),
    "exports, tourists": ("export", "tourist"),
    "goods on the way": ("transport",),
    "others": (),
}
"""Beginnings of the rules' ids; what has no other class is of the last."""

RIGHTS = "right"
"""What the right document that a mutant was made of is called beside it."""


@dataclass(frozen=True, slots=True)
class Score:
    """Of the mutants of a class: ``missed`` are taken for right; ``unjudged`` are those whose right document a peer
    does not take either, so that its word on the mutant says nothing."""

    found: int
    missed: int
    unjudged: int


def file_name(number: int, mutant: Mutant) -> str:
    return f"mutant-{number:04}-{mutant.rule.id}.xml"


def right_name(of: str) -> str:
    return f"{RIGHTS}-{of}.xml"


def scores(mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict]) -> Mapping[str, Score]:
    """By class."""
    told: dict[str, Counter[str]] = {name: Counter() for name in CLASSES}
    for number, mutant in enumerate(mutants):
        right, wrong = verdicts[right_name(mutant.of)], verdicts[file_name(number, mutant)]
        judged = not right.rejects and not right.cannot and not wrong.cannot
        told[class_of(mutant.rule.id)]["unjudged" if not judged else "found" if wrong.rejects else "missed"] += 1
    return {name: Score(each["found"], each["missed"], each["unjudged"]) for name, each in told.items()}


def own_scores(mutants: Iterable[Mutant], survived: Mapping[str, str]) -> Mapping[str, Score]:
    """Of Minga: ``survived`` are the places of mutants whose very rule was not told."""
    told: dict[str, Counter[str]] = {name: Counter() for name in CLASSES}
    for mutant in mutants:
        told[class_of(mutant.rule.id)]["missed" if mutant.piece.place in survived else "found"] += 1
    return {name: Score(each["found"], each["missed"], 0) for name, each in told.items()}


def class_of(rule: str) -> str:
    start = rule.partition("-")[0]
    return next((name for name, starts in CLASSES.items() if start in starts), "others")
