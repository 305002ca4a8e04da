"""The checks of one run: each answer gets its verdict; one that is refuted goes to an agent of another family, told
why; where none is left, Minga abstains."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from minga.agents.registry import BUILTIN
from minga.domain.events import Event, Failed, FileChange, Finished, Notice, Recorded, ToolResult, Usage, Verified
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName
from minga.domain.ledger import AttemptCost, Baseline, Receipt
from minga.domain.sessions import PastTurn, Turn
from minga.domain.task import Document, Permissions, Strategy, Task
from minga.domain.verdict import Judgement, Verdict
from minga.domain.work import Originals, Work
from minga.ledger.prices import PriceTable
from minga.pipeline.candidates import Route, model_of
from minga.verification.aftermath import Aftermath
from minga.verification.guarantees import are_fooled, guarantee
from minga.verification.judge import FAILED_BEFORE, Judge
from minga.verification.kinds import kind_of
from minga.verification.labels import Judged, Label, Labels
from minga.verification.programs.project_file import read_project_file
from minga.verification.quality import NoThreshold

STAGES_MAX = 3
"""Answers of one turn that are judged."""

SOURCES_LENGTH = 4_000_000
"""Characters of what agents read that quotations are looked for in; the newest count."""

REASONS_TOLD = 8

OBJECTIONS = """\

An answer to this request, by {agent}, was checked by programs and did not pass:
{reasons}
The files are as that answer left them: look at them first. Answer the request so that these checks pass; do not change
the checks."""

REFUTED_BEFORE = """\
The last answer above, by {agent}, was checked by programs and did not pass:
{reasons}

