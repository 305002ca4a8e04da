"""Errors of OpenAI Responses. Codes: platform.openai.com/docs/guides/error-codes, and what Codex 0.169 goes by."""

from typing import Any

import msgspec

from minga.providers.translation.form import Fault
from minga.providers.translation.responses.items_out import Json
from minga.providers.translation.too_long import is_too_long

TEXT_MAX = 1000
"""Characters of a body that is no error of OpenAI's, as they are told on."""

_STATUS = {
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "context_length_exceeded": 400,
    "invalid_prompt": 400,
    "invalid_request_error": 400,
    "invalid_api_key": 401,
    "model_not_found": 404,
    "server_is_overloaded": 503,
    "slow_down": 503,
}
"""Of errors inside a stream; 500 for all others."""

_CODES = {
    400: ("invalid_request_error", "invalid_prompt"),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "forbidden"),
    404: ("invalid_request_error", "model_not_found"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("requests", "rate_limit_exceeded"),
    503: ("server_error", "server_is_overloaded"),
    529: ("server_error", "server_is_overloaded"),
}


def read(status: int, body: bytes) -> Fault:
    try:
        told = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return Fault(status, body[:TEXT_MAX].decode("utf-8", "replace").strip())
    error = told.get("error", told) if isinstance(told, dict) else told
    return of_error(error, status)


def of_error(error: Any, status: int | None = None) -> Fault:
    """``status`` None: the one that its code stands for."""
    if not isinstance(error, dict):
        return Fault(status or 500, str(error)[:TEXT_MAX])
    kind = next((one for one in (error.get("code"), error.get("type")) if isinstance(one, str) and one), "")
    kind = "" if kind == "error" else kind  # the type of an event, not of the error
    message = next((one for one in (error.get("message"), error.get("detail")) if isinstance(one, str)), "")
    return Fault(status or _STATUS.get(kind, 500), message or kind or "an error without a text", kind)


def write(fault: Fault) -> bytes:
    return msgspec.json.encode({"error": error_of(fault)})


def error_of(fault: Fault) -> Json:
    kind, code = _CODES.get(fault.status, ("server_error" if fault.status >= 500 else "invalid_request_error", None))
    if code is None and kind == "server_error":
        code = kind
    return {"message": fault.message, "type": kind, "param": None, "code": _own_code(fault) or code}


def failure_of(fault: Fault) -> Json:
    """As a response that failed tells it."""
    return {"code": error_of(fault)["code"] or "server_error", "message": fault.message}


def _own_code(fault: Fault) -> str:
    if fault.kind in _STATUS and fault.kind != "invalid_request_error":
        return fault.kind
    return "context_length_exceeded" if is_too_long(fault) else ""
