"""The deployments that one call tries, one after the other, until one answers.

Nothing of an attempt that failed has reached the caller: a stream counts as begun with the first part of its answer.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeAlias

from minga.domain.events import Usage
from minga.domain.model_calls import ModelCall, Reason, Refused
from minga.infrastructure.clock import Clock
from minga.infrastructure.decoding import Decoder
from minga.infrastructure.http import Incoming, Unreachable
from minga.pipeline.places import Places, places_of
from minga.pipeline.running_call import Running
from minga.providers import refusals
from minga.providers.calling import Calling
from minga.providers.deployments import Deployment
from minga.providers.message_start import MessageStart
from minga.providers.translation import embeddings
from minga.providers.translation.calls import StreamTranslation, Translation, is_needed
from minga.providers.translation.dialect import Unreadable, Unsound
from minga.providers.translation.earlier import Earlier, Into
from minga.providers.usage import End, Garbage, StreamReader, estimated, of_body
from minga.routing.balance import Balancer, Lease, NoPermit
from minga.routing.permits import Outcome

TRIES_MAX = 4
"""Answers that a call waits for, but for refusals by rate."""

LIMITED_MAX = 12
"""So often a call is refused by rate, and waits in the queue again."""

BODY_MAX = 256 * 1024 * 1024
"""Bytes of an answer."""

READ_MAX = 32 * 1024 * 1024
"""Bytes that a compressed answer may stand for."""

BESIDE_FROM = 256 * 1024
"""Bytes from which on a body is translated beside the loop."""

FIRST_LEAST_S = 1.0
"""So long the head of an answer is waited for, however little of its caller's patience is left."""

WHY_MAX = 300
"""Characters of why an answer cannot be read."""

UNSEEN_S = 10.0
"""So long the announcement of a stream is held back for the first part of its answer."""

_LIMITED = 429

_OUTCOMES: dict[int, Outcome] = {
    401: "failed",
    403: "failed",
    408: "failed",
    _LIMITED: "rate-limited",
    500: "failed",
    502: "failed",
    503: "overloaded",
    504: "failed",
    529: "overloaded",
}
"""What a status says of a deployment; every other one speaks of the call."""

_OF_THE_KEY = (401, 403)
"""Not tried again at the same account."""


@dataclass(slots=True)  # one is made for each call: a frozen one takes twice as long
class Whole:
    """An answer that has come to its end. ``used`` is None where it does not tell."""

    deployment: Deployment
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    used: Usage | None = None


@dataclass(slots=True)
class Begun:
    """A stream whose answer has begun, or whose end is all that came: ``held`` is what the caller has not got yet, in
    its own form. ``translation``: where the deployment speaks another one. ``start`` completes what the caller gets
    first, if that has not come yet.

    ``lease`` ends with the stream.
    """

    deployment: Deployment
    headers: Sequence[tuple[str, str]]
    incoming: Incoming
    chunks: AsyncIterator[bytes]
    reader: StreamReader
    held: bytes
    lease: Lease
    translation: StreamTranslation | None = None
    start: MessageStart | None = None

    def feed(self, chunk: bytes) -> bytes:
        """Whole events for the caller, as far as they have come."""
        events = self.reader.feed(chunk)
        passed = events if self.translation is None else self._translated(self.translation, events)
        return passed if self.start is None else self.start.feed(passed)

    def finish(self) -> bytes:
        """What was held back; the stream has ended."""
        passed = self.reader.finish()
        if self.translation is not None:
            passed = self._translated(self.translation, passed) + self.translation.finish()
            broken: End = "broken" if self.reader.end else ""
            self.reader.end = self.translation.end or broken  # what the caller has heard counts
        return passed if self.start is None else self.start.feed(passed) + self.start.rest()

    @property
    def of_the_model(self) -> bool:
        """It broke by what the model said; the deployment is well."""
        return self.translation is not None and self.translation.of_the_model

    @property
    def broken_by(self) -> str:
        """Why what came cannot be passed on; empty where that is not known."""
        return self.translation.broken_by[:WHY_MAX] if self.translation is not None else ""

    def _translated(self, translation: StreamTranslation, events: bytes) -> bytes:
        told = translation.feed(events)
        self.reader.end = translation.end or self.reader.end
        return told


