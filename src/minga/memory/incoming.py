"""Notes and rules out of a file: lines of JSON as `exchange` writes them, or Markdown.

Passages are not taken in: they are derived, and would be false witnesses where their sessions are not. A fact is read
so far as to say which one a correction means: where notes come in they get ids of their own, and so do facts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from minga.domain.memory import RULE_LENGTH, Entity, EntityKind, ItemId, Note, NoteKind, RuleState, Scope
from minga.memory.briefs.defusing import reaches_out
from minga.memory.exchange import VERSION, unticked
from minga.memory.extraction.poison import suspicious

UNNAMED = ItemId("")

Fault = Literal["no text", "no export", "newer", "no line of it", "empty", "stray", "long rule"]

_INDENT = re.compile(r"^(?: {2,}|\t)")
_POINT = re.compile(r"^(?P<indent> {0,3})(?:[-*+]|\d{1,9}[.)]) +")
_DEEPER = 2
"""Blanks before a point, more than before the one above it, that make it a part of that."""

_HEADING = re.compile(r"^#{1,6} +")
_COMMENT = re.compile(r"\s*<!--(?P<said>(?:(?!<!--|-->).)*)-->\s*$")
_MARKED = re.compile(
    r"\s*(?P<id>[a-z][a-z0-9]{8,40})(?: (?P<at>\d\S+))?(?: corrects (?P<about>[a-z][a-z0-9]{8,40}))?"
    r"(?: since (?P<since>\S+))?(?: by (?P<by>agent))?\s*"
)
_OF = re.compile(r"\*\*(?P<subject>.+?)\*\*: ")
_TOLD = re.compile(r"(?P<kind>[a-z]+) (?P<name>.+?) · (?P<predicate>.+?) · (?P<value>.+) \(\S+ – [^()]*; [a-z0-9, ]+\)")
_RULES = {"rules", "standing rules", "reglas", "reglas permanentes"}
_FACTS = {"facts", "hechos"}
_CORRECTIONS = {"corrections", "correcciones"}
_PROPOSED = {"proposed rules", "reglas propuestas"}
_LEFT_OUT = {"passages", "pasajes", *_PROPOSED}


@dataclass(frozen=True, slots=True)
class Incoming:
    """Out of a file. ``project`` None: the file does not say. ``id`` and ``at``: what it was called where it comes
    from, and when it was said there; empty and None where the file does not say."""

    note: Note
    project: str | None
    id: ItemId = UNNAMED
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """A fact by what it says, with its id where it comes from."""

    id: ItemId
    subject: Entity
    predicate: str
    value: str
    project: str | None
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class File:
    """What a file holds for a memory: what is taken in, and the facts that its corrections may be about. ``proposed``:
    rules that nobody has accepted, which are not taken in; ``suspicious``: nor those that try to instruct whoever reads
    them, for every run would be told them."""

    notes: Sequence[Incoming]
    facts: Sequence[Meant]
    proposed: int = 0
    suspicious: int = 0


class BadLines(ValueError):
    """``lines``: number and fault of each, counted from 1."""

    def __init__(self, lines: Sequence[tuple[int, Fault]]) -> None:
        super().__init__(f"bad lines: {lines}")
        self.lines = lines


def from_file(content: bytes) -> File:
    """Its notes and rules: lines of JSON if it begins with ``{``, else Markdown. Raises BadLines, for all of them."""
    file = _read(content)
    kept = [one for one in file.notes if one.note.kind is not NoteKind.RULE or not _orders(one.note.text)]
    return replace(file, notes=kept, suspicious=len(file.notes) - len(kept))


def _orders(rule: str) -> bool:
    """To run what is foreign, or to overrule who is told it."""
    return bool(suspicious(rule)) or reaches_out(rule)


def _read(content: bytes) -> File:
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
    id: str = ""
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    by: Literal["person", "agent"] = "person"

    def incoming(self) -> Incoming:
        note = Note(NoteKind.NOTE, self.text.strip(), self.scope, valid_from=self.valid_from, by=self.by)
        return Incoming(note, self.project, ItemId(self.id), self.at)


class _Correction(_Note, frozen=True, tag="correction"):
    about: str = ""
    subject: str = ""

    def incoming(self) -> Incoming:
        about = ItemId(self.about)
        note = Note(NoteKind.CORRECTION, self.text.strip(), self.scope, about, self.valid_from, self.subject, self.by)
        return Incoming(note, self.project, ItemId(self.id), self.at)


class _Rule(msgspec.Struct, frozen=True, tag_field="kind", tag="rule"):
    text: str
    project: str
    state: RuleState
    first_said: Annotated[datetime, msgspec.Meta(tz=True)] | None = None

    def incoming(self) -> Incoming:
        kind = NoteKind.REJECTION if self.state == "rejected" else NoteKind.RULE
        note = Note(kind, self.text.strip(), "project" if self.project else "user")
        return Incoming(note, self.project, at=self.first_said if kind is NoteKind.RULE else None)


class _Fact(msgspec.Struct, frozen=True, tag_field="kind", tag="fact"):
    id: str
    subject: "_Subject"
    predicate: str
    value: str
    project: str
    valid_from: Annotated[datetime, msgspec.Meta(tz=True)]

    def meant(self) -> Meant:
        subject = Entity(self.subject.kind, self.subject.name)
        return Meant(ItemId(self.id), subject, self.predicate, self.value, self.project, self.valid_from)


class _Subject(msgspec.Struct, frozen=True):
    kind: EntityKind
    name: str


class _Passage(msgspec.Struct, frozen=True, tag_field="kind", tag="passage"):
    """Derived."""


_Line = _Header | _Note | _Correction | _Rule | _Fact | _Passage


def _from_jsonl(text: str) -> File:
    found: list[Incoming] = []
    facts: list[Meant] = []
    proposed = 0
    bad: list[tuple[int, Fault]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            read = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, RecursionError):
            bad.append((number, "no export" if number == 1 else "no line of it"))
            continue
        match read:
            case _Header(version=version) if number == 1:
                bad += [(number, "newer")] if version > VERSION else []
            case _ if number == 1:
                bad.append((number, "no export"))
            case _Note() | _Rule() if not read.text.strip():
                bad.append((number, "empty"))
            case _Rule(state="proposed"):
                proposed += 1
            case _Rule(state="accepted") if len(read.text.strip()) > RULE_LENGTH:
                bad.append((number, "long rule"))
            case _Note() | _Rule():
                found.append(read.incoming())
            case _Header():
                bad.append((number, "no line of it"))
            case _Fact():
                facts.append(read.meant())
            case _Passage():
                pass
        if bad and number == 1:
            break
    if bad:
        raise BadLines(bad)
    return File(found, facts, proposed)


def _from_markdown(text: str) -> File:
    points: list[tuple[str, int, list[str]]] = []
    bad: list[tuple[int, Fault]] = []
    section, is_open, width, indent = "", False, 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        if heading := _HEADING.match(line):
            section, is_open = line[heading.end() :].strip().lower(), False
        elif (point := _POINT.match(line)) and (not is_open or len(point["indent"]) < indent + _DEEPER):
            points.append((section, number, [line[point.end() :]]))
            is_open, width, indent = True, point.end(), len(point["indent"])
        elif is_open and (not line.strip() or _INDENT.match(line)):
            points[-1][-1].append(_outdented(line, width))
        elif line.strip():
            bad.append((number, "stray"))
    found: list[Incoming] = []
    facts: list[Meant] = []
    for section, number, lines in points:
        read = _read_point("\n".join(lines).strip())
        if section in _RULES and len(read.text) > RULE_LENGTH:
            bad.append((number, "long rule"))
        elif section in _FACTS:
            facts += read.meant()
        elif read.text and section not in _LEFT_OUT:
            found += read.incoming(section)
    if bad:
        raise BadLines(sorted(bad))
    return File(found, facts, sum(section in _PROPOSED for section, *_ in points))


def _outdented(line: str, width: int) -> str:
    """As far as the text of its point begins."""
    return line[1:] if line.startswith("\t") else line[min(width, len(line) - len(line.lstrip(" "))) :]


@dataclass(frozen=True, slots=True)
class _Point:
    """Of a list, with what its comment says of it."""

    text: str
    id: ItemId
    at: datetime | None
    about: ItemId
    since: datetime | None
    by: Literal["person", "agent"] = "person"

    def incoming(self, section: str) -> list[Incoming]:
        """A correction that does not say of what is none."""
        if section in _RULES:
            return [Incoming(Note(NoteKind.RULE, self.text), None, at=self.at)]
        if section not in _CORRECTIONS:
            note = Note(NoteKind.NOTE, self.text, valid_from=self.since, by=self.by)
            return [Incoming(note, None, self.id, self.at)]
        of = _OF.match(self.text)
        text, subject = (self.text[of.end() :], of["subject"]) if of else (self.text, "")
        note = Note(NoteKind.CORRECTION, text, about=self.about, valid_from=self.since, subject=subject, by=self.by)
        return [Incoming(note, None, self.id, self.at)] if self.about else []

    def meant(self) -> list[Meant]:
        told = _TOLD.fullmatch(self.text)
        if told is None or self.since is None or told["kind"] not in set(EntityKind):
            return []
        subject = Entity(EntityKind(told["kind"]), told["name"])
        return [Meant(self.id, subject, told["predicate"], told["value"], None, self.since)]


def _read_point(lines: str) -> _Point:
    comment = _COMMENT.search(lines)
    text = (lines[: comment.start()] if comment else lines).strip()
    marked = _MARKED.fullmatch(comment["said"]) if comment else None
    if marked is None:
        return _Point(unticked(text), ItemId(""), None, ItemId(""), None)
    at, since = _instant(marked["at"]), _instant(marked["since"])
    by: Literal["person", "agent"] = "agent" if marked["by"] else "person"
    return _Point(text, ItemId(marked["id"]), at, ItemId(marked["about"] or ""), since, by)


def _instant(written: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(written or "")
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
