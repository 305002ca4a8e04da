"""What applications that speak ASGI (asgi.readthedocs.io, HTTP 2.3) share: its types, the key that is shown, a body."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_LIMIT_S = 30.0
"""For a request to be whole."""


class Gone(Exception):
    """The caller went away before its request was whole."""


class TooLong(Exception):
    """A body is longer than it may be."""


class TooSlow(Exception):
    """A request was not whole within BODY_LIMIT_S."""


def bearer(headers: Mapping[str, str]) -> str:
    """The key that is shown, or empty."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


async def whole_body(receive: Receive, bytes_max: int) -> bytes:
    """Raises Gone, TooLong, TooSlow."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                body += message.get("body", b"")
                if len(body) > bytes_max:
                    raise TooLong
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise TooSlow from None
