"""The body of a request, to its end: not too large, not too slow, not encoded."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from minga.domain.model_calls import Refused
from minga.entrypoints.gateway.rules import TOLD_MAX, BodyRules

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]


WHOLE = "minga.whole_body"
"""Extension of ASGI: a function that gives the body where all of it has come, as that of a small request does."""


GONE = "minga.when_gone"
"""Extension of ASGI: a function that is given one to call when the caller goes away before its answer is whole."""


ANSWER = "minga.answer"
"""Extension of ASGI: a function that is given a whole answer (status, headers, body), and returns whether it took it;
else it must be sent."""


class Gone(Exception):
    """The caller went away before its request was whole."""


async def read_body(
    receive: Receive,
    encoding: str,
    length: int,
    rules: BodyRules,
    whole: Callable[[], bytes | None] = lambda: None,
) -> bytes:
    """``encoding`` and ``length`` are what the head says, judged before a byte is read; ``whole`` gives the body where
    all of it is there. Raises Refused, Gone."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity"):
        raise Refused(
            "encoded", f"a request body is read as it is, not as {encoding[:TOLD_MAX]!r}: send it without that"
        )
    if length > rules.bytes_max:
        raise _too_large(rules)
    if (body := whole()) is not None and len(body) <= rules.bytes_max:
        return body
    message = await _next(receive, rules.silence_s)
    pieces = [message.get("body", b"")]
    size = len(pieces[0])
    began_s = asyncio.get_running_loop().time()
    while message.get("more_body", False) and size <= rules.bytes_max:
        spent_s = asyncio.get_running_loop().time() - began_s
        left_s = rules.grace_s + size / rules.bytes_a_second_min - spent_s
        message = await _next(receive, min(rules.silence_s, left_s))
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
    if size > rules.bytes_max:
        raise _too_large(rules)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(rules: BodyRules) -> Refused:
    return Refused("too-large", f"a request may have {rules.bytes_max} bytes")


async def _next(receive: Receive, limit_s: float) -> MutableMapping[str, Any]:
    try:
        async with asyncio.timeout(limit_s):
            message = await receive()
    except TimeoutError:
        raise Refused("too-slow", "the body of the request came too slowly, or not at all") from None
    if message["type"] == "http.disconnect":
        raise Gone
    return message
