"""Statements and corrections out of the tables, as facts are made of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from minga.domain.ids import SessionId
from minga.domain.memory import Fact, ItemId, Note, NoteKind, Passage, Statement
from minga.memory.graph.facts import as_of, facts
from minga.memory.graph.stated import Correction, Said, Stated, spoken_of
from minga.memory.index import digested, noted, reading
from minga.memory.index.writing import Digested
from minga.storage.database import Transaction
from minga.storage.instants import from_micros

States = frozenset[Said]

BEGINNING = from_micros(0)
"""Stands for a time that is not known."""


def known_facts(
    transaction: Transaction,
    places: Sequence[str] | None,
    topics: Sequence[tuple[int, str]] | None = None,
    claimed: Sequence[tuple[str, str]] = (),
) -> list[Fact]:
    """All facts, or those of some topics (`reading.statements`, ``claimed`` as in `digested.statements`), the earliest
    in the world first."""
    notes = _noted(transaction, places)
    return facts(_said(transaction, places, topics, claimed), _corrections(notes, _states(transaction, notes)))


def facts_if(
    transaction: Transaction,
    more: Sequence[Digested] = (),
    without: Collection[ItemId] = (),
    undigested: Collection[SessionId] = (),
) -> list[Fact]:
    """All facts, as if there were ``more`` passages, and those ``without``, and the digests that are or are of the
    sessions ``undigested``, were not there."""
    said = [one for one in _said(transaction, None, undigested=undigested) if one.passage not in without]
    said += [_stated(statement, one.passage) for one in more for statement in one.extraction.statements]
    notes = [(note, passage) for note, passage in _noted(transaction, None) if passage.id not in without]
    states = _states(transaction, notes, without)
    for one in more:
        states[one.passage.id] = frozenset(_of(statement) for statement in one.extraction.statements)
    notes += [(one.note, one.passage) for one in more if one.note is not None]
    return facts(said, _corrections(notes, states))


def renamed(
    transaction: Transaction,
    ids: Mapping[ItemId, ItemId],
    without: Collection[ItemId],
    undigested: Collection[SessionId],
) -> dict[ItemId, ItemId]:
    """Facts that have another id where passages have (``ids``: old and new), without some (`facts_if`)."""
    notes = _noted(transaction, None)
    said, told = _said(transaction, None), _corrections(notes, _states(transaction, notes, without))
    left = [one for one in _said(transaction, None, undigested=undigested) if one.passage not in without]
    then = facts(
        [replace(one, passage=ids.get(one.passage, one.passage)) for one in left],
        [replace(one, note=ids.get(one.note, one.note), about=ids.get(one.about, one.about)) for one in told],
    )
    now = facts(said, told)
    known, there = {one.id for one in now}, {one.id for one in then}
    fresh = {(_kept(one), source): one.id for one in then if one.id not in known for source in one.sources}
    gone = [(one, ids.get(source, source)) for one in now if one.id not in there for source in one.sources]
    return {one.id: fresh[_kept(one), source] for one, source in gone if (_kept(one), source) in fresh}


def _kept(fact: Fact) -> tuple[object, ...]:
    """Of it when its passages have other ids. What ends it may still be about its old one."""
    return fact.subject, fact.predicate, fact.project, fact.value, fact.valid_from


def ended(
    transaction: Transaction, items: Sequence[ItemId], valid_at: datetime, known_by: datetime
) -> dict[ItemId, tuple[datetime, ItemId]]:
    """Passages of which every value has another one in its place, or is no longer true, with since when that holds and
    where it is said."""
    marks = ", ".join("?" * len(items))
    topics = transaction.execute(
        "SELECT DISTINCT t.subject, t.predicate FROM statements t JOIN passages p ON p.number = t.passage"  # noqa: S608
        f" WHERE t.predicate <> 'decided' AND p.id IN ({marks})",
        items,
    )
    known = known_facts(transaction, None, [(row[0], row[1]) for row in topics]) if topics else []
    held = as_of(known, valid_at, known_by)
    by = min(valid_at, known_by)
    found: dict[ItemId, tuple[datetime, ItemId]] = {}
    for item in items:
        own = [one for one in known if one.recorded_to is None and item in one.sources]
        over = [_over(one, item, held, by) for one in own if one.single or _is_over(one, item, by)]
        if over and all(over):
            found[item] = max(one for one in over if one)
    return found


def _over(fact: Fact, item: ItemId, held: Iterable[Fact], by: datetime) -> tuple[datetime, ItemId] | None:
    """Since when something else holds in its place, or it holds no more; None where itself does, or its value again."""
    topic = fact.subject, fact.predicate, fact.project
    there = [one for one in held if (one.subject, one.predicate, one.project) == topic] if fact.single else []
    if there:
        is_over = all(one.value != fact.value and one.valid_from > fact.valid_from for one in there)
        return (there[-1].valid_from, there[-1].sources[-1]) if is_over else None
    return (fact.valid_to, fact.sources[-1]) if fact.valid_to and _is_over(fact, item, by) else None


def _is_over(fact: Fact, item: ItemId, by: datetime) -> bool:
    """Whether another passage says that it is no longer true."""
    return fact.valid_to is not None and fact.valid_to <= by and fact.sources[-1] != item


def _said(
    transaction: Transaction,
    places: Sequence[str] | None,
    topics: Sequence[tuple[int, str]] | None = None,
    claimed: Sequence[tuple[str, str]] = (),
    undigested: Collection[SessionId] = (),
) -> list[Stated]:
    """What rules found, and what a model did: the latter as if no person had said it, so that a correction stands."""
    by_rules = [_stated(*one) for one in reading.statements(transaction, places, topics)]
    by_model = digested.statements(transaction, places, None if topics is None else claimed, undigested)
    return by_rules + [replace(_stated(*one), by_person=False) for one in by_model]


def _noted(transaction: Transaction, places: Sequence[str] | None) -> list[tuple[Note, Passage]]:
    return [(one.note, one.passage) for one in noted.notes(transaction, places)]


def _states(
    transaction: Transaction, notes: Iterable[tuple[Note, Passage]], without: Collection[ItemId] = ()
) -> dict[ItemId, States]:
    """What corrections of passages, and these, state; it tells nothing where there is but one."""
    told = [(note.about, said.id) for note, said in notes if note.kind is NoteKind.CORRECTION and note.about[:1] != "f"]
    items = sorted({item for pair in told for item in pair} - set(without))
    states: dict[ItemId, set[Said]] = defaultdict(set)
    for (statement, item), _, _ in reading.stated_in(transaction, items) if len(told) > 1 else ():
        states[item].add(_of(statement))
    return {item: frozenset(said) for item, said in states.items()}


def _of(statement: Statement) -> Said:
    return spoken_of(statement.subject, statement.predicate, statement.value)


def _corrections(notes: Iterable[tuple[Note, Passage]], states: Mapping[ItemId, States]) -> list[Correction]:
    """Those that a person said."""
    said = [(note, passage) for note, passage in notes if passage.source.role == "user"]
    return [
        replace(
            _correction(note, passage),
            states=states.get(passage.id, frozenset()),
            wrong=states.get(note.about, frozenset()),
        )
        for note, passage in said
        if note.kind is NoteKind.CORRECTION
    ]


def _stated(statement: Statement, said: Passage) -> Stated:
    return Stated(statement, said.id, said.source.at or BEGINNING, said.project, said.source.role == "user")


def _correction(note: Note, said: Passage) -> Correction:
    """Of a passage: all that it states was wrong. Of a fact: the note says what is true in its place."""
    value = note.text if note.about.startswith("f") else ""
    return Correction(note.about, said.id, said.source.at or BEGINNING, value, note.valid_from)
