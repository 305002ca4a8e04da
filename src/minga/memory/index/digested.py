"""Digests in the tables: taken in, and read again beside the passages that they were read out of."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from minga.domain.digests import Claimed, Digest, Fault
from minga.domain.ids import SessionId
from minga.domain.memory import NOTE_SESSION, Entity, EntityKind, LogMessage, Passage, Statement
from minga.memory.index import reading
from minga.memory.quoting import place_of
from minga.storage.database import Transaction
from minga.storage.engine import printable
from minga.storage.instants import from_micros, to_micros

CLAIM = "subject || ' ' || predicate || ' ' || value || ' ' || quote"
"""All words of a claim, of columns of `claims`."""

CONFIDENCE = 0.5
"""In what a model read out of a message: less than in what rules find, and far less than in a person's correction."""


_ITS_OWNERS = (
    "EXISTS (SELECT 1 FROM messages k JOIN sessions i ON i.number = k.session"
    " JOIN sessions o ON o.id = d.of AND o.owner = i.owner WHERE k.seq = d.seq)"
)
"""Of a digest: it was made by the owner of the session that it is of. Anybody else's does not count."""


@dataclass(frozen=True, slots=True)
class DigestCounts:
    """``refused`` answers of models are kept by their fault only; ``dropped`` statements were not borne out."""

    digests: int
    claims: int
    refused: int
    dropped: int


