"""What a failure of an ACP agent means: from status codes first, from its wording (in the TOML) only where it gives
nothing else.

Options read here, all regular expressions without regard to case: ``text.<failure code>`` for the wording of a failure,
``status_pattern`` with a group (the first that matches) for an HTTP status inside the message, ``reset_pattern`` with
one for the number of seconds until a limit resets.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from minga.agents.facts import Facts
from minga.domain.failure import Failure, FailureCode
from minga.infrastructure.clock import Clock
from minga.infrastructure.jsonrpc import RpcError

AUTH_REQUIRED = -32000
"""JSON-RPC code of an agent that wants a login (agentclientprotocol.com, schema, ErrorCode)."""

_BY_STATUS = {
    401: FailureCode.NOT_LOGGED_IN,
    402: FailureCode.RATE_LIMITED,
    403: FailureCode.NOT_LOGGED_IN,
    404: FailureCode.MODEL_UNKNOWN,
    413: FailureCode.CONTEXT_TOO_LONG,
    429: FailureCode.RATE_LIMITED,
}


@dataclass(frozen=True, slots=True)
class Signal:
    """One failed model call in the CLI's own terms. ``final``: the CLI has given up on it."""

    message: str
    status: int | None = None
    resets_at: datetime | None = None
    final: bool = True


class Classifier:
    """Turns the signals of one CLI into failures."""

    def __init__(self, facts: Facts, clock: Clock, login: str) -> None:
        """``login``: the command to type where there is none."""
        self._login = login
        self._clock = clock
        self._status = facts.options.get("status_pattern", "")
        self._reset = facts.options.get("reset_pattern", "")
        self._wording = {
            FailureCode(name.removeprefix("text.")): pattern
            for name, pattern in facts.options.items()
            if name.startswith("text.")
        }

    def failure(self, signal: Signal) -> Failure:
        status = signal.status or self._number(self._status, signal.message)
        return Failure(
            code=self._code(status, signal.message),
            message=signal.message.strip()[:2000],
            remedy=self._remedy(self._code(status, signal.message)),
            http_status=status,
            resets_at=signal.resets_at or self._resets_at(signal.message),
        )

    def of_error(self, error: RpcError) -> Failure:
        """The failure that a JSON-RPC error of the agent stands for."""
        data = error.data if isinstance(error.data, dict) else {}
        details = data.get("details") or data.get("message") or (error.data if isinstance(error.data, str) else "")
        message = _plain(f"{error.text}: {details}" if details else error.text)
        status = next((int(data[key]) for key in ("statusCode", "status") if str(data.get(key, "")).isdigit()), None)
        if status is None and details:
            status = self._number(self._status, str(details))
        if status is None and 400 <= error.code < 600:
            status = error.code
        if error.code == AUTH_REQUIRED and status is None:
            return Failure(FailureCode.NOT_LOGGED_IN, message, self._remedy(FailureCode.NOT_LOGGED_IN))
        return self.failure(Signal(message, status))

    def recognise(self, text: str) -> Failure | None:
        """The failure that ``text`` words, or None where it words none that is known."""
        failure = self.failure(Signal(text))
        return None if failure.code is FailureCode.UNCLASSIFIED else failure

    def _code(self, status: int | None, message: str) -> FailureCode:
        if status in _BY_STATUS:
            return _BY_STATUS[status]
        for code, pattern in self._wording.items():
            if re.search(pattern, message, re.IGNORECASE):
                return code
        if status == 408:
            return FailureCode.NETWORK
        if status is not None and status >= 500:
            return FailureCode.OVERLOADED
        return FailureCode.UNCLASSIFIED

    def _resets_at(self, message: str) -> datetime | None:
        found = re.search(self._reset, message, re.IGNORECASE) if self._reset else None
        return self._clock.now() + timedelta(seconds=float(found[1])) if found else None

    def _number(self, pattern: str, message: str) -> int | None:
        found = re.search(pattern, message, re.IGNORECASE) if pattern else None
        return next((int(group) for group in found.groups() if group), None) if found else None

    def _remedy(self, code: FailureCode) -> str:
        match code:
            case FailureCode.NOT_LOGGED_IN:
                return f"Log in with `{self._login}`, or check the key of the endpoint."
            case FailureCode.MODEL_UNKNOWN:
                return "Name a model that the vendor offers with --model."
            case FailureCode.CONTEXT_TOO_LONG:
                return "Start a new session, or give fewer documents."
            case FailureCode.NETWORK:
                return "Check the connection and the proxy settings."
            case _:
                return ""


def _plain(message: str) -> str:
    """The message inside a vendor's JSON error body, where the CLI passes the body on unread."""
    start = message.find("{")
    if start < 0:
        return message
    try:
        body: Any = json.loads(message[start:])
    except ValueError:
        return message
    error = body.get("error", body) if isinstance(body, dict) else None
    inner = error.get("message") if isinstance(error, dict) else None
    return _plain(inner) if isinstance(inner, str) else message
