"""Errors (cloud.google.com/apis/design/errors)."""

from typing import Any

import msgspec

from minga.providers.translation.form import Fault

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}

_SAID_MAX = 2000
"""Characters of a body that is no error of Google's, such as a page of a proxy."""


def read(status: int, body: bytes) -> Fault:
    """A stream that was asked for without events begins as a list, also that of an error."""
    try:
        given: Any = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        given = None
    if isinstance(given, list) and given:
        given = given[0]
    if isinstance(given, dict) and isinstance(given.get("error"), dict):
        return of_error(given["error"], status)
    return Fault(status, body[:_SAID_MAX].decode("utf-8", "replace").strip() or f"HTTP status {status}")


def of_error(error: dict[str, Any], status: int = 0) -> Fault:
    """``status``: of the HTTP answer; 0 in a stream, where the error tells it."""
    code = error.get("code")
    told = code if isinstance(code, int) and 400 <= code <= 599 else 500
    return Fault(
        status or told, str(error.get("message") or "an error without a message"), str(error.get("status") or "")
    )


def write(fault: Fault) -> bytes:
    named = _STATUS.get(fault.status) or ("INTERNAL" if fault.status >= 500 else "INVALID_ARGUMENT")
    error = {"code": fault.status, "message": fault.message, "status": named}
    return msgspec.json.encode({"error": error})
