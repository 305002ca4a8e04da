"""Notes, and the instructions that were found, out of the tables."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from minga.domain.memory import ItemId, Note, NoteKind, Passage, Proposal, Scope
from minga.domain.secrecy import UserName
from minga.memory.index import reading
from minga.memory.index.listed import AMONG, listed
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


_DECISIONS = frozenset((NoteKind.RULE, NoteKind.ACCEPTANCE, NoteKind.REJECTION, NoteKind.FORGETTING))

BY_PERSON = "p.role = 'user'"

COUNTS = "(p.role = 'user' OR (SELECT w.role FROM passages w WHERE w.id = {}) <> 'user')"
"""What an agent corrects ends no person's words, nor a value."""


def notes(transaction: Transaction, places: Sequence[str] | None, owner: UserName | None = None) -> list[Noted]:
    """The oldest first, each whole, however many passages it takes; those of one user, or of all."""
    whose = "" if owner is None else " AND s.owner = ?"
    rows = transaction.execute(
        "SELECT n.passage, n.kind, n.scope, n.about, n.valid_from, n.subject FROM notes n"  # noqa: S608
        " JOIN passages p ON p.number = n.passage JOIN sessions s ON s.number = p.session"
        f" WHERE TRUE{reading.at_places(transaction, places)}{whose} ORDER BY p.at, p.id",
        () if owner is None else (owner,),
    )
    found = reading.passages(transaction, [row[0] for row in rows])
    rest = _rest(transaction)
    told = {row[0]: "\n".join((found[row[0]].text, *rest.get(row[0], ()))) for row in rows}
    return [Noted(_note(told[row[0]], found[row[0]], row[1:]), found[row[0]]) for row in rows]


def decides(note: Note) -> bool:
    """Whether it decides what is told to runs, of rules and habits: that only its user can."""
    return note.kind in _DECISIONS or note.about.startswith("h")


def proposals(transaction: Transaction, places: Sequence[str] | None, owner: UserName | None = None) -> list[Proposed]:
    """The oldest first; in what one user said, or all."""
    whose = "" if owner is None else " AND s.owner = ?"
    rows = transaction.execute(
        "SELECT o.passage, o.text, o.scope, o.start, o.end, o.confidence FROM proposals o JOIN passages p"  # noqa: S608
        " ON p.number = o.passage JOIN sessions s ON s.number = p.session"
        f" WHERE TRUE{reading.at_places(transaction, places)}{whose} ORDER BY p.at, p.id, o.start",
        () if owner is None else (owner,),
    )
    found = reading.passages(transaction, list(dict.fromkeys(row[0] for row in rows)))
    return [Proposed(Proposal(*row[1:]), found[row[0]]) for row in rows]


def has_corrections(transaction: Transaction) -> bool:
    """Whether anything was ever corrected."""
    return bool(transaction.execute("SELECT 1 FROM notes WHERE kind = ? LIMIT 1", (NoteKind.CORRECTION,)))


def corrected(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, ItemId]:
    """What those of the items are about that are corrections."""
    rows = transaction.execute(
        "SELECT p.id, n.about FROM passages p JOIN notes n ON n.passage = p.number"  # noqa: S608
        f" WHERE n.kind = ? AND p.id {AMONG} AND {COUNTS.format('n.about')}",
        (NoteKind.CORRECTION, listed(items)),
    )
    return {ItemId(row[0]): ItemId(row[1]) for row in rows}


def _rest(transaction: Transaction) -> dict[int, list[str]]:
    """What of long notes stands behind their first passages, in order."""
    rows = transaction.execute(
        "SELECT n.passage, o.number FROM notes n JOIN passages p ON p.number = n.passage"
        " JOIN passages o ON o.seq = p.seq AND o.part > 0 ORDER BY n.passage, o.part"
    )
    found = reading.passages(transaction, [row[1] for row in rows])
    rest: dict[int, list[str]] = defaultdict(list)
    for first, number in rows:
        rest[first].append(found[number].text)
    return rest


def _note(told: str, passage: Passage, row: tuple[object, ...]) -> Note:
    kind, scope, about, since, of = row
    valid_from, subject = from_micros(since) if isinstance(since, int) else None, str(of)
    text = told.removeprefix(f"{subject}: ") if subject else told
    where: Scope = "user" if scope == "user" else "project"
    by: Literal["person", "agent"] = "person" if passage.source.role == "user" else "agent"
    return Note(NoteKind(str(kind)), text, where, ItemId(str(about)), valid_from, subject, by)
