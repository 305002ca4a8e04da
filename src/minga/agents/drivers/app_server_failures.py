"""Why a turn of Codex failed: from its structured error information to the causes of Minga.

Source of the names: `CodexErrorInfo`, `TurnError` and `RateLimitSnapshot` in the schemas that
`codex app-server generate-json-schema` writes (0.169.0).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from minga.domain.events import RateLimit
from minga.domain.failure import Failure, FailureCode

_CONNECTION = (
    "httpConnectionFailed",
    "responseStreamConnectionFailed",
    "responseStreamDisconnected",
    "responseTooManyFailedAttempts",
)
_STATUS_IN_TEXT = re.compile(r"(?:unexpected status|last status:) (\d{3})\b")
_SECONDS_IN_TEXT = re.compile(r"try again in (\d+(?:\.\d+)?)s")
_TIME_IN_TEXT = re.compile(r"try again at (?:([A-Z][a-z]{2}) (\d{1,2})(?:st|nd|rd|th), (\d{4}) )?(\d{1,2}:\d{2} [AP]M)")


class TurnError(msgspec.Struct, frozen=True, rename="camel"):
    """`codexErrorInfo` is a name, or an object with the name as its only key, or absent."""

    message: str
    codex_error_info: str | dict[str, Any] | None = None
    additional_details: str | None = None


class Window(msgspec.Struct, frozen=True, rename="camel"):
    """A rolling limit; ``resets_at`` in seconds since 1970."""

    used_percent: float
    window_duration_mins: int | None = None
    resets_at: int | None = None


class Limits(msgspec.Struct, frozen=True, rename="camel"):
    """The last known state of the account's limits; fields that an update leaves out are unknown, not cleared."""

    limit_id: str | None = None
    limit_name: str | None = None
    primary: Window | None = None
    secondary: Window | None = None
    rate_limit_reached_type: str | None = None

    def events(self) -> Iterator[RateLimit]:
        for window in (self.primary, self.secondary):
            if window is None:
                continue
            length = f" {window.window_duration_mins} min" if window.window_duration_mins else ""
            name = f"{self.limit_name or self.limit_id or 'codex'}{length}"
            yield RateLimit(name, window.used_percent, _instant(window.resets_at), window.used_percent >= 100)

    def resets_at(self) -> datetime | None:
        """When the last of the limits that are reached is free again; None if none is reached or it is not known."""
        reached = [
            window.resets_at for window in (self.primary, self.secondary) if window and window.used_percent >= 100
        ]
        known = [instant for instant in map(_instant, reached) if instant]
        return max(known, default=None)

    def merged(self, update: "Limits") -> "Limits":
        known = {name: value for name, value in msgspec.structs.asdict(update).items() if value is not None}
        return msgspec.structs.replace(self, **known)


def failure_of(error: TurnError, before: TurnError | None, limits: Limits, login_remedy: str) -> Failure:
    """Classify ``error``. ``before`` is the failure of the last call that was retried in the same turn: after a cut
    stream the final error says "other" only, and what happened stands in the one before."""
    code, status = _cause(error)
    if code is FailureCode.UNCLASSIFIED and before is not None:
        code, status = _cause(before)
    return Failure(
        code,
        error.message if error.additional_details is None else f"{error.message} ({error.additional_details})",
        remedy=login_remedy if code is FailureCode.NOT_LOGGED_IN else "",
        http_status=status,
        resets_at=_reset(error.message, limits) if code is FailureCode.RATE_LIMITED else None,
    )


def _cause(error: TurnError) -> tuple[FailureCode, int | None]:
    name, status = _named(error)
    match name:
        case "unauthorized":
            code = FailureCode.NOT_LOGGED_IN
        case "usageLimitExceeded" | "rateLimitExceeded" | "sessionBudgetExceeded":
            code = FailureCode.RATE_LIMITED
        case "contextWindowExceeded":
            code = FailureCode.CONTEXT_TOO_LONG
        case "serverOverloaded" | "internalServerError" | "flexUnavailable" | "policyCapacityUnavailable":
            code = FailureCode.OVERLOADED
        case "modelNotFound":
            code = FailureCode.MODEL_UNKNOWN
        case "tooManyDenials":
            code = FailureCode.PERMISSION_DENIED
        case _ if status is not None:
            code = _by_status(status)
        case _ if name in _CONNECTION:
            code = FailureCode.NETWORK
        case _:
            code = FailureCode.UNCLASSIFIED
    return code, status


def _named(error: TurnError) -> tuple[str, int | None]:
    """The name of the error and the HTTP status; the status from the text only where the structure has none."""
    info = error.codex_error_info
    name, details = next(iter(info.items()), ("", None)) if isinstance(info, dict) else (info or "", None)
    status = details.get("httpStatusCode") if isinstance(details, dict) else None
    if status is None and (found := _STATUS_IN_TEXT.search(f"{error.message} {error.additional_details}")):
        status = int(found[1])
    return name, status


def _by_status(status: int) -> FailureCode:
    match status:
        case 401 | 403:
            return FailureCode.NOT_LOGGED_IN
        case 402 | 429:
            return FailureCode.RATE_LIMITED
        case 404:
            return FailureCode.MODEL_UNKNOWN
        case 408:
            return FailureCode.NETWORK
        case 413:
            return FailureCode.CONTEXT_TOO_LONG
        case _ if status >= 500:
            return FailureCode.OVERLOADED
        case _:
            return FailureCode.UNCLASSIFIED


def _reset(message: str, limits: Limits) -> datetime | None:
    """From the limits; else from the sentence in which Codex words the reset that the server named (to the minute, in
    the zone of this machine)."""
    if known := limits.resets_at():
        return known
    now = datetime.now(UTC)
    if found := _SECONDS_IN_TEXT.search(message):
        return now + timedelta(seconds=float(found[1]))
    if not (found := _TIME_IN_TEXT.search(message)):
        return None
    month, day, year, clock = found.groups()
    date = f"{month} {day} {year}" if month else now.astimezone().strftime("%b %d %Y")
    try:
        return datetime.strptime(f"{date} {clock}", "%b %d %Y %I:%M %p").astimezone(UTC)
    except ValueError:
        return None


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
