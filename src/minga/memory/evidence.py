"""Where something is known from: the passages that say it, with the exact place, each compared with the log again."""

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from minga.domain.digests import Episode
from minga.domain.habits import Habit
from minga.domain.ids import SessionId
from minga.domain.memory import Fact, ItemId, LogKey, LogMessage, Note, NoteKind, Passage, Rule
from minga.memory.ids import item_id
from minga.memory.index import digested, noted, reading, superseding
from minga.memory.index.writing import digest
from minga.memory.resembling import resembling, when
from minga.memory.rules import rule_id
from minga.storage.database import Transaction

Item = Passage | Rule | Fact | Habit | Episode
"""What is derived, and has an id."""


class Standing(StrEnum):
    """``verified``: the log says now just what the passage says. ``changed``: it says something else. ``gone``: the
    message is not in the log, or nobody here may read it."""

    VERIFIED = "verified"
    CHANGED = "changed since"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Span:
    """``start`` and ``end`` are the place of what says it in the passage's text, or in what was done."""

    passage: Passage
    start: int
    end: int
    in_done: bool = False

    @property
    def quote(self) -> str:
        return (self.passage.done if self.in_done else self.passage.text)[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Cited:
    span: Span
    standing: Standing


@dataclass(frozen=True, slots=True)
class Why:
    """``note``: what the item itself is, where it is a note. ``superseded_by``: a correction, or a newer fact."""

    cited: tuple[Cited, ...]
    note: Note | None
    superseded_by: ItemId | None


def id_of(item: Item) -> ItemId:
    """Of a session in short, the one by which a brief names it."""
    return item_id("d", item.session_id) if isinstance(item, Episode) else item.id


def spans(transaction: Transaction, item: Item) -> list[Span]:
    """What says it, the earliest first: of a passage also those that say the same in the same or nearly the same words;
    of a session in short all that was said in it."""
    match item:
        case Passage():
            said = [*reading.alike(transaction, item.id), *resembling(transaction, item)]
            return [_whole(one) for one in sorted(said, key=when)]
        case Rule():
            return _in_order(_of_rule(transaction, item), item.sources)
        case Fact():
            return _in_order(_of_fact(transaction, item), item.sources)
        case Habit():
            seen_in = (one for id_ in reversed(item.evidence) for one in reading.passages_like(transaction, id_))
            return [span for one in seen_in for span in _of_habit(item, one)]
        case Episode():
            return [_whole(one) for one in reading.of_session(transaction, item.session_id)]


def note_of(transaction: Transaction, item: ItemId) -> Note | None:
    return next((one.note for one in noted.notes(transaction, None) if one.passage.id == item), None)


def superseded_by(transaction: Transaction, item: Item, known: Iterable[Fact]) -> ItemId | None:
    """``known``: all facts."""
    corrected = superseding.superseded(transaction, [id_of(item)])
    if not isinstance(item, Fact) or corrected:
        return corrected.get(id_of(item))
    if item.recorded_to is not None:
        return next(iter(superseding.superseded(transaction, item.sources).values()), None)
    topic = item.subject, item.predicate, item.project
    newer = [one for one in known if (one.subject, one.predicate, one.project) == topic and one.recorded_to is None]
    return next((one.id for one in newer if item.single and one.valid_from == item.valid_to), None)


def stored(transaction: Transaction, items: Sequence[ItemId]) -> dict[ItemId, tuple[LogKey, bytes]]:
    """Where each passage stands in the log, and its digest when it was taken in."""
    found: dict[ItemId, tuple[LogKey, bytes]] = {}
    for item in items:
        rows = transaction.execute(
            "SELECT m.seq, s.id, m.message, p.digest FROM passages p JOIN messages m ON m.seq = p.seq"
            " JOIN sessions s ON s.number = p.session WHERE p.id = ?",
            (item,),
        )
        found.update((item, (LogKey(row[0], SessionId(row[1]), row[2]), bytes(row[3]))) for row in rows)
    return found


def standings(
    kept: dict[ItemId, tuple[LogKey, bytes]], entries: Sequence[LogMessage], key: bytes
) -> dict[ItemId, Standing]:
    """``entries``: what the log says now. ``key``: of the digests."""
    there = {(entry.session_id, entry.message.id) for entry in entries}
    passages_of = importlib.import_module("minga.memory.passages").passages_of
    now = {one.id: digest(key, one.text, one.done) for entry in entries for one in passages_of(entry)}
    found: dict[ItemId, Standing] = {}
    for item, (place, before) in kept.items():
        if (place.session_id, place.message_id) not in there:
            found[item] = Standing.GONE
        else:
            found[item] = Standing.VERIFIED if now.get(item) == before else Standing.CHANGED
    return found


def _whole(passage: Passage) -> Span:
    return Span(passage, 0, len(passage.text))


def _of_habit(habit: Habit, passage: Passage) -> list[Span]:
    """A command and what it gave back stand in what was done; a task and a remark were said."""
    if habit.kind not in ("command", "fix"):
        return [_whole(passage)]
    observed = importlib.import_module("minga.memory.habits.observed")  # the reading of texts is large
    places: Iterable[tuple[int, int]] = observed.places(habit, passage.done)
    return [Span(passage, *place, in_done=True) for place in places] or [
        Span(passage, 0, len(passage.done), in_done=True)
    ]


def _of_fact(transaction: Transaction, fact: Fact) -> Iterable[Span]:
    for statement, passage in (*reading.statements(transaction, None), *digested.statements(transaction, None)):
        said = statement.subject, statement.predicate, statement.value, passage.project
        if passage.id in fact.sources and said == (fact.subject, fact.predicate, fact.value, fact.project):
            yield Span(passage, statement.start, statement.end)
    yield from (_whole(one.passage) for one in noted.notes(transaction, None) if _puts(one, fact))


def _puts(one: noted.Noted, fact: Fact) -> bool:
    """A correction that put the value there."""
    return one.note.kind is NoteKind.CORRECTION and one.passage.id in fact.sources and one.note.text == fact.value


def _of_rule(transaction: Transaction, rule: Rule) -> Iterable[Span]:
    for one in noted.proposals(transaction, None):
        if one.passage.id in rule.sources and rule_id(one.proposal.text, rule.project) == rule.id:
            yield Span(one.passage, one.proposal.start, one.proposal.end)
    for each in noted.notes(transaction, None):
        if each.passage.id in rule.sources and each.note.kind is NoteKind.RULE:
            yield _whole(each.passage)


def _in_order(found: Iterable[Span], sources: Sequence[ItemId]) -> list[Span]:
    place = {item: number for number, item in enumerate(sources)}
    return sorted(found, key=lambda one: (place[one.passage.id], one.start, one.end))
