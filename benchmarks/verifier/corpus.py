"""All cases, from a seed: those that the checks may be bettered with, and those that are held out."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.verifier.kinds import (
    code,
    json_answers,
    mends,
    odd_code,
    odd_sums,
    open_claims,
    patches,
    quotations,
    references,
    ruts,
    sums,
    tax_documents,
)
from benchmarks.verifier.labelled import Case, Template
from benchmarks.verifier.voice import Voice

LANGUAGES: tuple[Literal["es", "en"], ...] = ("es", "en")


@dataclass(frozen=True, slots=True)
class Kind:
    """``rounds``: how often each template is filled, in each language."""

    name: str
    templates: Sequence[Template]
    held: Sequence[Template]
    rounds: int


KINDS = (
    Kind("sums", (*sums.TEMPLATES, *odd_sums.TEMPLATES), (*sums.HELD, *odd_sums.HELD), 2),
    Kind("RUTs", ruts.TEMPLATES, ruts.HELD, 3),
    Kind("quotations", quotations.TEMPLATES, quotations.HELD, 2),
    Kind("JSON", json_answers.TEMPLATES, json_answers.HELD, 3),
    Kind("code", (*code.TEMPLATES, *odd_code.TEMPLATES), (*code.HELD, *odd_code.HELD), 3),
    Kind("references", references.TEMPLATES, references.HELD, 3),
    Kind("patches", patches.TEMPLATES, patches.HELD, 3),
    Kind("tax documents", tax_documents.TEMPLATES, tax_documents.HELD, 4),
    Kind("mends", mends.TEMPLATES, mends.HELD, 2),
    Kind("open claims", open_claims.TEMPLATES, open_claims.HELD, 2),
)


@dataclass(frozen=True, slots=True)
class Half:
    name: str
    seed: int
    with_held: bool


DEVELOPMENT = Half("development", 20261126, with_held=False)
"""What is missed of it may be shown to whoever writes checks."""

HELD_OUT = Half("held out", 20270114, with_held=True)
"""Another seed, other faults, traps and documents wherever a list of them is drawn from, and templates of its own."""


def cases(half: Half, *, slow: bool = True) -> list[Case]:
    """Those of ``half``; without ``slow`` none for which programs have to run."""
    made = [each for kind in KINDS for each in _of(kind, half)]
    return made if slow else [each for each in made if not each.slow]


def _of(kind: Kind, half: Half) -> Iterator[Case]:
    chance = random.Random(f"{half.seed} {kind.name}")
    for template in (*kind.templates, *(kind.held if half.with_held else ())):
        for language in LANGUAGES:
            for _ in range(kind.rounds):
                for case in template(Voice(chance, language, half.with_held)):
                    yield replace(case, kind=kind.name, template=template.__name__, language=language)
