"""One prompt of an ACP conversation, from sending it to its one terminal event.

Options read here: ``call_failures_max`` (3) failed model calls in a row, or ``retry_wait_s`` (20) seconds of waiting
after one, end the prompt: a CLI that goes on trying for minutes keeps the next agent from taking over;
``call_failures_max.<failure code>`` is the number for one cause. ``no_usage`` is ``broken`` where an answer without any
token used was broken off.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from minga.agents.drivers.acp_failures import Classifier, Signal
from minga.agents.drivers.acp_records import Record, RecordedCall
from minga.agents.drivers.acp_updates import Translator
from minga.agents.drivers.acp_usage import Meter
from minga.agents.facts import Facts
from minga.domain.agents import Broker, Launch
from minga.domain.events import (
    CallFailed,
    Event,
    Failed,
    FileChange,
    Finished,
    PermissionAnswered,
    PermissionRequested,
    ToolResult,
    Usage,
)
from minga.domain.failure import Failure, FailureCode
from minga.domain.task import Permissions
from minga.infrastructure.clock import Clock
from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import Connection, Incoming, Notification, Request, RpcError
from minga.infrastructure.process import ProcessEnded

TICK_S = 1.0
LOOK_S = 0.25
"""Between two looks at the agent's record; more where a look takes long: at most a twentieth of the time goes there."""
CANCEL_WAIT_S = 3.0
RECORD_WAIT_S = 1.0

Reply = asyncio.Task[Json]

_SAYS = ("agent_message_chunk", "agent_thought_chunk")


@dataclass(frozen=True, slots=True)
class Session:
    """What all prompts of one conversation share."""

    id: str
    connection: Connection
    launch: Launch
    facts: Facts
    broker: Broker
    meter: Meter
    record: Record
    classifier: Classifier
    clock: Clock


