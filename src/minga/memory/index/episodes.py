"""Sessions, each in a line and in some lines: a digest where a model made one, else what its own words state."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from minga.domain.digests import Episode
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId
from minga.memory.ids import item_id
from minga.memory.index import digested
from minga.memory.index.indexed import body_of
from minga.storage.database import Transaction
from minga.storage.engine import Row
from minga.storage.instants import from_micros

STATED_MAX = 5
"""Sentences of a session that no model has read."""

SENTENCE_LENGTH = 200

_END = re.compile(r"[.!?…](?=\s)|\n")


def read_by_models(transaction: Transaction, session_ids: Iterable[SessionId]) -> list[Episode]:
    """Those of the sessions of which a model made a digest, in the order given."""
    found = [_by_model(transaction, one) for one in session_ids]
    return [one for one in found if one is not None]


def named(transaction: Transaction, prefix: str) -> dict[ItemId, Episode]:
    """The sessions of which a model made a digest and whose name in a brief begins so, at most five, by that name."""
    rows = transaction.execute("SELECT DISTINCT d.of FROM digests d JOIN sessions s ON s.id = d.of ORDER BY d.of")
    names = {SessionId(row[0]): item_id("d", row[0]) for row in rows}
    read = read_by_models(transaction, [one for one, name in names.items() if name.startswith(prefix)][:5])
    return {names[one.session_id]: one for one in read}


def episode(transaction: Transaction, session_id: SessionId) -> Episode | None:
    """None where nothing is stated outright, and no model has read it."""
    read = _by_model(transaction, session_id)
    said = [] if read else _stated(transaction, session_id)
    return Episode(session_id, *_last(transaction, session_id), said[0], " ".join(said)) if said else read


def _by_model(transaction: Transaction, session_id: SessionId) -> Episode | None:
    made = [one for one in digested.of_session(transaction, session_id) if one.fault is None]
    if not made:
        return None
    last = {one.first: one for one in made}.values()  # of a stretch that was read twice, the later reading
    headline, summary = " ".join(one.headline for one in last), " ".join(one.summary for one in last)
    return Episode(session_id, *_last(transaction, session_id), headline, summary, made[-1].model)


def _last(transaction: Transaction, session_id: SessionId) -> tuple[datetime | None, AgentName]:
    """When something was said last, and in which CLI."""
    rows = transaction.execute(
        "SELECT p.at, p.agent FROM passages p JOIN sessions s ON s.number = p.session WHERE s.id = ?"
        " ORDER BY p.moment DESC, p.seq DESC LIMIT 1",
        (session_id,),
    )
    at, agent = rows[0] if rows else (None, "")
    return None if at is None else from_micros(at), AgentName(agent)


def _stated(transaction: Transaction, session_id: SessionId) -> list[str]:
    """The sentences that state something, those of which rules are surest first."""
    rows = transaction.execute(
        "SELECT p.body, t.start, t.end FROM statements t JOIN passages p ON p.number = t.passage"
        " JOIN sessions s ON s.number = p.session WHERE s.id = ?"
        " ORDER BY t.confidence DESC, p.moment DESC, p.seq DESC, p.part DESC, t.start, t.end LIMIT ?",
        (session_id, 2 * STATED_MAX),
    )
    return list(dict.fromkeys(_sentences(rows)))[:STATED_MAX]


def _sentences(rows: Sequence[Row]) -> Iterable[str]:
    for body, start, end in rows:
        said, _ = body_of(body)
        ends = [found.end() for found in _END.finditer(said)]
        first = max((one for one in ends if one <= start), default=0)
        last = min((one for one in ends if one >= end), default=len(said))
        sentence = " ".join(said[first:last].split())
        if len(sentence) <= SENTENCE_LENGTH:
            yield sentence
