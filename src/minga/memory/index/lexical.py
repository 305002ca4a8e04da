"""Passages with words of a question. In a large memory a question's frequent words find too many: the rare ones find
the passages, the frequent ones only count for their order."""

import math
from collections.abc import Collection, Sequence

from minga.domain.memory import ItemId, Question
from minga.memory.index import counting
from minga.memory.index.indexed import month_mark, month_of, project_mark, session_mark
from minga.memory.index.listed import AMONG, listed
from minga.memory.index.reading import projects
from minga.memory.index.ties import best
from minga.storage.database import Transaction
from minga.storage.engine import Value
from minga.storage.instants import to_micros

TERMS_MAX = 40
"""Of a question; the rest of a longer one adds little and costs much."""

TERMS_OF_MANY = 16
"""The same in a large memory, where each is counted first, unless the question itself has more: its own words stand
first and are never left out for this, for the rarest may be the last one."""

SCORED_MAX = 2_000
"""Passages that are scored; a passage takes some 1 us, counting those with a word 0.08 us."""

KEPT = 1000
"""Of the scored ones; bounds and ties leave fewer."""

MONTHS_MAX = 120
"""A longer span is compared only where passages were found."""

MERGED = 200
"""Pages of full-text search that are written at most to have fewer parts; some 50 us each."""

_FIT = "-bm25(words, 1.0, 0.4, 0.0)"


def by_words(
    transaction: Transaction, terms: Sequence[str], question: Question, own: int = TERMS_MAX
) -> dict[int, float]:
    """Passages with any of the words, and how well they fit. Of not too many all that have any are scored. ``own``: how
    many of the words, the first ones, the question has itself."""
    wanted = list(dict.fromkeys(terms))[:TERMS_MAX]
    scope = _scope(transaction, question)
    if not wanted or scope is None:
        return {}
    size = counting.size(transaction)
    if size <= counting.MANY:
        rows = _scored(transaction, _any(wanted) + scope, counting.MANY)
    else:
        rows = _of_rare(transaction, wanted[: max(TERMS_OF_MANY, own)], scope, size)
    return best(transaction, dict(_within(transaction, rows, question)), counting.candidates_of(size))


def said_in_session(
    transaction: Transaction, items: Sequence[ItemId], names: Sequence[Collection[tuple[str, ...]]]
) -> dict[ItemId, frozenset[int]]:
    """Which names, by their places, are said or done in the session of each item. A name is said where one passage
    holds all stems of one of the ways to say it."""
    if not names:
        return {}
    rows = transaction.execute(f"SELECT id, session FROM passages WHERE id {AMONG}", (listed(items),))  # noqa: S608
    matches = [" OR ".join(f"({' AND '.join(map(_quoted, way))})" for way in sorted(name)) for name in names]
    held = {
        session: frozenset(at for at, match in enumerate(matches) if _is_in(transaction, match, session))
        for session in {row[1] for row in rows}
    }
    return {ItemId(item): held[session] for item, session in rows}


_SAID_AGAIN = (
    "SELECT 1 FROM (SELECT DISTINCT alike FROM passages WHERE session = ? AND NOT leads) o"
    " WHERE EXISTS (SELECT 1 FROM words WHERE words MATCH ? AND rowid ="
    " (SELECT l.number FROM passages l WHERE l.alike = o.alike ORDER BY l.moment, l.id LIMIT 1)) LIMIT 1"
)
"""Of what is said again (`index.alike`) only the first one has its words in the table."""


def _is_in(transaction: Transaction, match: str, session: int) -> bool:
    said = f"{{said done}} : ({match})"
    within = f'{said} AND marks : "{session_mark(session)}"'
    return bool(
        transaction.execute("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", (within,))
        or transaction.execute(_SAID_AGAIN, (session, said))
    )


def among(transaction: Transaction, terms: Sequence[str], numbers: Sequence[int]) -> dict[int, float]:
    """Which of these passages have any of the words, and how well they fit."""
    wanted = list(dict.fromkeys(terms))[:TERMS_MAX]
    if not wanted or not numbers:
        return {}
    sql = f"SELECT rowid, {_FIT} FROM words WHERE words MATCH ? AND rowid IN ({', '.join('?' * len(numbers))})"  # noqa: S608
    return {row[0]: row[1] for row in transaction.execute(sql, (_any(wanted), *numbers))}


def merge(transaction: Transaction) -> None:
    """Fewer parts of the table, in each of which every word of a question is looked up: each message that is taken in
    makes one."""
    transaction.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (MERGED,))