"""


@dataclass(frozen=True, slots=True)
class Verifying:
    """What checking needs. ``judge`` makes the judge at its first use: its checks are large. ``keep`` keeps the files
    as they are at the start of a run. ``wrong_max``: of the answers given, the share that may be wrong; None: no
    promise is asked for."""

    judge: Callable[[], Judge]
    keep: Callable[[Path], AbstractAsyncContextManager[Originals | None]]
    labels: Labels
    aftermath: Aftermath
    wrong_max: float | None = None


def with_project(task: Task) -> Task:
    """``task`` with what its project demands of every change, where the person demands nothing else. Raises
    BadProjectFile."""
    demands = task.demands
    if not demands.checked:
        return task
    allowed = demands.allowed or read_project_file(task.cwd).allowed
    return replace(task, demands=replace(demands, allowed=allowed))


class Checks:
    """Those of one turn after ``earlier`` ones. `begin` before the first agent starts, `close` at the end."""

    def __init__(self, verifying: Verifying, task: Task, turn: Turn, route: Route, earlier: Sequence[PastTurn]) -> None:
        self._verifying = verifying
        self._task = task
        self._turn = turn
        self._route = route
        self._refuted_before = _refuted_before(earlier)
        self._kept = AsyncExitStack()
        self._originals: Originals | None = None
        self._stages = 0
        self._judge: asyncio.Task[Judge] | None = None
        self._kind = kind_of(task.prompt)
        self._known: list[Label] = []
        self._is_fooled = False
        self._refuted: dict[AgentName, tuple[str, ...]] = {}
        self._is_withheld = False
        self._propensity = route.propensity

    async def begin(self) -> Notice | None:
        """Return what the person should know of the checks, if anything."""
        if not self._task.demands.checked:
            return None
        self._judge = asyncio.create_task(asyncio.to_thread(self._verifying.judge))  # while the agent works
        self._known = await self._verifying.labels.of_kind(self._kind)
        if self._task.permissions is not Permissions.READ_ONLY:
            self._originals = await self._kept.enter_async_context(self._verifying.keep(self._task.cwd))
        self._is_fooled = self._task.strategy is Strategy.AUTO and are_fooled(self._known)
        if not self._is_fooled:
            return None
        return Notice(f"checks of {self._kind} tasks let too much pass that was wrong: no cascade, see `minga quality`")

    async def close(self) -> None:
        if self._judge is not None:
            await asyncio.wait({self._judge})
        await self._kept.aclose()

    def wants(self, agent: AgentName) -> bool:
        """The built-in agent answers only what it has proven."""
        return self._task.demands.checked and agent != BUILTIN

    async def programs(self, answer: str, recorded: Sequence[Recorded]) -> list[str]:
        """What the person may have to wait for."""
        assert self._judge is not None
        return (await self._judge).programs(self._work(answer, recorded))

    async def judge(self, answer: str, recorded: Sequence[Recorded], cost: AttemptCost) -> Verified:
        """Judge the ``answer`` of the attempt that cost ``cost``, and label it."""
        self._stages += 1
        if self._stages == 1 and cost.agent != self._route.plan.candidates[0].agent:
            self._propensity = 1.0  # whom the lot chose gave no answer: nothing is known of what it would have done
        work = self._work(answer, recorded)
        assert self._judge is not None
        verdict = await (await self._judge).judge(work)
        await self._verifying.labels.note(self._judged(verdict, cost))
        await self._follow(work, verdict, cost)
        if verdict.judgement is Judgement.REJECTED:
            self._refuted.pop(cost.agent, None)
            self._refuted[cost.agent] = verdict.reasons
        return Verified(cost.attempt_id, cost.agent, self._stages, verdict.judgement, verdict)

    async def _follow(self, work: Work, verdict: Verdict, cost: AttemptCost) -> None:
        """Remember what was changed, to see what becomes of it; and see what became of the work before it."""
        if not work.changed:
            return
        aftermath, cwd = self._verifying.aftermath, self._task.cwd
        await aftermath.look(cwd)
        await aftermath.note(cost.attempt_id, cwd, [change.path for change in work.changed], self._originals)
        evidence = (line for each in verdict.checks for line in each.evidence)
        if any(line.startswith(FAILED_BEFORE) for line in evidence):
            await aftermath.broke(cwd, cost.attempt_id)

    def ended(self, verified: Verified, end: Finished) -> tuple[Finished | Failed, Notice | None]:
        """What the attempt's answer becomes: itself, or a failure where it is refuted and may not be delivered, or
        where the promise that was asked for does not allow it; and what is to be said of that promise."""
        alone = self._is_fooled or self._task.strategy in (Strategy.SINGLE, Strategy.PANEL)
        if verified.judgement is Judgement.REJECTED and not alone:
            return Failed(Failure(FailureCode.REJECTED, verified.verdict.reasons[0])), None
        promised = self._promise(verified.judgement)
        if isinstance(promised, Failed):
            self._is_withheld = True
            return promised, None
        return end, promised

    def _promise(self, judgement: Judgement) -> Notice | Failed | None:
        alpha = self._verifying.wrong_max
        if alpha is None:
            return None
        made = guarantee(self._known, self._kind, alpha)
        if made.is_void:
            return Notice("no guarantee can be given yet: the last one did not hold")
        if isinstance(made.calibration, NoThreshold):
            return Notice(f"no guarantee can be given yet: {made.calibration}")
        if made.allows(judgement):
            return None
        message = f"an answer of this kind is right with a confidence of {made.confidence(judgement):.2f}: too little"
        return Failed(Failure(FailureCode.REJECTED, message, "Ask without `wrong_max_percent` to see it all the same."))

    def following(self, agent: AgentName, waiting: Sequence[AgentName]) -> list[AgentName]:
        """Who may answer after ``agent`` was refuted, the first of another family where there is one; nobody once
        enough were asked, or where it was the promise that withheld an answer: it rests on the kind of task, not on the
        agent. A cascade asks the same agent again where it is the only one."""
        left = [one for one in waiting if one != BUILTIN]
        if self._stages >= STAGES_MAX or self._is_withheld:
            return []
        if not left and self._task.strategy is Strategy.CASCADE:
            return [agent]
        asked = {self._family(one) for one in self._refuted}
        return sorted(left, key=lambda one: self._family(one) in asked)

    def prompt(self, agent: AgentName, *, is_told: bool) -> str:
        """The task for ``agent``, with what was found wrong with the newest answer to it; or with the answer to the
        task before it, unless the agent ``is_told`` what happened in the words of a brief."""
        if self._refuted:
            refuted, reasons = list(self._refuted.items())[-1]
            return self._turn.prompt + "\n" + OBJECTIONS.format(agent=refuted, reasons=_listing(reasons))
        return self._turn.prompt if is_told or agent == BUILTIN else self._refuted_before + self._turn.prompt

    def with_specialist(self, receipt: Receipt, said: Sequence[Event]) -> Receipt:
        """``receipt`` with whose rules the agents had, and which of the checks that these demand did not prove the
        answer. That of the built-in agent needs none of them: it says only what it has proven."""
        specialist = self._task.specialist
        if specialist is None:
            return receipt
        last = receipt.attempts[-1] if receipt.attempts and receipt.ended == "finished" else None
        if last is None or last.agent == BUILTIN:
            return replace(receipt, specialist=specialist.name)
        verdicts = [one.verdict for one in said if isinstance(one, Verified) and one.attempt_id == last.attempt_id]
        unproven = verdicts[-1].missing if verdicts else specialist.checks
        return replace(receipt, specialist=specialist.name, unproven=unproven)

    def baseline(self, costs: Sequence[AttemptCost], prices: PriceTable, named: str) -> Baseline | None:
        """What the accepted answer would have cost with the agent ``named``, or the dearest of the plan, alone: the
        tokens of the attempt that gave it, at the list price of that agent's model."""
        accepted = costs[-1] if costs and costs[-1].judgement is Judgement.ACCEPTED else None
        in_stages = self._task.strategy is Strategy.CASCADE or self._stages > 1
        agent = AgentName(named) if named in self._route.examined else self._dearest(costs[-1].agent if costs else None)
        if accepted is None or not in_stages or agent is None:
            return None
        model = accepted.model if agent == accepted.agent else model_of(self._route.examined[agent], self._task)
        tokens = (accepted.input_tokens, accepted.cached_input_tokens, accepted.cache_write_tokens)
        cost = prices.cost_micro_usd(model, Usage(model, *tokens, accepted.output_tokens))
        return None if cost is None else Baseline(agent, model, cost)

    def _dearest(self, answered: AgentName | None) -> AgentName | None:
        """Of the plan; among equals the one that ``answered``."""
        expected = self._route.expected
        able = [one.agent for one in self._route.plan.candidates if one.agent != BUILTIN]
        return max(able, key=lambda agent: (expected.get(agent) or 0, agent == answered), default=None)

    def _family(self, agent: AgentName) -> str:
        facts = self._route.examined[agent].facts
        return facts.model_family if facts else ""

    def _work(self, answer: str, recorded: Sequence[Recorded]) -> Work:
        changed: dict[str, FileChange] = {}
        for one in recorded:
            if isinstance(one.event, FileChange):
                changed[one.event.path] = one.event
        demands = self._task.demands
        return Work(
            prompt=self._task.prompt,
            answer=answer,
            cwd=self._task.cwd,
            changed=tuple(changed.values()),
            sources=(*self._task.documents, *_read_by_agents(recorded)),
            schema=demands.schema,
            allowed=demands.allowed,
            commands=demands.commands,
            required=self._task.specialist.checks if self._task.specialist else (),
            originals=self._originals,
        )

    def _judged(self, verdict: Verdict, cost: AttemptCost) -> Judged:
        return Judged(
            attempt_id=cost.attempt_id,
            turn_id=self._turn.id,
            session_id=self._turn.session_id,
            agent=cost.agent,
            model=cost.model,
            family=self._family(cost.agent),
            kind=self._kind,
            strategy=self._task.strategy,
            stage=self._stages,
            propensity=self._propensity,
            judgement=verdict.judgement,
            checks=tuple((each.check, each.state) for each in verdict.checks if each.looked_at),
            cost_micro_usd=cost.cost_micro_usd,
        )


def _refuted_before(earlier: Sequence[PastTurn]) -> str:
    """What is told of the turn before this one, if it ended without an answer because its last one was refuted."""
    events = [recorded.event for recorded in earlier[-1].events] if earlier else []
    verified = [event for event in events if isinstance(event, Verified)]
    end = events[-1] if events else None
    if not isinstance(end, Failed) or end.failure.code is not FailureCode.REJECTED or not verified:
        return ""
    agent, reasons = verified[-1].agent, verified[-1].verdict.reasons
    return REFUTED_BEFORE.format(agent=agent, reasons=_listing(reasons)) if reasons else ""


def _listing(reasons: Sequence[str]) -> str:
    return "\n".join(f"- {reason}" for reason in reasons[:REASONS_TOLD])


def _read_by_agents(recorded: Sequence[Recorded]) -> list[Document]:
    """What tools gave the agents in this turn, the newest first, up to ``SOURCES_LENGTH``."""
    found: list[Document] = []
    room = SOURCES_LENGTH
    for one in reversed(recorded):
        if isinstance(one.event, ToolResult) and one.event.ok and one.event.output:
            room -= len(one.event.output)
            if room < 0:
                break
            found.append(Document(f"result of tool call {one.event.call_id}", one.event.output))
    return found
