"""A panel: agents of different families answer one task side by side, and one answer is selected, never blended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from minga.agents.registry import BUILTIN
from minga.domain.events import FileChange, Finished, Recorded, Verified
from minga.domain.ids import AgentName, AttemptId, SessionId
from minga.domain.task import Strategy
from minga.domain.verdict import CheckState, Judgement
from minga.pipeline.candidates import Route
from minga.verification.agreement import Comparison, clusters, compare
from minga.verification.labels import Label, Labels
from minga.verification.quality import AgreedOutcome, Posterior
from minga.verification.quality.agreement import Agreement, learn

SEATS = 3
"""Two answer first; the third is asked where they do not agree."""

CHECK = "agreement"
"""Names the agreement among the checks of the selected answer."""

PASSED_OVER = "passed over"
"""Stands among the checks of the answers that were not selected."""

Standing = Literal["agreed", "majority", "proven", "undecided", "none"]
"""``agreed``: all say the same. ``majority``: two of three do. ``proven``: work on files, which a check accepted.
``undecided``: the person decides. ``none``: no answer that is not refuted."""


@dataclass(frozen=True, slots=True)
class Member:
    """What one agent answered; ``answer`` is None where it gave none. ``cost_micro_usd`` None: unknown."""

    agent: AgentName
    session_id: SessionId
    attempt_id: AttemptId | None
    answer: str | None
    verified: Verified | None
    changed_files: bool
    cost_micro_usd: int | None = None

    @property
    def judgement(self) -> Judgement:
        return self.verified.judgement if self.verified else Judgement.NOT_VERIFIABLE

    @property
    def stands(self) -> bool:
        return self.answer is not None and self.judgement is not Judgement.REJECTED


@dataclass(frozen=True, slots=True)
class Decision:
    standing: Standing
    selected: Member | None
    comparisons: tuple[tuple[AgentName, AgentName, Comparison], ...] = ()

    @property
    def state(self) -> CheckState:
        """The agreement as a check of the selected answer."""
        if self.standing in ("agreed", "majority"):
            return CheckState.PASSED
        differ = any(comparison == "different" for _, _, comparison in self.comparisons)
        return CheckState.FAILED if differ else CheckState.UNPROVEN


def seats(route: Route) -> list[AgentName]:
    """Who is asked, in the order of the plan, each of another family as long as there is one."""
    able = [one.agent for one in route.plan.candidates if one.agent != BUILTIN]
    chosen: list[AgentName] = []
    families: set[str] = set()
    for new_only in (True, False):
        for agent in able:
            facts = route.examined[agent].facts
            family = facts.model_family if facts else ""
            if agent not in chosen and not (new_only and family in families):
                chosen.append(agent)
                families.add(family)
    return chosen[:SEATS]


def member(
    agent: AgentName, session_id: SessionId, shown: Sequence[Recorded], cost_micro_usd: int | None = None
) -> Member:
    """What the events of one turn hold."""
    events = [one.event for one in shown]
    answer = next((event.answer for event in events if isinstance(event, Finished)), None)
    verified = next((event for event in reversed(events) if isinstance(event, Verified)), None)
    attempts = [one.attempt_id for one in shown if one.attempt_id]
    changed = any(isinstance(event, FileChange) for event in events)
    last = attempts[-1] if attempts else None
    return Member(agent, session_id, last, answer, verified, changed, cost_micro_usd)


def decide(members: Sequence[Member]) -> Decision:
    """Select an answer that was given as it stands. Work on files has no form in which it could be compared: there the
    checks decide. Among answers that agree, one that a check accepted comes first, then the cheapest."""
    standing = [one for one in members if one.stands]
    if not standing:
        return Decision("none", None)
    if any(one.changed_files for one in standing):
        proven = [one for one in standing if one.judgement is Judgement.ACCEPTED]
        return Decision("proven", _best(proven)) if proven else Decision("undecided", None)
    answers = [one.answer or "" for one in standing]
    pairs = [(first, second) for first in range(len(answers)) for second in range(first + 1, len(answers))]
    told = tuple((standing[a].agent, standing[b].agent, compare(answers[a], answers[b])) for a, b in pairs)
    largest = [standing[place] for place in clusters(answers)[0]]
    if len(largest) < 2:
        return Decision("undecided", None, told)
    return Decision("agreed" if len(largest) == len(members) else "majority", _best(largest), told)


async def note(labels: Labels, members: Sequence[Member], decision: Decision) -> None:
    """So that `minga feedback` finds the answer that was selected."""
    for one in members if decision.selected else ():
        if one.attempt_id and one != decision.selected:
            await labels.add_check(one.attempt_id, PASSED_OVER, CheckState.UNPROVEN)
        elif one.attempt_id:
            await labels.add_check(one.attempt_id, CHECK, decision.state)


def answer_of(labels: Sequence[Label], session_id: SessionId) -> Label | None:
    """Of a panel in which ``session_id`` took part, the answer that was selected; its own newest answer where that was
    it, or where there was no panel. None for a panel that selected none."""
    own = [one for one in labels if one.judged.session_id == session_id]
    if not own or own[-1].judged.strategy is not Strategy.PANEL or CHECK in dict(own[-1].judged.checks):
        return own[-1] if own else None
    if PASSED_OVER not in dict(own[-1].judged.checks):
        return None
    return next((one for one in reversed(labels) if CHECK in dict(one.judged.checks)), None)


def confidence(labels: Iterable[Label], kind: str, *, agreed: bool) -> Posterior:
    """How often answers of panels turned out right, of this kind of task and with or without agreement."""
    outcomes = [
        AgreedOutcome(one.judged.kind, dict(one.judged.checks)[CHECK] is CheckState.PASSED, one.outcome.is_right)
        for one in labels
        if one.outcome is not None and CHECK in dict(one.judged.checks)
    ]
    return learn(outcomes).get(kind, Agreement()).after(agreed=agreed)


def _best(members: Sequence[Member]) -> Member:
    def rank(one: Member) -> tuple[bool, float]:
        cost = float("inf") if one.cost_micro_usd is None else float(one.cost_micro_usd)
        return one.judgement is not Judgement.ACCEPTED, cost

    return min(members, key=rank)
