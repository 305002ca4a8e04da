"""One call through the gateway, in order: who asks, what may pass, where to, the answer, what it cost."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from minga.domain.events import Usage
from minga.domain.model_calls import CallEntry, ModelCall, Refused, VirtualKey
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure.clock import Clock
from minga.infrastructure.http import Client, Incoming, Outgoing, Unreachable
from minga.infrastructure.ids import NewId
from minga.ledger.calls import CallBook
from minga.ledger.prices import PriceTable
from minga.policy.limits import SOFT, Limits, Permit
from minga.providers import refusals, usage
from minga.providers.deployments import Deployment, Deployments

ANSWER_MAX = 8192
"""Tokens that an answer is reckoned with where the caller sets no limit."""

BYTES_A_TOKEN = 3
"""For what a call may cost at most: real texts have more."""

BODY_MAX = 256 * 1024 * 1024
"""Bytes of an answer that is no stream."""

GONE = 499
"""The status that is booked where the caller went away."""

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length"})
"""RFC 9110, section 7.6.1; and the length, which the next connection counts anew."""

_KEPT_BACK = _HOP_BY_HOP | {
    "accept-encoding",  # what comes back must be read
    "api-key",
    "authorization",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "proxy-authorization",
    "proxy-connection",
    "x-api-key",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-goog-api-key",
    "x-real-ip",
}
"""Of a caller's headers: its credentials, and what tells of its network."""

_NOT_RETURNED = _HOP_BY_HOP | {"set-cookie", "server", "date"}


@dataclass(slots=True)
class Reply:
    """``body`` is None for a stream. `close` must be called once the caller has what it gets, or has gone away."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | None
    stream: "_Stream | None" = None

    def close(self, *, gone: bool) -> None:
        if self.stream is not None:
            self.stream.close(gone=gone)


@dataclass(frozen=True, slots=True)
class Gateway:
    keys: VirtualKeys
    limits: Limits
    deployments: Deployments
    client: Client
    book: CallBook
    prices: PriceTable
    clock: Clock
    new_id: NewId

    async def answer(self, call: ModelCall, key_text: str) -> Reply:
        """Raises Refused where the gateway itself says no, or reaches nobody."""
        key = await self.keys.admit(key_text)
        if call.model and key.models and not any(fnmatchcase(call.model, one) for one in key.models):
            raise Refused(
                "forbidden-model", f"the key {key.name!r} may use {', '.join(key.models)}, not {call.model!r}"
            )
        deployment = self.deployments.choose(call.wire, call.model)
        permit = await self.limits.begin(key, self._most(key, call, deployment))
        running = _Running(self, key, call, deployment, permit, self.new_id(), self.clock.now(), self.clock.monotonic())
        try:
            incoming = await self.client.send(_outgoing(call, deployment))
        except Unreachable as wrong:
            running.book(usage.estimated(deployment.model, 0, 0), "provider", 502)
            raise Refused("unreachable", f"{deployment.provider} gave no answer: {wrong}") from wrong
        except BaseException:
            running.book(usage.estimated(deployment.model, len(call.body), 0), "estimate", GONE)
            raise
        headers = [(name, value) for name, value in incoming.headers if name not in _NOT_RETURNED]
        headers += [("x-minga-call", running.id), ("x-minga-provider", deployment.provider), *_budget(key, permit)]
        if call.stream and incoming.status == 200:
            return Reply(incoming.status, headers, None, _Stream(running, incoming))
        return Reply(incoming.status, headers, await _whole(running, incoming))

    def _most(self, key: VirtualKey, call: ModelCall, deployment: Deployment) -> int:
        """What the call may cost at most, in micro-USD. Raises Refused for a model without a price where a budget must
        hold."""
        if call.counts or key.budget_micro_usd is None:
            return 0
        asked = Usage(deployment.model, len(call.body) // BYTES_A_TOKEN, 0, 0, call.answer_max or ANSWER_MAX)
        cost = self.prices.cost_micro_usd(deployment.model, asked)
        if cost is None:
            told = f"no list price is known for {deployment.model!r}, and the key {key.name!r} has a budget"
            raise Refused("forbidden-model", told)
        return cost


def _budget(key: VirtualKey, permit: Permit) -> list[tuple[str, str]]:
    """Told from ``SOFT`` of the budget on."""
    left, budget = permit.left_micro_usd, key.budget_micro_usd
    if left is None or budget is None or left > budget * (1 - SOFT):
        return []
    return [("x-minga-budget-left-usd", f"{left / 1e6:.6f}")]


def _outgoing(call: ModelCall, deployment: Deployment) -> Outgoing:
    """The caller's bytes; only the name of the model is another where it was written ``provider/model``."""
    path, body = call.path, call.body
    if deployment.model != call.model:
        path = path.replace(call.model, deployment.model, 1)
        body = _renamed(body, deployment.model)
    query = f"?{call.query}" if call.query else ""
    passed = [(name, value) for name, value in call.headers if name not in _KEPT_BACK]
    headers = [*passed, ("accept-encoding", "identity"), *deployment.headers]
    return Outgoing(call.method, f"{deployment.base_url}{path}{query}", headers, body)


