"""Asks the index: which documents hold all words, within which bounds, and in which order they are shown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from minga.domain.ids import AgentName, SessionId
from minga.domain.sessions import Found, Wanted
from minga.domain.transcript import Role
from minga.sessions import index, volumes
from minga.sessions.search_bounds import Bounds, bounds_of, sessions_of
from minga.sessions.search_words import Excerpt, Term, excerpt
from minga.storage.database import Transaction
from minga.storage.engine import Value

RANKED = 300
"""Of so many documents, the newest that fit, the best come first."""

LOOKED_AT = 100
"""If a volume has fewer documents with the words, each is looked at whether its session fits."""

SESSIONS_NAMED = 200
"""Up to so many sessions of a volume are named in the question; of more, the next document that fits is not far."""

SCORE = "fit"
"""What `fit` is called in SQL."""

_SAID_COUNTS = 2
_USUAL_WORDS = 100
_ROLES: dict[Role, Literal["person", "agent", "tool"]] = {"user": "person", "assistant": "agent", "tool": "tool"}


@dataclass(frozen=True, slots=True)
class Hits:
    """Numbers of documents, best first. ``is_cut``: more fit; these are the newest."""

    numbers: tuple[int, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """``words`` are parts of an expression of FTS5 that must all hold; ``span``: first and last number."""

    words: tuple[str, ...]
    bounds: Bounds
    span: tuple[int, int]


def fit(places: Sequence[Sequence[Sequence[int]]], length: int) -> float:
    """How well a document of ``length`` words fits: how often it holds each phrase, for its length.

    That of BM25 without the rarity of words: to count in how many documents a word is would take as long as there are
    many, and every document that is found holds all of them.
    """
    usual = 1.2 * (0.25 + 0.75 * length / _USUAL_WORDS)
    counts = (_SAID_COUNTS * len(said) + len(done) for said, done, _ in places)
    return sum(count / (count + usual) for count in counts)


def hits_of(transaction: Transaction, wanted: Wanted, terms: Sequence[Term]) -> Hits:
    """At most `RANKED`, or ``wanted.limit`` if that is more; without words the newest first."""
    bounds = bounds_of(transaction, wanted)
    if bounds is None or (wanted.words.strip() and not terms):
        return Hits((), is_cut=False)
    first = volumes.first_number(int(wanted.since.timestamp())) if wanted.since else -(1 << 62)
    last = volumes.first_number(int(wanted.until.timestamp())) - 1 if wanted.until else 1 << 62
    words = tuple(f"{{said done}} : ({term.expression})" for term in terms) or (_mark(index.PERSON_MARK),)
    question = _Question(words, bounds, (first, last))
    most = max(RANKED, wanted.limit)
    found: list[tuple[float, int]] = []
    for volume in volumes.newest_first(transaction, first, last):
        found += _in_volume(transaction, question, volume, most + 1 - len(found))
        if len(found) > most:
            break
    best = sorted(found[:most], key=lambda one: (-one[0] if terms else 0, -one[1]))
    return Hits(tuple(number for _, number in best), is_cut=bool(terms) and len(found) > most)


def found_in(transaction: Transaction, numbers: Sequence[int], terms: Sequence[Term]) -> list[Found]:
    """What stands in documents, in the order of ``numbers``."""
    found: list[Found] = []
    for number in numbers:
        for row in transaction.execute(
            "SELECT s.id, d.message, a.name, d.role, d.body FROM documents d JOIN sessions s ON s.number = d.session"
            " JOIN agents a ON a.number = d.agent WHERE d.number = ?",
            (number,),
        ):
            piece = _best_excerpt(row[4], terms)
            at = datetime.fromtimestamp(volumes.second_of(number), UTC)
            found.append(
                Found(SessionId(row[0]), row[1], at, AgentName(row[2]), _ROLES[row[3]], piece.text, piece.marks)
            )
    return found


def _best_excerpt(body: bytes, terms: Sequence[Term]) -> Excerpt:
    said, done = index.texts_of(body)
    first = excerpt(said, terms)
    if first.terms == len(terms) or not done:
        return first
    second = excerpt(done, terms)
    return first if first.terms >= second.terms and first.text else second


def _in_volume(transaction: Transaction, question: _Question, volume: int, most: int) -> list[tuple[float, int]]:
    """Score and number of the newest documents of a volume that fit, up to ``most``.

    What is asked of the session is asked in the way that looks at least documents: of each that has the words, if they
    are few; by the marks of the sessions, if those are few; else again of each, up to those that are wanted.
    """
    if not question.bounds.of_session:
        return _newest(transaction, question, volume, most)
    few = _newest(transaction, question, volume, LOOKED_AT)
    fitting = sessions_of(transaction, question.bounds, volume) if few else []
    if not fitting:
        return []
    if len(few) < LOOKED_AT:
        numbers = json.dumps([number for _, number in few])
        select = "SELECT number, session FROM documents WHERE number IN (SELECT value FROM json_each(?))"
        sessions = {row[0]: row[1] for row in transaction.execute(select, (numbers,))}
        among = frozenset(fitting)
        return [one for one in few if sessions[one[1]] in among][:most]
    if len(fitting) <= SESSIONS_NAMED:
        marked = _any_mark([index.session_mark(session) for session in fitting])
        return _newest(transaction, replace(question, words=(*question.words, marked)), volume, most)
    return _newest(transaction, question, volume, most, fitting)


def _newest(
    transaction: Transaction, question: _Question, volume: int, most: int, among: Sequence[int] | None = None
) -> list[tuple[float, int]]:
    """Those with the words and the marks; if ``among`` is given, of these sessions."""
    name = volumes.table(volume)
    expression = " AND ".join([*question.words, *map(_any_mark, question.bounds.marks)])
    match = f"{name} MATCH ? AND {name}.rowid BETWEEN ? AND ?"
    parameters: tuple[Value, ...] = (expression, *question.span)
    join = ""
    if among is not None:
        join = f" JOIN documents d ON d.number = {name}.rowid"
        match += " AND d.session IN (SELECT value FROM json_each(?))"
        parameters = (*parameters, json.dumps(among))
    select = f"SELECT {SCORE}({name}), {name}.rowid FROM {name}{join} WHERE {match} ORDER BY {name}.rowid DESC LIMIT ?"  # noqa: S608 - no input
    return [(score, number) for score, number in transaction.execute(select, (*parameters, most))]


def _mark(mark: str) -> str:
    return f"marks : ({mark})"


def _any_mark(marks: Sequence[str]) -> str:
    return _mark(" OR ".join(marks))
