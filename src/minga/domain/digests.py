"""What a model said of a stretch of a session: the one thing in memory that cannot be derived again for nothing.

So it is kept in the log, as a sealed record of its own, and bound to the words that it was read out of.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from minga.domain.ids import AgentName, SessionId

DIGEST_SESSION = "note-digest-"
"""Begins the id of a session that is a digest: like a note it is one message, with a key of its own."""


def digests_of(session_id: SessionId) -> str:
    """How the ids of all digests of a session begin: so they are found, and destroyed with it, without a key."""
    return f"{DIGEST_SESSION}{hashlib.sha256(session_id.encode()).hexdigest()[:20]}-"


class Fault(StrEnum):
    """Why the answer of a model is refused: it is not the JSON that was asked for, or longer, or in another language
    than the session, has figures that the session lacks, or tries to instruct."""

    NO_JSON = "no-json"
    TOO_LONG = "too-long"
    LANGUAGE = "language"
    INVENTED = "invented"
    INSTRUCTS = "instructs"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a message of the session says, by the model's account: ``subject`` ``predicate`` ``value``, all in words of
    ``quote``, which stands in the message; only "decided" may stand for what the whole project decided. ``subject`` is
    named as topics are; where it is empty, it is the project. ``single`` and ``valid_from`` as in
    `memory.Statement`."""

    message_id: str
    quote: str
    subject: str
    predicate: str
    value: str
    single: bool
    valid_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """Of the session ``of``, from message ``first`` to ``last``. ``headline`` is one line, ``summary`` a paragraph.
    ``dropped``: statements of the answer that were not borne out by their quotes. ``fault``: the whole answer was
    refused, and only that is kept."""

    of: SessionId
    first: str
    last: str
    model: str
    headline: str = ""
    summary: str = ""
    claims: tuple[Claimed, ...] = ()
    dropped: int = 0
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """``headline`` is one line, ``summary`` some sentences; both empty where nothing is stated outright. ``at``: its
    last message. ``model``: who made it, empty where the words are the session's own."""

    session_id: SessionId
    at: datetime | None
    agent: AgentName
    headline: str
    summary: str
    model: str = ""
