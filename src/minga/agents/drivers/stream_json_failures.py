"""Why a prompt to Claude Code failed: from its typed fields to the causes of Minga.

Source of the names: the message schemas inside Claude Code 2.1.330 (`terminal_reason`, `api_error`, the `error` of an
assistant message and of `system/api_retry`) and types.py of github.com/anthropics/claude-agent-sdk-python.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from minga.domain.failure import Failure, FailureCode

_REASONS: Mapping[str, FailureCode] = {
    "prompt_too_long": FailureCode.CONTEXT_TOO_LONG,
    "blocking_limit": FailureCode.CONTEXT_TOO_LONG,
    "rapid_refill_breaker": FailureCode.CONTEXT_TOO_LONG,
    "budget_exhausted": FailureCode.BUDGET_SPENT,
}
"""By ``terminal_reason``."""

_KINDS: Mapping[str, FailureCode] = {
    "usage_limit_reached": FailureCode.RATE_LIMITED,
    "model_requires_usage_credits": FailureCode.RATE_LIMITED,
    "long_context_credits_required": FailureCode.RATE_LIMITED,
    "message_over_context_limit": FailureCode.CONTEXT_TOO_LONG,
    "autocompact_thrashing": FailureCode.CONTEXT_TOO_LONG,
    "connection_failed": FailureCode.NETWORK,
    "no_response": FailureCode.NETWORK,
    "stream_idle_timeout": FailureCode.NETWORK,
    "computer_slept": FailureCode.NETWORK,
    "tls_untrusted_ca": FailureCode.NETWORK,
    "tls_cert_signature_failure": FailureCode.NETWORK,
    "network_edge_blocked": FailureCode.NETWORK,
    "stored_login_refused": FailureCode.NOT_LOGGED_IN,
    "oauth_refresh_store_refused": FailureCode.NOT_LOGGED_IN,
    "provider_credentials": FailureCode.NOT_LOGGED_IN,
    "gateway_signin_required": FailureCode.NOT_LOGGED_IN,
    "gateway_session_expired": FailureCode.NOT_LOGGED_IN,
    "api_key_auth_disabled": FailureCode.NOT_LOGGED_IN,
    "org_disabled_credential": FailureCode.NOT_LOGGED_IN,
    "invalid_credential_header": FailureCode.NOT_LOGGED_IN,
    "named_profile_unusable": FailureCode.NOT_LOGGED_IN,
}
"""By ``api_error``, the typed kind of an API error."""

_ERRORS: Mapping[str, FailureCode] = {
    "authentication_failed": FailureCode.NOT_LOGGED_IN,
    "oauth_org_not_allowed": FailureCode.NOT_LOGGED_IN,
    "account_on_hold": FailureCode.NOT_LOGGED_IN,
    "verification_required": FailureCode.NOT_LOGGED_IN,
    "cloud_credential_error": FailureCode.NOT_LOGGED_IN,
    "billing_error": FailureCode.RATE_LIMITED,
    "rate_limit": FailureCode.RATE_LIMITED,
    "overloaded": FailureCode.OVERLOADED,
    "server_error": FailureCode.OVERLOADED,
    "model_not_found": FailureCode.MODEL_UNKNOWN,
}
"""By ``error``, the coarse name. ``server_error`` stands also for a lost connection, which `_KINDS` tells first."""

_STATUSES: Mapping[int, FailureCode] = {
    401: FailureCode.NOT_LOGGED_IN,
    403: FailureCode.NOT_LOGGED_IN,
    404: FailureCode.MODEL_UNKNOWN,
    413: FailureCode.CONTEXT_TOO_LONG,
    429: FailureCode.RATE_LIMITED,
}

_UNKNOWN_SESSION = "No conversation found with session ID"
_EPOCH_IN_TEXT = re.compile(r"\|(\d{10})\b")
"""The way in which older versions told the reset time: ``… limit reached|<seconds since 1970>``."""


class Result(msgspec.Struct, frozen=True):
    """The ``result`` message that ends a turn, as far as it says how. ``origin`` names who started the turn, where that
    was not this conversation's prompt."""

    subtype: str = ""
    is_error: bool = False
    api_error_status: int | None = None
    api_error: str | None = None
    terminal_reason: str | None = None
    result: str | None = None
    errors: list[str] = []
    origin: dict[str, object] | None = None

    @property
    def message(self) -> str:
        return self.result or "; ".join(self.errors) or self.subtype

    @property
    def ends_prompt(self) -> bool:
        return self.origin is None or self.origin.get("kind") == "human"


def refused_session(result: Result) -> bool:
    """Whether the CLI ended because it does not know the session to resume (no typed field says so)."""
    return result.subtype == "error_during_execution" and any(_UNKNOWN_SESSION in text for text in result.errors)


def call_failure(error: str, status: int | None, resets_at: datetime | None) -> Failure:
    """A failed model call that the CLI will try again; ``status`` None means that there was no answer."""
    code = _ERRORS.get(error) or _by_status(status, "") or FailureCode.UNCLASSIFIED
    if status is None and code in (FailureCode.OVERLOADED, FailureCode.UNCLASSIFIED):
        code = FailureCode.NETWORK
    said = f"HTTP {status}" if status else "no answer"
    limited = resets_at if code is FailureCode.RATE_LIMITED else None
    return Failure(code, f"a model call failed ({said}, {error})", http_status=status, resets_at=limited)


def final_failure(result: Result, error: str, resets_at: datetime | None, login_command: str) -> Failure:
    """The failure that ended the prompt. ``error`` is that of the CLI's own last message, ``resets_at`` the end of the
    limit that it reported, if it reported one."""
    code = _code(result, error)
    remedy = ""
    if code is FailureCode.NOT_LOGGED_IN:
        remedy = f"Run `{login_command}`."
    if code is not FailureCode.RATE_LIMITED:
        return Failure(code, result.message, remedy, result.api_error_status)
    return Failure(code, result.message, remedy, result.api_error_status, resets_at or _reset_in_text(result.message))


def _code(result: Result, error: str) -> FailureCode:
    if result.subtype == "error_max_budget_usd":
        return FailureCode.BUDGET_SPENT
    if refused_session(result):
        return FailureCode.SESSION_UNKNOWN
    return (
        _REASONS.get(result.terminal_reason or "")
        or _KINDS.get(result.api_error or "")
        or _by_status(result.api_error_status, result.message)
        or _ERRORS.get(error)
        or FailureCode.UNCLASSIFIED
    )


def _by_status(status: int | None, message: str) -> FailureCode | None:
    if status is None:
        return None
    if status == 400 and "too long" in message.lower():
        return FailureCode.CONTEXT_TOO_LONG
    return _STATUSES.get(status) or (FailureCode.OVERLOADED if status >= 500 else None)


def _reset_in_text(message: str) -> datetime | None:
    match = _EPOCH_IN_TEXT.search(message)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None
