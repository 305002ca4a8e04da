"""One call through the gateway, in order: who asks, what may pass, where to, the answer, what it cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import quote

from minga.domain.model_calls import ModelCall, Refused, VirtualKey
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure.ids import NewId
from minga.pipeline.affinity import Affinity
from minga.pipeline.attempts import Attempts, Begun, Ways, Whole
from minga.pipeline.hedging import Hedge, may_hedge
from minga.pipeline.model_stream import Stream
from minga.pipeline.running_call import GONE, Books, Running
from minga.policy.limits import Asked, Limits, Permit
from minga.providers import usage
from minga.providers.continuing import so_far
from minga.providers.deployments import Deployment, Deployments, Groups
from minga.providers.wires import NOT_RETURNED

ANSWER_MAX = 8192
"""Tokens that an answer is reckoned with where the caller sets no limit."""

BYTES_A_TOKEN = 3
"""For what a call may cost at most: real texts have more."""

TIMEOUT_HEADERS = ("x-request-timeout", "x-stainless-timeout")
"""In which callers say how many seconds they wait; the second one is that of OpenAI's and Anthropic's SDKs."""


@dataclass(slots=True)
class Reply:
    """``body`` is None for a stream. `close` must be called once the caller has what it gets, or has gone away."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | None
    stream: Stream | None = None

    def close(self, *, gone: bool) -> None:
        if self.stream is not None:
            self.stream.close(gone=gone)


@dataclass(frozen=True, slots=True)
class Gateway:
    keys: VirtualKeys
    limits: Limits
    deployments: Deployments
    ways: Ways
    books: Books
    new_id: NewId
    agents: Mapping[str, str] = field(default_factory=dict)
    """Pattern of a User-Agent -> name of the CLI that calls so."""
    affinity: Affinity = field(default_factory=Affinity)
    hedge: Hedge = field(default_factory=Hedge)

    async def answer(self, call: ModelCall, key_text: str) -> Reply:
        """Raises Refused where the gateway itself says no, or no deployment answers."""
        key = await self.keys.admit(key_text)
        if call.model and key.models and not any(fnmatchcase(call.model, one) for one in key.models):
            raise Refused(
                "forbidden-model", f"the key {key.name!r} may use {', '.join(key.models)}, not {call.model!r}"
            )
        groups, asked = await self._affordable(key, call, self.deployments.candidates(call.wire, call.model))
        permit = await self.limits.begin(key, asked)
        running = Running(self.books, key, call, permit, self.new_id(), self.books.clock.monotonic())
        place = self.affinity.place(key, call) if sum(map(len, groups)) > 1 else b""
        attempts = Attempts(
            ways=self.ways,
            running=running,
            groups=groups,
            tenant=key.team or key.user,
            sticky=self.affinity.find(place),
            deadline_s=running.began_s + self._wait_s(call),
        )
        try:
            hedges = bool(place) and may_hedge(call)
            answer = await (self.hedge.answer(attempts, call) if hedges else attempts.answer(call))
        except Refused as refused:
            running.book(running.nothing(), "provider", 503 if refused.reason == "busy" else 502)
            raise
        except BaseException:
            running.book(usage.estimated(running.model, len(call.body), 0), "estimate", GONE)
            raise
        self.affinity.keep(place, answer.deployment.id)
        headers = self._headers(running, answer.deployment, answer.headers, permit)
        if isinstance(answer, Whole):
            _book(running, answer)
            return Reply(answer.status, headers, answer.body)
        return Reply(200, headers, None, _stream(running, answer, attempts))

    async def _affordable(self, key: VirtualKey, call: ModelCall, groups: Groups) -> tuple[Groups, Asked]:
        """The deployments whose price is known, where a budget must hold, and what the dearest may use at most."""
        models = tuple(dict.fromkeys(one.model for group in groups for one in group))
        if call.counts:
            return groups, Asked(models, 0, 0)
        sizes = _sizes(call, key)
        costs = {model: [self.books.prices.most_micro_usd(model, *size) for size in sizes] for model in models}
        priced = {
            model: [one for one in found if one is not None] for model, found in costs.items() if None not in found
        }
        if len(priced) < len(models) and await self.limits.must_be_priced(key, models):
            kept = (tuple(one for one in group if one.model in priced) for group in groups)
            groups = tuple(group for group in kept if group)
        most = sum(map(max, zip(*priced.values(), strict=True))) if priced else None
        return groups, Asked(models, most, sum(map(sum, sizes)))

    def _wait_s(self, call: ModelCall) -> float:
        """Until the first byte of an answer: the caller's own limit, if it is the shorter one."""
        for name, value in call.headers:
            if name in TIMEOUT_HEADERS:
                try:
                    return max(min(float(value), self.ways.wait_s), 0.0)
                except ValueError:
                    break
        return self.ways.wait_s

    def _headers(
        self, running: Running, deployment: Deployment, given: Sequence[tuple[str, str]], permit: Permit
    ) -> list[tuple[str, str]]:
        headers = [(name, value) for name, value in given if name not in NOT_RETURNED]
        headers += [("x-minga-call", running.id), ("x-minga-provider", deployment.provider)]
        if len(running.tried) > 1:
            headers.append(("x-minga-attempts", str(len(running.tried))))
        return headers + _budget(permit)


def _sizes(call: ModelCall, key: VirtualKey) -> list[tuple[int, int]]:
    """Tokens asked and answered, at most, of each request that may be paid for: a second one where a stream that breaks
    is gone on with, which is shown all of the first."""
    asked, answer = len(call.body) // BYTES_A_TOKEN, call.answer_max or ANSWER_MAX
    again = [(asked + answer, answer)] if call.stream and key.continues_streams else []
    return [(asked, answer), *again]


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
    else:
        estimate = usage.estimated(answer.deployment.model, len(call.body), len(answer.body))
        running.book(answer.used or estimate, "provider" if answer.used else "estimate", answer.status)


def _stream(running: Running, begun: Begun, attempts: Attempts) -> Stream:
    async def again(call: ModelCall) -> Begun:
        attempts.avoided.add(begun.deployment.id)
        attempts.deadline_s = attempts.ways.clock.monotonic() + attempts.ways.wait_s
        answer = await attempts.answer(call)
        if isinstance(answer, Begun) and answer.reader.end != "failed":
            return answer
        raise Refused("broken", f"{answer.deployment.provider} does not go on with it")

    continues = running.key.continues_streams
    return Stream(running, begun, again, so_far(running.call.wire) if continues else None)
