"""One call through the gateway, in order: who asks, what may pass, where to, the answer, what it cost."""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import Protocol
from urllib.parse import quote

from minga.domain.model_calls import CacheUse, CallEntry, ModelCall, Refused, VirtualKey
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure.ids import NewId
from minga.ledger.prices import PriceTable
from minga.pipeline.affinity import Affinity
from minga.pipeline.attempts import Attempts, Begun, Ways, Whole
from minga.pipeline.configuration import Configuration
from minga.pipeline.hedging import Hedge, may_hedge
from minga.pipeline.model_stream import Stream
from minga.pipeline.places import Places, places_of
from minga.pipeline.running_call import GONE, Books, Running, Source
from minga.policy.limits import Asked, Limits, Permit
from minga.providers import message_start, prompt_caching, refusals, token_estimate, usage
from minga.providers.continuing import so_far
from minga.providers.deployments import Deployment, Groups
from minga.providers.wires import NOT_RETURNED

ANSWER_USUAL = 8192
"""Tokens that an answer takes of a minute's, until it is settled, where the caller sets no limit; and the most that one
of a run is reserved with."""

BYTES_A_TOKEN = 3
"""For what a call may cost at most: real texts have more."""

TIMEOUT_HEADERS = ("x-request-timeout", "x-stainless-timeout")
"""In which callers say how many seconds they wait; the second one is that of OpenAI's and Anthropic's SDKs."""


class Streaming(Protocol):
    """A stream on its way to a caller."""

    def chunks(self) -> AsyncIterator[bytes]: ...

    def close(self, *, gone: bool) -> None: ...


