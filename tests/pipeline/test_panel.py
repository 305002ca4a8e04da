"""What a panel decides: agreement, a majority, a check, or the person; always an answer that somebody gave."""

from dataclasses import replace

import pytest

from minga.domain.events import Verified
from minga.domain.ids import AgentName, AttemptId, SessionId
from minga.domain.verdict import Checked, CheckState, Judgement, Verdict
from minga.pipeline.panel import Decision, Member, Standing, decide


def said(
    agent: str,
    answer: str | None,
    judgement: Judgement = Judgement.NOT_VERIFIABLE,
    *,
    changed: bool = False,
    cost: int | None = None,
) -> Member:
    states = {Judgement.ACCEPTED: CheckState.PASSED, Judgement.REJECTED: CheckState.FAILED}
    checks = (Checked("sum", states[judgement]),) if judgement in states else ()
    attempt = AttemptId(f"attempt of {agent}")
    verified = Verified(attempt, AgentName(agent), 1, judgement, Verdict(checks))
    return Member(AgentName(agent), SessionId(f"session of {agent}"), attempt, answer, verified, changed, cost)


def decided(*members: Member) -> tuple[Standing, str]:
    decision = decide(members)
    return decision.standing, decision.selected.agent if decision.selected else ""


ACCEPTED, REJECTED = Judgement.ACCEPTED, Judgement.REJECTED


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([said("a", "42"), said("b", "42.")], ("agreed", "a")),
        ([said("a", "42", cost=9), said("b", "42", cost=2)], ("agreed", "b")),
        ([said("a", "42", cost=1), said("b", "42", ACCEPTED, cost=2)], ("agreed", "b")),
        ([said("a", "42"), said("b", "43")], ("undecided", "")),
        ([said("a", "42"), said("b", "43"), said("c", "43")], ("majority", "b")),
        ([said("a", "42"), said("b", "43"), said("c", "44")], ("undecided", "")),
        ([said("a", "42"), said("b", None)], ("undecided", "")),
        ([said("a", "42", REJECTED), said("b", "42", REJECTED)], ("none", "")),
        ([said("a", "42", REJECTED), said("b", "43")], ("undecided", "")),
        ([said("a", "42", REJECTED), said("b", "43"), said("c", "43")], ("majority", "b")),
        ([said("a", None), said("b", None)], ("none", "")),
        ([said("a", "done", changed=True), said("b", "done", changed=True)], ("undecided", "")),
        ([said("a", "done", changed=True), said("b", "ready", ACCEPTED, changed=True)], ("proven", "b")),
    ],
    ids=range(13),
)
def test_one_of_the_answers_is_selected_or_the_person_decides(
    members: list[Member], expected: tuple[Standing, str]
) -> None:
    assert decided(*members) == expected


def test_agreement_is_a_check_of_the_selected_answer() -> None:
    def state(*answers: str) -> CheckState:
        return decide([said(f"agent {place}", answer) for place, answer in enumerate(answers)]).state

    assert state("42", "42") is CheckState.PASSED
    assert state("42", "43") is CheckState.FAILED
    prose = "It was sent by the company in the south. " * 9
    assert state(prose, prose.replace("south", "north")) is CheckState.UNPROVEN


def test_what_is_selected_is_word_for_word_what_one_agent_said() -> None:
    members = [said("a", "El plazo es de 8 días."), said("b", "  el plazo es de 8 dias")]
    decision = decide(members)
    assert isinstance(decision, Decision)
    assert decision.selected in members
    assert decide([replace(members[0], answer=None), members[1]]).selected is None
