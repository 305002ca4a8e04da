"""What one Claude Code process has spent, as increments: each model call when it ends, so that a budget can be watched
while the prompt runs, and with the result what was not told by then (sub-agents, background calls, calls cut off)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from minga.domain.agents import Launch
from minga.domain.events import Usage
from minga.infrastructure.jsonlines import Json


class Spent(msgspec.Struct, frozen=True, rename="camel"):
    """Tokens and claimed cost of one model. ``input_tokens`` excludes what was read from and written to the cache."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    thinking_tokens: int = 0
    cost_usd: float = msgspec.field(default=0.0, name="costUSD")

    def minus(self, before: "Spent") -> "Spent":
        if self.input_tokens < before.input_tokens or self.output_tokens < before.output_tokens:
            return self  # the CLI's totals start again after /clear
        return Spent(
            self.input_tokens - before.input_tokens,
            self.output_tokens - before.output_tokens,
            self.cache_read_input_tokens - before.cache_read_input_tokens,
            self.cache_creation_input_tokens - before.cache_creation_input_tokens,
            self.thinking_tokens - before.thinking_tokens,
            self.cost_usd - before.cost_usd,
        )


class OwnUsage(msgspec.Struct, frozen=True):
    """``usage`` of one message (running counts while it streams), and of a result: there the calls of the turn itself,
    without sub-agents and background calls."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None

    @property
    def tokens(self) -> Counter[str]:
        return Counter({name: getattr(self, name) or 0 for name in _TOKENS})


_TOKENS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


@dataclass(frozen=True, slots=True)
class _Open:
    """A message that streams."""

    id: str
    model: str
    tokens: Counter[str]


class Account(msgspec.Struct, frozen=True):
    """What a result says was spent. ``since_last`` are increments; ``totals`` are cumulative over the process and,
    after a resume, over the session."""

    since_last: dict[str, Spent] | None = msgspec.field(default=None, name="model_usage_since_last_result")
    totals: dict[str, Spent] = msgspec.field(default_factory=dict, name="modelUsage")
    usage: OwnUsage = OwnUsage()


class Spending:
    """Makes increments of what one process says. ``model`` is the session's."""

    def __init__(self, launch: Launch) -> None:
        self.model = launch.model
        self._claims_cost = not launch.uses_endpoint
        self._before: dict[str, Spent] | None = None if launch.resume else {}
        self._streams: dict[str | None, _Open] = {}
        self._calls: dict[str, Counter[str]] = {}
        self._told: dict[str, Counter[str]] = {}

    def begin(self, stream: str | None, call: str, model: str, usage: OwnUsage) -> None:
        """The message ``call`` begins in ``stream`` (None, or the tool call of a sub-agent)."""
        self._calls.pop(call, None)  # a model server that gives every answer the same id
        self._streams[stream] = _Open(call, model or self.model, usage.tokens)

    def end(self, stream: str | None, usage: OwnUsage) -> Iterator[Usage]:
        """The last counts of the message that streams; those that it leaves out, or calls 0 (the CLI reads it so too),
        are as they were at its start."""
        if (message := self._streams.pop(stream, None)) is not None:
            yield from self._call(message.id, message.model, Counter({**message.tokens, **+usage.tokens}))

    def said(self, stream: str | None, call: str, model: str, usage: OwnUsage) -> Iterator[Usage]:
        """A whole message, or a part of one. One that streams is counted when it has ended."""
        streams = self._streams.get(stream)
        if call and (streams is None or streams.id != call):
            yield from self._call(call, model or self.model, usage.tokens)

    def since_last(self, result: Json) -> Iterator[Usage]:
        """What was spent since the result before, without what was told meanwhile; never below zero.

        Raises msgspec.ValidationError."""
        account = msgspec.convert(result, Account)
        told, self._told = self._told, {}
        self._streams.clear()
        self._calls.clear()
        increments = self._increments(account)
        elsewhere: Counter[str] = Counter()  # told under a name that the result does not use, such as a dated one
        for model, tokens in told.items():
            if model not in increments:
                elsewhere += tokens
        for model, spent in increments.items():
            rest = _tokens(spent) - told.get(model, Counter())
            rest, elsewhere = rest - elsewhere, elsewhere - rest
            cost = round(spent.cost_usd * 1_000_000) if self._claims_cost else None
            if rest or cost:
                yield _usage(model, rest, spent.thinking_tokens, cost)

    def _call(self, call: str, model: str, tokens: Counter[str]) -> Iterator[Usage]:
        before = self._calls.get(call, Counter())
        self._calls[call] = before | tokens
        if more := self._calls[call] - before:
            self._told[model] = self._told.get(model, Counter()) + more
            yield _usage(model, more)

    def _increments(self, account: Account) -> dict[str, Spent]:
        """The CLI's own increments; where it gives none (older versions), differences of its totals. The first totals
        after a resume already carry the earlier turns, so there the turn's own usage stands in."""
        before, self._before = self._before, account.totals
        if account.since_last is not None:
            return account.since_last
        if before is None:
            return {self.model: Spent(**account.usage.tokens)}
        return {model: spent.minus(before.get(model, Spent())) for model, spent in account.totals.items()}


def _tokens(spent: Spent) -> Counter[str]:
    return Counter({name: getattr(spent, name) for name in _TOKENS})


def _usage(model: str, tokens: Mapping[str, int], thinking: int = 0, cost_micro_usd: int | None = None) -> Usage:
    return Usage(
        model=model,
        input_tokens=tokens["input_tokens"],
        cached_input_tokens=tokens["cache_read_input_tokens"],
        cache_write_tokens=tokens["cache_creation_input_tokens"],
        output_tokens=tokens["output_tokens"],
        reasoning_tokens=thinking,
        cost_micro_usd=cost_micro_usd,
    )
