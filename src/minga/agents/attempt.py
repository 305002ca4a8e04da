"""Runs one prompt on one agent and guarantees how it ends: with one terminal event, whatever the CLI does.

Silence, a crash, a flood of output, a deadline, a spent budget and a cancel all become that one event here, so that a
driver needs to know its protocol only.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from minga.domain.agents import Conversation, Prompt
from minga.domain.events import (
    CallFailed,
    Cancelled,
    Event,
    Failed,
    PermissionAnswered,
    PermissionRequested,
    Terminal,
    ToolCall,
    ToolResult,
)
from minga.domain.failure import Failure, FailureCode
from minga.infrastructure.process import OutputExceeded, ProcessEnded

QUEUE_LENGTH = 1000

Opener = Callable[[], contextlib.AbstractAsyncContextManager[Conversation]]


@dataclass(slots=True)
class Stop:
    """Set from outside to end a run: by Ctrl-C, by a budget, by a caller."""

    requested: asyncio.Event = field(default_factory=asyncio.Event)
    event: Terminal = field(default_factory=lambda: Cancelled("stopped"))

    def stop(self, event: Terminal) -> None:
        """The first reason counts."""
        if not self.requested.is_set():
            self.event = event
            self.requested.set()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds. ``start_s``: until the conversation is open; ``silence_s``: without an event while neither a tool
    runs nor a person is asked; ``retry_s``: the same after a failed model call that the CLI means to repeat. (A
    vendor may ask it to wait for an hour; another agent can work meanwhile.) ``stop_s``: from a stop on, for the agent
    to end its turn by itself (its usage is worth having)."""

    start_s: float
    silence_s: float
    retry_s: float = 20.0
    stop_s: float = 3.0


class _Mark(Enum):
    OPENED = "the conversation is open"
    STOPPED = "the agent had its time to stop by itself"


Item = Event | Exception | _Mark


async def run(open_conversation: Opener, prompt: Prompt, bounds: Bounds, stop: Stop) -> AsyncGenerator[Sequence[Event]]:
    """Yield the events in batches (what has arrived since the last), the last one ending with the terminal event.

    The conversation is left, and with it the process tree ended, before this generator ends.
    """
    if stop.requested.is_set():
        yield [stop.event]
        return
    queue: asyncio.Queue[Item] = asyncio.Queue(QUEUE_LENGTH)
    pump = asyncio.create_task(_pump(open_conversation, prompt, queue, stop))
    stopped = asyncio.create_task(_stopped(stop, bounds.stop_s))
    watch = _Watch(bounds, stop)
    try:
        while True:
            try:
                async with asyncio.timeout(watch.patience_s()):
                    items = await _arrived(queue, stopped)
            except TimeoutError:
                yield [watch.silent()]
                return
            if batch := watch.judge(items):
                yield batch
                if isinstance(batch[-1], Terminal):
                    return
    finally:
        pump.cancel()
        stopped.cancel()
        _take_all(queue)  # nobody will: a last item must find room, or the pump would wait for ever
        with contextlib.suppress(asyncio.CancelledError):
            await pump


async def _stopped(stop: Stop, grace_s: float) -> None:
    """Wait until the run is stopped and the agent has had its time to end its turn by itself."""
    await stop.requested.wait()
    await asyncio.sleep(grace_s)


