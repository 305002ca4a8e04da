"""One connection of a caller. What httptools and uvicorn let pass and no honest caller sends ends here, unseen by the
application: RFC 9112 (framing, section 11 on smuggling), RFC 9110 (methods, Upgrade).

httptools 0.9 itself refuses: Content-Length beside Transfer-Encoding, two of either, folded lines, bare CR or LF, space
before a colon, control characters, sizes that are no plain numbers or too large. tests/gateway/test_hostile_callers.py
sees that this stays so.
"""

import asyncio
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from minga.domain.model_calls import Refused, Wire
from minga.entrypoints.gateway.body import GONE, WHOLE
from minga.entrypoints.gateway.exchange import Exchange
from minga.entrypoints.gateway.paths import form_of
from minga.entrypoints.gateway.proxies import Proxies
from minga.entrypoints.gateway.rules import Rules
from minga.providers import refusals

_METHODS_REFUSED = frozenset({b"CONNECT", b"TRACE"})

_ALLOW = "allow: GET, HEAD, POST, DELETE, OPTIONS\r\n"
"""RFC 9110, section 15.5.6."""

_JUDGED = frozenset({b"expect", b"host", b"transfer-encoding", b"upgrade"})
"""Headers that decide how a request is read."""


class Unfit(Exception):
    """Ends the parsing of a request from within; `Connection.unfit` says why."""