def rare(counts: dict[str, int], limit: int) -> tuple[list[str], list[str]]:
    """Words that find no more than ``limit`` passages together, at least one, the rarest first; and the others."""
    order = sorted((one for one in counts if counts[one]), key=lambda one: (counts[one], one))
    chosen, found = order[:1], counts[order[0]] if order else 0
    for one in order[1:]:
        found += counts[one]
        if found <= limit:
            chosen.append(one)
    return chosen, [one for one in order if one not in chosen]


def _of_rare(transaction: Transaction, wanted: Sequence[str], scope: str, size: int) -> list[tuple[int, float]]:
    counts = {one: _count(transaction, _any([one]) + scope, size) for one in wanted}
    chosen, frequent = rare(counts, SCORED_MAX)
    if not chosen:
        return []
    match = _any(chosen) + scope
    if counts[chosen[0]] > SCORED_MAX and frequent:  # even the rarest is frequent: with the next one
        both = f"{_any(chosen)} AND {_any(frequent[:1])}{scope}"
        match = both if _count(transaction, both, size) else match
    found = dict(_scored(transaction, match, SCORED_MAX))
    for one in frequent:
        weight = math.log((size - counts[one] + 0.5) / (counts[one] + 0.5))
        if weight > 0 and one not in match:
            sql = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?"
            for (number,) in transaction.execute(sql, (f"{match} AND {_any([one])}", SCORED_MAX)):
                if number in found:
                    found[number] += weight
    return sorted(found.items(), key=lambda row: -row[1])[:KEPT]


def _scored(transaction: Transaction, match: str, count: int) -> list[tuple[int, float]]:
    """The newest ``count`` that match, and how well they fit. Only the matching is bounded: to score a passage costs
    most."""
    sql = f"SELECT rowid, {_FIT} FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?"  # noqa: S608
    return [(row[0], row[1]) for row in transaction.execute(sql, (match, count))]


def _count(transaction: Transaction, match: str, size: int) -> int:
    """Of more than `SCORED_MAX` an estimate: as many of all as there are up to where the first ones end."""
    sql = "SELECT COUNT(*), MAX(rowid) FROM (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?)"
    [(count, last)] = transaction.execute(sql, (match, SCORED_MAX + 1))
    return int(count) if count <= SCORED_MAX else max(int(count), round(count * size / last))


def _quoted(term: str) -> str:
    return f'"{term}"'


def _any(terms: Sequence[str]) -> str:
    words = " OR ".join(map(_quoted, terms))
    return f"({{said done}} : ({words}))"


def _scope(transaction: Transaction, question: Question) -> str | None:
    """What a question's bounds add to a match; None where there is nothing at all within."""
    scope = ""
    if question.places is not None:
        numbers = projects(transaction, question.places)
        if not numbers:
            return None
        scope += f" AND marks : ({' OR '.join(map(project_mark, numbers))})"
    if months := _months(transaction, question):
        scope += f" AND marks : ({' OR '.join(map(month_mark, months))})"
    rows = transaction.execute("SELECT number FROM sessions WHERE id = ?", (question.without or "",))
    if rows:
        scope += f" NOT marks : {session_mark(rows[0][0])}"
    return scope


def _months(transaction: Transaction, question: Question) -> range | None:
    if question.since is None and question.known_by is None:
        return None
    [(oldest,)] = transaction.execute("SELECT MIN(at) FROM passages")
    [(newest,)] = transaction.execute("SELECT MAX(at) FROM passages")
    if oldest is None:
        return None
    first = oldest if question.since is None else max(oldest, to_micros(question.since))
    last = newest if question.known_by is None else min(newest, to_micros(question.known_by))
    months = range(month_of(first), month_of(last) + 1)
    return months if len(months) <= MONTHS_MAX and (first, last) != (oldest, newest) else None


def _within(transaction: Transaction, rows: list[tuple[int, float]], question: Question) -> list[tuple[int, float]]:
    """Those that are within the bounds of time to the micro-second."""
    if question.since is None and question.known_by is None:
        return rows
    where, parameters = "", list[Value]()
    if question.since is not None:
        where += " AND at >= ?"
        parameters.append(to_micros(question.since))
    if question.known_by is not None:
        where += " AND at <= ?"
        parameters.append(to_micros(question.known_by))
    sql = f"SELECT number FROM passages WHERE number {AMONG}{where}"  # noqa: S608
    there = {row[0] for row in transaction.execute(sql, (listed([number for number, _ in rows]), *parameters))}
    return [row for row in rows if row[0] in there]