async def _arrived(queue: asyncio.Queue[Item], stopped: asyncio.Task[None]) -> list[Item]:
    """Wait for something, and take all that has come. That the agent's time is over stands beside the queue: in it, it
    would come behind all that a CLI says which never stops talking."""
    if queue.empty():
        getter = asyncio.create_task(queue.get())
        try:
            await asyncio.wait({getter, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            getter.cancel()
        items = [getter.result()] if getter.done() and not getter.cancelled() else []
    else:
        items = []
    items += _take_all(queue)
    return [*items, _Mark.STOPPED] if stopped.done() else items


def _take_all(queue: asyncio.Queue[Item]) -> list[Item]:
    return [queue.get_nowait() for _ in range(queue.qsize())]


async def _pump(open_conversation: Opener, prompt: Prompt, queue: asyncio.Queue[Item], stop: Stop) -> None:
    """Move events from the conversation to the queue; every way in which it can end becomes an item there."""
    try:
        async with open_conversation() as conversation:
            await queue.put(_Mark.OPENED)
            cancelling = asyncio.create_task(_cancel_when(conversation, stop))
            try:
                async with closing(conversation.prompt(prompt)) as events:
                    async for event in events:
                        await queue.put(event)
                        if isinstance(event, Terminal):
                            return
            finally:
                cancelling.cancel()
        await queue.put(_failed(FailureCode.CRASHED, "the agent's event stream ended without a result"))
    except Exception as wrong:  # noqa: BLE001 - a CLI that breaks its protocol in a new way must end its attempt only
        await queue.put(wrong)


@contextlib.asynccontextmanager
async def closing(events: AsyncIterator[Event]) -> AsyncGenerator[AsyncIterator[Event]]:
    """Close a generator of events when its reader leaves it, and not some time later."""
    try:
        yield events
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()


async def _cancel_when(conversation: Conversation, stop: Stop) -> None:
    await stop.requested.wait()
    with contextlib.suppress(ProcessEnded):
        await conversation.cancel()


class _Watch:
    """Judges what arrives: notices the opening and running tools, and turns every ending into the terminal event."""

    def __init__(self, bounds: Bounds, stop: Stop) -> None:
        self._bounds = bounds
        self._stop = stop
        self._opened = False
        self._waiting_for: set[str] = set()
        self._call_failed: Failure | None = None

    def patience_s(self) -> float | None:
        if not self._opened:
            return self._bounds.start_s
        if self._waiting_for:
            return None
        return self._bounds.silence_s if self._call_failed is None else self._bounds.retry_s

    def judge(self, items: Sequence[Item]) -> list[Event]:
        batch: list[Event] = []
        for item in items:
            if item is _Mark.OPENED:
                self._opened = True
                continue
            if item is _Mark.STOPPED or (self._stop.requested.is_set() and isinstance(item, Terminal | Exception)):
                return [*batch, self._stop.event]
            event = failed_by(item) if isinstance(item, Exception) else item
            assert not isinstance(event, _Mark)
            self._note(event)
            batch.append(event)
            if isinstance(event, Terminal):
                break
        return batch

    def silent(self) -> Failed:
        if not self._opened:
            return _failed(FailureCode.TIMEOUT, f"the agent was not ready within {self._bounds.start_s:g} s")
        if self._call_failed is not None:
            return Failed(self._call_failed)
        return _failed(FailureCode.TIMEOUT, f"no sign of life for {self._bounds.silence_s:g} s")

    def _note(self, event: Event) -> None:
        self._call_failed = event.failure if isinstance(event, CallFailed) else None
        match event:
            case ToolCall(call_id=key) | PermissionRequested(request_id=key):
                self._waiting_for.add(key)
            case ToolResult(call_id=key) | PermissionAnswered(request_id=key):
                self._waiting_for.discard(key)
            case _:
                pass


def failed_by(wrong: Exception) -> Failed:
    """Turn what ended a process into the terminal event."""
    match wrong:
        case ProcessEnded():
            last = wrong.stderr.strip().splitlines()[-1:] or [""]
            return _failed(FailureCode.CRASHED, f"the agent ended with exit code {wrong.exit_code}. {last[0]}".strip())
        case OutputExceeded():
            return _failed(FailureCode.OUTPUT_LIMIT, f"the agent printed {wrong}")
        case FileNotFoundError():
            return _failed(FailureCode.NOT_INSTALLED, f"the program could not be started: {wrong}")
        case OSError():
            return _failed(FailureCode.CRASHED, f"the program could not be run: {wrong}")
        case _:
            return _failed(FailureCode.CRASHED, f"the agent broke its protocol: {type(wrong).__name__}: {wrong}")


def _failed(code: FailureCode, message: str) -> Failed:
    return Failed(Failure(code, message))
