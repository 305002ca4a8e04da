"""Reads passages, and what they say, out of the tables."""

from collections.abc import Sequence

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import Entity, EntityKind, ItemId, Mention, Passage, Source, Statement
from minga.domain.secrecy import UserName
from minga.memory.index.indexed import body_of
from minga.memory.index.listed import AMONG, listed
from minga.storage.database import Transaction
from minga.storage.engine import Row
from minga.storage.instants import from_micros

_PASSAGE = (
    "SELECT p.number, p.id, s.id, m.message, p.part, p.at, p.agent, p.role, p.kind, p.language, p.body, j.name, s.owner"
    " FROM passages p JOIN sessions s ON s.number = p.session JOIN messages m ON m.seq = p.seq"
    " JOIN projects j ON j.number = s.project"
)


_HOLDING = (
    "WITH found AS MATERIALIZED (SELECT rowid AS number FROM words WHERE words MATCH ?) SELECT number FROM found"
    " UNION SELECT o.number FROM found JOIN passages l USING (number) JOIN passages o ON o.alike = l.alike"
)
"""Passages with words, and those that say the same (`index.alike`)."""


def passages(transaction: Transaction, numbers: Sequence[int]) -> dict[int, Passage]:
    rows = transaction.execute(f"{_PASSAGE} WHERE p.number {AMONG}", (listed(numbers),))
    return {row[0]: _passage(row) for row in rows}


def by_ids(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, Passage]:
    """Those of the items that are there."""
    rows = transaction.execute(f"{_PASSAGE} WHERE p.id {AMONG}", (listed(items),))
    return {ItemId(row[1]): _passage(row) for row in rows}


def passages_like(transaction: Transaction, prefix: str) -> list[Passage]:
    """Those whose id begins so."""
    rows = transaction.execute(f"{_PASSAGE} WHERE p.id >= ? AND p.id < ? ORDER BY p.id LIMIT 5", (prefix, prefix + "~"))
    return [_passage(row) for row in rows]


def around(transaction: Transaction, item: ItemId, steps: int) -> list[Passage]:
    """The passages of the session about one, in order, itself among them."""
    rows = transaction.execute("SELECT session, at, seq, part FROM passages WHERE id = ?", (item,))
    if not rows:
        return []
    [(session, at, seq, part)] = rows
    place = "(COALESCE(p.at, 0), p.seq, p.part)"
    found: list[Row] = []
    for sign, order in (("<", "DESC"), (">=", "ASC")):
        found += transaction.execute(
            f"{_PASSAGE} WHERE p.session = ? AND {place} {sign} (?, ?, ?) ORDER BY COALESCE(p.at, 0) {order},"
            f" p.seq {order}, p.part {order} LIMIT ?",
            (session, at or 0, seq, part, steps + (sign == ">=")),
        )
    return sorted(map(_passage, found), key=lambda one: (str(one.source.at), one.source.place))


def in_time(
    transaction: Transaction, places: Sequence[str] | None, since: int, until: int, limit: int
) -> list[Passage]:
    """Passages of a span of time (micro-seconds), the first ones first."""
    where = at_places(transaction, places)
    sql = f"{_PASSAGE} WHERE p.at BETWEEN ? AND ?{where} ORDER BY p.at, p.seq, p.part LIMIT ?"
    return [_passage(row) for row in transaction.execute(sql, (since, until, limit))]


def all_of(transaction: Transaction, places: Sequence[str] | None) -> list[Passage]:
    """The first ones first; those without a date before them."""
    where = at_places(transaction, places)
    sql = f"{_PASSAGE} WHERE TRUE{where} ORDER BY COALESCE(p.at, 0), p.seq, p.part"
    return [_passage(row) for row in transaction.execute(sql)]


def done_since(transaction: Transaction, places: Sequence[str] | None, since: int, limit: int) -> list[Passage]:
    """The newest of what was said and done since (micro-seconds)."""
    where = f"p.at >= ?{at_places(transaction, places)}"
    sql = f"{_PASSAGE} WHERE {where} ORDER BY p.at DESC, p.seq DESC, p.part DESC LIMIT ?"
    return [_passage(row) for row in transaction.execute(sql, (since, limit))]


def latest(
    transaction: Transaction,
    places: Sequence[str] | None,
    terms: Sequence[str],
    span: tuple[int, int],
    limit: int,
) -> list[Passage]:
    """The last of a span of time (micro-seconds) in which something was said, with every word of ``terms``, the last
    one first."""
    match = " AND ".join(f'said : "{term}"' for term in dict.fromkeys(terms))
    held = f" AND p.number IN ({_HOLDING})" if match else ""
    where = f"p.said > 0 AND p.at BETWEEN ? AND ?{held}{at_places(transaction, places)}"
    sql = f"{_PASSAGE} WHERE {where} ORDER BY p.at DESC, p.seq DESC, p.part DESC LIMIT ?"
    return [_passage(row) for row in transaction.execute(sql, (*span, *([match] if match else []), limit))]


def holding(transaction: Transaction, terms: Sequence[str], places: Sequence[str] | None) -> list[Passage]:
    """All passages that hold every word, in what was said or done; the first ones first."""
    if not terms:
        return []
    match = " AND ".join(f'{{said done}} : "{term}"' for term in dict.fromkeys(terms))
    select = f"{_PASSAGE} WHERE p.number IN ({_HOLDING})"
    sql = f"{select}{at_places(transaction, places)} ORDER BY p.at, p.seq, p.part"
    return [_passage(row) for row in transaction.execute(sql, (match,))]


