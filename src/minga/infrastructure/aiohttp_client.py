"""Requests to model servers by aiohttp."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from minga.infrastructure.http import Incoming, Outgoing, Unreachable

CONNECT_LIMIT_S = 10.0
POOL = 1024


class AiohttpClient:
    """One pool of connections. Redirects are answers, not orders: a key never travels to another place."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Outgoing) -> Incoming:
        try:
            response = await self._opened().request(
                request.method,
                URL(request.url, encoded=True),
                headers=CIMultiDict(request.headers),
                data=request.body or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=CONNECT_LIMIT_S, sock_read=request.silence_limit_s
                ),
            )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as wrong:
            raise Unreachable(_said(wrong)) from wrong
        return _Answer(response)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=POOL),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session


class _Answer:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers = [(name.lower(), value) for name, value in response.headers.items()]

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError, asyncio.IncompleteReadError) as wrong:
            raise Unreachable(_said(wrong)) from wrong

    def close(self) -> None:
        self._response.close()


def _said(wrong: Exception) -> str:
    return str(wrong) or type(wrong).__name__
