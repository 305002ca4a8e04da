"""Words in the messages themselves: passages hide what looks like a secret, and not all of a message is taken in."""

from collections.abc import Callable, Sequence

from minga.domain.digests import DIGEST_SESSION
from minga.domain.ids import SessionId
from minga.domain.memory import LogMessage, Passage
from minga.domain.transcript import Message
from minga.memory.extraction.masking import MASK, masked
from minga.memory.index.reading import lies
from minga.memory.memory import Memory
from minga.memory.passages import passages_of, whole
from minga.sessions.history import History
from minga.sessions.index_source import texts_in

BEFORE = 40
"""Characters before a secret that are looked for with it."""


async def in_messages(
    memory: Memory, hold: Callable[[str], bool], places: Sequence[str] | None, *, only_secrets: bool
) -> list[Passage]:
    """What there is of the messages that ``hold`` what is wanted, where it is hidden in what was taken in; else none
    with ``only_secrets``. Raises StoreError."""

    def fits(entry: LogMessage) -> bool:
        is_there = not entry.session_id.startswith(DIGEST_SESSION) and _is_at(entry, places)
        return is_there and hold(_clear(entry.message))

    found = await memory.entries(fits)
    if only_secrets and all(hold(masked(_clear(one.message))) for one in found):
        return []
    return [passage for one in found for passage in passages_of(one) or [whole(one, _clear(one.message))]]


async def line_of(history: History, passage: Passage) -> str:
    """The longest line of a passage; where a secret is hidden in it, that one of its message, around the secret. Raises
    UnknownSession."""
    text = passage.text or passage.done
    if MASK not in text:
        return longest_line(text)
    told = await _message(history, passage.source.session_id, passage.source.message_id)
    hidden = masked(told).splitlines()
    lines = [line for line in told.splitlines() if line not in hidden]
    line = max(lines or text.splitlines(), key=len, default="")
    pairs = enumerate(zip(line, masked(line), strict=False))
    secret = next((place for place, (one, other) in pairs if one != other), 0)
    return line[max(secret - BEFORE, 0) :]


def longest_line(text: str) -> str:
    return max(text.splitlines(), key=len, default="")


async def _message(history: History, session_id: SessionId, message_id: str) -> str:
    transcript = await history.transcript(session_id)
    return next((_clear(one) for one in transcript.messages if one.id == message_id), "")


def _clear(message: Message) -> str:
    said, done, _ = texts_in(message)
    return f"{said}\n{done}"


def _is_at(entry: LogMessage, places: Sequence[str] | None) -> bool:
    is_everywhere = entry.note is not None and entry.note.scope == "user"
    return places is None or is_everywhere or any(lies(entry.project, place) for place in places)
