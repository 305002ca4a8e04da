"""What the server asks of a wire: read a request, write an answer piece by piece, word a refusal."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from minga.testing.conversation import Json, ModelRequest
from minga.testing.script import Fail, Tokens
from minga.testing.tools import Call


class Writer(Protocol):
    """One answer in the making. Each method gives the bytes of the stream for that piece, possibly none.

    Pieces are also kept, so that `document` gives the same answer for a request without a stream.
    """

    def opening(self) -> bytes: ...

    def thought(self, text: str) -> bytes: ...

    def text(self, text: str) -> bytes: ...

    def call(self, call: Call) -> bytes: ...

    def failure(self, fail: Fail) -> bytes:
        """An error in the middle of the stream."""
        ...

    def closing(self, tokens: Tokens) -> bytes: ...

    def document(self, tokens: Tokens) -> Json: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """A vendor's error answer."""

    status: int
    headers: Mapping[str, str]
    body: Json


@dataclass(frozen=True, slots=True)
class WireFormat:
    """A wire. ``read`` takes the path and the parsed body; ``write`` the request and the number of the answer;
    ``refuse`` a failure and the time now in seconds since 1970. ``bad_request`` is the vendor's word for status 400."""

    read: Callable[[str, Json], ModelRequest]
    write: Callable[[ModelRequest, int], Writer]
    refuse: Callable[[Fail, float], Refusal]
    bad_request: str = "invalid_request_error"


def event(name: str, data: Json) -> bytes:
    """One named server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def message_of(fail: Fail) -> str:
    """The message of a failure: its own, or what vendors say with that status."""
    if fail.message is not None:
        return fail.message
    known = {
        400: "This model's maximum context length is 200000 tokens; prompt is too long: 200001 tokens > 200000 maximum",
        401: "Invalid API key provided",
        403: "This account may not use this model",
        404: "The model does not exist or you do not have access to it",
        413: "Request exceeds the maximum size; prompt is too long",
        429: "Rate limit reached; try again later",
        529: "Overloaded",
    }
    return known.get(fail.status, "The server had an error while processing your request")


def seconds_left(fail: Fail, now: float) -> float | None:
    """Seconds until the limit is lifted, where the failure says so."""
    if fail.retry_after_s is not None:
        return fail.retry_after_s
    if fail.resets_at is not None:
        return max(0.0, fail.resets_at.timestamp() - now)
    return None


def retry_after(fail: Fail) -> dict[str, str]:
    """The ``retry-after`` header of a failure, whole seconds (RFC 9110, 10.2.3)."""
    return {} if fail.retry_after_s is None else {"retry-after": str(max(0, round(fail.retry_after_s)))}