class Turn:
    """One prompt. Made for one `run`; ``cancelled`` is set when the caller wants it to stop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection = session.connection
        self._translator = Translator(session.facts, session.launch)
        self._retry_wait_s = float(session.facts.options.get("retry_wait_s", "20"))
        self._active_at = session.clock.monotonic()
        self._look_due = self._active_at
        self._failed_calls = 0
        self._failed_at = 0.0
        self._signal: Signal | None = None
        self.cancelled = asyncio.Event()

    async def run(self, blocks: list[Json]) -> AsyncIterator[Event]:
        """Send ``blocks`` and yield events up to `Finished` or `Failed`. Raises what ended the process."""
        session = self._session
        session.meter.begin()
        self._drop_old()
        call: Reply = asyncio.create_task(
            self._connection.call("session/prompt", {"sessionId": session.id, "prompt": blocks})
        )
        try:
            while not (call.done() and self._connection.inbox.empty()):
                incoming = await self._next(call)
                if isinstance(incoming, Request):
                    for event in self._look_if_due():  # what it asks for may cost more than is left
                        yield event
                    async for event in self._asked(incoming, call):
                        yield event
                elif isinstance(incoming, Notification):
                    for event in self._told(incoming):
                        yield event
                if call.done():
                    continue
                for event in self._look_if_due():
                    yield event
                if failure := self._given_up():
                    for event in self._translator.release():
                        yield event
                    yield Failed(failure)
                    return
            async for event in self._end(call):
                yield event
        except ProcessEnded:
            for event in (*self._look(), *self._translator.release()):
                yield event
            raise
        finally:
            await self._leave(call)

    async def _next(self, call: Reply) -> Incoming | None:
        """What the agent sends next; None when nothing came for a while, or the prompt ended."""
        getter = asyncio.create_task(self._connection.incoming())
        tick_s = LOOK_S if self._translator.waits else TICK_S
        await asyncio.wait({getter, call}, timeout=tick_s, return_when=asyncio.FIRST_COMPLETED)
        if not getter.done():
            getter.cancel()
            await asyncio.wait({getter})  # not `await getter`: that would swallow a cancellation of this very task
            return None if getter.cancelled() else getter.result()
        self._active_at = self._session.clock.monotonic()
        return getter.result()

    def _told(self, notification: Notification) -> Iterator[Event]:
        if notification.method != "session/update" or notification.params.get("sessionId") != self._session.id:
            return
        update = notification.params.get("update") or {}
        if self._translator.waits and update.get("sessionUpdate") in _SAYS:
            yield from self._look()
            yield from self._translator.release()  # its record is ahead of what it says after a call
        for event in (*self._translator.update(update), *self._session.meter.of_chunk(update)):
            if isinstance(event, ToolResult | Usage):
                self._failed_calls = 0
            yield event

    async def _asked(self, request: Request, call: Reply) -> AsyncIterator[Event]:
        """Answer a request of the agent. Only permissions are served; files and terminals are the agent's own."""
        if request.method != "session/request_permission":
            await self._connection.refuse(request, f"{request.method} is not supported by this client")
            return
        *before, question = self._translator.permission(
            f"{self._session.launch.attempt_id}-{request.id}", request.params.get("toolCall") or {}
        )
        for event in (*before, question):
            yield event
        assert isinstance(question, PermissionRequested)
        answer = await self._decide(question, call)
        yield answer
        if call.done():
            return
        await self._connection.reply(request, {"outcome": self._outcome(answer, request.params.get("options") or [])})
        if not answer.allowed:
            for event in self._translator.denied(question.call_id, answer.reason):
                yield event
        self._active_at = self._session.clock.monotonic()

    async def _decide(self, question: PermissionRequested, call: Reply) -> PermissionAnswered:
        """The broker's answer, or a refusal when the prompt is cancelled or ends meanwhile."""
        decision = asyncio.create_task(self._session.broker.decide(question))
        stopped = asyncio.create_task(self.cancelled.wait())
        try:
            await asyncio.wait({decision, stopped, call}, return_when=asyncio.FIRST_COMPLETED)
            if decision.done():
                return decision.result()
            return PermissionAnswered(question.request_id, False, "person", "the run was stopped")
        finally:
            for task in (decision, stopped):
                task.cancel()

    def _outcome(self, answer: PermissionAnswered, options: list[Json]) -> Json:
        if self.cancelled.is_set():
            return {"outcome": "cancelled"}
        kinds = ("allow_once",) if answer.allowed else ("reject_once", "reject_always")
        if answer.allowed and self._session.launch.permissions is Permissions.ALL:
            kinds = ("allow_once", "allow_always")
        for kind in kinds:
            for option in options:
                if option.get("kind") == kind:
                    return {"outcome": "selected", "optionId": option.get("optionId")}
        return {"outcome": "cancelled"}

    def _look_if_due(self) -> Iterator[Event]:
        if self._session.clock.monotonic() >= self._look_due:
            yield from self._look()

    def _look(self) -> Iterator[Event]:
        """What the agent's own record shows of the running prompt."""
        began = self._session.clock.monotonic()
        shown = self._session.record.read()
        ended = self._session.clock.monotonic()
        self._look_due = ended + max(LOOK_S, 20 * (ended - began))
        for found in shown:
            if isinstance(found, RecordedCall):
                yield from self._translator.recorded(found)
                continue
            if not isinstance(found, Signal):
                self._failed_calls = 0
                yield from self._session.meter.of_record([found])
                continue
            self._translator.restart()
            self._signal = found
            self._failed_calls += 1
            self._failed_at = self._session.clock.monotonic()
            failure = self._session.classifier.failure(found)
            if not found.final and self._failed_calls <= self._failures_max(failure.code):
                yield CallFailed(failure, will_retry=True)

    def _given_up(self) -> Failure | None:
        now = self._session.clock.monotonic()
        waits = self._failed_calls and now - self._failed_at > self._retry_wait_s
        if self._signal and not self._signal.final and self._failed_calls:
            failure = self._session.classifier.failure(self._signal)
            if waits or self._failed_calls >= self._failures_max(failure.code):
                return failure
        silence_s = self._session.facts.limits.silence_s
        if now - self._active_at > silence_s and not self._translator.tool_runs:
            if self._signal and self._failed_calls:
                return self._session.classifier.failure(self._signal)
            return Failure(FailureCode.NETWORK, f"The agent showed no sign of life for {silence_s:g} s.")
        return None

    def _failures_max(self, code: FailureCode) -> int:
        options = self._session.facts.options
        return int(options.get(f"call_failures_max.{code}") or options.get("call_failures_max", "3"))

    async def _end(self, call: Reply) -> AsyncIterator[Event]:
        """The last events of a prompt that the agent has answered."""
        async for event in self._last_look(call):
            yield event
        for event in self._translator.close():
            yield event
        try:
            result = call.result() or {}
        except RpcError as error:
            yield Failed(self._refused(error))
            return
        for event in self._session.meter.of_result(result):
            yield event
        if failure := self._failed_quietly(str(result.get("stopReason") or "")):
            yield Failed(failure)
            return
        for event in self._translator.release_error():
            yield event
        yield Finished(self._translator.answer)

    async def _last_look(self, call: Reply) -> AsyncIterator[Event]:
        """Read the record, and wait a little for what must still be written to it."""
        counted_there = self._session.facts.options.get("usage") == "record"
        failed = call.exception() is not None or bool(self._translator.error)
        until = self._session.clock.monotonic() + (RECORD_WAIT_S if counted_there or failed else 0)
        while True:
            for event in self._look():
                if isinstance(event, Usage | ToolResult | FileChange):
                    yield event
            done = self._signal is not None and self._signal.final if failed else self._session.meter.reported
            if (done and not self._translator.waits) or self._session.clock.monotonic() >= until:
                return
            await asyncio.sleep(0.1)

    def _refused(self, error: RpcError) -> Failure:
        failure = self._session.classifier.of_error(error)
        if self._signal and (self._signal.final or failure.code is FailureCode.UNCLASSIFIED):
            return self._session.classifier.failure(self._signal)
        return failure

    def _failed_quietly(self, stop: str) -> Failure | None:
        """The failure behind a result that is none by the protocol, or None for an answer."""
        classifier, reported = self._session.classifier, self._session.meter.reported
        if self._signal and self._signal.final:
            return classifier.failure(self._signal)
        if self._translator.refused and not self.cancelled.is_set():
            text = f"{self._translator.refused} was refused, and the agent stopped there."
            return Failure(FailureCode.PERMISSION_DENIED, text, "Allow it when asked, or give --permissions.")
        if stop == "cancelled":
            return Failure(FailureCode.UNCLASSIFIED, "The agent stopped the turn as it was asked to.")
        if stop in ("max_tokens", "max_turn_requests", "refusal"):
            code = FailureCode.CONTEXT_TOO_LONG if stop == "max_tokens" else FailureCode.UNCLASSIFIED
            return Failure(code, f"The agent ended its turn early: {stop}.")
        if self._translator.error and not reported and (failure := classifier.recognise(self._translator.error)):
            return failure
        if not reported and self._signal and not self._translator.answer:
            return classifier.failure(self._signal)
        broken = self._session.facts.options.get("no_usage") == "broken" or not self._translator.answer
        if broken and not reported:
            return Failure(FailureCode.NETWORK, "The answer was broken off: the agent reports no token of it.")
        return None

    def _drop_old(self) -> None:
        """Forget what an earlier prompt left over."""
        for _ in range(self._connection.inbox.qsize()):
            item = self._connection.inbox.get_nowait()
            if isinstance(item, Exception):
                self._connection.inbox.put_nowait(item)
        self._session.record.forget()

    async def _leave(self, call: Reply) -> None:
        """End a prompt that still runs: ask the agent to stop it, and wait shortly until it has."""
        with contextlib.suppress(ProcessEnded, TimeoutError):
            if not call.done():
                await self._connection.notify("session/cancel", {"sessionId": self._session.id})
                async with asyncio.timeout(TICK_S if self.cancelled.is_set() else CANCEL_WAIT_S):  # it had its time
                    while not call.done():
                        await self._refuse_late(call)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

    async def _refuse_late(self, call: Reply) -> None:
        incoming = await self._next(call)
        if isinstance(incoming, Request) and incoming.method == "session/request_permission":
            await self._connection.reply(incoming, {"outcome": {"outcome": "cancelled"}})
        elif isinstance(incoming, Request):
            await self._connection.refuse(incoming, "the prompt was cancelled")