@dataclass(slots=True)
class Reply:
    """``body`` is None for a stream. `close` must be called once the caller has what it gets, or has gone away."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | None
    stream: Streaming | None = None
    running: Running | None = None

    @property
    def booked(self) -> CallEntry | None:
        """None as long as the call runs."""
        return self.running.entry if self.running else None

    @property
    def continued(self) -> bool:
        """Another deployment went on with a stream that broke."""
        return self.running is not None and self.running.continued

    def close(self, *, gone: bool) -> None:
        if self.stream is not None:
            self.stream.close(gone=gone)


@dataclass(frozen=True, slots=True)
class Gateway:
    keys: VirtualKeys
    limits: Limits
    configuration: Callable[[], Configuration]
    """What is in force now; a call goes by what it began with."""
    ways: Ways
    books: Books
    new_id: NewId
    agents: Mapping[str, str] = field(default_factory=dict)
    """Pattern of a User-Agent -> name of the CLI that calls so."""
    affinity: Affinity = field(default_factory=Affinity)
    hedge: Hedge = field(default_factory=Hedge)

    def check(self, call: ModelCall, key: VirtualKey) -> None:
        """Raises Refused where the key may not use the model."""
        if "models" not in key.scopes:
            raise Refused("forbidden-model", f"the key {key.name!r} may not call models")
        if call.model and key.models and not any(fnmatchcase(call.model, one) for one in key.models):
            raise Refused(
                "forbidden-model", f"the key {key.name!r} may use {', '.join(key.models)}, not {call.model!r}"
            )

    async def answer(self, call: ModelCall, key: VirtualKey, cache: CacheUse = "") -> Reply:
        """``key`` has been admitted; ``cache`` is booked as it is. Raises Refused where the gateway itself says no, or
        no deployment answers."""
        configuration = self.configuration()
        places, asked = await self._affordable(key, call, configuration)
        permit = await self.permit(key, asked)
        call, told = _marked(key, call, places.groups)
        running = Running(
            self.books, configuration.prices, key, call, permit, self.new_id(), self.books.clock.monotonic(), cache
        )
        place = self.affinity.place(key, call) if len(places.by_id) > 1 else b""
        attempts = Attempts(
            ways=self.ways,
            running=running,
            places=places,
            tenant=key.team or key.user,
            sticky=self.affinity.find(place),
            deadline_s=running.began_s + self.ways.wait_s,
            patience_s=running.began_s + _patience_s(call.headers),
        )
        try:
            hedges = bool(place) and may_hedge(call)
            answer = await (self.hedge.answer(attempts, call) if hedges else attempts.answer(call))
        except Refused as refused:
            source: Source = "estimate" if running.parts else "provider"
            running.book(running.nothing(), source, refusals.STATUS[refused.reason])
            raise
        except BaseException:
            sent = usage.estimated(running.model, len(call.body) if running.deployment else 0, 0)
            running.book(sent, "estimate", GONE)
            raise
        self.affinity.keep(place, answer.deployment.id)
        headers = self.headers(running, answer.deployment, answer.headers, permit) + told
        if isinstance(answer, Whole):
            _book(running, answer)
            return Reply(answer.status, headers, answer.body, running=running)
        headers += _completed(call, answer)
        return Reply(200, headers, None, _stream(running, answer, attempts), running)

    async def permit(self, key: VirtualKey, asked: Asked) -> Permit:
        """Raises Refused. A run whose budget is spent is over: its key ends, so that its CLI does not try again."""
        try:
            return await self.limits.begin(key, asked)
        except Refused as refused:
            if refused.reason == "budget" and key.run_id:
                await self.keys.end_spent(key.id)
            raise

    async def _affordable(self, key: VirtualKey, call: ModelCall, configuration: Configuration) -> tuple[Places, Asked]:
        """The deployments whose price is known, where a budget must hold, and what the dearest may use at most."""
        places, prices = configuration.places(call.wire, call.model, call.embeds), configuration.prices
        models = places.models
        if call.counts:  # for those of another wire it is done here
            return places.speaking(call.wire), Asked(models, 0, 0)
        longest = _longest(call, key, places)
        costs = {model: _costs(prices, model, _sizes(call, key, longest[model])) for model in models}
        priced = [found for found in costs.values() if found is not None]
        if len(priced) < len(costs) and await self.limits.must_be_priced(key, models):
            kept = (tuple(one for one in group if costs[one.model] is not None) for group in places.groups)
            places = places_of(tuple(group for group in kept if group))
        tokens = sum([asked + answer for asked, answer in _sizes(call, key, _answer_max(call, ANSWER_USUAL))])
        return places, Asked(models, _most(priced), tokens, 0 if call.answer_max else max(longest.values(), default=0))

    def headers(
        self, running: Running, deployment: Deployment, given: Sequence[tuple[str, str]], permit: Permit
    ) -> list[tuple[str, str]]:
        headers = [(name, value) for name, value in given if name not in NOT_RETURNED]
        headers += [("x-minga-call", running.id), ("x-minga-provider", deployment.provider)]
        if len(running.tried) > 1:
            headers.append(("x-minga-attempts", str(len(running.tried))))
        return headers + _budget(permit)


@lru_cache(maxsize=256)
def _patience_s(headers: tuple[tuple[str, str], ...]) -> float:
    """So long the caller waits, as far as it says so."""
    for name, value in headers:
        if name in TIMEOUT_HEADERS:
            try:
                told = float(value)
            except ValueError:
                continue
            if math.isfinite(told) and told > 0:
                return told
    return math.inf


def _answer_max(call: ModelCall, otherwise: int) -> int:
    """Tokens of one answer; embeddings are none."""
    return 0 if call.embeds else call.answer_max or otherwise


def _longest(call: ModelCall, key: VirtualKey, places: Places) -> dict[str, int]:
    """Model -> tokens of one answer at most. Those of a run are taken to be usual: else one with a small budget could
    not begin."""
    most = {model: _answer_max(call, longest) for model, longest in places.longest.items()}
    return {model: min(one, ANSWER_USUAL) for model, one in most.items()} if key.run_id else most


def _costs(prices: PriceTable, model: str, sizes: list[tuple[int, int]]) -> list[int] | None:
    """Of each request, in micro-USD, at most; None where no price is known."""
    found = [prices.most_micro_usd(model, asked, answer) for asked, answer in sizes]
    return None if None in found else [one or 0 for one in found]


def _most(priced: list[list[int]]) -> int | None:
    """Of the dearest model for each request; None where none has a price."""
    if len(priced) == 1:
        return sum(priced[0])
    return sum(map(max, zip(*priced, strict=True))) if priced else None


def _sizes(call: ModelCall, key: VirtualKey, answer_max: int) -> list[tuple[int, int]]:
    """Tokens asked and answered, at most, of each request that may be paid for: a second one where a stream that breaks
    is gone on with, which is shown all of the first."""
    asked, answer = len(call.body) // BYTES_A_TOKEN, answer_max * call.choices
    again = [(asked + answer, answer)] if call.stream and key.continues_streams else []
    return [(asked, answer), *again]


def _marked(key: VirtualKey, call: ModelCall, groups: Groups) -> tuple[ModelCall, list[tuple[str, str]]]:
    """With markers of the prompt cache, where the key wants them, the request has none, and a deployment may know them.
    A request of another form gets them once it has been translated."""
    if not key.marks_prompts or call.wire != "anthropic" or call.counts:
        return call, []
    model = next((one.model for group in groups for one in group if one.wire == "anthropic"), None)
    if model is None:
        return call, []
    marked = prompt_caching.mark(call.body, model)
    told = [(prompt_caching.HEADER, f"marked {marked.count}")] if marked.count else []
    return replace(call, body=marked.body), told


def _completed(call: ModelCall, begun: Begun) -> list[tuple[str, str]]:
    """A stream of Anthropic's form tells at its beginning how much was asked, if by an estimate."""
    if call.wire != "anthropic":
        return []
    start = message_start.MessageStart(partial(token_estimate.of_request, call.body))
    begun.held = start.feed(begun.held)
    begun.start = None if start.settled else start
    return [(message_start.HEADER, "estimated")] if start.completed else []


def _budget(permit: Permit) -> list[tuple[str, str]]:
    """Told from a budget's alert share on."""
    low = permit.low
    if low is None:
        return []
    told = f"{low.budget.scope} {quote(low.budget.name)} {low.budget.window}"
    return [("x-minga-budget-left-usd", f"{low.left_micro_usd / 1e6:.6f}"), ("x-minga-budget", told)]


def _book(running: Running, answer: Whole) -> None:
    call = running.call
    if call.counts or answer.status != 200:
        running.book(running.nothing(), "provider", answer.status)
    elif answer.used:
        running.book(answer.used, "provider", answer.status)
    else:
        answered = 0 if call.embeds else len(answer.body)
        estimate = usage.estimated(answer.deployment.model, len(call.body), answered)
        running.book(estimate, "estimate", answer.status)


def _stream(running: Running, begun: Begun, attempts: Attempts) -> Stream:
    told = so_far(running.call.wire) if running.key.continues_streams else None
    return Stream(running, begun, partial(_again, attempts, begun.deployment), told)


async def _again(attempts: Attempts, broken: Deployment, call: ModelCall) -> Begun:
    """Another deployment than the one that broke the stream off. Raises Refused."""
    attempts.avoided.add(broken.id)
    attempts.deadline_s = attempts.ways.clock.monotonic() + attempts.ways.wait_s
    answer = await attempts.answer(call)
    if isinstance(answer, Begun) and answer.reader.end != "failed":
        return answer
    raise Refused("broken", f"{answer.deployment.provider} does not go on with it")
