"""One turn of Codex: from the notifications of app-server to the events of Minga.

Source of the shapes: `ServerNotification` in the schemas that `codex app-server generate-json-schema` writes (0.169.0).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from minga.agents.drivers import app_server_items as items
from minga.agents.drivers.app_server_failures import Limits, TurnError, failure_of
from minga.domain.events import (
    CallFailed,
    Event,
    Failed,
    Finished,
    Notice,
    PlanShown,
    PlanStep,
    Reasoning,
    Text,
    ToolResult,
    Usage,
)
from minga.domain.failure import Failure, FailureCode
from minga.infrastructure.jsonlines import Json

_NO_TOOL = ("agentMessage", "reasoning", "contextCompaction")


class Tokens(msgspec.Struct, frozen=True, rename="camel"):
    """``input_tokens`` includes the cached ones and those written to the cache."""

    total_tokens: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    cache_write_input_tokens: int = 0
    reasoning_output_tokens: int = 0


class TokenUsage(msgspec.Struct, frozen=True):
    total: Tokens
    last: Tokens


class Step(msgspec.Struct, frozen=True):
    step: str
    status: str


class TurnEnd(msgspec.Struct, frozen=True):
    id: str
    status: str
    error: TurnError | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read the notifications: facts of the agent and of the launch.

    ``only_reads`` as `Launch.only_reads`. ``failures_max``: failed calls in a row after which the turn counts as cut
    off from the network. ``quiet`` matches warnings that are not worth showing.
    """

    thread_id: str
    cwd: Path
    only_reads: Callable[[str], bool]
    tool_kinds: Mapping[str, str]
    failures_max: int
    quiet: re.Pattern[str]
    login_remedy: str


@dataclass(slots=True)
class Account:
    """What outlives a turn: the model in use, the limits, and the tokens counted so far by thread."""

    model: str
    limits: Limits = field(default_factory=Limits)
    counted: dict[str, int] = field(default_factory=dict)


