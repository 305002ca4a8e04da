"""One task, the whole way: plan, open a turn, run agents until one answers, book, end."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from minga.agents import attempt
from minga.agents.attempt import Stop
from minga.agents.permissions import Asker, PolicyBroker
from minga.agents.registry import BUILTIN
from minga.agents.roster import Examined, Roster
from minga.domain.agents import Conversation, Prompt
from minga.domain.errors import EmptyTask, MigrationFailed
from minga.domain.events import (
    AttemptFailed,
    AttemptStarted,
    CallFailed,
    Cancelled,
    ErrorOutput,
    Event,
    Failed,
    FileChange,
    Finished,
    Notice,
    Recorded,
    Terminal,
    Text,
    ToolKind,
)
from minga.domain.failure import SWITCHABLE, Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId
from minga.domain.ledger import AttemptCost, Receipt
from minga.domain.memory import MemoryBrief
from minga.domain.sessions import PastTurn, Turn
from minga.domain.task import COMMANDS, OnLimit, Task
from minga.domain.transcript import ImagePart
from minga.infrastructure.clock import Clock
from minga.infrastructure.ids import NewId
from minga.ledger.book import Ledger, Meter, receipt
from minga.ledger.prices import PriceTable
from minga.pipeline.budget import Budget
from minga.pipeline.candidates import Exploration, Route, choose
from minga.pipeline.checks import Checks, Verifying, with_project
from minga.pipeline.context import Carried, carry, write_natively
from minga.pipeline.evidence import Changes
from minga.pipeline.handing_over import another_try, chosen, handed_over, last_word, no_agent, unproven
from minga.pipeline.migration import Migrator
from minga.pipeline.passages import Asked, Passage, Passages
from minga.pipeline.project_rules import read_by
from minga.pipeline.remembering import Remembering, unquoted, unread
from minga.routing.health import Health
from minga.sessions.codec import without
from minga.sessions.history import History
from minga.sessions.store import Sessions, TurnEnded
from minga.specialists.prompt import block, chosen_event

BRIEF_NOW = 2
"""Native sessions of one agent that did not help in a turn; after so many it gets a brief."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs tasks. ``ask_wait_s``: how long a person has to answer a permission request. ``baseline`` names the agent
    with which cascades are compared; empty: the dearest of each plan."""

    sessions: Sessions
    history: History
    health: Health
    ledger: Ledger
    prices: PriceTable
    roster: Roster
    clock: Clock
    new_id: NewId
    ask_wait_s: float
    migrator: Migrator
    passages: Passages
    verifying: Verifying
    exploration: Exploration
    remembering: Remembering
    baseline: str = ""

    async def start(self, task: Task, stop: Stop, *, asker: Asker | None = None, warm: bool = False) -> "TaskRun":
        """Plan ``task`` and open its turn. With ``warm``, CLI processes stay alive for the session's next task.

        Raises EmptyTask, BadProjectFile, UnknownAgent, UnknownSession, StoreError; after that, failures are events.
        """
        if not task.prompt.strip():
            raise EmptyTask
        task = with_project(task)
        earlier = await self.history.conversation(task.session_id) if task.session_id else []
        route = await self.route(task, _began(earlier))
        pictures = [ImagePart(image.media_type, image.path.read_bytes()) for image in task.images]
        turn = await self.sessions.open(
            task.session_id, compose(task), task.cwd, pictures, begins=task.begins, asked_by=task.by
        )
        tools = task.specialist.tools if task.specialist else tuple(ToolKind)
        broker = PolicyBroker(task.permissions, asker, self.ask_wait_s, tools)
        return TaskRun(self, task, turn, route, earlier, stop, broker, warm_key=turn.session_id if warm else "")

    async def route(self, task: Task, began: AgentName | None = None) -> Route:
        """Who would be asked, in which order; ``began`` the session. Raises UnknownAgent."""
        return await choose(task, self.roster, self.health, self.prices, self.clock, began, self.exploration)


def _began(earlier: Sequence[PastTurn]) -> AgentName | None:
    """Who worked first in a session, None where nobody has."""
    started = (one.event for past in earlier for one in past.events if isinstance(one.event, AttemptStarted))
    return next((event.agent for event in started), None)


def compose(task: Task) -> str:
    """The task with its documents, as the agent gets it and as it is stored."""
    parts = [task.prompt.strip()]
    parts += [f'<document name="{document.name}">\n{document.text}\n</document>' for document in task.documents]
    parts += [f"[picture given with the task: {image.path}]" for image in task.images]
    return "\n\n".join(parts)


class TaskRun:
    """One walk. `events` yields each event once it is durable; `receipt` is there after the terminal event."""

    def __init__(
        self,
        runner: Runner,
        task: Task,
        turn: Turn,
        route: Route,
        earlier: Sequence[PastTurn],
        stop: Stop,
        broker: PolicyBroker,
        *,
        warm_key: str,
    ) -> None:
        self.turn = turn
        self.route = route
        self.receipt: Receipt | None = None
        self._runner = runner
        self._task = task
        self._earlier = earlier
        self._stop = stop
        self._broker = broker
        self._warm_key = warm_key
        self._recorded: list[Recorded] = []
        self._costs: list[AttemptCost] = []
        self._budget = Budget(task.budget_micro_usd)
        self._secrets: set[str] = set()
        self._lost: Counter[AgentName] = Counter()
        self._all_reported = False
        self._failures: list[tuple[AgentName, Failure]] = []
        self._remembered = MemoryBrief("", (), 0)
        self._checks = Checks(runner.verifying, task, turn, route, self._earlier)

    async def events(self) -> AsyncGenerator[Recorded]:
        """The whole way. The last event is the terminal one, whatever happens."""
        try:
            async with aclosing(self._walk()) as items:
                async for recorded in items:
                    yield recorded
                    await asyncio.sleep(0)  # signals and deadlines have their turn, however fast an agent talks
        except TurnEnded:  # another process took this one for dead, and recovered the turn
            turns = await self._runner.history.turns(self.turn.session_id)
            ended = next(past for past in turns if past.turn.id == self.turn.id)
            for recorded in ended.events[len(self._recorded) :]:
                yield recorded

    async def _walk(self) -> AsyncGenerator[Recorded]:
        runner, task = self._runner, self._task
        began = runner.clock.monotonic()
        changes = Changes(task.cwd)
        late = Failed(
            Failure(FailureCode.TIMEOUT, f"the run took longer than {task.timeout_s:g} s", "Raise --timeout.")
        )
        timer = asyncio.get_running_loop().call_later(task.timeout_s, self._stop.stop, late)
        learning: asyncio.Task[None] | None = None
        beginning = asyncio.create_task(self._checks.begin())  # while the memory is asked
        try:
            yield await self._record(chosen(self.route))
            if task.specialist:
                yield await self._record(chosen_event(task.specialist, task))
                if untold := self._why_untold():
                    yield await self._record(Notice(untold))
            if self._with_model() and not self._is_command():
                known = frozenset.intersection(*map(self._read_by, self._with_model()))
                self._remembered, told = await runner.remembering.begin(task, self.turn, self._earlier, known)
                for event in told:
                    yield replace(await self._record(unquoted(event)), event=event)
                if task.remembers:
                    learning = asyncio.create_task(runner.remembering.learn())
            end: Terminal = no_agent(self.route.plan)
            if await self._begun(beginning) and (said_first := beginning.result()):
                yield await self._record(said_first)
            trying = self._try_candidates(changes) if beginning.done() else self._stopped()
            async with aclosing(trying) as items:
                async for item in items:
                    if isinstance(item, Terminal):
                        end = item
                    else:
                        yield item
            for change in () if self._all_reported else await changes.unreported():
                yield await self._record(change)
            duration_ms = round((runner.clock.monotonic() - began) * 1000)
            said = [recorded.event for recorded in self._recorded]
            baseline = self._checks.baseline(self._costs, runner.prices, runner.baseline)
            summed = receipt(self.turn, end, self._costs, said, duration_ms, baseline)
            self.receipt = self._checks.with_specialist(summed, said)
            yield await self._record(end)
        finally:
            timer.cancel()
            if learning:
                learning.cancel()
            beginning.cancel()
            await asyncio.wait({beginning})
            await self._checks.close()
            await changes.close()

    async def _begun(self, beginning: asyncio.Task[Notice | None]) -> bool:
        """Wait for it; false where the run is stopped before: the copies of a huge tree take their time."""
        stopped = asyncio.create_task(self._stop.requested.wait())
        try:
            await asyncio.wait({beginning, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        return beginning.done()

    async def _stopped(self) -> AsyncGenerator[Recorded | Terminal]:
        yield self._stop.event

    async def _try_candidates(self, changes: Changes) -> AsyncGenerator[Recorded | Terminal]:
        """Run one agent after another until one ends the turn; the last item is the terminal event."""
        runner, task = self._runner, self._task
        waiting = [candidate.agent for candidate in self.route.plan.candidates]
        carried: Carried | None = None
        while waiting:
            agent = waiting.pop(0)
            examined = self.route.examined[agent]
            end: Terminal | None = None
            carried = carried or await self._carry(examined)
            warm = runner.roster.is_warm(agent, self._warm_key)
            async with aclosing(self._attempt(examined, changes, carried)) as items:
                async for item in items:
                    if isinstance(item, Terminal):
                        end = item
                    else:
                        yield item
            assert end is not None
            if isinstance(end, Finished) and self._checks.wants(agent):
                async with aclosing(self._verify(end, changes)) as items:
                    async for item in items:
                        if isinstance(item, Terminal):
                            end = item
                        else:
                            yield item
            if not isinstance(end, Failed) or self._stop.requested.is_set():
                yield end
                return
            failure = end.failure
            self._failures.append((agent, failure))
            if failure.code is FailureCode.REJECTED:
                waiting = self._checks.following(agent, waiting)
                if overspent := self._budget.overspent(self._costs):
                    yield overspent
                    return
            if failure.code is FailureCode.SESSION_UNKNOWN:
                self._lost[agent] += 1
            if failure.code is FailureCode.CONTEXT_TOO_LONG and carried.migrated:
                self._lost[agent] = BRIEF_NOW
            again = another_try(agent, failure, carried, task, runner.clock, lost=self._lost[agent], warm=warm)
            if again:
                waiting.insert(0, agent)
            limited = failure.code is FailureCode.RATE_LIMITED and task.on_limit is OnLimit.STOP
            if not waiting or failure.code not in SWITCHABLE or limited:
                yield last_word(end, self._failures)
                return
            async for recorded in self._end_attempt(agent, failure, changes):
                yield recorded
            carried = await self._carry(self.route.examined[waiting[0]])
            if waiting[0] != agent:
                yield await self._record(handed_over(agent, waiting[0], failure, changes, carried))
            if again:
                yield await self._record(Notice(again.notice))
                if await self._stopped_within(again.pause_s):
                    yield self._stop.event
                    return

    async def _verify(self, end: Finished, changes: Changes) -> AsyncGenerator[Recorded | Terminal]:
        """Check the answer of the last attempt; the last item is what becomes of it. A stop ends the checks too."""
        last = self._costs[-1].attempt_id
        for change in await changes.unreported():
            yield await self._record(change, last)
        self._all_reported = True
        if programs := await self._checks.programs(end.answer, self._recorded):
            yield await self._record(Notice(f"the answer is checked: {', '.join(programs)}"), last)
        judging = asyncio.create_task(self._checks.judge(end.answer, self._recorded, self._costs[-1]))
        stopped = asyncio.create_task(self._stop.requested.wait())
        try:
            await asyncio.wait({judging, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not judging.done():
                yield self._stop.event
                return
        finally:
            for one in (judging, stopped):
                one.cancel()
            await asyncio.gather(judging, stopped, return_exceptions=True)
        verified = judging.result()
        self._costs[-1] = replace(self._costs[-1], judgement=verified.judgement)
        ended, promised = self._checks.ended(verified, end)
        if isinstance(ended, Failed) and not self._was_said(end.answer, last):
            yield await self._record(Text(end.answer), last)
        if verified.verdict.checks:
            yield await self._record(verified, last)
        if promised is not None:
            yield await self._record(promised, last)
        yield ended

    def _was_said(self, answer: str, attempt_id: AttemptId) -> bool:
        """Whether the events of an attempt hold its answer: what is withheld must not be lost with it."""
        said = (one.event for one in self._recorded if one.attempt_id == attempt_id)
        return answer in "".join(event.text for event in said if isinstance(event, Text))

    async def _carry(self, examined: Examined) -> Carried:
        """How ``examined`` learns of the conversation: in its own session where it has one, else natively where Minga
        can write it for it, else as a brief.

        A CLI that lost the session gets it written natively once more; if it does not know that one either, a brief.
        One that has begun this turn already gets it written anew: its own session ends in the middle of it. A warm
        process that asks at a gateway of before is ended first.
        """
        runner, past = self._runner, self._past()
        lost = self._lost[examined.agent]
        if runner.passages.is_elsewhere(examined.way, examined.agent, self._warm_key):
            await runner.roster.end_warm(examined.agent, self._warm_key)
        warm = runner.roster.is_warm(examined.agent, self._warm_key)
        carried = await carry(runner.sessions, self.turn, examined, past, fresh=lost > 0, warm=warm)
        told = warm or (carried.resume is not None and not self._has_begun(examined.agent))
        if not carried.record or lost >= BRIEF_NOW or told or not runner.migrator.can(examined):
            return carried
        try:
            natively = await write_natively(runner.migrator, runner.history, examined, self._task, past[-1])
        except MigrationFailed as failed:
            return replace(carried, notice=f"{failed.message} It gets a brief.")
        return natively or carried

    def _with_model(self) -> list[Examined]:
        """The built-in agent, which has none, gets the task alone."""
        examined = (self.route.examined[one.agent] for one in self.route.plan.candidates)
        return [one for one in examined if one.facts]

    def _before_task(self, examined: Examined, carried: Carried) -> str:
        """As whom it works and what is remembered, for an agent that was not told so in this turn's own session
        already. Nothing stands before a command of the CLI's own."""
        started = [one.event for one in self._recorded if isinstance(one.event, AttemptStarted)]
        tries = sum(event.agent == examined.agent for event in started)
        if examined.facts is None or (tries > 1 and carried.resume):
            return ""
        specialist = None if self._is_command() else self._task.specialist
        return (block(specialist) if specialist else "") + unread(self._remembered, self._read_by(examined))

    def _why_untold(self) -> str:
        """Why nobody will be told the specialist's rules; empty where somebody will."""
        if self._is_command():
            return "a command of the CLI's own is given as it is: without the specialist's rules"
        return "" if self._with_model() else "the built-in agent follows no rules: it answers what it can prove"

    def _is_command(self) -> bool:
        return self._task.prompt.lstrip().startswith(COMMANDS)

    def _read_by(self, examined: Examined) -> frozenset[str]:
        """The rules that an agent reads by itself, each `folded`."""
        if examined.facts is None:
            return frozenset()
        roster, home = self._runner.roster, examined.home
        place = Path(home).joinpath if home else partial(roster.person_place, examined.facts)
        return read_by(examined.agent, self._task.cwd, place)

    def _has_begun(self, agent: AgentName) -> bool:
        started = (recorded.event for recorded in self._recorded if isinstance(recorded.event, AttemptStarted))
        return any(event.agent == agent for event in started)

    async def _attempt(
        self, examined: Examined, changes: Changes, carried: Carried
    ) -> AsyncGenerator[Recorded | Terminal]:
        """Run one agent once. Everything but its terminal event is recorded; that one is yielded as it is."""
        runner = self._runner
        self._all_reported = False
        attempt_id = AttemptId(runner.new_id())
        await runner.sessions.begin_attempt(self.turn, attempt_id, examined.agent, examined.home)
        yield await self._record(self._started(examined, attempt_id, carried), attempt_id)
        for notice in filter(None, (unproven(examined), carried.notice)):
            yield await self._record(Notice(notice), attempt_id)
        if late := self._budget.begin(examined.facts):
            yield await self._record(late, attempt_id)
        asked = Asked(attempt_id, examined.agent, self._task, self._budget.left(self._costs), self._warm_key)
        async with (
            runner.passages.open(examined.way, asked) as passage,
            aclosing(self._work(examined, attempt_id, changes, carried, passage)) as items,
        ):
            async for item in items:
                yield item

    async def _work(
        self, examined: Examined, attempt_id: AttemptId, changes: Changes, carried: Carried, passage: Passage
    ) -> AsyncGenerator[Recorded | Terminal]:
        """The attempt itself, on its way to the model."""
        runner, task = self._runner, passage.task
        meter = Meter(attempt_id, examined.agent, runner.prices, uses_model=examined.agent != BUILTIN)

        def opener() -> AbstractAsyncContextManager[Conversation]:
            launch = runner.roster.launch(examined, task, attempt_id, carried.resume, stderr.add)
            self._secrets.update(launch.secrets)
            return runner.roster.opener(examined, launch, self._broker, self._warm_key)()

        stderr = runner.roster.stderr_of(examined.agent, self._warm_key)
        words = self._checks.prompt(examined.agent, is_told=bool(carried.record))
        prompt = Prompt(self._before_task(examined, carried) + carried.prompt(words), task.images)
        end: Terminal | None = None
        async with aclosing(attempt.run(opener, prompt, runner.roster.bounds(examined), self._stop)) as batches:
            async for batch in batches:
                if isinstance(batch[-1], Terminal):
                    end = batch[-1]
                    batch = batch[:-1]
                for event in batch:
                    meter.note(event)
                    if isinstance(event, FileChange):
                        changes.note(event)
                    if isinstance(event, CallFailed) and (over := await runner.passages.spent_budget(passage)):
                        self._stop.stop(over)
                for recorded in await self._record_all(batch, attempt_id):
                    yield recorded
                so_far = meter.total(None)
                if unpriced := self._budget.warning(so_far):
                    yield await self._record(unpriced, attempt_id)
                if overspent := self._budget.overspent([*self._costs, so_far]):
                    self._stop.stop(overspent)
        assert end is not None
        if isinstance(end, Failed):
            passages = runner.passages
            end = await passages.spent_budget(passage) or await passages.no_gateway(passage) or end
        failure = end.failure if isinstance(end, Failed) else None
        if failure and (said := stderr.text()).strip():
            yield await self._record(ErrorOutput(said), attempt_id)
        cost = await runner.passages.measured(passage, meter.total(failure, cancelled=isinstance(end, Cancelled)))
        self._costs.append(cost)
        await runner.ledger.book(self.turn, cost)
        if not isinstance(end, Cancelled):
            await runner.health.note(attempt_id, examined.agent, examined.account, examined.model_family, failure)
        yield end

    async def _end_attempt(self, agent: AgentName, failure: Failure, changes: Changes) -> AsyncGenerator[Recorded]:
        """Record every file changed so far, reported or not, for whoever takes over, and how the attempt ended."""
        last = self._recorded[-1].attempt_id
        for change in await changes.unreported():
            yield await self._record(change, last)
        assert last is not None
        yield await self._record(AttemptFailed(last, agent, failure), last)

    async def _stopped_within(self, pause_s: float) -> bool:
        """Wait; true at once when the run is stopped meanwhile."""
        try:
            await asyncio.wait_for(self._stop.requested.wait(), pause_s)
        except TimeoutError:
            return False
        return True

    def _started(self, examined: Examined, attempt_id: AttemptId, carried: Carried) -> AttemptStarted:
        version = examined.installed.version if examined.installed else ""
        mode = self._runner.roster.mode(examined)
        resumed = carried.resume is not None
        return AttemptStarted(attempt_id, examined.agent, version, mode, resumed, examined.way.through)

    def _past(self) -> list[PastTurn]:
        """Earlier turns, and this one as far as it has come."""
        now = self._runner.clock.now()
        return [*self._earlier, PastTurn(self.turn, "running", now, None, tuple(self._recorded))]

    async def _record(self, event: Event, attempt_id: AttemptId | None = None) -> Recorded:
        return (await self._record_all([event], attempt_id))[0]

    async def _record_all(self, events: Sequence[Event], attempt_id: AttemptId | None) -> list[Recorded]:
        if not events:
            return []
        if self._secrets:
            events = [without(event, self._secrets) for event in events]
        recorded = await self._runner.sessions.append(self.turn, attempt_id, events)
        self._recorded.extend(recorded)
        return recorded
