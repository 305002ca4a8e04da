"""One request of a connection and its answer, for the application behind it (ASGI, HTTP 2.3).

Not uvicorn's, which looks at each header by itself and is a third of what a small call costs in the server.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from minga.infrastructure.gathered_writes import GatheredWrites

_CONTROLS = bytes([*range(9), *range(10, 32), 127])
"""In no header but for the end of its line (RFC 9110, section 5.5). That names are tokens is the parser's business:
those of a provider come through httptools, the others are ours."""

_WITHOUT_BODY = (204, 304)

_LOG = logging.getLogger("uvicorn.error")


class Exchange:
    """``answered`` is called once the answer is whole."""

    def __init__(
        self,
        scope: dict[str, Any],
        transport: GatheredWrites,
        flow: FlowControl,
        dated: Sequence[tuple[bytes, bytes]],
        answered: Callable[[], None],
        *,
        expects: bool,
        keep_alive: bool,
    ) -> None:
        """``dated``: headers of every answer; ``expects``: the caller waits for a word before it sends the body."""
        self.scope = scope
        self.transport = transport
        self.flow = flow
        self.default_headers = dated
        self.on_response = answered
        self.disconnected = False
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = expects
        self.body = bytearray()
        self.more_body = True
        self.response_started = False
        self.response_complete = False
        self.chunked_encoding = False
        self.expected_content_length = 0
        self._unsent = b""
        self._has_news = False
        self._awaited: asyncio.Event | None = None
        self._is_head = scope["method"] == "HEAD"
        self._when_gone: Callable[[], None] | None = None

    def whole_body(self) -> bytes | None:
        """The body of the request, taken once, where all of it has come already; else it must be received."""
        if self.more_body or self.disconnected or self.response_complete:
            return None
        body, self.body = bytes(self.body), bytearray()
        return body

    def when_gone(self, told: Callable[[], None]) -> None:
        """``told`` is called once the caller is gone before its answer is whole; at once if it is."""
        self._when_gone = told
        if self.disconnected:
            told()

    def wake(self) -> None:
        """Something has changed that `receive` tells. Few calls wait for that: their body comes with their head."""
        self._has_news = True
        if self._awaited is not None:
            self._awaited.set()

    def leave(self) -> None:
        """Nobody waits for the answer any more."""
        self.disconnected = True
        self.wake()
        if self._when_gone is not None:
            self._when_gone()

    async def run(self, app: Callable[..., Awaitable[None]]) -> None:
        """Let ``app`` answer."""
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as wrong:  # noqa: BLE001 - whatever it is ends one request, and not the connection's process
            _LOG.error("Exception in ASGI application\n", exc_info=wrong)
            if not self.response_started:
                await self._fail()
            else:
                self.transport.close()
        else:
            if not self.response_complete and not self.disconnected:
                _LOG.error("ASGI callable returned without completing response.")
                if self.response_started:
                    self.transport.close()
                else:
                    await self._fail()
        finally:
            self.on_response = lambda: None
            self._when_gone = None
            self.scope.clear()  # it knows this object: neither would be gone without a look of Python's collector

    async def _fail(self) -> None:
        body = b"Internal Server Error"
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        headers.append((b"content-length", str(len(body)).encode()))
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def receive(self) -> dict[str, Any]:
        """What has come of the body since the last time, or that the caller is gone."""
        if self.waiting_for_100_continue and not (self.disconnected or self.transport.is_closing()):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        if not self.disconnected and not self.response_complete:
            self.flow.resume_reading()
            await self._news()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def _news(self) -> None:
        if not self._has_news:
            self._awaited = self._awaited or asyncio.Event()
            await self._awaited.wait()
        self._has_news = False
        if self._awaited is not None:
            self._awaited.clear()

    async def send(self, message: Any) -> None:
        """Raises RuntimeError for a header that would be more than one line, and for a body that is not as long as its
        header says, or comes after the end."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.response_started:
            self._begin(message)
        elif message["type"] != "http.response.body" or self.response_complete:
            raise RuntimeError(f"Unexpected ASGI message {message['type']!r}.")
        else:
            self._pass(message.get("body", b""), is_last=not message.get("more_body", False))

    def _begin(self, message: Any) -> None:
        if message["type"] != "http.response.start":
            raise RuntimeError(f"Expected ASGI message 'http.response.start', but got {message['type']!r}.")
        status = message["status"]
        headers = [*self.default_headers, *message.get("headers", ())]
        length: int | None = None
        closes = False
        for name, value in headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"connection" and value.lower() == b"close":
                closes, self.keep_alive = True, False
        if not closes and not self.keep_alive:
            headers.append((b"connection", b"close"))
        self.chunked_encoding = length is None and not self._is_head and status not in _WITHOUT_BODY
        if self.chunked_encoding:
            headers.append((b"transfer-encoding", b"chunked"))
        self._start(status, b"".join([b"%b: %b\r\n" % header for header in headers]), len(headers))
        self.expected_content_length = length or 0

    def answer(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> bool:
        """Send a whole answer at once, with its length, if it is of the usual kind and the caller takes it now; return
        whether it was. ``headers`` say nothing of length and connection. Raises RuntimeError as `send` does."""
        if self._is_head or status in _WITHOUT_BODY or self.response_started:
            return False
        if self.flow.write_paused or self.disconnected:
            return False
        lines = [f"{name}: {value}\r\n" for name, value in headers]
        lines.append(f"content-length: {len(body)}\r\n")
        if not self.keep_alive:
            lines.append("connection: close\r\n")
        dated = b"".join([b"%b: %b\r\n" % header for header in self.default_headers])
        told = dated + "".join(lines).encode("latin-1", "replace")
        self._start(status, told, len(self.default_headers) + len(lines))
        self.expected_content_length = len(body)
        self._pass(body, is_last=True)
        return True

    def _start(self, status: int, lines: bytes, count: int) -> None:
        """The head, of ``count`` ``lines``. It goes out with what comes behind it."""
        if len(lines.translate(None, _CONTROLS)) != len(lines) - 2 * count:
            raise RuntimeError("Invalid HTTP header.")
        self.response_started = True
        self.waiting_for_100_continue = False
        self._unsent = b"%b%b\r\n" % (STATUS_LINE[status], lines)

    def _pass(self, body: bytes, *, is_last: bool) -> None:
        """The head goes out with the first piece of the body: two writes would be half of what the kernel does."""
        head, self._unsent = self._unsent, b""
        if self._is_head:
            self.expected_content_length = 0
            self.transport.write(head)
        elif self.chunked_encoding:
            chunk = b"%b%x\r\n%b\r\n" % (head, len(body), body) if body else head
            self.transport.write(chunk + b"0\r\n\r\n" if is_last else chunk)
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0:
                raise RuntimeError("Response content longer than Content-Length")
            self.transport.write(head + body)
        if is_last:
            if self.expected_content_length:
                raise RuntimeError("Response content shorter than Content-Length")
            self.response_complete = True
            self.wake()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()
