"""Which passages were corrected, by which note."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from minga.domain.memory import EntityKind, ItemId, NoteKind
from minga.memory.about import subject_of
from minga.memory.graph.stated import Said, is_of_the_same, spoken_of
from minga.memory.index import reading, stated
from minga.memory.index.listed import AMONG, listed
from minga.memory.index.noted import BY_PERSON, COUNTS, corrected
from minga.storage.database import Transaction
from minga.storage.engine import Row

_CORRECTS = (
    "SELECT p.number, p.id, COALESCE(p.at, 0), s.project, n.subject FROM notes n"
    " JOIN passages p ON p.number = n.passage JOIN sessions s ON s.number = p.session"
)

_SUPERSEDING = (
    "SELECT of, note FROM (SELECT i.value AS of, p.id AS note, p.role, p.at FROM json_each(?) i"  # noqa: S608
    " JOIN notes n ON n.about = i.value AND n.kind = ? JOIN passages p ON p.number = n.passage"
    f" WHERE {COUNTS.format('i.value')}"
    " UNION ALL SELECT i.id, p.id, p.role, p.at FROM passages i JOIN passages o ON o.alike = i.alike"
    " JOIN notes n ON n.about = o.id AND n.kind = ? JOIN passages p ON p.number = n.passage"
    f" WHERE i.id {AMONG} AND i.moment <= p.moment AND {COUNTS.format('i.id')})"
    f" p ORDER BY {BY_PERSON}, p.at, p.note"
)
"""Of an item several rows, the one that counts last."""

_TOPICS = (
    "SELECT DISTINCT t.subject, t.predicate, e.kind, e.name FROM statements t JOIN entities e ON e.number = t.subject"  # noqa: S608
    " WHERE CASE WHEN t.predicate = 'value' THEN e.name WHEN e.kind = ? THEN t.predicate"
    f" ELSE t.predicate || ' of ' || e.name END {AMONG}"
)
"""What `about.subject_of` calls so."""


_OF_THE_SAME = (
    "SELECT i.value, n.about, p.id, p.digest FROM json_each(?) i JOIN passages o ON o.id = i.value"  # noqa: S608
    " JOIN notes n ON n.passage = o.number JOIN notes m ON m.about = n.about AND m.kind = n.kind"
    " JOIN passages p ON p.number = m.passage"
    f" WHERE n.kind = ? AND n.about NOT GLOB 'f*' AND {COUNTS.format('n.about')} ORDER BY {BY_PERSON}, p.at, p.id"
)
"""For each item that corrects a passage or note, all that correct the same, the one that counts last."""


def superseded(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, ItemId]:
    """Which of the items were corrected, by which note: the newest of a person's, else of an agent's. What is said
    before of one that says the same in the same words counts as well; so does a note that corrects what a passage
    states of something, but not where that value had ended before, as another one came; and a later note of the same:
    of two corrections of one item the later one holds. An agent's correction counts for what no person said."""
    found = _corrected_again(transaction, items) | _values_superseded(transaction, items)
    rows = transaction.execute(_SUPERSEDING, (listed(items), NoteKind.CORRECTION, NoteKind.CORRECTION, listed(items)))
    for row in rows:
        found[ItemId(row[0])] = ItemId(row[1])
    return found


def corrections(transaction: Transaction, item: ItemId) -> tuple[ItemId | None, ItemId | None]:
    """What corrects a passage, and what it corrects."""
    return superseded(transaction, [item]).get(item), corrected(transaction, [item]).get(item)


def _corrected_again(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, ItemId]:
    """Corrections in whose place there is a later one of the same item; not where it says the same, nor where each
    states something of another thing."""
    same: dict[ItemId, list[tuple[ItemId, bytes]]] = defaultdict(list)
    about: dict[ItemId, ItemId] = {}
    for item, of, note, digest in transaction.execute(_OF_THE_SAME, (listed(items), NoteKind.CORRECTION)):
        about[ItemId(item)] = ItemId(of)
        same[ItemId(item)].append((ItemId(note), digest))
    said = _said_in(transaction, sorted({*about.values(), *(note for told in same.values() for note, _ in told)}))
    found: dict[ItemId, ItemId] = {}
    for item, told in same.items():
        for note, digest in reversed(told):
            if (item, digest) in told:  # it says the same
                break
            if said[item] and said[note] and not _meet(said[item], said[note], said[about[item]]):
                continue
            found[item] = note
            break
    return found


def _meet(some: set[Said], others: set[Said], wrong: set[Said]) -> bool:
    return any(is_of_the_same(one, other, wrong) for one in some for other in others)


def _said_in(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, set[Said]]:
    """What passages state."""
    said: dict[ItemId, set[Said]] = defaultdict(set)
    for (one, item), _, _ in reading.stated_in(transaction, items):
        said[item].add(spoken_of(one.subject, one.predicate, one.value))
    return said


def _values_superseded(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, ItemId]:
    """By the last correction of what an item gives a value, in its project; unless it puts the same value there."""
    values: dict[tuple[str, int], list[tuple[ItemId, str]]] = defaultdict(list)
    for (statement, item), _, project in reading.stated_in(transaction, items):
        subject = subject_of(statement)
        values[subject, project].append((item, f"{subject}: {statement.value}"))
    own = transaction.execute(f"{_CORRECTS} WHERE p.id {AMONG} AND n.subject <> ''", (listed(items),))
    for (_, item, _, project, subject), told in zip(own, _texts(transaction, own), strict=True):
        values[subject, project].append((ItemId(item), told))
    subjects = listed(sorted({subject for subject, _ in values}))
    sql = f"{_CORRECTS} WHERE n.subject {AMONG} AND {BY_PERSON} ORDER BY p.at, p.id"
    last = {(row[4], row[3]): row for row in transaction.execute(sql, (subjects,))} if values else {}
    over = [row for topic, row in last.items() if topic in values]
    wrong = _called_wrong(transaction, {row[4] for row in over})
    found: dict[ItemId, ItemId] = {}
    for (_, note, _, project, subject), told in zip(over, _texts(transaction, over), strict=True):
        meant = [item for item, value in values[subject, project] if item in wrong[subject] and value != told]
        found |= dict.fromkeys(meant, ItemId(note))
    return found


def _called_wrong(transaction: Transaction, subjects: Collection[str]) -> dict[str, set[ItemId]]:
    """Passages that give what is called so a value in which nobody believes any more."""
    wrong: dict[str, set[ItemId]] = defaultdict(set)
    rows = transaction.execute(_TOPICS, (EntityKind.PROJECT, listed(sorted(subjects)))) if subjects else []
    claimed = [("" if row[2] == EntityKind.PROJECT else row[3], row[1]) for row in rows]
    for one in stated.known_facts(transaction, None, [(row[0], row[1]) for row in rows], claimed):
        if one.recorded_to is not None:
            wrong[subject_of(one)].update(one.sources)
    return wrong


def _texts(transaction: Transaction, rows: Sequence[Row]) -> list[str]:
    """Of notes' first passages, whose numbers come first in the rows."""
    found = reading.passages(transaction, [row[0] for row in rows]) if rows else {}
    return [found[row[0]].text for row in rows]
