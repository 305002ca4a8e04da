"""What stands in the full-text table of a passage. Taking out needs just what was put in."""

import zlib

from minga.memory.recall.words import terms

PERSON_MARK = "u"
NOTE_MARK = "n"

_MONTH = 30 * 24 * 3600 * 1_000_000


def indexed_words(
    body: tuple[str, str], session: int, project: int, role: str, kind: str, at: int | None
) -> tuple[str, str, str]:
    """The three columns: stems of what was said, of what was done, and marks by which a question is narrowed. ``at`` in
    micro-seconds; what has no time has no mark of it."""
    said, done = body
    marks = [session_mark(session), project_mark(project)]
    marks += [] if at is None else [month_mark(month_of(at))]
    marks += [PERSON_MARK] if role == "user" else []
    marks += [NOTE_MARK] if kind == "note" else []
    return " ".join(terms(said)), " ".join(terms(done)), " ".join(marks)


def body_of(body: bytes) -> tuple[str, str]:
    """What was said, and what was done."""
    said, _, done = zlib.decompress(body).decode().partition("\0")
    return said, done


def session_mark(number: int) -> str:
    return f"s{number}"


def project_mark(number: int) -> str:
    return f"p{number}"


def month_of(at: int) -> int:
    """Counts spans of thirty days, from a time in micro-seconds."""
    return at // _MONTH


def month_mark(month: int) -> str:
    return f"m{month}" if month >= 0 else f"b{-month}"
