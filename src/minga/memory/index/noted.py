"""Notes, and the instructions that were found, out of the tables."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from minga.domain.memory import Entity, ItemId, Note, NoteKind, Passage, Proposal, Scope
from minga.domain.secrecy import UserName
from minga.memory.about import subject_of
from minga.memory.index import reading
from minga.memory.index.listed import AMONG, listed
from minga.storage.database import Transaction
from minga.storage.engine import Row
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

_CORRECTS = (
    "SELECT p.number, p.id, COALESCE(p.at, 0), s.project, n.subject FROM notes n"
    " JOIN passages p ON p.number = n.passage JOIN sessions s ON s.number = p.session"
)

_BY_PERSON = "p.role = 'user'"

_COUNTS = "(p.role = 'user' OR (SELECT w.role FROM passages w WHERE w.id = {}) <> 'user')"
"""What an agent corrects ends no person's words, nor a value."""

_SUPERSEDING = (
    "SELECT of, note FROM (SELECT i.value AS of, p.id AS note, p.role, p.at FROM json_each(?) i"  # noqa: S608
    " JOIN notes n ON n.about = i.value AND n.kind = ? JOIN passages p ON p.number = n.passage"
    f" WHERE {_COUNTS.format('i.value')}"
    " UNION ALL SELECT i.id, p.id, p.role, p.at FROM passages i JOIN passages o ON o.alike = i.alike"
    " JOIN notes n ON n.about = o.id AND n.kind = ? JOIN passages p ON p.number = n.passage"
    f" WHERE i.id {AMONG} AND i.moment <= p.moment AND {_COUNTS.format('i.id')})"
    f" p ORDER BY {_BY_PERSON}, p.at, p.note"
)
"""Of an item several rows, the one that counts last."""


_OF_THE_SAME = (
    "SELECT i.value, p.id, p.digest FROM json_each(?) i JOIN passages o ON o.id = i.value"  # noqa: S608
    " JOIN notes n ON n.passage = o.number JOIN notes m ON m.about = n.about AND m.kind = n.kind"
    " JOIN passages p ON p.number = m.passage"
    f" WHERE n.kind = ? AND n.about NOT GLOB 'f*' AND {_COUNTS.format('n.about')} ORDER BY {_BY_PERSON}, p.at, p.id"
)
"""For each item that corrects a passage or note, all that correct the same, the one that counts last."""


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


def superseded(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, ItemId]:
    """Which of the items were corrected, by which note: the newest of a person's, else of an agent's. What is said
    before of one that says the same in the same words counts as well; so does a note that corrects what a passage
    states of something, and a later note of the same; of two corrections of one item the later one holds. An agent's
    correction counts for what no person said."""
    found = _corrected_again(transaction, items) | _values_superseded(transaction, items)
    rows = transaction.execute(_SUPERSEDING, (listed(items), NoteKind.CORRECTION, NoteKind.CORRECTION, listed(items)))
    for row in rows:
        found[ItemId(row[0])] = ItemId(row[1])
    return found


def corrected(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, ItemId]:
    """What those of the items are about that are corrections."""
    rows = transaction.execute(
        "SELECT p.id, n.about FROM passages p JOIN notes n ON n.passage = p.number"  # noqa: S608
        f" WHERE n.kind = ? AND p.id {AMONG} AND {_COUNTS.format('n.about')}",
        (NoteKind.CORRECTION, listed(items)),
    )
    return {ItemId(row[0]): ItemId(row[1]) for row in rows}


def corrections(transaction: Transaction, item: ItemId) -> tuple[ItemId | None, ItemId | None]:
    """What corrects a passage, and what it corrects."""
    return superseded(transaction, [item]).get(item), corrected(transaction, [item]).get(item)


def _corrected_again(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, ItemId]:
    """Corrections in whose place there is a later one of the same item; not where it says the same, nor where each
    states something of another thing."""
    same: dict[ItemId, list[tuple[ItemId, bytes]]] = defaultdict(list)
    for item, note, digest in transaction.execute(_OF_THE_SAME, (listed(items), NoteKind.CORRECTION)):
        same[ItemId(item)].append((ItemId(note), digest))
    topics = _topics(transaction, sorted({note for told in same.values() for note, _ in told}))
    found: dict[ItemId, ItemId] = {}
    for item, told in same.items():
        for note, digest in reversed(told):
            if (item, digest) in told:  # it says the same
                break
            if topics[item].isdisjoint(topics[note]) and topics[item] and topics[note]:
                continue
            found[item] = note
            break
    return found


def _topics(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, set[tuple[Entity, str]]]:
    """What passages state something of."""
    topics: dict[ItemId, set[tuple[Entity, str]]] = defaultdict(set)
    for (one, item), _, _ in reading.stated_in(transaction, items):
        topics[item].add((one.subject, one.predicate))
    return topics


def _values_superseded(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, ItemId]:
    """By the last correction of what an item gives a value, in its project; unless it puts the same value there."""
    values: dict[tuple[str, int], list[tuple[int, ItemId, str]]] = defaultdict(list)
    for (statement, item), at, project in reading.stated_in(transaction, items):
        subject = subject_of(statement)
        values[subject, project].append((at, item, f"{subject}: {statement.value}"))
    own = transaction.execute(f"{_CORRECTS} WHERE p.id {AMONG} AND n.subject <> ''", (listed(items),))
    for (_, item, at, project, subject), told in zip(own, _texts(transaction, own), strict=True):
        values[subject, project].append((at, ItemId(item), told))
    subjects = listed(sorted({subject for subject, _ in values}))
    sql = f"{_CORRECTS} WHERE n.subject {AMONG} AND {_BY_PERSON} ORDER BY p.at, p.id"
    last = {(row[4], row[3]): row for row in transaction.execute(sql, (subjects,))} if values else {}
    over = [row for topic, row in last.items() if topic in values]
    found: dict[ItemId, ItemId] = {}
    for (_, note, at, project, subject), told in zip(over, _texts(transaction, over), strict=True):
        before = values[subject, project]
        found |= {item: ItemId(note) for said, item, value in before if said < at and value != told}
    return found


def _texts(transaction: Transaction, rows: Sequence[Row]) -> list[str]:
    """Of notes' first passages, whose numbers come first in the rows."""
    found = reading.passages(transaction, [row[0] for row in rows]) if rows else {}
    return [found[row[0]].text for row in rows]


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