class Turn:
    """Reads the notifications of one turn. ``open_items`` are the tool calls that have begun and not ended."""

    def __init__(self, turn_id: str, reading: Reading, account: Account) -> None:
        self.turn_id = turn_id
        self.open_items: dict[str, items.Item] = {}
        self.ended = False
        """Whether Codex itself has ended the turn."""
        self._reading = reading
        self._account = account
        self._shown: set[str] = set()
        self._last_shown: dict[type[Text | Reasoning], str] = {}
        self._answer = ""
        self._failures = 0
        self._last_failure: TurnError | None = None

    def read(self, method: str, params: Json) -> Iterator[Event]:
        """Yield the events of one notification; the last one of the turn is `Finished` or `Failed`.

        Raises msgspec.ValidationError or KeyError if the notification has not the shape it should have.
        """
        own = params.get("threadId") in (None, self._reading.thread_id)
        if method == "thread/tokenUsage/updated":
            yield from self._usage(params, own)
        elif own and params.get("turnId", self.turn_id) in (None, self.turn_id):
            yield from self._conversation(method, params)
        elif not own and method in ("item/started", "item/completed"):
            yield from self._item(method, params)

    def close(self) -> Iterator[Event]:
        """End the tool calls that the turn left open."""
        for call_id in self.open_items:
            yield ToolResult(call_id, False, "")
        self.open_items = {}

    def _conversation(self, method: str, params: Json) -> Iterator[Event]:
        match method:
            case "item/agentMessage/delta":
                yield self._piece(Text, params["itemId"], params["delta"])
            case "item/reasoning/summaryTextDelta" | "item/reasoning/textDelta":
                part = params.get("summaryIndex", params.get("contentIndex", 0))
                yield self._piece(Reasoning, f"{params['itemId']} {method} {part}", params["delta"])
                self._shown.add(params["itemId"])
            case "item/started" | "item/completed":
                yield from self._item(method, params)
            case "turn/plan/updated":
                yield _plan(msgspec.convert(params["plan"], tuple[Step, ...]))
            case "account/rateLimits/updated":
                yield from self._rate_limits(msgspec.convert(params["rateLimits"], Limits))
            case "error":
                yield from self._error(msgspec.convert(params["error"], TurnError), params["willRetry"])
            case "turn/completed":
                yield from self._end(msgspec.convert(params["turn"], TurnEnd))
            case "model/rerouted":
                self._account.model = params["toModel"]
                yield Notice(f"Codex uses {params['toModel']} instead of {params['fromModel']}.")
            case "warning" | "guardianWarning" | "configWarning" | "deprecationNotice":
                yield from self._warning(params)
            case "mcpServer/startupStatus/updated" if params["status"] == "failed":
                yield Notice(f"The MCP server {params['name']!r} did not start: {params.get('error')}")

    def _piece(self, kind: type[Text | Reasoning], key: str, delta: str) -> Text | Reasoning:
        """``delta``, after an empty line where another message or part of this kind was shown before."""
        separate = self._last_shown.get(kind, key) != key
        self._shown.add(key)
        self._last_shown[kind] = key
        self._failures = 0
        return kind(f"\n\n{delta}" if separate else delta)

    def _item(self, method: str, params: Json) -> Iterator[Event]:
        item = msgspec.convert(params["item"], items.Item)
        own = params.get("threadId") == self._reading.thread_id
        completed = method == "item/completed"
        if item.type in self._reading.tool_kinds:
            self._failures = 0
            yield from self._tool(item, completed)
        elif completed and own and item.type in _NO_TOOL:
            yield from self._message(item)

    def _tool(self, item: items.Item, completed: bool) -> Iterator[Event]:
        if item.id not in self.open_items:
            yield items.tool_call(item, self._reading.tool_kinds, self._reading.cwd)
        if completed:
            self.open_items.pop(item.id, None)
            yield items.tool_result(item)
            yield from items.file_changes(item, self._reading.cwd)
        else:
            self.open_items[item.id] = item

    def _message(self, item: items.Item) -> Iterator[Event]:
        """A message that is complete; what came without deltas is shown now."""
        match item.type:
            case "agentMessage":
                self._answer = item.text or ""
                if item.id not in self._shown and self._answer:
                    yield self._piece(Text, item.id, self._answer)
            case "reasoning" if item.id not in self._shown and item.summary:
                yield self._piece(Reasoning, item.id, "\n\n".join(item.summary))
            case "contextCompaction":
                yield Notice("Codex summarised the earlier conversation to make room.")

    def _usage(self, params: Json, own: bool) -> Iterator[Event]:
        """Once for each change of the total: the same numbers come again on a resume and with rate limits."""
        usage = msgspec.convert(params["tokenUsage"], TokenUsage)
        thread = params["threadId"]
        changed = self._account.counted.get(thread) != usage.total.total_tokens
        self._account.counted[thread] = usage.total.total_tokens
        if not changed or (own and params["turnId"] != self.turn_id):
            return
        last = usage.last
        yield Usage(
            model=self._account.model,
            input_tokens=max(0, last.input_tokens - last.cached_input_tokens - last.cache_write_input_tokens),
            cached_input_tokens=last.cached_input_tokens,
            cache_write_tokens=last.cache_write_input_tokens,
            output_tokens=last.output_tokens,
            reasoning_tokens=last.reasoning_output_tokens,
        )

    def _rate_limits(self, update: Limits) -> Iterator[Event]:
        merged = self._account.limits.merged(update)
        if merged != self._account.limits:
            self._account.limits = merged
            yield from merged.events()

    def _error(self, error: TurnError, will_retry: bool) -> Iterator[Event]:
        """The last error of a turn comes again with its end and is taken from there."""
        if not will_retry:
            return
        self._failures += 1
        failure = self._failure(error)
        if self._failures < self._reading.failures_max:
            self._last_failure = error
            yield CallFailed(failure, will_retry=True)
        else:
            yield from self.close()
            yield Failed(failure)

    def _end(self, end: TurnEnd) -> Iterator[Event]:
        if end.id != self.turn_id:
            return
        self.ended = True
        yield from self.close()
        if end.status == "completed":
            yield Finished(self._answer)
        elif end.error is not None:
            yield Failed(self._failure(end.error))
        else:
            yield Failed(Failure(FailureCode.UNCLASSIFIED, f"Codex ended its turn as {end.status!r}."))

    def _failure(self, error: TurnError) -> Failure:
        return failure_of(error, self._last_failure, self._account.limits, self._reading.login_remedy)

    def _warning(self, params: Json) -> Iterator[Event]:
        text = str(params.get("message") or params.get("summary") or "")
        if details := params.get("details"):
            text = f"{text} {details}"
        if text and not self._reading.quiet.search(text):
            yield Notice(text)


def _plan(steps: tuple[Step, ...]) -> PlanShown:
    return PlanShown(
        tuple(
            PlanStep(
                step.step,
                "done" if step.status == "completed" else "in-progress" if step.status == "inProgress" else "pending",
            )
            for step in steps
        )
    )
