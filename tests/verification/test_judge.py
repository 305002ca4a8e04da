"""The judge: what checks say becomes one verdict, and what breaks never makes an answer good."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from minga import verification_wiring as wiring
from minga.domain.events import FileChange
from minga.domain.tax_documents import DteEngine
from minga.domain.verdict import CHECKS, Checked, CheckState, Judgement, Verdict
from minga.domain.work import Work
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.watchdog import Watchdog
from minga.verification import judge as judging
from minga.verification.judge import Judge

PASSED = Checked("right", CheckState.PASSED, evidence=("2 of 2",))
SCREENED = Checked("compiles", CheckState.PASSED, proves=False)
FORMAL = Checked("data", CheckState.PASSED, formal=True)
FAILED = Checked("wrong", CheckState.FAILED, evidence=("3 + 4 is 7, not 8",))
UNPROVEN = Checked("source", CheckState.UNPROVEN, evidence=("https://example.com was not read",))
BROKEN = Checked("odd", CheckState.BROKEN)
CHANGE = (FileChange("a.py", "modified"),)


@dataclass(frozen=True)
class Fixed:
    """A check that says what it was made with."""

    said: Checked | None
    name: str = "fixed"

    def look(self, work: Work) -> Checked | None:
        return self.said


@dataclass(frozen=True)
class Crashing:
    name: str = "crashing"

    def look(self, work: Work) -> Checked | None:
        raise ZeroDivisionError("division by zero")


@dataclass(frozen=True)
class Program:
    said: tuple[Checked, ...]
    ran: list[str]
    name: str = "program"

    def programs(self, work: Work) -> Sequence[str]:
        return ["true"]

    async def look(self, work: Work) -> Sequence[Checked]:
        self.ran.append(work.answer)
        return self.said


def no_engine() -> DteEngine:
    raise AssertionError


def judged(
    *checks: Fixed | Crashing,
    changed: tuple[FileChange, ...] = (),
    program: Program | None = None,
    required: tuple[str, ...] = (),
) -> Verdict:
    judge = Judge(SystemClock(), checks, (program,) if program else ())
    return asyncio.run(judge.judge(Work("do it", "done", Path("/w"), changed, required=required)))


@pytest.mark.parametrize(
    ("said", "judgement"),
    [
        ([], Judgement.NOT_VERIFIABLE),
        ([None], Judgement.NOT_VERIFIABLE),
        ([PASSED], Judgement.ACCEPTED),
        ([PASSED, FAILED], Judgement.REJECTED),
        ([PASSED, UNPROVEN], Judgement.ACCEPTED),
        ([UNPROVEN], Judgement.NOT_VERIFIABLE),
        ([PASSED, BROKEN], Judgement.NOT_VERIFIABLE),
        ([FAILED, BROKEN], Judgement.REJECTED),
        ([SCREENED], Judgement.ACCEPTED),
        ([FORMAL], Judgement.NOT_VERIFIABLE),
        ([FORMAL, PASSED], Judgement.ACCEPTED),
        ([FORMAL, FAILED], Judgement.REJECTED),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_fault_rejects_and_only_what_was_proven_accepts(said: list[Checked | None], judgement: Judgement) -> None:
    assert judged(*(Fixed(one) for one in said)).judgement is judgement


def test_work_on_files_is_not_accepted_because_it_compiles() -> None:
    assert judged(Fixed(SCREENED), changed=CHANGE).judgement is Judgement.NOT_VERIFIABLE
    assert judged(Fixed(SCREENED), Fixed(PASSED), changed=CHANGE).judgement is Judgement.ACCEPTED


def test_a_check_that_crashes_is_told_and_never_accepts() -> None:
    verdict = judged(Fixed(PASSED), Crashing())
    assert verdict.judgement is Judgement.NOT_VERIFIABLE
    [broken] = [each for each in verdict.checks if each.state is CheckState.BROKEN]
    assert broken.check == "crashing"
    assert "ZeroDivisionError: division by zero" in broken.evidence[0]


def test_a_check_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "TEXT_LIMIT_S", 0.05)
    waiting = asyncio.Event()

    @dataclass(frozen=True)
    class Slow(Fixed):
        def look(self, work: Work) -> Checked | None:
            for _ in range(40):
                if waiting.is_set():
                    break
                asyncio.run(asyncio.sleep(0.01))
            return PASSED

    verdict = judged(Fixed(PASSED), Slow(PASSED, "slow"))
    assert [(each.check, each.state) for each in verdict.checks][1] == ("slow", CheckState.BROKEN)
    assert verdict.judgement is Judgement.NOT_VERIFIABLE


def test_programs_run_only_for_what_is_not_refuted_already() -> None:
    program = Program((PASSED,), [])
    assert judged(Fixed(FAILED), program=program).judgement is Judgement.REJECTED
    assert program.ran == []
    assert judged(Fixed(UNPROVEN), program=program).judgement is Judgement.ACCEPTED
    assert program.ran == ["done"]


def test_what_contradicts_itself_is_rejected_and_both_sides_are_told() -> None:
    verdict = judged(program=Program((PASSED, FAILED), []))
    assert verdict.judgement is Judgement.REJECTED
    assert [each.state for each in verdict.checks] == [CheckState.PASSED, CheckState.FAILED]
    assert verdict.reasons == ("wrong: 3 + 4 is 7, not 8",)


def test_evidence_is_bounded_and_what_is_left_out_is_counted() -> None:
    many = Checked("many", CheckState.FAILED, evidence=tuple("x" * 5000 for _ in range(50)))
    [bounded] = judged(Fixed(many)).checks
    assert len(bounded.evidence) == judging.EVIDENCE_MAX + 1
    assert bounded.evidence[-1] == "… and 30 more"
    assert max(map(len, bounded.evidence)) == judging.SENTENCE_MAX + 2


@pytest.mark.parametrize(
    ("said", "required", "judgement", "missing"),
    [
        ([PASSED], ("right",), Judgement.ACCEPTED, ()),
        ([PASSED], ("source",), Judgement.NOT_VERIFIABLE, ("source",)),
        ([PASSED, UNPROVEN], ("source",), Judgement.NOT_VERIFIABLE, ("source",)),
        ([PASSED, UNPROVEN], ("right",), Judgement.ACCEPTED, ()),
        ([PASSED, FAILED], ("source",), Judgement.REJECTED, ("source",)),
        ([FORMAL], ("data",), Judgement.NOT_VERIFIABLE, ()),
        ([], ("right", "source"), Judgement.NOT_VERIFIABLE, ("right", "source")),
        ([Checked("command: make test", CheckState.PASSED)], ("command",), Judgement.ACCEPTED, ()),
        (
            [Checked("command: make", CheckState.PASSED), Checked("command: x", CheckState.UNPROVEN)],
            ("command",),
            Judgement.NOT_VERIFIABLE,
            ("command",),
        ),
    ],
    ids=range(9),
)
def test_nothing_is_accepted_without_what_must_pass(
    said: list[Checked], required: tuple[str, ...], judgement: Judgement, missing: tuple[str, ...]
) -> None:
    verdict = judged(*map(Fixed, said), required=required)
    assert (verdict.judgement, verdict.missing) == (judgement, missing)
    nothing = [each for each in verdict.checks if not each.looked_at]
    assert all(each.required and each.state is CheckState.UNPROVEN and each.evidence for each in nothing)


def test_the_names_that_may_be_demanded_are_those_of_the_checks() -> None:
    made = wiring.judge({}, SystemClock(), Watchdog(), no_engine)
    assert sorted(check.name for check in (*made.checks, *made.long_checks)) == list(CHECKS)
