"""Why a run did not end in an answer: a closed list of causes, read from structured signals."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FailureCode(StrEnum):
    """The cause, in the words a person would use. Every driver maps its CLI's own signals to one of these."""

    NOT_INSTALLED = "not-installed"
    NOT_LOGGED_IN = "not-logged-in"
    RATE_LIMITED = "rate-limited"
    """A quota or rate limit is spent; ``Failure.resets_at`` says until when, if the vendor said so."""
    OVERLOADED = "overloaded"
    """The vendor's service failed (HTTP 5xx, 529)."""
    CONTEXT_TOO_LONG = "context-too-long"
    NETWORK = "network"
    """No connection, or one that broke off."""
    MODEL_UNKNOWN = "model-unknown"
    PERMISSION_DENIED = "permission-denied"
    """The task needed something that the policy or the person refused."""
    SESSION_UNKNOWN = "session-unknown"
    """The CLI no longer knows the native session it was asked to resume."""
    CRASHED = "crashed"
    """The CLI ended or was killed before it finished its turn, or broke its own protocol."""
    TIMEOUT = "timeout"
    OUTPUT_LIMIT = "output-limit"
    """The CLI printed more than the run may store."""
    BUDGET_SPENT = "budget-spent"
    REJECTED = "rejected"
    """There was an answer, and a check refuted it; the message says which and why."""
    CANNOT = "cannot"
    """The built-in agent has no skill that proves an answer to this task."""
    INTERRUPTED = "interrupted"
    """Minga itself ended (crash, kill -9, power) while the turn was running."""
    UNCLASSIFIED = "unclassified"


SWITCHABLE = frozenset(FailureCode) - {
    FailureCode.PERMISSION_DENIED,
    FailureCode.BUDGET_SPENT,
    FailureCode.INTERRUPTED,
}
"""Failures after which the next agent of a plan may take over. The others end the turn: a person decided, or nothing
is left to spend. (A time limit of the whole turn ends the turn too; an agent that hangs is a reason to switch.)"""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure.

    ``message`` is for a person and may carry the CLI's own words; decide by ``code`` and the other fields only.
    ``http_status`` is the vendor's, where one is known. ``resets_at`` is aware UTC.
    """

    code: FailureCode
    message: str
    remedy: str = ""
    http_status: int | None = None
    resets_at: datetime | None = None
