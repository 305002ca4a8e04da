"""Statements and corrections out of the tables, as facts are made of them."""

from collections.abc import Collection, Iterable, Sequence

from minga.domain.memory import Fact, ItemId, Note, NoteKind, Passage, Statement
from minga.memory.graph.facts import facts
from minga.memory.graph.stated import Correction, Stated
from minga.memory.index import noted, reading
from minga.memory.index.writing import Digested
from minga.storage.database import Transaction
from minga.storage.instants import from_micros

BEGINNING = from_micros(0)
"""Stands for a time that is not known."""


def known_facts(
    transaction: Transaction, places: Sequence[str] | None, topics: Sequence[tuple[int, str]] | None = None
) -> list[Fact]:
    """All facts, or those of some topics (`reading.statements`), the earliest in the world first."""
    return _concluded(reading.statements(transaction, places, topics), _noted(transaction, places))


def facts_if(transaction: Transaction, more: Sequence[Digested] = (), without: Collection[ItemId] = ()) -> list[Fact]:
    """All facts, as if there were ``more`` passages, and those ``without`` were not there."""
    said = [(one, passage) for one, passage in reading.statements(transaction, None) if passage.id not in without]
    said += [(one, digested.passage) for digested in more for one in digested.extraction.statements]
    notes = [(note, passage) for note, passage in _noted(transaction, None) if passage.id not in without]
    notes += [(one.note, one.passage) for one in more if one.note is not None]
    return _concluded(said, notes)


def _noted(transaction: Transaction, places: Sequence[str] | None) -> list[tuple[Note, Passage]]:
    return [(one.note, one.passage) for one in noted.notes(transaction, places)]


def _concluded(said: Iterable[tuple[Statement, Passage]], notes: Iterable[tuple[Note, Passage]]) -> list[Fact]:
    corrections = [_correction(note, passage) for note, passage in notes if note.kind is NoteKind.CORRECTION]
    return facts([_stated(one, passage) for one, passage in said], corrections)


def _stated(statement: Statement, said: Passage) -> Stated:
    return Stated(statement, said.id, said.source.at or BEGINNING, said.project, said.source.role == "user")


def _correction(note: Note, said: Passage) -> Correction:
    """Of a passage: all that it states was wrong. Of a fact: the note says what is true in its place."""
    value = note.text if note.about.startswith("f") else ""
    return Correction(note.about, said.id, said.source.at or BEGINNING, value, note.valid_from)
