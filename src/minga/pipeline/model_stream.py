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

    async def chunks(self) -> AsyncIterator[bytes]:
        while True:
            why = ""
            try:
                async for piece in self._pieces():
                    yield piece
            except Unreachable as wrong:
                if self.closed:
                    return
                why = f"broke the stream off: {wrong}"
            reader, provider = self.begun.reader, self.begun.deployment.provider
            if reader.end in ("whole", "failed"):
                return
            if reader.end == "broken":
                because = f": {self.begun.broken_by}" if self.begun.broken_by else ""
                why = f"sent an event that cannot be read{because}"
            refused = Refused("broken", f"{provider} {why or 'ended the stream before its end'}")
            try:
                goes_on = await self._go_on()
            except asyncio.CancelledError:
                if self.closed:
                    return
                raise
            if self.closed:
                return
            if not goes_on:
                self.broken = True
                yield refusals.event(self.running.call.wire, refused)
                return
            if self.running.call.wire != "gemini":  # Google's SDK takes a comment for an answer that is no JSON
                yield f": {provider} broke off; {self.begun.deployment.provider} goes on\n\n".encode()

    async def _pieces(self) -> AsyncIterator[bytes]:
        """What the caller gets of the deployment that answers now. Raises Unreachable."""
        begun, size = self.begun, 0
        if begun.held:
            yield self._joined(begun.held)
        if begun.reader.end == "failed":
            return
        try:
            async for chunk in begun.chunks:
                size += len(chunk)
                if size > BODY_MAX:
                    raise Unreachable(f"it sends more than {BODY_MAX} bytes")
                if piece := self._joined(begun.feed(chunk)):
                    yield piece
                if begun.reader.end == "broken":
                    return
        except Unreachable:
            if self.closed or begun.reader.end != "whole":  # else all has been said
                raise
        if piece := self._joined(begun.finish()):
            yield piece

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
        self.begun = begun
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
