"""The memory as a file: lines of JSON with a version, or Markdown for a person; and notes and rules out of such a file.

Facts and passages go out only: they are derived, and would be false witnesses where their sessions are not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from minga.domain.memory import Fact, ItemId, Note, NoteKind, Passage, Rule, RuleState, Scope

VERSION = 1

Fault = Literal["no text", "no export", "newer", "no line of it", "empty", "stray"]

_INDENT = re.compile(r"^(?:  |\t)")
_POINT = re.compile(r"^[-*+] +")
_HEADING = re.compile(r"^#{1,6} +")
_COMMENT = re.compile(r"\s*<!--.*?-->\s*$")
_RULES = {"rules", "standing rules", "reglas", "reglas permanentes"}
_DERIVED = {"facts", "passages", "corrections", "hechos", "pasajes", "correcciones"}


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


@dataclass(frozen=True, slots=True)
class Incoming:
    """Out of a file. ``project`` None: the file does not say."""

    note: Note
    project: str | None


class BadLines(ValueError):
    """``lines``: number and fault of each, counted from 1."""

    def __init__(self, lines: Sequence[tuple[int, Fault]]) -> None:
        super().__init__(f"bad lines: {lines}")
        self.lines = lines


def to_jsonl(content: Content) -> str:
    """The same content gives the same text."""
    lines: list[dict[str, Any]] = [{"kind": "minga-memory", "version": VERSION}]
    for kept in content.notes:
        lines.append({**_plain(kept.note), "id": kept.id, "project": kept.project, "at": kept.at})
    for name, items in (("rule", content.rules), ("fact", content.facts), ("passage", content.passages)):
        for item in items:
            told = _plain(item)
            lines.append({"kind": name, **{"is" if key == "kind" else key: value for key, value in told.items()}})
    return "".join(msgspec.json.encode(line).decode() + "\n" for line in lines)


def to_markdown(content: Content) -> str:
    rules = {state: [one for one in content.rules if one.state == state] for state in ("accepted", "proposed")}
    sections = (
        ("Notes", [_point(one.note.text, one.id, one.at) for one in content.notes if not one.note.about]),
        ("Corrections", [_point(one.note.text, one.id, one.at) for one in content.notes if one.note.about]),
        ("Rules", [_point(one.text, one.id, one.first_said) for one in rules["accepted"]]),
        ("Proposed rules", [_point(one.text, one.id, one.first_said) for one in rules["proposed"]]),
        ("Facts", [_point(_told(one), one.id, one.recorded_from) for one in content.facts]),
        ("Passages", [_point(one.text or one.done, one.id, one.source.at) for one in content.passages]),
    )
    parts = ["# What is remembered", *(f"## {name}\n\n" + "\n".join(points) for name, points in sections if points)]
    return "\n\n".join(parts) + "\n"


def from_file(content: bytes) -> list[Incoming]:
    """Its notes and rules: lines of JSON if it begins with ``{``, else Markdown. Raises BadLines, for all of them."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BadLines([(content[: wrong.start].count(b"\n") + 1, "no text")]) from wrong
    return _from_jsonl(text) if text.lstrip().startswith("{") else _from_markdown(text)


class _Header(msgspec.Struct, frozen=True, tag_field="kind", tag="minga-memory"):
    version: int


class _Note(msgspec.Struct, frozen=True, tag_field="kind", tag="note"):
    text: str
    project: str
    scope: Scope = "project"
    valid_from: Annotated[datetime, msgspec.Meta(tz=True)] | None = None

    def incoming(self) -> Incoming:
        return Incoming(Note(NoteKind.NOTE, self.text.strip(), self.scope, valid_from=self.valid_from), self.project)


class _Correction(_Note, frozen=True, tag="correction"):
    about: str = ""

    def incoming(self) -> Incoming:
        note = Note(NoteKind.CORRECTION, self.text.strip(), self.scope, ItemId(self.about), self.valid_from)
        return Incoming(note, self.project)


class _Rule(msgspec.Struct, frozen=True, tag_field="kind", tag="rule"):
    text: str
    project: str
    state: RuleState

    def incoming(self) -> Incoming:
        kind = NoteKind.REJECTION if self.state == "rejected" else NoteKind.RULE
        return Incoming(Note(kind, self.text.strip(), "project" if self.project else "user"), self.project)


class _Fact(msgspec.Struct, frozen=True, tag_field="kind", tag="fact"):
    """Derived."""


class _Passage(msgspec.Struct, frozen=True, tag_field="kind", tag="passage"):
    """Derived."""


_Line = _Header | _Note | _Correction | _Rule | _Fact | _Passage


def _from_jsonl(text: str) -> list[Incoming]:
    found: list[Incoming] = []
    bad: list[tuple[int, Fault]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            read = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError:
            bad.append((number, "no export" if number == 1 else "no line of it"))
            continue
        match read:
            case _Header(version=version) if number == 1:
                bad += [(number, "newer")] if version > VERSION else []
            case _ if number == 1:
                bad.append((number, "no export"))
            case _Note() | _Rule() if not read.text.strip():
                bad.append((number, "empty"))
            case _Note() | _Rule():
                found += [read.incoming()] if not isinstance(read, _Rule) or read.state != "proposed" else []
            case _Header():
                bad.append((number, "no line of it"))
            case _Fact() | _Passage():
                pass
        if bad and number == 1:
            break
    if bad:
        raise BadLines(bad)
    return found


def _from_markdown(text: str) -> list[Incoming]:
    points: list[tuple[str, list[str]]] = []
    bad: list[tuple[int, Fault]] = []
    section, is_open = "", False
    for number, line in enumerate(text.splitlines(), 1):
        if heading := _HEADING.match(line):
            section, is_open = line[heading.end() :].strip().lower(), False
        elif point := _POINT.match(line):
            points.append((section, [line[point.end() :]]))
            is_open = True
        elif is_open and (not line.strip() or _INDENT.match(line)):
            points[-1][1].append(_INDENT.sub("", line))
        elif line.strip():
            bad.append((number, "stray"))
    if bad:
        raise BadLines(bad)
    found = []
    for section, lines in points:
        said = _COMMENT.sub("", "\n".join(lines).strip()).strip()
        if said and section not in _DERIVED and section != "proposed rules":
            kind = NoteKind.RULE if section in _RULES else NoteKind.NOTE
            found.append(Incoming(Note(kind, said), None))
    return found


def _plain(item: Note | Rule | Fact | Passage) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(item, builtin_types=(datetime,))
    return plain


def _point(text: str, item: ItemId, at: datetime | None) -> str:
    day = f" {at:%Y-%m-%d}" if at else ""
    lines = text.strip().splitlines() or [""]
    return "\n".join([f"- {lines[0]}", *(f"  {line}" if line else "" for line in lines[1:])]) + f" <!-- {item}{day} -->"


def _told(fact: Fact) -> str:
    ends = f"{fact.valid_to:%Y-%m-%d}" if fact.valid_to else "…"
    wrong = f"; was wrong, known {fact.recorded_to:%Y-%m-%d}" if fact.recorded_to else ""
    times = f"{fact.valid_from:%Y-%m-%d} – {ends}{wrong}"
    said = f"{fact.subject.kind} {fact.subject.name} · {fact.predicate} · {fact.value}"
    return f"{said} ({times}; {', '.join(fact.sources)})"


def mark(note: Note, project: str) -> tuple[NoteKind, str, str, datetime | None, ItemId]:
    """Notes that say the same have the same."""
    return note.kind, " ".join(note.text.split()), project, note.valid_from, note.about
