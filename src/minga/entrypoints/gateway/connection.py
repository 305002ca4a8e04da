"""One connection of a caller. What httptools and uvicorn let pass and no honest caller sends ends here, unseen by the
application: RFC 9112 (framing, section 11 on smuggling), RFC 9110 (methods, Upgrade).

httptools 0.9 itself refuses: Content-Length beside Transfer-Encoding, two of either, folded lines, bare CR or LF, space
before a colon, control characters, sizes that are no plain numbers or too large. tests/gateway/test_hostile_callers.py
sees that this stays so.
"""

import asyncio
from collections import deque
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from minga.domain.model_calls import Refused, Wire
from minga.entrypoints.gateway.body import ANSWER, GONE, WHOLE
from minga.entrypoints.gateway.exchange import Exchange
from minga.entrypoints.gateway.front import Front
from minga.entrypoints.gateway.paths import form_of
from minga.entrypoints.gateway.proxies import Proxies
from minga.entrypoints.gateway.rules import Rules
from minga.infrastructure.gathered_writes import GatheredWrites, turn_of
from minga.providers import refusals

_METHODS_REFUSED = frozenset({b"CONNECT", b"TRACE"})

_ALLOW = "allow: GET, HEAD, POST, DELETE, OPTIONS\r\n"
"""RFC 9110, section 15.5.6."""

_JUDGED = frozenset({b"expect", b"host", b"transfer-encoding", b"upgrade"})
"""Headers that decide how a request is read."""


class Unfit(Exception):
    """Ends the parsing of a request from within; `Connection.unfit` says why."""


