"""Passages that say the same in the same words: of each such group the one said first leads. It alone stands in
full-text search and has a vector; the others are kept as further places where it was said.

What leads follows from time and id, so the same passages in any order give the same. Words that differ, above all a
figure or a "not", make another group: nothing that could be asked for is merged away.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence

from minga.domain.memory import Passage, Question
from minga.memory.extraction.wording import folded
from minga.memory.index import pages
from minga.memory.index.indexed import body_of, indexed_words
from minga.memory.index.reading import at_places
from minga.storage.database import Transaction
from minga.storage.instants import to_micros

WORDS_LEAST = 8
"""A shorter text means little without what was said before it: "yes, 5433" is another answer to another question."""

AGAIN_MAX = 500

_LENGTH = 12
_WORD = re.compile(r"[^\W_]+")
_COURTESY = frozenset(
    """
    buenas buenos dale gracias hello hey hi hola ok okay please porfa porfavor thanks
    """.split()  # noqa: SIM905 - words
)
"""Nobody asks for these, and they change nothing."""

_LEADER = "SELECT f.number FROM passages f WHERE f.alike = p.alike ORDER BY f.moment, f.id LIMIT 1"
_ROW = "SELECT p.number, p.session, s.project, p.role, p.kind, p.at, p.body, p.length FROM passages p"
_JOINED = f"{_ROW} JOIN sessions s ON s.number = p.session"


def group_of(key: bytes, passage: Passage) -> bytes | None:
    """Names the group: what one role says in one project. None for a passage that stands for itself: a short one, and
    a note, which somebody made on purpose. ``key`` as of `writing.digest`."""
    words = [one for one in _WORD.findall(folded(f"{passage.text}\n{passage.done}")) if one not in _COURTESY]
    if passage.kind == "note" or len(words) < WORDS_LEAST:
        return None
    named = "\0".join((passage.project, passage.source.role, " ".join(words)))
    return hmac.new(key, named.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()[:_LENGTH]


def enter(transaction: Transaction, number: int, group: bytes | None) -> None:
    """Put a passage, which leads nothing yet, in its place."""
    if group is None:
        _lead(transaction, number)
        return
    first, *second = _first_two(transaction, group)
    if first != number:
        return
    for before in second:  # it led until now
        _take_out(transaction, before)
        pages.take_out(transaction, [before])
        transaction.execute("UPDATE passages SET leads = 0 WHERE number = ?", (before,))
    _lead(transaction, number)


def leave(transaction: Transaction, number: int) -> bytes | None:
    """Take a passage out of full-text search; return the group that has to be led by another one then (`succeed`)."""
    [(group, leads)] = transaction.execute("SELECT alike, leads FROM passages WHERE number = ?", (number,))
    if not leads:
        return None
    _take_out(transaction, number)
    return None if group is None else bytes(group)


def succeed(transaction: Transaction, groups: Iterable[bytes]) -> None:
    """Where the passage that led has gone, the next one leads."""
    for group in groups:
        for number in _first_two(transaction, group)[:1]:
            _lead(transaction, number)


def said_again(transaction: Transaction, question: Question) -> dict[int, int]:
    """The passages that lead those that were said within the question's bounds, and were said before them; each with
    the one that was said there, the newest."""
    if question.since is None:
        return {}
    where = at_places(transaction, question.places)
    since, until = to_micros(question.since), to_micros(question.known_by or question.asked_at)
    rows = transaction.execute(
        "SELECT l.number, p.number FROM passages p JOIN sessions s ON s.number = p.session"  # noqa: S608 - numbers
        f" JOIN passages l ON l.number = ({_LEADER})"
        f" WHERE NOT p.leads AND p.at BETWEEN ? AND ? AND l.moment < ? AND s.id <> ?{where}"
        " ORDER BY p.at DESC, p.id DESC LIMIT ?",
        (since, until, since, question.without or "", AGAIN_MAX),
    )
    return {row[0]: row[1] for row in reversed(rows)}


def _first_two(transaction: Transaction, group: bytes) -> list[int]:
    sql = "SELECT number FROM passages WHERE alike = ? ORDER BY moment, id LIMIT 2"
    return [row[0] for row in transaction.execute(sql, (group,))]


def _lead(transaction: Transaction, number: int) -> None:
    [row] = transaction.execute(f"{_JOINED} WHERE p.number = ?", (number,))
    words = _words(row)
    transaction.execute("INSERT INTO words (rowid, said, done, marks) VALUES (?, ?, ?, ?)", (number, *words))
    if row[7]:
        transaction.execute("INSERT INTO missing VALUES (?)", (number,))
    transaction.execute("UPDATE passages SET leads = 1 WHERE number = ?", (number,))


def _take_out(transaction: Transaction, number: int) -> None:
    [row] = transaction.execute(f"{_JOINED} WHERE p.number = ?", (number,))
    sql = "INSERT INTO words (words, rowid, said, done, marks) VALUES ('delete', ?, ?, ?, ?)"
    transaction.execute(sql, (number, *_words(row)))


def _words(row: Sequence[object]) -> tuple[str, str, str]:
    session, project, role, kind, at, body = row[1:7]
    return indexed_words(body_of(body), session, project, role, kind, at)  # type: ignore[arg-type]