def add(transaction: Transaction, entry: LogMessage, digest: Digest) -> None:
    """Doing it twice does nothing."""
    made = to_micros(entry.message.at) if entry.message.at else 0
    said = map(printable, (digest.of, digest.first, digest.last))
    told = map(printable, (digest.model, digest.headline, digest.summary))
    transaction.execute("DELETE FROM claims WHERE seq = ?", (entry.seq,))
    row = entry.seq, *said, made, *told, digest.dropped, digest.fault or ""
    transaction.execute("INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    for one in digest.claims:
        texts = map(printable, (one.message_id, one.quote, one.subject, one.predicate, one.value))
        since = None if one.valid_from is None else to_micros(one.valid_from)
        claim = entry.seq, *texts, int(one.single), since
        transaction.execute("INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?)", claim)


def of_session(transaction: Transaction, session_id: SessionId) -> list[Digest]:
    """In the order in which they were made, refused ones too. Without their claims."""
    rows = transaction.execute(
        "SELECT of, first, last, model, headline, summary, dropped, fault FROM digests d"  # noqa: S608
        f" WHERE of = ? AND {_ITS_OWNERS} ORDER BY made, first, last, headline, summary",
        (session_id,),
    )
    return [
        Digest(SessionId(of), first, last, model, headline, summary, (), dropped, Fault(fault) if fault else None)
        for of, first, last, model, headline, summary, dropped, fault in rows
    ]


def kept(transaction: Transaction, session_id: SessionId) -> list[tuple[SessionId, str]]:
    """The digests of a session, each with its headline."""
    rows = transaction.execute(
        "SELECT s.id, d.headline FROM digests d JOIN messages m ON m.seq = d.seq"
        " JOIN sessions s ON s.number = m.session WHERE d.of = ? ORDER BY s.id",
        (session_id,),
    )
    return [(SessionId(row[0]), row[1]) for row in rows]


def topics(transaction: Transaction, places: Sequence[str] | None) -> list[tuple[str, str]]:
    """Subjects, empty for projects, each with a predicate."""
    rows = transaction.execute(
        "SELECT DISTINCT c.subject, c.predicate FROM claims c JOIN digests d ON d.seq = c.seq"  # noqa: S608
        f" JOIN sessions s ON s.id = d.of WHERE {_ITS_OWNERS}{reading.at_places(transaction, places)}"
        " ORDER BY c.subject, c.predicate"
    )
    return [(row[0], row[1]) for row in rows]


def statements(
    transaction: Transaction,
    places: Sequence[str] | None,
    topics: Sequence[tuple[str, str]] | None = None,
    without: Collection[SessionId] = (),
) -> Iterator[tuple[Statement, Passage]]:
    """What digests claim, where the quote still stands in a message that may be read: each once. Of these topics only,
    where they are given, and ``without`` the digests that are, or are of, these sessions."""
    if topics is not None and not topics:
        return
    where = reading.at_places(transaction, places)
    if topics is not None:
        where += f" AND (c.subject, c.predicate) IN (VALUES {', '.join(['(?, ?)'] * len(topics))})"
    rows = transaction.execute(
        "SELECT c.seq, p.number, c.message, c.quote, c.subject, c.predicate, c.value, c.single, c.valid_from"  # noqa: S608
        " FROM claims c"
        " JOIN digests d ON d.seq = c.seq JOIN sessions s ON s.id = d.of"
        " JOIN messages m ON m.session = s.number AND m.message = c.message JOIN passages p ON p.seq = m.seq"
        f" WHERE {_ITS_OWNERS}{where} ORDER BY p.id, c.subject, c.predicate, c.value, c.single, c.quote, c.valid_from",
        [one for topic in topics or () for one in topic],
    )
    if without:
        left_out = _of_sessions(transaction, without)
        rows = [row for row in rows if row[0] not in left_out]
    found = reading.passages(transaction, list(dict.fromkeys(row[1] for row in rows)))
    told: set[tuple[object, ...]] = set()
    for _, number, message_id, quote, subject, predicate, value, single, since in rows:
        passage, valid_from = found[number], None if since is None else from_micros(since)
        claim = Claimed(message_id, quote, subject, predicate, value, bool(single), valid_from)
        statement = _statement(claim, passage)
        if statement is None:
            continue
        mark = passage.id, statement.subject, statement.predicate, statement.value
        if mark not in told:
            told.add(mark)
            yield statement, passage


def count(transaction: Transaction) -> DigestCounts:
    [(refused, digests, dropped)] = transaction.execute(
        "SELECT COUNT(*) FILTER (WHERE fault <> ''), COUNT(*) FILTER (WHERE fault = ''), COALESCE(SUM(dropped), 0)"
        " FROM digests"
    )
    [(claims,)] = transaction.execute("SELECT COUNT(*) FROM claims")
    return DigestCounts(digests, claims, refused, dropped)


def holding(
    transaction: Transaction,
    places: Sequence[str] | None,
    are_in: Callable[[str], bool],
    within: tuple[int, int] | None = None,
) -> list[tuple[SessionId, str]]:
    """The digests, each with its headline, in which, or in one of whose claims, words stand of which ``are_in`` says
    so; those only of sessions in which something was said ``within`` a span of time (micro-seconds)."""
    where = reading.at_places(transaction, places)
    if within is not None:
        where += (
            " AND EXISTS (SELECT 1 FROM passages p JOIN sessions o ON o.number = p.session"
            " WHERE o.id = d.of AND COALESCE(p.at, 0) BETWEEN ? AND ?)"
        )
    rows = transaction.execute(
        "SELECT s.id, d.headline, said.body FROM digests d JOIN messages m ON m.seq = d.seq"  # noqa: S608
        " JOIN sessions s ON s.number = m.session JOIN (SELECT seq, headline || ' ' || summary AS body FROM digests"
        f" UNION ALL SELECT seq, {CLAIM} FROM claims) said ON said.seq = d.seq"
        f" WHERE TRUE{where} ORDER BY s.id",
        within or (),
    )
    return list({row[0]: (SessionId(row[0]), row[1]) for row in rows if are_in(row[2])}.values())


def sessions_due(transaction: Transaction, places: Sequence[str] | None, until: int, *, again: bool) -> list[SessionId]:
    """Conversations in which nothing was said after ``until`` (micro-seconds), and in which no digest reaches to what
    was said last; with ``again``: none but refused ones. The newest first."""
    counted = " AND d.fault = ''" if again else ""
    rows = transaction.execute(
        "SELECT s.id FROM sessions s JOIN (SELECT session, MAX(moment) AS at FROM passages GROUP BY session) p"  # noqa: S608
        " ON p.session = s.number WHERE p.at <= ? AND SUBSTR(s.id, 1, ?) <> ? AND NOT EXISTS"
        " (SELECT 1 FROM digests d JOIN messages m ON m.session = s.number AND m.message = d.last WHERE d.of = s.id"
        " AND m.seq = (SELECT l.seq FROM passages l WHERE l.session = s.number ORDER BY l.moment DESC, l.seq DESC LIMIT"
        f" 1) AND {_ITS_OWNERS}{counted}){reading.at_places(transaction, places)}"
        " ORDER BY p.at DESC, s.id",
        (until, len(NOTE_SESSION), NOTE_SESSION),
    )
    return [SessionId(row[0]) for row in rows]


def _of_sessions(transaction: Transaction, session_ids: Collection[SessionId]) -> set[int]:
    """The numbers of the digests that are these sessions, or are of them."""
    rows = transaction.execute(
        "SELECT d.seq, d.of, s.id FROM digests d JOIN messages m ON m.seq = d.seq"
        " JOIN sessions s ON s.number = m.session"
    )
    return {seq for seq, *ids in rows if any(one in session_ids for one in ids)}


def _statement(claim: Claimed, passage: Passage) -> Statement | None:
    place = place_of(claim.quote, passage.text)
    if place is None:
        return None
    kind = EntityKind.TOPIC if claim.subject else EntityKind.PROJECT
    subject = Entity(kind, claim.subject or passage.project)
    return Statement(
        subject, claim.predicate, claim.value, *place, CONFIDENCE, single=claim.single, valid_from=claim.valid_from
    )
