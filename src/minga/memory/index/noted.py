"""Notes, and the instructions that were found, out of the tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from minga.domain.memory import ItemId, Note, NoteKind, Passage, Proposal
from minga.memory.index import reading
from minga.storage.database import Transaction
from minga.storage.instants import from_micros


@dataclass(frozen=True, slots=True)
class Noted:
    """A note with the passage in which it stands."""

    note: Note
    passage: Passage


@dataclass(frozen=True, slots=True)
class Proposed:
    proposal: Proposal
    passage: Passage


def notes(transaction: Transaction, places: Sequence[str] | None) -> list[Noted]:
    """The oldest first."""
    rows = transaction.execute(
        "SELECT n.passage, n.kind, n.scope, n.about, n.valid_from FROM notes n JOIN passages p ON p.number = n.passage"  # noqa: S608
        f" JOIN sessions s ON s.number = p.session WHERE TRUE{reading.at_places(transaction, places)}"
        " ORDER BY p.at, p.id"
    )
    found = reading.passages(transaction, [row[0] for row in rows])
    return [Noted(_note(found[row[0]].text, row[1:]), found[row[0]]) for row in rows]


def proposals(transaction: Transaction, places: Sequence[str] | None) -> list[Proposed]:
    """The oldest first."""
    rows = transaction.execute(
        "SELECT o.passage, o.text, o.scope, o.start, o.end, o.confidence FROM proposals o JOIN passages p"  # noqa: S608
        " ON p.number = o.passage JOIN sessions s ON s.number = p.session"
        f" WHERE TRUE{reading.at_places(transaction, places)} ORDER BY p.at, p.id, o.start"
    )
    found = reading.passages(transaction, list(dict.fromkeys(row[0] for row in rows)))
    return [Proposed(Proposal(*row[1:]), found[row[0]]) for row in rows]


def superseded(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, ItemId]:
    """Which of the items were corrected, by which note: the newest one. What is said before of one that says the same
    in the same words counts as well."""
    found: dict[ItemId, ItemId] = {}
    for item in items:
        rows = transaction.execute(
            "SELECT p.id FROM notes n JOIN passages p ON p.number = n.passage WHERE n.kind = ? AND (n.about = ?"
            " OR n.about IN (SELECT o.id FROM passages i JOIN passages o ON o.alike = i.alike"
            " WHERE i.id = ? AND i.moment <= p.moment)) ORDER BY p.at DESC, p.id DESC LIMIT 1",
            (NoteKind.CORRECTION, item, item),
        )
        found.update((item, ItemId(row[0])) for row in rows)
    return found


def _note(text: str, row: tuple[object, ...]) -> Note:
    kind, scope, about, since = row
    valid_from = from_micros(since) if isinstance(since, int) else None
    return Note(NoteKind(str(kind)), text, "user" if scope == "user" else "project", ItemId(str(about)), valid_from)
