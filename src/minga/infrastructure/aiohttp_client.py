"""Requests to model servers by aiohttp: what one goes back to, should the thin client fail somewhere."""

import asyncio
import errno
import io
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from minga.infrastructure.destinations import is_public, literal
from minga.infrastructure.dialing import NOT_PUBLIC, said, trust
from minga.infrastructure.http import CONNECT_LIMIT_S, Incoming, Outgoing, Unreachable, check_target, header_lines
from minga.infrastructure.proxies import Proxies, Proxy

POOL = 4096

LINE_MAX = 64 * 1024
"""Bytes of an answer's header."""

_WRONG = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class AiohttpClient:
    """Redirects are answers, not orders: a key never travels to another place. There are two pools, as a connection to
    a private address must not serve a request that may not go there."""

    def __init__(
        self, proxies: Proxies | None = None, connect_limit_s: float = CONNECT_LIMIT_S, connections_max: int = POOL
    ) -> None:
        self._proxies = proxies or Proxies()
        self._connect_limit_s = connect_limit_s
        self._connections_max = connections_max
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def send(self, request: Outgoing) -> Incoming:
        header_lines(tuple(request.headers))
        check_target(request.url)
        try:
            url = URL(request.url, encoded=True)
            proxy = self._proxies.of(url.scheme, url.host or "", url.port or 0)
            _check(url.host or "", request, proxy)
            async with asyncio.timeout(request.first_limit_s):
                response = await self._session(guarded=not request.private and proxy is None).request(
                    request.method,
                    url,
                    headers=CIMultiDict([*request.headers, *(_credentials(proxy) if url.scheme == "http" else ())]),
                    data=io.BytesIO(request.body) if request.body else None,
                    allow_redirects=False,
                    proxy=f"http://{proxy.host}:{proxy.port}" if proxy else None,
                    proxy_headers=_credentials(proxy) if url.scheme == "https" else None,
                )
        except _WRONG as wrong:
            raise Unreachable(_said(wrong, request.first_limit_s)) from wrong
        return _Answer(response, request.silence_limit_s)

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions = {}

    def _session(self, *, guarded: bool) -> aiohttp.ClientSession:
        if guarded not in self._sessions:
            limits = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=self._connect_limit_s, sock_read=None)
            self._sessions[guarded] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    limit_per_host=self._connections_max,
                    ssl=trust(),
                    socket_factory=_guarded if guarded else None,
                ),
                timeout=limits,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                max_line_size=LINE_MAX,
                max_field_size=LINE_MAX,
            )
        return self._sessions[guarded]


@dataclass(slots=True)
class _Answer:
    _response: aiohttp.ClientResponse
    _silence_limit_s: float

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name.lower(), value) for name, value in self._response.headers.items()]

    async def chunks(self) -> AsyncIterator[bytes]:
        content = self._response.content
        try:
            while True:
                async with asyncio.timeout(self._silence_limit_s):
                    chunk = await content.readany()
                if not chunk:
                    return
                yield chunk
        except (*_WRONG, asyncio.IncompleteReadError) as wrong:
            raise Unreachable(_said(wrong, self._silence_limit_s)) from wrong
        finally:
            self.close()

    def whole(self) -> bytes | None:
        return None  # aiohttp does not tell

    def close(self) -> None:
        self._response.close()


def _check(host: str, request: Outgoing, proxy: Proxy | None) -> None:
    """A proxy looks names up by itself, so of them only literal addresses can be checked. Raises Unreachable."""
    written = literal(host) if proxy and not request.private else None
    if written is not None and not is_public(str(written)):
        raise Unreachable(NOT_PUBLIC)


def _credentials(proxy: Proxy | None) -> list[tuple[str, str]]:
    return [("proxy-authorization", proxy.authorization)] if proxy and proxy.authorization else []


def _guarded(address: tuple[Any, ...]) -> socket.socket:
    """A socket for an address that is about to be connected to. Raises OSError where it must not be."""
    family, kind, protocol, _, where = address
    if not is_public(where[0]):
        raise PermissionError(errno.EACCES, NOT_PUBLIC)
    return socket.socket(family, kind, protocol)


def _said(wrong: Exception, limit_s: float) -> str:
    """Without what aiohttp says of URLs and addresses."""
    if NOT_PUBLIC in str(wrong):
        return NOT_PUBLIC
    match wrong:
        case aiohttp.ClientConnectorCertificateError(certificate_error=OSError() as cause):
            return said(cause)
        case aiohttp.ClientConnectorError(os_error=cause):
            return said(cause)
        case aiohttp.ClientHttpProxyError(status=status):
            return f"the proxy answers {status}"
        case aiohttp.ServerTimeoutError():
            return "it took no connection in time"
        case TimeoutError():
            return f"no byte came for {limit_s:g} s"
        case ValueError():
            return "its URL is not valid"
        case _:
            return f"it failed: {type(wrong).__name__}"
