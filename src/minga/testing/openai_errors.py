"""How OpenAI words a refusal; the same for Responses and Chat Completions.

Source: platform.openai.com/docs/guides/error-codes and /docs/guides/rate-limits. The fields ``resets_at`` and
``resets_in_seconds`` come with ``usage_limit_reached``, which Codex reads for subscription plans, as do the headers
``x-codex-primary-*`` (read by codex-rs/codex-api/src/rate_limits.rs).
"""

from minga.testing.conversation import Json
from minga.testing.script import Fail
from minga.testing.wire import Refusal, message_of, retry_after, seconds_left

TYPES = {
    400: ("invalid_request_error", "context_length_exceeded"),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "permission_denied"),
    404: ("invalid_request_error", "model_not_found"),
    413: ("invalid_request_error", "context_length_exceeded"),
    429: ("rate_limit_exceeded", "rate_limit_exceeded"),
}


def error_body(fail: Fail, now: float) -> Json:
    """The value of ``error``."""
    kind, code = TYPES.get(fail.status, ("server_error", "server_error"))
    error: Json = {
        "message": message_of(fail),
        "type": fail.error_type or kind,
        "param": None,
        "code": fail.error_type or code,
    }
    if fail.resets_at is not None:
        error["resets_at"] = int(fail.resets_at.timestamp())
        error["resets_in_seconds"] = round(fail.resets_at.timestamp() - now)
    return error


def refuse(fail: Fail, now: float) -> Refusal:
    """The whole error answer, with rate-limit headers for 429."""
    headers = {"x-request-id": "req_scripted", **retry_after(fail)}
    left = seconds_left(fail, now)
    if fail.status == 429 and left is not None:
        headers |= {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": f"{left:g}s",
            "x-ratelimit-limit-tokens": "150000",
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": f"{left:g}s",
        }
    if fail.error_type == "usage_limit_reached" and fail.resets_at is not None:
        headers |= {
            "x-codex-primary-used-percent": "100",
            "x-codex-primary-window-minutes": "300",
            "x-codex-primary-reset-at": str(int(fail.resets_at.timestamp())),
        }
    return Refusal(fail.status, headers, {"error": error_body(fail, now)})
