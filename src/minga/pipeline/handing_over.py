"""What is said and decided where one attempt of a turn ends and another may begin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from minga.agents.registry import is_proven
from minga.agents.roster import Examined
from minga.domain.events import Failed, HandedOver, RouteChosen
from minga.domain.failure import SWITCHABLE, Failure, FailureCode
from minga.domain.ids import AgentName
from minga.domain.routing import Plan
from minga.domain.task import OnLimit, Task
from minga.domain.ways import shown as way_shown
from minga.infrastructure.clock import Clock
from minga.pipeline.candidates import Route
from minga.pipeline.context import Carried
from minga.pipeline.evidence import Changes


@dataclass(frozen=True, slots=True)
class Again:
    """A second try for the same agent, after ``pause_s`` seconds; ``notice`` says why."""

    notice: str
    pause_s: float = 0.0


def another_try(
    agent: AgentName, failure: Failure, carried: Carried, task: Task, clock: Clock, *, lost: int, warm: bool
) -> Again | None:
    """Whether the same agent gets another try: without its session (which it ``lost`` so often), with a brief where all
    of the conversation is too long for it, in a new process where its ``warm`` one had died, or (policy ``wait``) after
    its limit resets, if that is within the run's time."""
    match failure.code:
        case FailureCode.SESSION_UNKNOWN if carried.resume is not None or lost == 1:
            return Again(f"{agent} no longer knows this session; it is told the conversation anew")
        case FailureCode.CONTEXT_TOO_LONG if carried.migrated:
            return Again(f"the whole conversation is too long for {agent}; it gets a brief")
        case FailureCode.CRASHED if warm:
            return Again(f"the warm process of {agent} had ended; it is started again")
        case FailureCode.RATE_LIMITED if task.on_limit is OnLimit.WAIT and failure.resets_at:
            pause_s = max(0.0, (failure.resets_at - clock.now()).total_seconds()) + 0.5
            if pause_s <= task.timeout_s:
                return Again(f"waiting {pause_s:.0f} s until the limit of {agent} resets", pause_s)
    return None


def handed_over(
    agent: AgentName, following: AgentName, failure: Failure, changes: Changes, carried: Carried
) -> HandedOver:
    how: Literal["native", "brief"] = "native" if carried.migrated else "brief"
    reason = "a check refuted its answer" if failure.code is FailureCode.REJECTED else failure.message
    return HandedOver(agent, following, reason, how, changes.reported)


def last_word(end: Failed, failures: Sequence[tuple[AgentName, Failure]]) -> Failed:
    """How a turn ends whose last of ``failures`` was ``end``.

    The built-in agent's "cannot" says less than why an agent with a model failed before it. Where an answer was
    refuted, that is the reason why there is none, whatever failed after it.
    """
    refuted = [(agent, failure) for agent, failure in failures if failure.code is FailureCode.REJECTED]
    if refuted and end.failure.code in SWITCHABLE:
        agent, failure = refuted[-1]
        if end.failure == failure:
            return Failed(replace(failure, message=f"{agent}: {failure.message}"))
        last = failures[-1][0]
        message = f"{agent}: {failure.message} ({last}, after it: {end.failure.message})"
        return Failed(replace(failure, message=message))
    if end.failure.code is FailureCode.CANNOT and len(failures) > 1:
        agent, failure = failures[-2]
        return Failed(replace(failure, message=f"{agent}: {failure.message}"))
    return end


def chosen(route: Route) -> RouteChosen:
    """The plan as an event, with the reasons."""
    plan = route.plan
    ways = {one.agent: way_shown(one.way) for one in route.examined.values()}
    reasons = [f"{one.agent}: {', '.join(filter(None, (one.reason, ways[one.agent])))}" for one in plan.candidates]
    reasons += [f"not {candidate.agent}: {candidate.reason}" for candidate in plan.left_out]
    return RouteChosen(tuple(candidate.agent for candidate in plan.candidates), tuple(reasons))


def no_agent(plan: Plan) -> Failed:
    reasons = "; ".join(f"{out.agent}: {out.reason}" for out in plan.left_out)
    code = FailureCode.NOT_INSTALLED if "not installed" in reasons else FailureCode.NOT_LOGGED_IN
    return Failed(Failure(code, f"no agent can take the task. {reasons}", "See `minga doctor`."))


def unproven(examined: Examined) -> str:
    """Say so if the version was not proven: such a CLI is used all the same."""
    facts, installed = examined.facts, examined.installed
    if facts is None or installed is None or not installed.version or is_proven(facts, installed.version):
        return ""
    return (
        f"{facts.name} is version {installed.version}, outside the proven range {facts.proven.min} to "
        f"{facts.proven.max}; minga agents install {facts.name} brings a proven one"
    )
