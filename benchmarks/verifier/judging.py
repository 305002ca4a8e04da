"""Every case judged as a run judges it, and what came of it."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.verifier.labelled import Case
from minga import verification_wiring
from minga.domain.verdict import CheckState, Judgement, Verdict
from minga.dte.engine import Engine
from minga.dte.schemas import Schemas
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.watchdog import Watchdog
from minga.verification.judge import Judge

FOLDER = "work"
"""Of each case, in a folder of its own: an answer that leaves it would land beside."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``took_ms``: wall time of the judging, without the laying out of the workspace; ``cpu_ms``: what this process
    worked in it."""

    case: Case
    verdict: Verdict
    took_ms: float
    cpu_ms: float

    @property
    def accepted(self) -> bool:
        return self.verdict.judgement is Judgement.ACCEPTED

    @property
    def rejected(self) -> bool:
        return self.verdict.judgement is Judgement.REJECTED

    @property
    def is_missed(self) -> bool:
        """Right and not accepted, wrong and accepted, or neither and yet judged."""
        if self.case.right is None:
            return self.verdict.judgement is not Judgement.NOT_VERIFIABLE
        return self.accepted is not self.case.right

    def states(self, check: str) -> set[CheckState]:
        """How the check ended; more than one where it ran several programs."""
        return {each.state for each in self.verdict.checks if named(each.check) == check}


def named(check: str) -> str:
    """A check's name without what it ran: ``command`` for ``command: pytest -q``."""
    return check.partition(":")[0]


@contextmanager
def a_judge() -> Iterator[Judge]:
    """With the checks of a run. Tax documents may be signed with the keys of trials; the SII's schemas are left out,
    which not every machine has. Programs are those beside this Python; its pytest leaves out the plugins of
    development."""
    with closing(Watchdog()) as watchdog:
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        here = {**os.environ, "PATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        yield verification_wiring.judge(here, SystemClock(), watchdog, lambda: Engine(Schemas(()), takes_trials=True))


def judged(cases: Sequence[Case], judge: Judge, tell: Callable[[str], None]) -> list[Outcome]:
    """In turn, each in a new folder that is removed with all that programs left there."""
    return asyncio.run(_judged(cases, judge, tell))


async def _judged(cases: Sequence[Case], judge: Judge, tell: Callable[[str], None]) -> list[Outcome]:
    found = []
    for at, case in enumerate(cases):
        if at % 100 == 0:
            tell(f"answer {at + 1} of {len(cases)}")
        with tempfile.TemporaryDirectory(prefix="minga-bench-", ignore_cleanup_errors=True) as place:
            folder = Path(place).resolve() / FOLDER
            folder.mkdir()
            work = case.work(folder)
            began, worked = time.perf_counter(), time.process_time()
            verdict = await judge.judge(work)
            took, cpu = time.perf_counter() - began, time.process_time() - worked
            found.append(Outcome(case, verdict, took * 1000, cpu * 1000))
    return found


def of_kind(outcomes: Iterable[Outcome], kind: str) -> list[Outcome]:
    return [each for each in outcomes if each.case.kind == kind]
