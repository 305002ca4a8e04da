"""Asks the index: which documents hold all words, within which bounds, and in which order they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from minga.domain.ids import AgentName, SessionId
from minga.domain.sessions import Found, Wanted
from minga.domain.transcript import Role
from minga.sessions import index
from minga.sessions.search_words import Excerpt, Term, excerpt
from minga.storage.database import Transaction
from minga.storage.engine import Value

RANKED = 1000
"""Of so many documents, the newest that hold the words, the best come first."""

SESSIONS_NAMED = 200
"""Up to so many sessions that fit are named in the question; more are looked at hit by hit."""

WEIGHTS = "2.0, 1.0, 0.0"
"""Of a word that was said, of one that a tool was given or gave back, of a mark."""

_ROLES: dict[Role, Literal["person", "agent", "tool"]] = {"user": "person", "assistant": "agent", "tool": "tool"}


@dataclass(frozen=True, slots=True)
class _Bounds:
    """``marks``: groups of which every document must have one each. ``where`` and ``parameters`` are about the session
    ``s`` and the document ``d``."""

    marks: tuple[tuple[str, ...], ...]
    where: tuple[str, ...]
    parameters: tuple[Value, ...]

    @property
    def condition(self) -> str:
        return "".join(f" AND {one}" for one in self.where)


def sessions_among(transaction: Transaction) -> frozenset[SessionId]:
    """All sessions of the index."""
    return frozenset(SessionId(row[0]) for row in transaction.execute("SELECT id FROM sessions"))


def hits_of(transaction: Transaction, wanted: Wanted, terms: Sequence[Term]) -> list[int]:
    """Numbers of documents, best first; at most `RANKED`."""
    bounds = _bounds(transaction, wanted)
    if bounds is None or (wanted.words.strip() and not terms):
        return []
    first = index.first_number(int(wanted.since.timestamp())) if wanted.since else -(1 << 62)
    last = index.first_number(int(wanted.until.timestamp())) - 1 if wanted.until else 1 << 62
    if not terms:
        return _asked(transaction, bounds, (first, last))
    join = " JOIN documents d ON d.number = words.rowid JOIN sessions s ON s.number = d.session" if bounds.where else ""
    is_ranked = not _has_common(transaction, terms, bounds)
    score = f"bm25(words, {WEIGHTS})" if is_ranked else "0"
    rows = transaction.execute(
        f"SELECT words.rowid, {score} FROM words{join} WHERE words MATCH ?"  # noqa: S608 - no input
        f" AND words.rowid BETWEEN ? AND ?{bounds.condition} ORDER BY words.rowid DESC LIMIT {RANKED}",
        (_expression(terms, bounds.marks), first, last, *bounds.parameters),
    )
    return [number for number, _ in sorted(rows, key=lambda row: (row[1], -row[0]))]


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
            at = datetime.fromtimestamp(index.second_of(number), UTC)
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


def _asked(transaction: Transaction, bounds: _Bounds, span: tuple[int, int]) -> list[int]:
    """What the person said, the newest first."""
    where, parameters = bounds.condition, bounds.parameters
    for column, group in zip(("session", "place", "agent"), _by_kind(bounds.marks), strict=True):
        if group:
            table = "s" if column == "place" else "d"
            where += f" AND {table}.{column} IN ({', '.join('?' * len(group))})"
            parameters += group
    select = "SELECT d.number FROM documents d JOIN sessions s ON s.number = d.session WHERE d.role = 'user'"
    within = f"AND d.number BETWEEN ? AND ?{where} ORDER BY d.number DESC LIMIT {RANKED}"
    rows = transaction.execute(f"{select} {within}", (*span, *parameters))
    return [row[0] for row in rows]


def _by_kind(groups: Sequence[Sequence[str]]) -> list[tuple[int, ...]]:
    """Numbers of the marked sessions, places and agents."""
    return [
        tuple(int(mark[1:]) for group in groups for mark in group if mark.startswith(kind)) for kind in ("s", "p", "a")
    ]


def _bounds(transaction: Transaction, wanted: Wanted) -> _Bounds | None:
    """None: nothing can fit."""
    marks: list[tuple[str, ...]] = []
    if wanted.agent is not None:
        rows = transaction.execute("SELECT number FROM agents WHERE name = ?", (wanted.agent,))
        marks.append(tuple(index.agent_mark(row[0]) for row in rows))
    if wanted.project:
        rows = transaction.execute("SELECT number, cwd, remote FROM places")
        marks.append(tuple(index.place_mark(row[0]) for row in rows if _is_in(wanted.project, row[1], row[2])))
    where, parameters = _of_session(wanted)
    if where:
        select = f"SELECT s.number FROM sessions s WHERE {' AND '.join(where)} LIMIT ?"  # noqa: S608 - no input
        rows = transaction.execute(select, (*parameters, SESSIONS_NAMED + 1))
        if len(rows) <= SESSIONS_NAMED:
            marks.append(tuple(index.session_mark(row[0]) for row in rows))
            where, parameters = [], []
    return _Bounds(tuple(marks), tuple(where), tuple(parameters)) if all(marks) else None


def _of_session(wanted: Wanted) -> tuple[list[str], list[Value]]:
    where: list[str] = []
    parameters: list[Value] = []
    if wanted.file:
        begin = index.reversed_path(wanted.file)
        where.append("s.number IN (SELECT session FROM files WHERE reversed >= ? AND reversed < ?)")
        parameters += [begin, begin[:-1] + chr(ord("/") + 1)]
    if wanted.cost_micro_usd_min is not None:
        where.append("s.cost_micro_usd >= ?")
        parameters.append(wanted.cost_micro_usd_min)
    if wanted.cost_micro_usd_max is not None:
        where.append("s.cost_micro_usd <= ? AND s.is_cost_known = 1")
        parameters.append(wanted.cost_micro_usd_max)
    return where, parameters


def _is_in(project: str, cwd: str, remote: str) -> bool:
    """Whether a session that worked in ``cwd`` belongs to a directory, or to a remote given whole or by its last
    names."""
    if project.startswith("/"):
        directory = project.rstrip("/")
        return cwd == directory or cwd.startswith(f"{directory}/")
    wanted, known = _remote(project), _remote(remote)
    return bool(wanted) and (known == wanted or known.endswith(f"/{wanted}"))


def _remote(address: str) -> str:
    """``git@github.com:acme/rut.git`` and ``https://github.com/acme/rut`` -> ``github.com/acme/rut``."""
    address = address.split("://", 1)[-1].split("@", 1)[-1]
    return address.replace(":", "/").rstrip("/").removesuffix(".git").lower()


def _expression(terms: Sequence[Term], marks: Sequence[Sequence[str]]) -> str:
    parts = [f"marks : ({' OR '.join(group)})" for group in marks]
    return " AND ".join([*parts, *(f"{{said done}} : ({term.expression})" for term in terms)])


def _has_common(transaction: Transaction, terms: Sequence[Term], bounds: _Bounds) -> bool:
    """Whether ranking would have to count a word or a mark that a tenth of a large index has."""
    horizon = index.state_of(transaction).horizon
    if horizon is None:
        return False
    parts = [_expression([Term(token, (token,), is_prefix=False)], []) for term in terms for token in term.tokens]
    parts += [_expression([], [[mark]]) for group in bounds.marks for mark in group if not mark.startswith("s")]
    for part in parts:
        rows = transaction.execute(
            f"SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET {index.HORIZON // 10}",  # noqa: S608 - no input
            (part,),
        )
        if rows and rows[0][0] >= horizon:
            return True
    return False
