"""Statements and corrections out of the tables, as facts are made of them."""

from collections.abc import Collection, Sequence

from minga.domain.memory import Fact, ItemId, Note, NoteKind, Passage, Statement
from minga.memory.graph.facts import facts
from minga.memory.graph.stated import Correction, Stated
from minga.memory.index import noted, reading
from minga.memory.index.writing import Digested
from minga.storage.database import Transaction
from minga.storage.instants import from_micros

BEGINNING = from_micros(0)
"""Stands for a time that is not known."""


def known_facts(transaction: Transaction, places: Sequence[str] | None) -> list[Fact]:
    """All facts, the earliest in the world first."""
    return facts_if(transaction, places)


def facts_if(
    transaction: Transaction,
    places: Sequence[str] | None,
    more: Sequence[Digested] = (),
    without: Collection[ItemId] = (),
) -> list[Fact]:
    """All facts, as if there were ``more`` passages, and those ``without`` were not there."""
    said = [(one, passage) for one, passage in reading.statements(transaction, places) if passage.id not in without]
    said += [(one, digested.passage) for digested in more for one in digested.extraction.statements]
    noticed = [(one.note, one.passage) for one in noted.notes(transaction, places) if one.passage.id not in without]
    noticed += [(one.note, one.passage) for one in more if one.note is not None]
    corrections = [_correction(note, passage) for note, passage in noticed if note.kind is NoteKind.CORRECTION]
    return facts([_stated(one, passage) for one, passage in said], corrections)


def _stated(statement: Statement, said: Passage) -> Stated:
    return Stated(statement, said.id, said.source.at or BEGINNING, said.project, said.source.role == "user")


def _correction(note: Note, said: Passage) -> Correction:
    """Of a passage: all that it states was wrong. Of a fact: the note says what is true in its place."""
    value = note.text if note.about.startswith("f") else ""
    return Correction(note.about, said.id, said.source.at or BEGINNING, value, note.valid_from)
