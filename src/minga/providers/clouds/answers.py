"""Answers that have been read, and clouds' own errors in the words of the wire that was asked in.

Amazon says ``{"message": …}`` and the kind in a header; Google ``{"error": {"code": …, "message": …, "status": …}}``,
in a list where a stream was asked for. What the model's own vendor says passes as it is.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from minga.domain.model_calls import Wire
from minga.infrastructure.http import Incoming, Unreachable
from minga.providers.clouds import claude

READ_MAX = 1024 * 1024
"""Bytes of an error, or of a count."""

_THROTTLED = ("ThrottlingException", "TooManyRequestsException")


@dataclass(frozen=True, slots=True)
class Told:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.body

    def whole(self) -> bytes | None:
        return self.body

    def close(self) -> None:
        """It was, once it had been read."""


async def read(incoming: Incoming) -> Told:
    """Raises Unreachable."""
    body = b""
    try:
        async for chunk in incoming.chunks():
            body += chunk
            if len(body) > READ_MAX:
                raise Unreachable(f"it says more than {READ_MAX} bytes of what is wrong")
    finally:
        incoming.close()
    return Told(incoming.status, incoming.headers, body)


def with_type(headers: Sequence[tuple[str, str]], kind: str) -> list[tuple[str, str]]:
    return [*(one for one in headers if one[0] != "content-type"), ("content-type", kind)]


def mended(told: Told, wire: Wire) -> Told:
    """An error in the form of ``wire``. A throttled call has the status of one."""
    error_type = next((value for name, value in told.headers if name == "x-amzn-errortype"), "")
    status = 429 if error_type.partition(":")[0] in _THROTTLED else told.status
    message = _message(told.body, wire)
    if message is None:
        return Told(status, told.headers, told.body)
    if wire == "anthropic":
        body = claude.fault(claude.kind_of(status), message)
    else:
        kind = "rate_limit_error" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
        error = {"message": message, "type": kind, "param": None, "code": error_type.partition(":")[0] or None}
        body = msgspec.json.encode({"error": error})
    return Told(status, with_type(told.headers, "application/json"), body)


def _message(body: bytes, wire: Wire) -> str | None:
    """What a cloud says, in its own form; None for what is in none, or in that of the wire already."""
    try:
        told = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    told = told[0] if isinstance(told, list) and told else told
    if not isinstance(told, dict):
        return None
    message = told.get("message", told.get("Message"))
    if isinstance(message, str) and "error" not in told:
        return message
    return _of_google(told.get("error")) if wire == "anthropic" and told.get("type") != "error" else None


def _of_google(error: Any) -> str | None:
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else None