def _renamed(body: bytes, model: str) -> bytes:
    """Every other field stays as its bytes are."""
    if not body:
        return body
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if "model" not in fields:
        return body
    return msgspec.json.encode({**fields, "model": model})


@dataclass(slots=True)
class _Running:
    """A call that has been sent: booked once, whatever becomes of it."""

    gateway: Gateway
    key: VirtualKey
    call: ModelCall
    deployment: Deployment
    permit: Permit
    id: str
    began: datetime
    began_s: float
    first_s: float | None = None
    booked: bool = False

    def passed(self) -> None:
        """A byte has come."""
        if self.first_s is None:
            self.first_s = self.gateway.clock.monotonic()

    def book(self, used: Usage, source: str, status: int) -> None:
        """Settle and book in one step, so that no budget is read in between."""
        if self.booked:
            return
        self.booked = True
        now_s = self.gateway.clock.monotonic()
        cost = 0 if self.call.counts else self.gateway.prices.cost_micro_usd(self.deployment.model, used)
        self.permit.settle(cost or 0)
        self.gateway.book.add(
            CallEntry(
                id=self.id,
                at=self.began,
                key_id=self.key.id,
                user=self.key.user,
                team=self.key.team,
                project=self.key.project,
                provider=self.deployment.provider,
                wire=self.call.wire,
                usage=used,
                cost_micro_usd=cost,
                source=source,
                status=status,
                first_ms=round(1000 * ((self.first_s or now_s) - self.began_s)),
                took_ms=round(1000 * (now_s - self.began_s)),
                run_id=self.key.run_id,
                agent=self.key.agent,
            )
        )


async def _whole(running: _Running, incoming: Incoming) -> bytes:
    """An answer that is no stream, to its end. Raises Refused where it breaks off."""
    call, model = running.call, running.deployment.model
    pieces: list[bytes] = []
    size = 0
    try:
        async for chunk in incoming.chunks():
            running.passed()
            pieces.append(chunk)
            size += len(chunk)
            if size > BODY_MAX:
                raise Unreachable(f"it sends more than {BODY_MAX} bytes")
    except Unreachable as wrong:
        running.book(usage.estimated(model, len(call.body), size), "estimate", 502)
        raise Refused("broken", f"{running.deployment.provider} broke off: {wrong}") from wrong
    except BaseException:
        running.book(usage.estimated(model, len(call.body), size), "estimate", GONE)
        raise
    finally:
        incoming.close()
    body = b"".join(pieces)
    told = usage.of_body(call.wire, model, body) if incoming.status == 200 and not call.counts else None
    nothing = call.counts or incoming.status != 200
    used = told or usage.estimated(model, *((0, 0) if nothing else (len(call.body), size)))
    running.book(used, "provider" if told or nothing else "estimate", incoming.status)
    return body


@dataclass(slots=True)
class _Stream:
    """A stream on its way to the caller. It never ends as if it were whole when it is not."""

    running: _Running
    incoming: Incoming
    reader: usage.StreamReader = field(init=False)
    broken: bool = False

    def __post_init__(self) -> None:
        self.reader = usage.StreamReader(self.running.call.wire, self.running.deployment.model)

    async def chunks(self) -> AsyncIterator[bytes]:
        wire, provider = self.running.call.wire, self.running.deployment.provider
        why = f"{provider} ended the stream before its end"
        try:
            async for chunk in self.incoming.chunks():
                self.running.passed()
                self.reader.feed(chunk)
                yield chunk
        except Unreachable as wrong:
            why = f"{provider} broke the stream off: {wrong}"
        if not self.reader.end:
            self.broken = True
            yield refusals.event(wire, Refused("broken", why))

    def close(self, *, gone: bool) -> None:
        self.incoming.close()
        call = self.running.call
        used = self.reader.usage if self.reader.end == "whole" else None
        estimate = usage.estimated(self.running.deployment.model, len(call.body), self.reader.text)
        status = 502 if self.broken or self.reader.end == "failed" else GONE if gone and not self.reader.end else 200
        self.running.book(used or _with(estimate, self.reader.usage), "provider" if used else "estimate", status)


def _with(estimate: Usage, told: Usage | None) -> Usage:
    """What was told before the caller went away, with the output as far as it had come."""
    return replace(told, output_tokens=max(told.output_tokens, estimate.output_tokens)) if told else estimate
