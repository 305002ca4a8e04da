"""How each wire says that something is refused or has broken: status, body, and the event that ends a stream.

Shapes: platform.openai.com/docs/guides/error-codes, docs.anthropic.com/en/api/errors and
cloud.google.com/apis/design/errors, seen November 2026. CLIs tell a spent budget from a rate limit by these words.
"""

import msgspec

from minga.domain.model_calls import Reason, Refused, Wire

STATUS: dict[Reason, int] = {
    "no-key": 401,
    "wrong-key": 401,
    "expired-key": 401,
    "unknown-path": 404,
    "unknown-model": 404,
    "forbidden-model": 403,
    "method": 405,
    "too-slow": 408,
    "too-large": 413,
    "path-too-long": 414,
    "encoded": 415,
    "upgrade": 426,
    "head-too-large": 431,
    "malformed": 400,
    "rate-limit": 429,
    "budget": 429,
    "unreachable": 502,
    "broken": 502,
    "provider-key": 502,
    "busy": 503,
    "stopping": 503,
}

_OPENAI: dict[Reason, tuple[str, str]] = {
    "no-key": ("invalid_request_error", "invalid_api_key"),
    "wrong-key": ("invalid_request_error", "invalid_api_key"),
    "expired-key": ("invalid_request_error", "invalid_api_key"),
    "unknown-model": ("invalid_request_error", "model_not_found"),
    "forbidden-model": ("invalid_request_error", "model_not_allowed"),
    "rate-limit": ("requests", "rate_limit_exceeded"),
    "budget": ("insufficient_quota", "insufficient_quota"),
    "unreachable": ("server_error", "provider_unreachable"),
    "broken": ("server_error", "stream_broken"),
    "provider-key": ("server_error", "provider_refused_key"),
    "busy": ("server_error", "gateway_busy"),
    "stopping": ("server_error", "gateway_stopping"),
}

_ANTHROPIC: dict[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    413: "request_too_large",
    414: "request_too_large",
    415: "invalid_request_error",
    426: "invalid_request_error",
    431: "request_too_large",
    429: "rate_limit_error",
    502: "api_error",
    503: "overloaded_error",
}

_GOOGLE: dict[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "INVALID_ARGUMENT",
    408: "DEADLINE_EXCEEDED",
    413: "INVALID_ARGUMENT",
    414: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    426: "FAILED_PRECONDITION",
    431: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
}


def of_provider_key(provider: str, status: int) -> Refused:
    """For a provider that does not take the gateway's own key: its words may hold that key, and a caller would take a
    401 for one of its own."""
    return Refused(
        "provider-key", f"{provider} does not take the key that the gateway has for it (it answered {status})"
    )


def body(wire: Wire, refused: Refused) -> bytes:
    """The body of an answer of status ``STATUS[refused.reason]``."""
    status = STATUS[refused.reason]
    match wire:
        case "anthropic":
            error: dict[str, object] = {"type": _ANTHROPIC[status], "message": refused.message}
            return msgspec.json.encode({"type": "error", "error": error})
        case "gemini":
            error = {"code": status, "message": refused.message, "status": _GOOGLE[status]}
            return msgspec.json.encode({"error": error})
        case _:
            kind, code = _OPENAI.get(refused.reason, ("invalid_request_error", refused.reason))
            return msgspec.json.encode(
                {"error": {"message": refused.message, "type": kind, "param": None, "code": code}}
            )


def event(wire: Wire, refused: Refused) -> bytes:
    """The event that ends a stream which has begun: never a clean end."""
    match wire:
        case "anthropic":
            return b"event: error\ndata: " + body(wire, refused) + b"\n\n"
        case "openai-responses":
            kind, code = _OPENAI.get(refused.reason, ("server_error", refused.reason))
            error = {"type": kind, "code": code, "message": refused.message, "param": None}
            told = {**error, "type": "error", "sequence_number": 0, "error": error}  # OpenAI's SDK raises for the inner
            return b"event: error\ndata: " + msgspec.json.encode(told) + b"\n\n"
        case _:
            return b"data: " + body(wire, refused) + b"\n\n"
