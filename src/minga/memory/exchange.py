"""The memory as a file: lines of JSON with a version, or Markdown for a person. `incoming` reads both."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from minga.domain.memory import Fact, ItemId, Note, NoteKind, Passage, Rule
from minga.domain.secrecy import UserName
from minga.memory.index import noted
from minga.storage.database import Transaction

VERSION = 1

_BOX = re.compile(r"(?m)^( *(?:[-*+]|\d{1,9}[.)]) +)?\[[ xX]\](?:[^\S\n]+|$)")


@dataclass(frozen=True, slots=True)
class Kept:
    """A note with its whole text, its id, its project (empty: everywhere) and when it was made."""

    id: ItemId
    note: Note
    project: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Content:
    notes: Sequence[Kept]
    rules: Sequence[Rule]
    facts: Sequence[Fact]
    passages: Sequence[Passage] = ()


def kept(transaction: Transaction, places: Sequence[str] | None, user: UserName) -> list[Kept]:
    """All notes, the oldest first; of rules and habits only what ``user`` decided."""
    known = noted.notes(transaction, places)
    found = [one for one in known if one.passage.owner == user or not noted.decides(one.note)]
    return [Kept(one.passage.id, one.note, one.passage.project, one.passage.source.at) for one in found]


def to_jsonl(content: Content) -> str:
    """The same content gives the same text."""
    lines: list[dict[str, Any]] = [{"kind": "minga-memory", "version": VERSION}]
    for one in content.notes:
        lines.append({**_plain(one.note), "id": one.id, "project": one.project, "at": one.at})
    for name, items in (("rule", content.rules), ("fact", content.facts), ("passage", content.passages)):
        for item in items:
            told = _plain(item)
            lines.append({"kind": name, **{"is" if key == "kind" else key: value for key, value in told.items()}})
    return "".join(msgspec.json.encode(line).decode() + "\n" for line in lines)


def to_markdown(content: Content) -> str:
    rules = {state: [one for one in content.rules if one.state == state] for state in ("accepted", "proposed")}
    sections = (
        ("Notes", [_noted(one) for one in content.notes if not one.note.about]),
        ("Corrections", [_noted(one) for one in content.notes if one.note.about]),
        ("Rules", [_point(one.text, one.id, one.first_said) for one in rules["accepted"]]),
        ("Proposed rules", [_point(one.text, one.id, one.first_said) for one in rules["proposed"]]),
        ("Facts", [_point(_told(one), one.id, one.recorded_from, since=one.valid_from) for one in content.facts]),
        ("Passages", [_point(one.text or one.done, one.id, one.source.at) for one in content.passages]),
    )
    parts = ["# What is remembered", *(f"## {name}\n\n" + "\n".join(points) for name, points in sections if points)]
    return "\n\n".join(parts) + "\n"


def _plain(item: Note | Rule | Fact | Passage) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(item, builtin_types=(datetime,))
    return plain


def _noted(kept: Kept) -> str:
    note = kept.note
    text = f"**{note.subject}**: {note.text}" if note.subject else note.text
    return _point(text, kept.id, kept.at, about=note.about, since=note.valid_from, by=note.by)


def _point(
    text: str,
    item: ItemId,
    at: datetime | None,
    *,
    about: str = "",
    since: datetime | None = None,
    by: Literal["person", "agent"] = "person",
) -> str:
    """The comment holds what `incoming` reads."""
    known = [item, at.isoformat() if at else "", f"corrects {about}" if about else ""]
    known += [f"since {since.isoformat()}" if since else "", "by agent" if by == "agent" else ""]
    comment = " ".join(filter(None, known))
    lines = text.strip().splitlines() or [""]
    return "\n".join([f"- {lines[0]}", *(f"  {line}" if line else "" for line in lines[1:])]) + f" <!-- {comment} -->"


def _told(fact: Fact) -> str:
    ends = f"{fact.valid_to:%Y-%m-%d}" if fact.valid_to else "…"
    wrong = f"; was wrong, known {fact.recorded_to:%Y-%m-%d}" if fact.recorded_to else ""
    times = f"{fact.valid_from:%Y-%m-%d} – {ends}{wrong}"
    said = f"{fact.subject.kind} {fact.subject.name} · {fact.predicate} · {fact.value}"
    return f"{said} ({times}; {', '.join(fact.sources)})"


def mark(note: Note, project: str) -> tuple[NoteKind, str, str, datetime | None, ItemId]:
    """Notes that say the same have the same, with boxes or without: an older Minga took these in."""
    return note.kind, " ".join(unticked(note.text).split()), project, note.valid_from, note.about


def unticked(point: str) -> str:
    """The text of a point without the boxes to be ticked in front of it and of the points below it."""
    return _BOX.sub(lambda found: found[1] or (found[0] if found.start() else ""), point)
