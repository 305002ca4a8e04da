"""Reading a session of Gemini CLI 0.61.0, in two passes over its file: which records count, then what they say."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from minga.domain.ids import NativeId
from minga.domain.transcript import CompactionPart, Message, Part, Role, TextPart
from minga.sessions.formats import records
from minga.sessions.formats.format import RAW_MAX, About, Head, NativeFile, Read, SetAside
from minga.sessions.formats.gemini_parts import (
    AGENT,
    kind_of,
    read_answer,
    read_person,
    read_results,
    strange,
    usage_of,
)
from minga.sessions.formats.gemini_plan import Entry, Plan, Spot
from minga.sessions.formats.gemini_projects import MARKER
from minga.sessions.formats.lines import LINE_MAX, Line, read_lines
from minga.sessions.formats.records import Json
from minga.sessions.formats.values import listed, printed


def read(file: NativeFile) -> Iterator[Read]:
    """Yield `About` first, `Head` last. Raises OSError."""
    survey = _survey(file.path)
    cwd = _working_directory(file.path)
    parent = _parent(file.path, survey.about)
    yield About(
        native_id=NativeId(records.text(survey.about.get("sessionId")) or file.native_id),
        cwd=cwd,
        title=records.text(survey.about.get("summary")),
        model=survey.model,
        started_at=records.instant(survey.about.get("startTime")),
        parent=parent,
    )
    yield from _Teller(survey.plan, cwd, file.native_id if parent else "").tell(file.path)
    if survey.plan.head:
        yield Head(survey.plan.head)


@dataclass(slots=True)
class _Survey:
    plan: Plan = field(default_factory=Plan)
    about: Json = field(default_factory=dict)
    model: str = ""


def _survey(path: Path) -> _Survey:
    survey = _Survey()
    for line in _lines(path):
        if isinstance(line, SetAside):
            continue
        value = line.value
        if isinstance(own := value.get("$rewindTo"), str):
            survey.plan.rewind(own)
        elif records.text(value.get("id")):
            survey.plan.add(value, (line.number, -1))
            survey.model = records.text(value.get("model")) or survey.model
        elif isinstance(patch := value.get("$set"), dict):
            if isinstance(patch.get("messages"), list):
                survey.plan.replace([(record, spot) for spot, record in _listed(line.number, patch)])
            survey.about |= {key: told for key, told in patch.items() if key != "messages" and told}
        elif isinstance(value.get("sessionId"), str):
            survey.about |= {key: told for key, told in value.items() if key != "messages" and told}
            for spot, record in _listed(line.number, value):
                survey.plan.add(record, spot)
    return survey


def _listed(number: int, holder: Json) -> Iterator[tuple[Spot, Json]]:
    """The records of ``messages`` that have an id; the CLI passes over others."""
    for place, record in enumerate(listed(holder.get("messages"))):
        if isinstance(record, dict) and records.text(record.get("id")):
            yield (number, place), record


class _Teller:
    """Tells the messages of a plan in the order of their newest records."""

    def __init__(self, plan: Plan, cwd: str, chain: str) -> None:
        self._cwd = cwd
        self._chain = chain
        self._wanted: dict[Spot, list[Entry]] = {}
        self._texts: dict[str, Json] = {}
        self._calls: dict[str, Json] = {}
        for entry in plan.entries.values():
            for spot in {entry.text, entry.calls or entry.text}:
                self._wanted.setdefault(spot, []).append(entry)

    def tell(self, path: Path) -> Iterator[Read]:
        for line in _lines(path):
            if isinstance(line, SetAside):
                yield line
                continue
            value = line.value
            if isinstance(value.get("$rewindTo"), str):
                continue
            if records.text(value.get("id")):
                yield from self._record((line.number, -1), value)
            elif isinstance(patch := value.get("$set"), dict):
                yield from self._records(line.number, patch)
            elif isinstance(value.get("sessionId"), str):
                yield from self._records(line.number, value)
            else:
                yield _aside(str(line.number), "an unknown kind of line", value)

    def _records(self, number: int, holder: Json) -> Iterator[Read]:
        if "messages" in holder and not isinstance(holder["messages"], list):
            yield _aside(str(number), "messages that are no list", holder["messages"])
        for place, record in enumerate(listed(holder.get("messages"))):
            if isinstance(record, dict) and records.text(record.get("id")):
                yield from self._record((number, place), record)
            else:
                yield _aside(f"{number}/{place}", "a message without an id", record)

    def _record(self, spot: Spot, record: Json) -> Iterator[Read]:
        if kind_of(record) == "unknown":
            yield _aside(_place(spot), "a message of an unknown type", record)
        for entry in self._wanted.get(spot, ()):
            if entry.text == spot:
                self._texts[entry.id] = record
            else:
                self._calls[entry.id] = record
            if entry.id in self._texts and (entry.calls is None or entry.id in self._calls):
                yield from self._message(entry)

    def _message(self, entry: Entry) -> Iterator[Read]:
        record, calls = self._texts.pop(entry.id), self._calls.pop(entry.id, None)
        sources = [(entry.text, record)]
        if entry.calls is not None and calls is not None and kind_of(record) == "answer":
            sources.append((entry.calls, calls))
        parts: list[Part] = []
        for spot, source in sources:
            for part in self._parts(entry, source):
                if isinstance(part, str):
                    yield _aside(_place(spot), part, source)
                else:
                    parts.append(part)
        model = records.text(record.get("model"))
        roles: dict[str, Role] = {"answer": "assistant", "results": "tool"}
        yield Message(
            id=entry.id,
            parent=entry.parent,
            at=records.instant(record.get("timestamp")),
            role=roles.get(kind_of(record), "user"),
            parts=tuple(parts),
            agent=AGENT,
            model=model,
            usage=None if entry.again else usage_of(record),
            chain=self._chain,
        )

    def _parts(self, entry: Entry, record: Json) -> Iterator[Part | str]:
        kind = kind_of(record)
        yield from strange(record)
        if kind == "answer":
            yield from read_answer(record, self._cwd)
        elif kind == "results":
            yield from read_results(record, entry.known)
        elif entry.compaction:
            told = [part for part in read_person(record) if isinstance(part, TextPart)]
            yield CompactionPart("\n".join(part.text for part in told))
        else:
            yield from read_person(record)


def _place(spot: Spot) -> str:
    return str(spot[0]) if spot[1] < 0 else f"{spot[0]}/{spot[1]}"


def _aside(place: str, reason: str, value: Any) -> SetAside:
    return SetAside(place, reason, msgspec.json.encode(value)[:RAW_MAX])


def _lines(path: Path) -> Iterator[Line | SetAside]:
    """The lines of a ``.jsonl``; a ``.json`` is one object over many lines."""
    if path.suffix == ".json":
        yield _whole(path)
    else:
        yield from read_lines(path)


def _whole(path: Path) -> Line | SetAside:
    with path.open("rb") as file:
        raw = file.read(LINE_MAX + 1)
    if len(raw) > LINE_MAX:
        return SetAside("1", f"longer than {LINE_MAX} bytes", raw[:RAW_MAX])
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        return SetAside("1", f"no JSON: {wrong}", raw[:RAW_MAX], is_unfinished=True)
    return Line(1, value) if isinstance(value, dict) else SetAside("1", "no JSON object", raw[:RAW_MAX])


def _working_directory(path: Path) -> str:
    """What the project's folder says; the file itself names it only as a hash."""
    for folder in path.parents[1:3]:
        try:
            return (folder / MARKER).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue
    return ""


def _parent(path: Path, about: Json) -> str:
    """The session whose sub-agent this is: its folder is named after that."""
    is_below = path.parent.parent.name == "chats"
    return printed(path.parent.name) if is_below or records.record(about).get("kind") == "subagent" else ""
