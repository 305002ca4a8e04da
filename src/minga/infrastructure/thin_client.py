"""The gateway's own HTTP client: HTTP/1.1, pooled, nothing but what a call of a model needs (decision 14)."""

import re
import socket
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from minga.infrastructure.connection_pool import LIMIT, ConnectionPool
from minga.infrastructure.dialing import Destination, Dialer
from minga.infrastructure.http import CONNECT_LIMIT_S, Incoming, Outgoing, Unreachable, check_target, header_lines
from minga.infrastructure.proxies import Proxies
from minga.infrastructure.thin_connection import IDLE_S, Connection, Keeper, Stale

_METHOD = re.compile(r"[A-Z]+")


@dataclass(frozen=True, slots=True)
class _Url:
    scheme: str
    host: str
    port: int
    authority: str
    path: str


@dataclass(frozen=True, slots=True)
class _Way:
    """How a destination is asked: ``before`` stands before the path, ``lines`` are the headers that are its own."""

    pool: ConnectionPool
    before: str
    lines: str


@dataclass(slots=True)
class ThinClient:
    """Redirects are answers, not orders: a key never travels to another place."""

    proxies: Proxies = field(default_factory=Proxies)
    connect_limit_s: float = CONNECT_LIMIT_S
    connections_max: int = LIMIT
    idle_s: float = IDLE_S
    _ways: dict[tuple[str, str, bool], _Way] = field(default_factory=dict)

    async def send(self, request: Outgoing) -> Incoming:
        """A connection that was used before may have been closed by its peer just when the request went out; then no
        byte of an answer comes. The request is sent once more, on a new connection. That is safe because the peer has
        answered nothing that anybody saw, and because a call of a model changes nothing at the provider: should it have
        been read all the same, it has cost a second time, no more. Raises Unreachable."""
        url = _parsed(request.url)
        way = self._ways.get((url.scheme, url.authority, request.private)) or self._way(url, private=request.private)
        head = _head(request, url, way)
        try:
            return await (await way.pool.take()).ask(head, request)
        except Stale:
            return await (await way.pool.take(fresh=True)).ask(head, request)

    async def close(self) -> None:
        for way in self._ways.values():
            way.pool.close()

    def _way(self, url: _Url, *, private: bool) -> _Way:
        to = Destination(url.scheme, url.host, url.port, private)
        dialer = Dialer(self.proxies, self.connect_limit_s)

        async def dial(keeper: Keeper) -> Connection:
            def make(made: socket.socket) -> Connection:
                return Connection(keeper, made, self.idle_s)

            return await dialer.dial(to, make)

        proxy = self.proxies.of(url.scheme, url.host, url.port) if url.scheme == "http" else None
        before = f"http://{url.authority}" if proxy else ""
        lines = f"proxy-authorization: {proxy.authorization}\r\n" if proxy and proxy.authorization else ""
        made = _Way(ConnectionPool(dial, self.connections_max), before, f"host: {url.authority}\r\n{lines}")
        return self._ways.setdefault((url.scheme, url.authority, private), made)


def _head(request: Outgoing, url: _Url, way: _Way) -> bytes:
    """Raises Unreachable where it cannot be sent."""
    if not _METHOD.fullmatch(request.method):
        raise Unreachable(f"the method {request.method!r} cannot be sent")
    length = f"content-length: {len(request.body)}\r\n" if request.body or request.method == "POST" else ""
    lines = header_lines(tuple(request.headers))
    return f"{request.method} {way.before}{url.path} HTTP/1.1\r\n{way.lines}{lines}{length}\r\n".encode("latin-1")


@lru_cache(maxsize=1024)
def _parsed(text: str) -> _Url:
    """Raises Unreachable."""
    check_target(text)
    try:
        parts = urlsplit(text)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as wrong:
        raise Unreachable("its URL is not valid") from wrong
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise Unreachable("its URL is not one that is asked: http or https, without a user's name")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    authority = f"[{host}]" if ":" in host else host
    return _Url(parts.scheme, host, port, f"{authority}:{parts.port}" if parts.port else authority, path)
