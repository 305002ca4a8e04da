"""Long answers, and how long it takes to judge them where no program runs."""

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.verifier.judging import Outcome, judged
from benchmarks.verifier.labelled import Case
from minga.verification.judge import Judge

BYTES = 20_000
AIM_MS = 50

MIXED = "all of them mixed"


@dataclass(frozen=True, slots=True)
class Times:
    """Of the answers of ``kind``, in milliseconds: of wall time, and of the processor's."""

    kind: str
    answers: int
    p50: float
    p95: float
    cpu_p50: float
    cpu_p95: float


def measure(cases: Sequence[Case], judge: Judge, each: int, tell: Callable[[str], None]) -> list[Times]:
    """``each``: how many long answers of every kind, and twice as many of all kinds mixed. They are put together of the
    right ones among ``cases``, so that every check goes to the end."""
    right = [case for case in cases if case.right and not case.slow and not case.changes and not case.schema]
    kinds = list(dict.fromkeys(case.kind for case in right))
    if not right:
        return []
    judged(list(_long(right, 3, 0)), judge, tell)  # what is loaded once is not counted
    found = []
    for kind in (MIXED, *kinds):
        of_kind = right if kind == MIXED else [case for case in right if case.kind == kind]
        answers = list(_long(of_kind, 2 * each if kind == MIXED else each, 1))
        found.append(_times(kind, judged(answers, judge, tell)))
    return found


def _long(cases: Sequence[Case], count: int, seed: int) -> Iterator[Case]:
    chance = random.Random(seed)
    for _ in range(count):
        parts: list[Case] = []
        size = 0
        while size < BYTES:
            parts.append(chance.choice(cases))
            size += len(parts[-1].answer.encode()) + 2
        answer = "\n\n".join(part.answer for part in parts).encode()[:BYTES].decode(errors="ignore")
        files = {path: text for part in parts for path, text in part.files.items()}
        sources = tuple(dict.fromkeys(source for part in parts for source in part.sources))
        yield replace(parts[0], answer=answer, files=files, sources=sources, allowed=())


def _times(kind: str, outcomes: Sequence[Outcome]) -> Times:
    wall, cpu = [one.took_ms for one in outcomes], [one.cpu_ms for one in outcomes]
    return Times(kind, len(outcomes), statistics.median(wall), _late(wall), statistics.median(cpu), _late(cpu))


def _late(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=20, method="inclusive")[-1]