class Connection(HttpToolsProtocol):
    """``deadline_s``, in the loop's time, is when `look` ends what goes on: a head, a lingering end, a quiet
    connection."""

    cycle: Exchange

    def __init__(self, config: Config, server_state: ServerState, rules: Rules, proxies: Proxies) -> None:
        super().__init__(config, server_state, {})
        self.deadline_s: float | None = None
        self._rules = rules
        self._proxies = proxies
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

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.deadline_s = self.loop.time() + self._rules.head_s
        if len(self.connections) > self._rules.connections_max:
            self._refuse(Refused("busy", "too many callers are connected", 1.0))

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        if self._is_quiet:
            self._is_quiet = False
            self.deadline_s = self.loop.time() + self._rules.head_s
        self._advanced = False
        self._fed_bytes = len(data)
        try:
            self.parser.feed_data(data)
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
        if self.cycle is not None:
            self.cycle.keep_alive = False
        self._ended = True

    def on_message_begin(self) -> None:
        """In the place of uvicorn's, as are `on_headers_complete` and `on_response_complete`: what is made for each
        request is made once, and its quiet connections have no timers of their own."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self._in_head = True
        self._judged.clear()
        if len(self.pipeline) > self._rules.pipelined:
            self._stop(Refused("busy", "too many requests wait behind one another"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """In the place of uvicorn's, as it runs most often of all. What comes after the head is a trailer: read by
        nobody, so that none passes for a header."""
        if self._in_head:
            name = name.lower()
            self.headers.append((name, value))
            if name in _JUDGED:
                self._judged.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._advanced = True
        self.deadline_s = None
        if unfit := self._size() or self._form() or self._framing():
            self._stop(unfit)
        version = self.parser.get_http_version()
        path, raw_path, query = _parts(self.url)
        client, scheme = self.client, self.scheme
        if client is not None and self._proxies.networks:
            address, told = self._proxies.caller(client[0], self.headers)
            client = (address, client[1] if address == client[0] else 0)
            scheme = "https" if told == "https" else "http" if told == "http" else scheme
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": client,
            "scheme": scheme,
            "method": self.parser.get_method().decode("ascii"),
            "root_path": "",
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self.headers,
        }
        before = self.cycle
        exchange = self.cycle = Exchange(
            scope,
            self.transport,
            self.flow,
            self.server_state.default_headers,
            self.on_response_complete,
            expects=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
        )
        scope["extensions"] = {WHOLE: exchange.whole_body, GONE: exchange.when_gone}
        if before is None or before.response_complete:
            self._work_on(exchange)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))

    def _size(self) -> Refused | None:
        if len(self.url) > self._rules.url_bytes:
            return Refused("path-too-long", f"a path may have {self._rules.url_bytes} bytes")
        is_long = self._unread_bytes + self._fed_bytes > self._rules.head_bytes  # with what else came
        size = sum(len(name) + len(value) for name, value in self.headers) if is_long else 0
        if size > self._rules.head_bytes or len(self.headers) > self._rules.headers:
            told = f"headers may have {self._rules.head_bytes} bytes, and be {self._rules.headers}"
            return Refused("head-too-large", told)
        return None

    def _form(self) -> Refused | None:
        method = self.parser.get_method()
        if method in _METHODS_REFUSED:
            return Refused("method", f"{method.decode()} is not done here")
        if not self.url.startswith((b"/", b"http://", b"https://")) or b"#" in self.url:
            return Refused("malformed", "the path cannot be read")
        return None

    def _framing(self) -> Refused | None:
        version, hosts = self.parser.get_http_version(), 0
        for name, value in self._judged:
            match name:
                case b"host":
                    hosts += 1
                case b"expect":
                    self.expect_100_continue = value.lower() == b"100-continue"
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
        exchange = self.cycle
        if exchange.response_complete:
            return
        exchange.body += body
        if len(exchange.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        exchange.message_event.set()

    def on_message_complete(self) -> None:
        self._advanced = True
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()
        if not self.pipeline:  # uvicorn would only when more is awaited; till then it would not notice who leaves
            self.flow.resume_reading()
        if self.cycle.response_complete:  # refused before it was whole; now the connection is free again
            self.cycle.more_body = False
            self._is_quiet = True
            self.deadline_s = self.loop.time() + self._rules.keep_alive_s

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        is_whole = not self.cycle.more_body
        if self.transport.is_closing():
            if self.cycle.response_complete and not is_whole:
                self.deadline_s = self.loop.time() + self._rules.linger_s
            return
        self.flow.resume_reading()
        if self.pipeline:
            exchange, _ = self.pipeline.pop()
            self._work_on(exchange)  # type: ignore[arg-type] # only ours are put there
        else:
            self._is_quiet = is_whole
            self.deadline_s = self.loop.time() + (self._rules.keep_alive_s if is_whole else self._rules.linger_s)

    def _work_on(self, exchange: Exchange) -> None:
        task = self._working = self.loop.create_task(exchange.run(self.app, self.tasks))
        self.tasks.add(task)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for an answer that has not begun: its call is given up. One that has begun notices by itself."""
        super().connection_lost(exc)
        if self.cycle is not None and self.cycle.disconnected:
            self.cycle.leave()
        if self._working is not None and self.cycle is not None and not self.cycle.response_started:
            self._working.cancel()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled_at_s = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stalled_at_s = None

    def look(self, now_s: float) -> None:
        """End what has gone on for too long. Called about every second."""
        if self._stalled_at_s is not None and now_s - self._stalled_at_s > self._rules.stalled_s:
            self.transport.abort()
        elif self.deadline_s is None or self._is_quiet:
            if self.transport.is_closing():
                self._is_quiet = False
                self.deadline_s = now_s + self._rules.linger_s
            elif self.deadline_s is not None and now_s >= self.deadline_s:
                self.transport.close()
        elif now_s >= self.deadline_s:
            self._end_late()

    def _end_late(self) -> None:
        if self._ended or self.transport.is_closing():
            self.transport.abort()
        elif self._in_head and self._unread_bytes:
            self._refuse(Refused("too-slow", f"the headers were not whole within {self._rules.head_s:g} s"))
        else:
            self.transport.close()

    def _stop(self, unfit: Refused) -> None:
        self._unfit = unfit
        raise Unfit

    def _refuse(self, refused: Refused) -> None:
        """Say it in the caller's form, if its connection is free for that, and close."""
        self._ended = True
        cycle = self.cycle
        is_free = cycle is None or cycle.response_complete or (cycle.more_body and not cycle.response_started)
        if cycle is not None and not cycle.response_complete:
            cycle.leave()
        if not is_free or self.pipeline or self.transport.is_closing():
            self.pipeline.clear()
            self.transport.close()
            return
        self.transport.write(_answer(refused, self._wire()))
        self.deadline_s = self.loop.time() + self._rules.linger_s
        if self.transport.can_write_eof():
            self.transport.write_eof()  # closed at once, what was not read would take the answer away with it
        else:
            self.transport.close()

    def _wire(self) -> Wire:
        url: bytes = getattr(self, "url", b"")
        return form_of(url.decode("latin-1").partition("?")[0])


@lru_cache(maxsize=256)
def _parts(url: bytes) -> tuple[str, bytes, bytes]:
    """Of a URL: its path, the path as it was sent, its query. Raises httptools.HttpParserInvalidURLError."""
    parsed = httptools.parse_url(url)
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