class Connection:
    """A protocol of asyncio. ``deadline_s``, in the loop's time, is when `look` ends what goes on: a head, a lingering
    end, a quiet connection."""

    def __init__(self, front: Front, server_state: ServerState, rules: Rules, proxies: Proxies) -> None:
        self.deadline_s: float | None = None
        self._front = front
        self._state = server_state
        self._rules = rules
        self._proxies = proxies
        self._loop = asyncio.get_running_loop()
        self._turn = turn_of(self._loop)
        self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # so that a pipeline gets its first answer
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._expects = False
        self._exchange: Exchange | None = None
        """The last that began."""
        self._waiting: deque[Exchange] = deque()
        """Those that came behind it before it was answered."""
        self._unfit: Refused | None = None
        self._in_head = True
        self._is_quiet = False
        self._ended = False
        self._advanced = False
        self._judged: list[tuple[bytes, bytes]] = []
        self._fed_bytes = 0
        self._unread_bytes = 0
        self._stalled_at_s: float | None = None
        self._working: asyncio.Task[None] | None = None
        """Lets one request after the other be answered: to make a task for each costs more than to wake one."""
        self._next: deque[Exchange] = deque()  # one at most
        self._idle: asyncio.Future[None] | None = None
        """What it waits on while there is none."""
        self._is_lost = False

    def connection_made(self, transport: Any) -> None:
        self._state.connections.add(self)  # type: ignore[arg-type] # uvicorn asks them for `shutdown` alone
        self._transport = GatheredWrites(transport, self._turn)
        self._flow = FlowControl(transport)
        self._server = get_local_addr(transport)
        self._client = get_remote_addr(transport)
        self._scheme = "https" if is_ssl(transport) else "http"
        self.deadline_s = self._loop.time() + self._rules.head_s
        if len(self._state.connections) > self._rules.connections_max:
            self._refuse(Refused("busy", "too many callers are connected", 1.0))

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        if self._is_quiet:
            self._is_quiet = False
            self.deadline_s = self._loop.time() + self._rules.head_s
        self._advanced = False
        self._fed_bytes = len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._answer_in_http()
        except httptools.HttpParserError as wrong:
            self._refuse(self._unfit or Refused("malformed", f"this is no HTTP/1.1 request: {wrong}"))
            return
        self._unread_bytes = 0 if self._advanced else self._unread_bytes + self._fed_bytes
        if self._unread_bytes > self._rules.head_bytes:  # of headers, trailers, extensions of chunks, empty lines
            self._refuse(Refused("head-too-large", f"headers may have {self._rules.head_bytes} bytes"))

    def _answer_in_http(self) -> None:
        """Another protocol is wished (h2c, as Java does): it may be ignored, and ends the use of the connection."""
        if self._exchange is not None:
            self._exchange.keep_alive = False
        self._ended = True

    def on_message_begin(self) -> None:
        self._url = b""
        self._expects = False
        self._headers = []
        self._in_head = True
        self._judged.clear()
        if len(self._waiting) > self._rules.pipelined:
            self._stop(Refused("busy", "too many requests wait behind one another"))

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """What comes after the head is a trailer: read by nobody, so that none passes for a header."""
        if self._in_head:
            name = name.lower()
            self._headers.append((name, value))
            if name in _JUDGED:
                self._judged.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._advanced = True
        self.deadline_s = None
        version, method = self._parser.get_http_version(), self._parser.get_method()
        if unfit := self._size() or self._form(method) or self._framing(version):
            self._stop(unfit)
        path, raw_path, query = _parts(self._url)
        client, scheme = self._client, self._scheme
        if client is not None and self._proxies.networks:
            address, told = self._proxies.caller(client[0], self._headers)
            client = (address, client[1] if address == client[0] else 0)
            scheme = "https" if told == "https" else "http" if told == "http" else scheme
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "server": self._server,
            "client": client,
            "scheme": scheme,
            "method": method.decode("ascii"),
            "root_path": "",
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self._headers,
        }
        before = self._exchange
        exchange = self._exchange = Exchange(
            scope,
            self._transport,
            self._flow,
            self._state.default_headers,
            self.on_response_complete,
            expects=self._expects,
            keep_alive=version != "1.0" and self._parser.should_keep_alive(),
        )
        scope["extensions"] = {WHOLE: exchange.whole_body, GONE: exchange.when_gone, ANSWER: exchange.answer}
        if before is None or before.response_complete:
            self._work_on(exchange)
        else:
            self._flow.pause_reading()
            self._waiting.appendleft(exchange)

    def _size(self) -> Refused | None:
        if len(self._url) > self._rules.url_bytes:
            return Refused("path-too-long", f"a path may have {self._rules.url_bytes} bytes")
        is_long = self._unread_bytes + self._fed_bytes > self._rules.head_bytes  # with what else came
        size = sum(len(name) + len(value) for name, value in self._headers) if is_long else 0
        if size > self._rules.head_bytes or len(self._headers) > self._rules.headers:
            told = f"headers may have {self._rules.head_bytes} bytes, and be {self._rules.headers}"
            return Refused("head-too-large", told)
        return None

    def _form(self, method: bytes) -> Refused | None:
        if method in _METHODS_REFUSED:
            return Refused("method", f"{method.decode()} is not done here")
        if not self._url.startswith((b"/", b"http://", b"https://")) or b"#" in self._url:
            return Refused("malformed", "the path cannot be read")
        return None

    def _framing(self, version: str) -> Refused | None:
        hosts = 0
        for name, value in self._judged:
            match name:
                case b"host":
                    hosts += 1
                case b"expect":
                    self._expects = value.lower() == b"100-continue"
                case b"transfer-encoding" if version == "1.0" or value.strip().lower() != b"chunked":
                    return Refused("malformed", "a body may be chunked, and nothing else")
                case b"upgrade" if value.strip().lower() == b"websocket":
                    return Refused("upgrade", "there are no WebSockets here: send the request by HTTP")
        if version not in ("1.1", "1.0"):
            return Refused("malformed", f"HTTP/{version} is not spoken here")
        if hosts > 1 or (version == "1.1" and not hosts):
            return Refused("malformed", "one Host header is needed")
        return None

    def on_body(self, body: bytes) -> None:
        self._advanced = True
        exchange = self._exchange
        if exchange is None or exchange.response_complete:
            return
        exchange.body += body
        if len(exchange.body) > HIGH_WATER_LIMIT:
            self._flow.pause_reading()
        exchange.wake()

    def on_message_complete(self) -> None:
        self._advanced = True
        exchange = self._exchange
        assert exchange is not None  # its head came before
        exchange.more_body = False
        if not exchange.response_complete:
            exchange.wake()
        if not self._waiting:  # also when no more is awaited: it must be noticed who leaves
            self._flow.resume_reading()
        if exchange.response_complete:  # refused before it was whole; now the connection is free again
            self._is_quiet = True
            self.deadline_s = self._loop.time() + self._rules.keep_alive_s

    def on_response_complete(self) -> None:
        exchange = self._exchange
        assert exchange is not None
        is_whole = not exchange.more_body
        if self._transport.is_closing():
            if exchange.response_complete and not is_whole:
                self.deadline_s = self._loop.time() + self._rules.linger_s
            return
        self._flow.resume_reading()
        if self._waiting:
            self._work_on(self._waiting.pop())
        else:
            self._is_quiet = is_whole
            self.deadline_s = self._loop.time() + (self._rules.keep_alive_s if is_whole else self._rules.linger_s)

    def _work_on(self, exchange: Exchange) -> None:
        self._next.append(exchange)
        if self._working is None:
            self._working = self._loop.create_task(self._work())
            self._state.tasks.add(self._working)
        elif self._idle is not None:
            self._state.tasks.add(self._working)
            self._wake()

    def _wake(self) -> None:
        if self._idle is not None:
            self._idle.set_result(None)
            self._idle = None

    async def _work(self) -> None:
        """Among the server's tasks while a request is answered. It ends with the connection, or where it was told to
        end: who did that waits for it."""
        task = self._working
        assert task is not None  # it is this one
        try:
            while self._next and not self._is_lost:
                self._turn.running += 1
                try:
                    await self._next.popleft().run(self._front)
                finally:
                    self._turn.running -= 1
                if not self._next:
                    self._state.tasks.discard(task)
                    if not (self._is_lost or task.cancelling() or self._transport.is_closing()):
                        self._idle = self._loop.create_future()
                        await self._idle
        finally:
            self._working = self._idle = None
            self._state.tasks.discard(task)

    def eof_received(self) -> None:
        """Nothing keeps the transport from closing, once it has sent what it holds, and what is held before it."""
        self._transport.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for an answer that has not begun: its call is given up. One that has begun notices by itself."""
        self._state.connections.discard(self)
        self._is_lost = True
        self._wake()
        self._flow.resume_writing()
        if exc is None:
            self._transport.close()
        self._parser = None  # type: ignore[assignment] # it knows this object: nothing comes any more
        exchange = self._exchange
        if exchange is None:
            return
        if exchange.response_complete:
            exchange.wake()
        else:
            exchange.leave()
        if self._working is not None and not exchange.response_started:
            self._working.cancel()

    def shutdown(self) -> None:
        """The server stops: what runs is answered yet."""
        if self._exchange is None or self._exchange.response_complete:
            self._transport.close()
        else:
            self._exchange.keep_alive = False

    def pause_writing(self) -> None:
        self._flow.pause_writing()
        self._stalled_at_s = self._loop.time()

    def resume_writing(self) -> None:
        self._flow.resume_writing()
        self._stalled_at_s = None

    def look(self, now_s: float) -> None:
        """End what has gone on for too long. Called about every second."""
        if self._stalled_at_s is not None and now_s - self._stalled_at_s > self._rules.stalled_s:
            self._transport.abort()
        elif self.deadline_s is None or self._is_quiet:
            if self._transport.is_closing():
                self._is_quiet = False
                self.deadline_s = now_s + self._rules.linger_s
            elif self.deadline_s is not None and now_s >= self.deadline_s:
                self._transport.close()
        elif now_s >= self.deadline_s:
            self._end_late()

    def _end_late(self) -> None:
        if self._ended or self._transport.is_closing():
            self._transport.abort()
        elif self._in_head and self._unread_bytes:
            self._refuse(Refused("too-slow", f"the headers were not whole within {self._rules.head_s:g} s"))
        else:
            self._transport.close()

    def _stop(self, unfit: Refused) -> None:
        self._unfit = unfit
        raise Unfit

    def _refuse(self, refused: Refused) -> None:
        """Say it in the caller's form, if its connection is free for that, and close."""
        self._ended = True
        exchange = self._exchange
        is_free = exchange is None or exchange.response_complete
        if exchange is not None and not exchange.response_complete:
            is_free = exchange.more_body and not exchange.response_started
            exchange.leave()
        if not is_free or self._waiting or self._transport.is_closing():
            self._waiting.clear()
            self._transport.close()
            return
        self._transport.write(_answer(refused, self._wire()))
        self.deadline_s = self._loop.time() + self._rules.linger_s
        if self._transport.can_write_eof():
            self._transport.write_eof()  # closed at once, what was not read would take the answer away with it
        else:
            self._transport.close()

    def _wire(self) -> Wire:
        return form_of(self._url.decode("latin-1").partition("?")[0])


@lru_cache(maxsize=256)
def _parts(url: bytes) -> tuple[str, bytes, bytes]:
    """Of a URL: its path, the path as it was sent, its query. Raises httptools.HttpParserInvalidURLError."""
    parsed: Any = httptools.parse_url(url)  # its types say that there is always a query
    path = parsed.path.decode("ascii")
    return unquote(path) if "%" in path else path, parsed.path, parsed.query or b""


def _answer(refused: Refused, wire: Wire) -> bytes:
    body = refusals.body(wire, refused)
    head = (
        f"HTTP/1.1 {refusals.STATUS[refused.reason]} Refused\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\nx-minga-refused: {refused.reason}\r\n"
        f"{_ALLOW if refused.reason == 'method' else ''}\r\n"
    )
    return head.encode("latin-1") + body
