"""Sessions, each in a line and in some lines: a digest where a model made one, else what its own words state."""

from collections.abc import Iterable, Sequence

from minga.domain.digests import Episode
from minga.domain.ids import AgentName, SessionId
from minga.memory.index import digested
from minga.memory.index.state import body_of
from minga.storage.database import Transaction
from minga.storage.engine import Row
from minga.storage.instants import from_micros

STATED_MAX = 5
"""Sentences of a session that no model has read."""

SENTENCE_LENGTH = 200


def episodes(transaction: Transaction, session_ids: Iterable[SessionId]) -> list[Episode]:
    """Those of the sessions of which there is something to tell, in the order given."""
    found = [_episode(transaction, one) for one in session_ids]
    return [one for one in found if one is not None and one.headline]


def _episode(transaction: Transaction, session_id: SessionId) -> Episode | None:
    rows = transaction.execute(
        "SELECT p.at, p.agent FROM passages p JOIN sessions s ON s.number = p.session WHERE s.id = ?"
        " ORDER BY p.moment DESC, p.seq DESC LIMIT 1",
        (session_id,),
    )
    if not rows:
        return None
    at, agent = rows[0]
    when = None if at is None else from_micros(at)
    made = [one for one in digested.of_session(transaction, session_id) if one.fault is None]
    if made:
        last = {one.first: one for one in made}.values()  # of a stretch that was read twice, the later reading
        headline, summary = " ".join(one.headline for one in last), " ".join(one.summary for one in last)
        return Episode(session_id, when, AgentName(agent), headline, summary, made[-1].model)
    said = _stated(transaction, session_id)
    return Episode(session_id, when, AgentName(agent), said[0] if said else "", " ".join(said))


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
        first = max(said.rfind("\n", 0, start), said.rfind(". ", 0, start) + 1)
        behind = [place for mark in ("\n", ". ") if (place := said.find(mark, end)) >= 0]
        sentence = " ".join(said[first + 1 : min(behind, default=len(said)) + 1].split())
        if len(sentence) <= SENTENCE_LENGTH:
            yield sentence
