"""Reading a session of OpenCode (1.18.33): from the rows of its database to messages.

The messages are one line in the order of their time; a message of the person names no parent. What a message called and
what the tools gave is one row there and two messages here. Sub-agents are sessions of their own, which name theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from minga.domain.errors import StoreDamaged
from minga.domain.transcript import CompactionPart, FileChangePart, Message, Part, TextPart
from minga.infrastructure.scratch import scratch_folder
from minga.sessions.formats import opencode_parts, opencode_rows, records
from minga.sessions.formats.format import RAW_MAX, About, Head, NativeFile, Read, SetAside
from minga.sessions.formats.lines import LINE_MAX
from minga.sessions.formats.opencode_parts import AGENT
from minga.sessions.formats.opencode_rows import Row, decoded
from minga.sessions.formats.records import Json
from minga.sessions.formats.values import from_milliseconds
from minga.storage.foreign import ForeignFile, open_foreign

RESULTS = ":results"
"""What the id of a message's results has behind that of the message."""

KEPT = ":kept:"
"""What stands in the id of a repeated message between its own and that of the summary after which it is repeated."""


def read(file: NativeFile) -> Iterator[Read]:
    """Read one session as a stream of rows. A database that is none, or is damaged, is set aside from there on."""
    try:
        with open_foreign(file.path, scratch_folder) as database:
            session = opencode_rows.session_row(database, file.native_id)
            if session is None:
                yield SetAside(file.native_id, "the database has no such session", b"")
                return
            yield from _Session(file, database, session).read()
    except StoreDamaged as damage:
        yield SetAside("database", str(damage), b"")


@dataclass(slots=True)
class _Told:
    """A message as far as its parts were read."""

    said: list[Part] = field(default_factory=list)
    results: list[Part] = field(default_factory=list)
    steps: list[Json] = field(default_factory=list)
    compacts: Json | None = None


class _Session:
    def __init__(self, file: NativeFile, database: ForeignFile, session: Json) -> None:
        self._file = file
        self._database = database
        self._session = session
        self._cwd = records.text(session.get("directory"))
        revert = decoded(records.text(session.get("revert")).encode()) or {}
        self._reverted = records.text(revert.get("messageID"))
        self._parent = ""
        self._head: str | None = None
        self._ids: set[str] = set()
        self._kept_from: dict[str, str] = {}
        """Message of the person that asked for a summary -> the first message that was kept beside the summary."""

    def read(self) -> Iterator[Read]:
        yield self._about()
        for row in opencode_rows.messages(self._database, self._file.native_id):
            if row.id == self._reverted:
                self._head = self._parent
            yield from self._message(row)
        if self._ids:
            yield Head(self._parent if self._head is None else self._head)

    def _about(self) -> About:
        column = self._session.get
        model = decoded(records.text(column("model")).encode()) or {}
        return About(
            self._file.native_id,
            cwd=self._cwd,
            version=records.text(column("version")),
            title=records.text(column("title")),
            model=records.text(model.get("id")),
            started_at=from_milliseconds(column("time_created")),
            parent=records.text(column("parent_id")),
        )

    def _message(self, row: Row) -> Iterator[Read]:
        info = decoded(row.data)
        role = info.get("role") if info else None
        if info is None or role not in ("user", "assistant"):
            yield _aside(row, "message")
            return
        told = _Told()
        for part in opencode_rows.parts(self._database, row):
            yield from self._part(part, str(role), told)
        if told.compacts is not None:
            self._kept_from[row.id] = records.text(told.compacts.get("tail_start_id"))
        if role == "user":
            yield from self._say(row, info, told)
        elif info.get("summary") is True:
            yield from self._summary(row, info, told)
        else:
            yield from self._answer(row, info, told)

    def _part(self, row: Row, role: str, told: _Told) -> Iterator[Read]:
        part = decoded(row.data)
        if part is None:
            yield _aside(row, "part")
            return
        part["id"] = row.id
        if part.get("type") == "step-finish":
            told.steps.append(part)
        elif part.get("type") == "compaction":
            told.compacts = part
        if role == "user":
            said, reason = opencode_parts.person(part)
            told.said += said
        else:
            said, results, reason = opencode_parts.assistant(part, self._cwd)
            told.said += said
            told.results += results
        if reason:
            yield SetAside(row.id, reason, (row.data or b"")[:RAW_MAX])

    def _say(self, row: Row, info: Json, told: _Told) -> Iterator[Message]:
        if told.said:
            yield self._new(row.id, info, "user", told.said)

    def _answer(self, row: Row, info: Json, told: _Told) -> Iterator[Message]:
        """The message, and its results as a second one."""
        usage = opencode_parts.usage(info, told.steps)
        if told.said or usage:
            yield replace(self._new(row.id, info, "assistant", told.said), usage=usage)
        if results := _once(told.results):
            yield self._new(row.id + RESULTS, info, "tool", results)

    def _summary(self, row: Row, info: Json, told: _Told) -> Iterator[Message]:
        """The summary, and after it, once more and without their usage, the messages that the model goes on to see as
        they were. A summary that failed counts for nothing but its usage."""
        text = "\n\n".join(part.text for part in told.said if isinstance(part, TextPart))
        usage = opencode_parts.usage(info, told.steps)
        done = bool(text.strip() and info.get("finish") and not info.get("error"))
        if not done and not usage:
            return
        parts: list[Part] = [CompactionPart(text)] if done else []
        yield replace(self._new(row.id, info, "assistant", parts), usage=usage)
        asked = records.text(info.get("parentID"))
        if done and (first := self._kept_from.get(asked)):
            yield from self._kept(first, asked, row.id)

    def _kept(self, first: str, asked: str, summary: str) -> Iterator[Message]:
        """The messages from ``first`` to the one that asked for the summary."""
        kept = False
        for row in opencode_rows.messages(self._database, self._file.native_id):
            kept = kept or row.id == first
            if row.id == asked:
                return
            info = decoded(row.data) if kept else None
            if info is None or info.get("role") not in ("user", "assistant") or info.get("summary") is True:
                continue
            told = _Told()
            for part in opencode_rows.parts(self._database, row):
                list(self._part(part, str(info["role"]), told))
            copy = replace(row, id=f"{row.id}{KEPT}{summary}")
            again = self._say if info["role"] == "user" else self._answer
            yield from (replace(message, usage=None) for message in again(copy, info, told))

    def _new(self, message_id: str, info: Json, role: str, parts: list[Part]) -> Message:
        while message_id in self._ids or not message_id:
            message_id += "+"
        self._ids.add(message_id)
        parent, self._parent = self._parent, message_id
        at = from_milliseconds(records.record(info.get("time")).get("created"))
        model = records.text(info.get("modelID")) if role == "assistant" else ""
        return Message(message_id, parent, at, role, tuple(parts), AGENT, model)  # type: ignore[arg-type]


def _once(results: list[Part]) -> list[Part]:
    """Without the changes that OpenCode noted of the whole message where a tool has told them itself."""
    told = {part.path for part in results if isinstance(part, FileChangePart) and part.call_id}
    return [
        part for part in results if not (isinstance(part, FileChangePart) and not part.call_id and part.path in told)
    ]


def _aside(row: Row, what: str) -> SetAside:
    if row.data is None:
        return SetAside(row.id, f"a {what} longer than {LINE_MAX} bytes, or without data", b"")
    return SetAside(row.id, f"a {what} that is no JSON object, or of an unknown role", row.data[:RAW_MAX])