def same_as(transaction: Transaction, items: Sequence[ItemId]) -> list[Passage]:
    """Passages that say just what one of the items says, themselves among them."""
    found: dict[str, Passage] = {}
    for item in items:
        where = "p.digest IN (SELECT digest FROM passages WHERE id = ?)"
        rows = transaction.execute(f"{_PASSAGE} WHERE {where} ORDER BY p.at, p.seq, p.part", (item,))
        found.update((row[1], _passage(row)) for row in rows)
    return list(found.values())


def alike(transaction: Transaction, item: ItemId) -> list[Passage]:
    """The passage, and all that say the same in the same words (`index.alike`); the first one first."""
    where = "p.id = ? OR p.alike = (SELECT alike FROM passages WHERE id = ?)"
    sql = f"{_PASSAGE} WHERE {where} ORDER BY COALESCE(p.at, 0), p.id"
    return [_passage(row) for row in transaction.execute(sql, (item, item))]


def of_session(transaction: Transaction, session_id: SessionId) -> list[Passage]:
    sql = f"{_PASSAGE} WHERE s.id = ? ORDER BY p.at, p.seq, p.part"
    return [_passage(row) for row in transaction.execute(sql, (session_id,))]


def statements(
    transaction: Transaction, places: Sequence[str] | None, topics: Sequence[tuple[int, str]] | None = None
) -> list[tuple[Statement, Passage]]:
    """All that is stated in a project, or anywhere; of these topics only, each the number of a
    subject and a predicate."""
    where = at_places(transaction, places)
    if topics is not None:
        if not topics:
            return []
        where += f" AND (t.subject, t.predicate) IN (VALUES {', '.join(['(?, ?)'] * len(topics))})"
    rows = transaction.execute(
        "SELECT t.passage, e.kind, e.name, t.predicate, t.value, t.start, t.end, t.confidence, t.single, t.valid_from,"  # noqa: S608
        " t.valid_to FROM statements t JOIN entities e ON e.number = t.subject JOIN passages p ON p.number = t.passage"
        f" JOIN sessions s ON s.number = p.session WHERE TRUE{where}",
        [one for topic in topics or () for one in topic],
    )
    where_said = passages(transaction, list(dict.fromkeys(row[0] for row in rows)))
    return [(_statement(row[1:]), where_said[row[0]]) for row in rows]


def stated_in(transaction: Transaction, items: Sequence[ItemId]) -> list[tuple[tuple[Statement, ItemId], int, int]]:
    """What passages state, each with the passage, when it was said (micro-seconds) and the number of its project."""
    marks = ", ".join("?" * len(items))
    rows = transaction.execute(
        "SELECT p.id, COALESCE(p.at, 0), s.project, e.kind, e.name, t.predicate, t.value, t.start, t.end,"  # noqa: S608
        " t.confidence, t.single, t.valid_from, t.valid_to FROM passages p JOIN statements t ON t.passage = p.number"
        " JOIN entities e ON e.number = t.subject JOIN sessions s ON s.number = p.session"
        f" WHERE p.id IN ({marks})",
        items,
    )
    return [((_statement(row[3:]), ItemId(row[0])), row[1], row[2]) for row in rows]


def mentions(transaction: Transaction, places: Sequence[str] | None) -> list[tuple[Mention, Passage]]:
    where = at_places(transaction, places)
    rows = transaction.execute(
        "SELECT t.passage, e.kind, e.name, t.start, t.end FROM mentions t JOIN entities e ON e.number = t.entity"  # noqa: S608
        " JOIN passages p ON p.number = t.passage JOIN sessions s ON s.number = p.session"
        f" WHERE TRUE{where}",
    )
    where_said = passages(transaction, list(dict.fromkeys(row[0] for row in rows)))
    return [(Mention(Entity(EntityKind(row[1]), row[2]), row[3], row[4]), where_said[row[0]]) for row in rows]


def projects(transaction: Transaction, places: Sequence[str]) -> list[int]:
    """The projects at ``places`` or below them, and the one of what holds everywhere."""
    rows = transaction.execute("SELECT number, name FROM projects ORDER BY number")
    return [row[0] for row in rows if not row[1] or any(lies(row[1], place) for place in places)]


def lies(name: str, place: str) -> bool:
    """Whether the project of this name is at ``place`` or below it."""
    return name == place or name.startswith(place.rstrip("/") + "/")


def at_places(transaction: Transaction, places: Sequence[str] | None) -> str:
    """As a condition on the project of a session."""
    if places is None:
        return ""
    return f" AND s.project IN ({', '.join(map(str, projects(transaction, places)))})"


def _statement(row: Row) -> Statement:
    kind, name, predicate, value, start, end, confidence, single, since, until = row
    return Statement(
        subject=Entity(EntityKind(kind), name),
        predicate=predicate,
        value=value,
        start=start,
        end=end,
        confidence=confidence,
        single=bool(single),
        valid_from=None if since is None else from_micros(since),
        valid_to=None if until is None else from_micros(until),
    )


def _passage(row: Row) -> Passage:
    said, done = body_of(row[10])
    at = None if row[5] is None else from_micros(row[5])
    return Passage(
        id=ItemId(row[1]),
        kind=row[8],
        text=said,
        done=done,
        source=Source(SessionId(row[2]), row[3], row[4], at, AgentName(row[6]), row[7]),
        project=row[11],
        language=row[9],
        owner=UserName(row[12]),
    )
