"""Errors of Messages (platform.claude.com/docs/en/api/errors, seen November 2026)."""

import msgspec

from minga.providers.translation.form import Fault
from minga.providers.translation.messages.answers import Error
from minga.providers.translation.too_long import is_too_long

STATUS: dict[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "timeout_error": 408,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}
"""The status that each kind of error stands for."""

_KINDS = {status: kind for kind, status in STATUS.items()} | {503: "overloaded_error", 504: "timeout_error"}

_TOO_LONG = "prompt is too long"
"""Anthropic's words, which Claude Code looks for to shorten its history."""

_MESSAGE_MAX = 2000
"""Characters that are passed on of a body that is none of Messages."""


class _Body(msgspec.Struct, frozen=True):
    error: Error | str = ""
    message: str = ""


class _Event(msgspec.Struct, frozen=True, tag="error"):
    error: Error


_BODY = msgspec.json.Decoder(_Body)


def read_fault(status: int, body: bytes) -> Fault:
    """Any body."""
    try:
        told = _BODY.decode(body)
    except (ValueError, RecursionError):  # none of Messages, or no JSON
        told = _Body()
    if isinstance(told.error, Error) and told.error.message:
        return Fault(status, told.error.message, told.error.type)
    plain = told.message or (told.error if isinstance(told.error, str) else "") or body.decode("utf-8", "replace")
    return Fault(status, plain.strip()[:_MESSAGE_MAX] or f"The provider answered with status {status}.")


def read_told(told: Error | None) -> Fault:
    """The error in a stream."""
    if told is None:
        return Fault(500, "The provider ended the stream with an error.", "api_error")
    return Fault(STATUS.get(told.type, 500), told.message, told.type)


def write_fault(fault: Fault) -> bytes:
    kind = fault.kind if fault.kind in STATUS else _kind(fault.status)
    said = f"{_TOO_LONG}: {fault.message}" if is_too_long(fault) and _TOO_LONG not in fault.message else fault.message
    return msgspec.json.encode(_Event(Error(kind, said)))


def _kind(status: int) -> str:
    return _KINDS.get(status, "invalid_request_error" if 400 <= status < 500 else "api_error")
