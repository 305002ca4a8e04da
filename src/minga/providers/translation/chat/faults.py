"""Errors, as servers that speak this dialect tell them: each a little otherwise."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from minga.providers.translation.form import Fault
from minga.providers.translation.too_long import is_too_long

_SAID_MAX = 2000
"""Characters of a body that is no JSON, such as a page of a proxy."""

_TYPES: Mapping[int, str] = MappingProxyType(
    {
        400: "invalid_request_error",
        401: "invalid_request_error",
        403: "invalid_request_error",
        404: "invalid_request_error",
        413: "invalid_request_error",
        422: "invalid_request_error",
        429: "requests",
    }
)

_CODES: Mapping[int, str] = MappingProxyType(
    {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded", 503: "server_overloaded"}
)

_STATUS: Mapping[str, int] = MappingProxyType(
    {
        "invalid_request_error": 400,
        "context_length_exceeded": 400,
        "invalid_api_key": 401,
        "authentication_error": 401,
        "permission_error": 403,
        "model_not_found": 404,
        "rate_limit_exceeded": 429,
        "rate_limit_error": 429,
        "insufficient_quota": 429,
        "requests": 429,
        "tokens": 429,
        "server_overloaded": 503,
        "overloaded_error": 503,
    }
)
"""Of an error inside a stream, which has none of its own."""


def read_fault(status: int, body: bytes) -> Fault:
    """Of any body. ``status`` 0: it is not known."""
    try:
        given: Any = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return _fault(body.decode("utf-8", "replace")[:_SAID_MAX].strip(), status)
    if isinstance(given, list) and given:  # Gemini's compatible endpoint
        given = given[0]
    said = given.get("error", given) if isinstance(given, dict) else given
    return _fault(said, status)


def fault_in_stream(data: bytes) -> Fault:
    """Its status is the one that its words stand for."""
    return read_fault(0, data)


def write_fault(fault: Fault) -> bytes:
    code = _CODES.get(fault.status)
    if fault.kind == "insufficient_quota":  # words that CLIs look for
        code = fault.kind
    elif is_too_long(fault):
        code = "context_length_exceeded"
    kind = "insufficient_quota" if code == "insufficient_quota" else _TYPES.get(fault.status, "server_error")
    return msgspec.json.encode({"error": {"message": fault.message, "type": kind, "param": None, "code": code}})


def _fault(said: object, status: int) -> Fault:
    if not isinstance(said, dict):
        return Fault(status or 502, str(said) if said else f"status {status or 502}")
    kind = next((one for name in ("code", "type", "status") if isinstance(one := said.get(name), str) and one), "")
    number = said.get("code")
    if not status:
        status = number if isinstance(number, int) and 400 <= number < 600 else _of_words(said)
    message = next((said[name] for name in ("message", "detail", "msg") if said.get(name)), "")
    return Fault(status, str(message) or kind or f"status {status}", kind)


def _of_words(said: Mapping[str, object]) -> int:
    words = (said.get(name) for name in ("code", "type"))
    return next((_STATUS[word] for word in words if isinstance(word, str) and word in _STATUS), 502)