@dataclass(frozen=True, slots=True)
class _Failed:
    """``answer``: what the deployment said; else ``refused`` says what happened. ``used``: what it told that it has
    used. ``of_the_key``: it would say so again."""

    refused: Refused
    answer: "Whole | Begun | None" = None
    used: Usage | None = None
    of_the_key: bool = False

    @property
    def is_limited(self) -> bool:
        """By rate: it may be asked again, later."""
        return isinstance(self.answer, Whole) and self.answer.status == _LIMITED


Answer: TypeAlias = Whole | Begun


class Sleep(Protocol):
    async def __call__(self, seconds: float, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Ways:
    """How attempts reach the world. ``wait_s``: so long a call may wait for a deployment, over all its attempts;
    ``silence_s``: so long a provider may be silent, also before its first byte. ``earlier``: what of conversations was
    translated before."""

    calling: Calling
    balancer: Balancer
    clock: Clock
    wait_s: float
    silence_s: float
    sleep: Sleep = asyncio.sleep
    earlier: Earlier = field(default_factory=Earlier)


@dataclass(slots=True)
class Attempts:
    """``deadline_s``: until then it waits for a deployment; ``patience_s``: until then its caller does. Both on the
    clock that never goes back. ``asked``: the deployment that has the call, and has not answered it yet. ``limited``
    are the tries that a rate refused; ``tries`` the others."""

    ways: Ways
    running: Running
    places: Places
    tenant: str
    sticky: str | None
    deadline_s: float
    patience_s: float = math.inf
    avoided: set[str] = field(default_factory=set)
    asked: Deployment | None = None
    tries: int = 0
    limited: int = 0

    async def answer(self, call: ModelCall) -> Answer:
        """What the first deployment says that says anything of the call; else what the last one said of itself.

        Raises Refused where none said anything.
        """
        by_id, targets = self.places.by_id, self.places.targets
        failed: _Failed | None = None
        while failed is None or await self._may_go_on(failed, len(by_id)):
            try:
                lease = await self.ways.balancer.acquire(
                    targets, deadline_s=self._left_s(), avoid=self.avoided, sticky=self.sticky, tenant=self.tenant
                )
            except NoPermit as none:
                failed = failed or _Failed(_busy(call, none.retry_after_s))
                break
            found = await self._try(call, by_id[lease.target.id], lease)
            if failed is not None:
                self._spend(failed)
            if not isinstance(found, _Failed):
                return found
            failed = found
            self.avoided.add(lease.target.id)
        assert failed is not None
        if failed.answer is not None:
            return failed.answer
        self._spend(failed)
        raise failed.refused

    def _spend(self, failed: "_Failed") -> None:
        """What an attempt has used that the caller gets nothing of."""
        if failed.used is not None:
            self.running.parts.append(failed.used)

    def others(self, used: Deployment | None) -> Places:
        groups = (tuple(one for one in group if one != used) for group in self.places.groups)
        return places_of(tuple(group for group in groups if group))

    async def _may_go_on(self, failed: _Failed, deployments: int) -> bool:
        """A refusal by rate is no retry: its deployment rests, and the queue holds the call back for as long."""
        if failed.is_limited:
            self.limited += 1
        else:
            self.tries += 1
        if self.ways.clock.monotonic() >= self.patience_s or self.tries >= TRIES_MAX or self.limited >= LIMITED_MAX:
            return False
        if failed.is_limited:
            return True
        alone = len(self.avoided) >= deployments
        if (failed.of_the_key and alone) or not self.ways.balancer.retry_allowed():
            return False
        if not alone:
            return True
        pause_s = self.ways.balancer.backoff_s(self.tries)
        if pause_s >= self._left_s():
            return False
        await self.ways.sleep(pause_s)
        return True

    def _left_s(self) -> float:
        return min(self.deadline_s, self.patience_s) - self.ways.clock.monotonic()

    async def _try(self, call: ModelCall, deployment: Deployment, lease: Lease) -> Answer | _Failed:
        began_s = self.ways.clock.monotonic()
        self.running.deployment = deployment
        outcome: Outcome = "abandoned"
        status = 0
        leased = True
        used: Usage | None = None
        try:
            silence_s = self.ways.silence_s
            first_s = min(silence_s, max(self.patience_s - began_s, FIRST_LEAST_S))
            translation = await self._translation(call, deployment)
            self.running.translation = translation
            sent = call if translation is None else translation.call
            self.asked = deployment
            incoming = await self.ways.calling.send(sent, deployment, first_s, silence_s)
            status = incoming.status
            lease.heard(status, incoming.headers)
            if sent.stream and status == 200 and not _is_json(incoming):
                assert not isinstance(translation, embeddings.EmbeddingTranslation)
                begun = await self._begin(sent, deployment, incoming, lease, translation)
                leased = isinstance(begun, _Failed)
                outcome = "ok" if not isinstance(begun, _Failed) else "abandoned" if begun.of_the_key else "failed"
                return begun
            body = await self._read(incoming, lease if status < 400 else None)
            readable = _readable(incoming, body) if status == 200 or translation is not None else b""
            used = of_body(deployment.wire, deployment.model, readable) if status == 200 else None
            whole = Whole(deployment, status, incoming.headers, body, used)
            if translation is not None:
                made = partial(_translated, whole, readable, translation)
                whole = await asyncio.to_thread(made) if len(readable) > BESIDE_FROM else made()
            outcome = _OUTCOMES.get(status, "ok" if status < 300 else "abandoned")
            return _judged(whole)
        except Refused as cannot:  # be said in the form of this deployment, or for want of its key
            outcome = "failed" if cannot.reason == "provider-key" else "abandoned"
            return _Failed(cannot, of_the_key=True)
        except (Garbage, Unreadable) as wrong:
            of_the_model = isinstance(wrong, Unsound)
            outcome = "abandoned" if of_the_model else "failed"
            why = f": {wrong}"[:WHY_MAX] if str(wrong) else ""
            refused = Refused("broken", f"{deployment.provider} sent what cannot be read{why}")
            return _Failed(refused, used=used, of_the_key=of_the_model)
        except Unreachable as wrong:
            if self.ways.clock.monotonic() >= self.patience_s:  # it may have answered yet
                return _Failed(
                    Refused("broken", "the caller waits no longer"), used=estimated(deployment.model, len(call.body), 0)
                )
            outcome = "failed" if status else "unreachable"
            reason: Reason = "broken" if status else "unreachable"
            told = "broke off" if status else "gave no answer"
            return _Failed(Refused(reason, f"{deployment.provider} {told}: {wrong}"))
        finally:
            self.asked = None
            self.running.note(deployment, outcome, status, began_s)
            if leased:
                lease.end(outcome)

    async def _translation(
        self, call: ModelCall, deployment: Deployment
    ) -> Translation | embeddings.EmbeddingTranslation | None:
        """Raises Refused."""
        if call.embeds:
            same = call.wire == deployment.wire
            return None if same else embeddings.translate(call, deployment.wire, deployment.model)
        if call.counts or not is_needed(call, deployment.wire):
            return None
        now_s = int(self.ways.clock.now().timestamp())
        into = Into(deployment.wire, deployment.model, deployment.provider, now_s)
        made = partial(self.ways.earlier.translate, call, into, self.tenant)
        translation = await asyncio.to_thread(made) if len(call.body) > BESIDE_FROM else made()
        return translation.marked() if self.running.key.marks_prompts else translation

    async def _read(self, incoming: Incoming, lease: Lease | None) -> bytes:
        """Raises Unreachable."""
        if (body := incoming.whole()) is not None:
            if body:
                self._passed(lease)
            return body
        pieces: list[bytes] = []
        size = 0
        try:
            async for chunk in incoming.chunks():
                if not pieces:
                    self._passed(lease)
                pieces.append(chunk)
                size += len(chunk)
                if size > BODY_MAX:
                    raise Unreachable(f"it sends more than {BODY_MAX} bytes")
        finally:
            incoming.close()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _passed(self, lease: Lease | None) -> None:
        """A byte has come, of a success if there is a ``lease``."""
        self.running.passed()
        if lease is not None:
            lease.first_byte()

    async def _begin(
        self,
        call: ModelCall,
        deployment: Deployment,
        incoming: Incoming,
        lease: Lease,
        translation: Translation | None,
    ) -> "Begun | _Failed":
        """Read up to the first part of the answer. ``call``: as the deployment got it."""
        if _encoding(incoming):
            incoming.close()
            return _Failed(Refused("broken", f"{deployment.provider} sent a compressed stream, unasked"))
        reader = StreamReader(call.wire, deployment.model, call.choices)
        chunks = incoming.chunks()
        begun = Begun(deployment, incoming.headers, incoming, chunks, reader, b"", lease)
        if translation is not None:
            begun.headers, begun.translation = translation.headers(incoming.headers), translation.stream()
        first_s: float | None = None
        why = "ended the stream before it began"
        try:
            async for chunk in chunks:
                now_s = self.ways.clock.monotonic()
                if first_s is None:
                    first_s = now_s
                    lease.first_byte()
                begun.held += begun.feed(chunk)
                if reader.end in ("failed", "broken"):
                    why = "sent an error instead of an answer"
                    if begun.broken_by:
                        why = f"sent what cannot be read: {begun.broken_by}"
                    break
                if reader.began or reader.end or now_s - first_s > UNSEEN_S:
                    self.running.passed()
                    return begun
        except Unreachable as wrong:
            why = f"broke the stream off: {wrong}"
        except BaseException:
            incoming.close()
            raise
        incoming.close()
        refused = Refused("broken", f"{deployment.provider} {why}")
        answer = begun if reader.end == "failed" else None
        return _Failed(refused, answer, reader.usage, of_the_key=begun.of_the_model)


def _translated(whole: Whole, readable: bytes, translation: Translation | embeddings.EmbeddingTranslation) -> Whole:
    """Raises Unreadable."""
    told = translation.whole(whole.status, readable)
    headers = translation.headers(whole.headers, whole.status)
    if isinstance(translation, embeddings.EmbeddingTranslation) and whole.status == 200:
        headers.append(translation.counted(readable))
    return Whole(whole.deployment, whole.status, headers, told, whole.used)


def _judged(whole: Whole) -> Whole | _Failed:
    """Whether the answer speaks of the call, or of the deployment."""
    status, provider = whole.status, whole.deployment.provider
    if 300 <= status < 400:  # the caller would go there with its key
        return _Failed(Refused("broken", f"{provider} answered {status}, which sends it elsewhere"))
    if status not in _OUTCOMES:
        return whole
    if status in _OF_THE_KEY:
        return _Failed(refusals.of_provider_key(provider, status), of_the_key=True)
    return _Failed(Refused("broken", f"{provider} answered {status}"), whole)


def _is_json(incoming: Incoming) -> bool:
    """Some servers answer whole where a stream was asked for."""
    return any(name == "content-type" and value.startswith("application/json") for name, value in incoming.headers)


def _encoding(incoming: Incoming) -> str:
    told = next((value for name, value in incoming.headers if name == "content-encoding"), "").strip().lower()
    return "" if told == "identity" else told


def _readable(incoming: Incoming, body: bytes) -> bytes:
    """What usage is read from; nothing for an encoding that is not read here. Raises Garbage where little stands for
    very much, or is not what it says."""
    encoding = _encoding(incoming)
    if not encoding:
        return body
    decoder = Decoder(encoding, READ_MAX)
    known = decoder.can_read
    content = decoder.feed(body)
    if known and (decoder.is_cut or not decoder.can_read):
        raise Garbage
    return content if known else b"{}"


def _busy(call: ModelCall, retry_after_s: float | None) -> Refused:
    return Refused("busy", f"every deployment of {call.model!r} is busy or resting", retry_after_s)
