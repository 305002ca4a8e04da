"""Notes and rules out of a file become notes of the memory; what it knows already adds nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from minga.domain.memory import ItemId, Note, NoteKind, RuleState
from minga.memory.exchange import Incoming, mark
from minga.memory.extraction.hygiene import masked
from minga.memory.memory import Memory
from minga.memory.rules import rule_id
from minga.pipeline.remembering import place_of
from minga.sessions.notes import Notes


@dataclass(frozen=True, slots=True)
class Taken:
    """``known``: were there already. ``left_out``: corrections of what is not known here."""

    added: int
    known: int
    left_out: int


async def take_in(memory: Memory, notes: Notes, incoming: Sequence[Incoming], cwd: Path, *, here: bool) -> Taken:
    """All of it or nothing. ``here``: into the project at ``cwd``, whatever the file says. Raises StoreError."""
    await memory.catch_up()
    root, remote = await place_of(cwd)
    known = {mark(one.note, one.project) for one in await memory.notes()}
    rules = {rule.id: rule.state for rule in await memory.rules()}
    new: list[tuple[Note, str, str]] = []
    left_out = 0
    for one in incoming:
        is_here = here or one.project is None
        project = remote or root if is_here else one.project or ""
        note = _fitted(one.note, project)
        if mark(note, project) in known or _is_decided(note, project, rules):
            continue
        if note.kind is NoteKind.CORRECTION and not await _is_there(memory, note.about):
            left_out += 1
            continue
        known.add(mark(note, project))
        new.append((note, root, remote) if is_here else (note, project, ""))
    await notes.add_all(new)
    return Taken(len(new), len(incoming) - len(new) - left_out, left_out)


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


async def _is_there(memory: Memory, item: ItemId) -> bool:
    if item.startswith("f"):
        return any(fact.id == item for fact in await memory.facts())
    return any(one.id == item for one in await memory.passages(item))
