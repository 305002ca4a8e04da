"""Notes and rules out of a file become notes of the memory; what it knows already adds nothing.

What a correction is about has another id here, if it is a note or a fact that came in, too. So notes come first, then
the corrections of what is known by then, and so on: each time it is computed what would be known. What was never found
stays what the file calls it: it counts once the sessions are here that it is read from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from minga.domain.memory import Fact, ItemId, LogMessage, Note, NoteKind, RuleState, project_of
from minga.domain.secrecy import UserName
from minga.memory.about import subject_of
from minga.memory.exchange import mark
from minga.memory.extraction.hygiene import masked
from minga.memory.incoming import File, Incoming, Meant
from minga.memory.memory import Memory
from minga.memory.passages import passages_of
from minga.memory.rules import rule_id
from minga.pipeline.remembering import place_of
from minga.sessions.notes import MEMORY, Draft, Notes

Mark = tuple[NoteKind, str, str, datetime | None, ItemId]


@dataclass(frozen=True, slots=True)
class Taken:
    """``known``: were there already. ``waiting``: corrections, among those, of what is not known here yet.
    ``proposed``: rules that nobody has accepted, ``suspicious``: that try to instruct; they are left out."""

    added: int
    known: int
    waiting: int
    proposed: int = 0
    suspicious: int = 0


async def take_in(memory: Memory, notes: Notes, file: File, cwd: Path, *, here: bool) -> Taken:
    """All of it or nothing. ``here``: into the project at ``cwd``, whatever the file says. What another process notes
    meanwhile is known, too. Raises StoreError."""
    place = await place_of(cwd)
    while True:
        newest = await notes.newest()
        await memory.catch_up()
        drafts, waiting = await _drafted(memory, notes, file, place, here=here)
        if await notes.store(drafts, newest):
            return Taken(len(drafts), len(file.notes) - len(drafts), waiting, file.proposed, file.suspicious)


async def _drafted(
    memory: Memory, notes: Notes, file: File, place: tuple[str, str], *, here: bool
) -> tuple[list[Draft], int]:
    """What is new to the memory as it is, and how many corrections of it wait for what they are about."""
    known = {mark(one.note, one.project): one.id for one in await memory.notes()}
    rules = {rule.id: rule.state for rule in await memory.rules()}
    taking = _Taking(notes, *place, here, known, rules)
    pending: list[Incoming] = []
    for one in file.notes:
        if one.note.kind is NoteKind.CORRECTION:
            pending.append(one)
        else:
            taking.take(one)
    there = {one.note.about for one in pending if await memory.passages(one.note.about)}
    waiting = 0
    while pending:
        facts = await memory.facts_with([_entry(draft) for draft in taking.drafts])
        meaning = _Meaning(taking, {one.id: one for one in file.facts}, facts, there)
        found = [(one, meaning.of(one.note)) for one in pending]
        is_last = all(about is None for _, about in found)
        pending = [] if is_last else [one for one, about in found if about is None]
        for one, about in found:
            if about is not None or is_last:
                taking.take(replace(one, note=about or one.note))
        waiting += len(found) if is_last else 0
    return taking.drafts, waiting


@dataclass(slots=True)
class _Taking:
    """``names``: what the items of the file are called here."""

    notes: Notes
    root: str
    remote: str
    here: bool
    known: dict[Mark, ItemId]
    rules: Mapping[ItemId, RuleState]
    names: dict[ItemId, ItemId] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)

    def project(self, said: str | None) -> str:
        return project_of(self.remote, self.root) if self.here or said is None else said

    def take(self, one: Incoming) -> None:
        project = self.project(one.project)
        note = _fitted(one.note, project)
        marked = mark(note, project)
        if marked not in self.known:
            if _is_decided(note, project, self.rules):
                return
            is_here = self.here or one.project is None
            place = (self.root, self.remote) if is_here else (project, "")
            draft = self.notes.draft(note, *place, said_at=one.at)
            self.drafts.append(draft)
            self.known[marked] = passages_of(_entry(draft))[0].id
        if one.id:
            self.names[one.id] = self.known[marked]


@dataclass(frozen=True, slots=True)
class _Meaning:
    """``told``: the facts of the file; ``facts``: those that would be known here by now; ``there``: passages that are
    here."""

    taking: _Taking
    told: Mapping[ItemId, Meant]
    facts: Sequence[Fact]
    there: set[ItemId]

    def of(self, note: Note) -> Note | None:
        """The correction with the name that what it is about has here; None where that is not known yet."""
        about = note.about
        if about in self.taking.names:
            return replace(note, about=self.taking.names[about])
        if about in self.there:
            return note
        fact = self._fact(about) if about.startswith("f") else None
        return replace(note, about=fact.id, subject=subject_of(fact)) if fact is not None else None

    def _fact(self, about: ItemId) -> Fact | None:
        told = self.told.get(about)
        if told is None:
            return next((one for one in self.facts if one.id == about), None)
        wanted = told.subject, told.predicate, told.value, self.taking.project(told.project)
        same = [one for one in self.facts if (one.subject, one.predicate, one.value, one.project) == wanted]
        return min(same, key=lambda one: (abs(one.valid_from - told.valid_from), one.id), default=None)


def _entry(draft: Draft) -> LogMessage:
    """As the log will give it."""
    cwd, project = draft.place.cwd, project_of(draft.place.remote, draft.place.cwd)
    return LogMessage(0, draft.session_id, draft.message, MEMORY, project, cwd, UserName(""), draft.note)


def _fitted(note: Note, project: str) -> Note:
    """As it is stored here: without secrets, and about the rule as it is called here."""
    text = masked(note.text)
    about = rule_id(text, project) if note.kind is NoteKind.REJECTION else note.about
    return replace(note, text=text, scope="project" if project else "user", about=about)


def _is_decided(note: Note, project: str, rules: Mapping[ItemId, RuleState]) -> bool:
    """What somebody rejected here is not accepted by a file."""
    state = rules.get(rule_id(note.text, project))
    match note.kind:
        case NoteKind.RULE:
            return state in ("accepted", "rejected")
        case NoteKind.REJECTION:
            return state == "rejected"
        case _:
            return False
