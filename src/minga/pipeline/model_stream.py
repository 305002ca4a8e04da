"""A stream on its way to the caller. It never ends as if it were whole when it is not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from minga.domain.events import Usage
from minga.domain.model_calls import ModelCall, Refused
from minga.infrastructure.http import Unreachable
from minga.pipeline.attempts import BODY_MAX, Begun
from minga.pipeline.running_call import GONE, Running
from minga.providers import refusals, usage
from minga.providers.continuing import Seam, SoFar, Unfit
from minga.routing.permits import Outcome

CUT = 503
"""The status that is booked where the gateway itself has ended the stream: it is stopping."""

Again = Callable[[ModelCall], Awaitable[Begun]]
"""Ask other deployments to go on. Raises Refused."""


@dataclass(slots=True)
class Stream:
    """``so_far`` is kept where the key's policy lets another deployment go on."""

    running: Running
    begun: Begun
    again: Again
    so_far: SoFar | None
    seam: Seam | None = None
    broken: bool = False
    closed: bool = False
    going_on: "asyncio.Future[Begun] | None" = None
    _source: AsyncIterator[bytes] | None = None
    _size: int = 0
    _is_new: bool = True
    _is_over: bool = False

    def chunks(self) -> AsyncIterator[bytes]:
        return self

    def __aiter__(self) -> "Stream":
        return self

    async def __anext__(self) -> bytes:
        while not self._is_over:
            why = ""
            try:
                piece = await self._piece()
                if piece is not None:
                    return piece
            except Unreachable as wrong:
                why = f"broke the stream off: {wrong}"
            if told := await self._after(why):
                return told
        raise StopAsyncIteration

    async def _piece(self) -> bytes | None:
        """What the caller gets next of the deployment that answers now; None after its last. Raises Unreachable."""
        begun = self.begun
        if self._is_new:
            self._is_new, self._size = False, 0
            self._source = None if begun.reader.end == "failed" else begun.chunks
            if begun.held:
                return self._joined(begun.held)
        while self._source is not None:
            try:
                chunk = await self._source.__anext__()
                self._size += len(chunk)
                if self._size > BODY_MAX:
                    raise Unreachable(f"it sends more than {BODY_MAX} bytes")
            except StopAsyncIteration:
                return self._last()
            except Unreachable:
                if self.closed or begun.reader.end != "whole":  # else all has been said
                    raise
                return self._last()
            piece = self._joined(begun.feed(chunk))
            if begun.reader.end == "broken":
                self._source = None
            if piece:
                return piece
        return None

    def _last(self) -> bytes | None:
        self._source = None
        return self._joined(self.begun.finish()) or None

    async def _after(self, why: str) -> bytes:
        """The deployment says no more, or broke off (``why``): what the caller is told of that, if anything."""
        reader, provider = self.begun.reader, self.begun.deployment.provider
        self._source = None
        self._is_over = True
        if reader.end in ("whole", "failed") or (why and self.closed):
            return b""
        if reader.end == "broken":
            because = f": {self.begun.broken_by}" if self.begun.broken_by else ""
            why = f"sent an event that cannot be read{because}"
        refused = Refused("broken", f"{provider} {why or 'ended the stream before its end'}")
        try:
            goes_on = await self._go_on()
        except asyncio.CancelledError:
            if self.closed:
                return b""
            raise
        if self.closed:
            return b""
        if not goes_on:
            self.broken = True
            return refusals.event(self.running.call.wire, refused)
        self._is_over = False
        if self.running.call.wire == "gemini":  # Google's SDK takes a comment for an answer that is no JSON
            return b""
        return f": {provider} broke off; {self.begun.deployment.provider} goes on\n\n".encode()

    def _joined(self, events: bytes) -> bytes:
        if self.seam is not None:
            return self.seam.feed(events)
        if self.so_far is not None:
            self.so_far.feed(events)
        return events

    async def _go_on(self) -> bool:
        """Let another deployment take over, once."""
        if self.so_far is None or self.seam is not None or not self.so_far.can_go_on:
            return False
        self._end("abandoned" if self.begun.of_the_model else "failed")
        self.running.parts.append(self._used()[0])
        try:
            self.going_on = asyncio.ensure_future(self.again(self.so_far.request(self.running.call)))
            begun = await self.going_on
        except (Refused, Unfit):
            self.running.parts.pop()
            return False
        finally:
            self.going_on = None
        if self.closed:  # at the very moment at which it was there
            begun.incoming.close()
            begun.lease.end("abandoned")
            return False
        self.begun, self._is_new = begun, True
        self.seam = self.so_far.seam()
        self.running.continued = True
        return True

    def close(self, *, gone: bool) -> None:
        """The first time counts."""
        if self.closed:
            return
        self.closed = True
        if self.going_on is not None:
            self.going_on.cancel()
            self.running.book(self.running.nothing(), "estimate", GONE)
            return
        reader = self.begun.reader
        is_broken = self.broken or reader.end in ("failed", "broken")
        outcome: Outcome = "failed" if is_broken else "ok" if reader.end else "abandoned"
        self._end("abandoned" if self.begun.of_the_model else outcome)
        status = {"failed": 502, "ok": 200}.get(outcome, GONE if gone else CUT)
        used, exact = self._used()
        self.running.book(used, "provider" if exact and not self.running.continued else "estimate", status)

    def _end(self, outcome: Outcome) -> None:
        self.begun.incoming.close()
        self.begun.lease.end(outcome)

    def _used(self) -> tuple[Usage, bool]:
        """What was told, the output at least as far as it has come; and whether that is all the provider's word."""
        reader = self.begun.reader
        return reader.used(usage.estimated(self.begun.deployment.model, len(self.running.call.body), reader.text))
