"""Statements and corrections out of the tables, as facts are made of them."""

from collections.abc import Sequence

from minga.domain.memory import Fact, NoteKind
from minga.memory.graph.facts import facts
from minga.memory.graph.stated import Correction, Stated
from minga.memory.index import digested, noted, reading
from minga.storage.database import Transaction
from minga.storage.instants import from_micros

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
    return facts(stated(transaction, places, topics, claimed), corrections(transaction, places))


def stated(
    transaction: Transaction,
    places: Sequence[str] | None,
    topics: Sequence[tuple[int, str]] | None = None,
    claimed: Sequence[tuple[str, str]] = (),
) -> list[Stated]:
    """What rules found, and what a model did: the latter as if no person had said it, so that a correction stands."""
    by_rules = [
        Stated(statement, one.id, one.source.at or BEGINNING, one.project, one.source.role == "user")
        for statement, one in reading.statements(transaction, places, topics)
    ]
    by_model = [
        Stated(statement, one.id, one.source.at or BEGINNING, one.project, by_person=False)
        for statement, one in digested.statements(transaction, places, None if topics is None else claimed)
    ]
    return by_rules + by_model


def corrections(transaction: Transaction, places: Sequence[str] | None) -> list[Correction]:
    """Of a passage: all that it states was wrong. Of a fact: the note says what is true in its place."""
    return [
        Correction(
            about=one.note.about,
            note=one.passage.id,
            at=one.passage.source.at or BEGINNING,
            value=one.note.text if one.note.about.startswith("f") else "",
            valid_from=one.note.valid_from,
        )
        for one in noted.notes(transaction, places)
        if one.note.kind is NoteKind.CORRECTION
    ]
