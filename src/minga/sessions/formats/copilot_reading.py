"""Reading a session of Copilot CLI 1.0.102: events, each naming the one before it.

Events of sub-agents stand among the others and become side chains.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from minga.domain.events import Usage
from minga.domain.ids import NativeId
from minga.domain.transcript import CompactionPart, ImagePart, Message, Part, Role, ToolCallPart
from minga.sessions.formats import records
from minga.sessions.formats.copilot_events import (
    AGENT,
    PASSED_OVER,
    call,
    is_injected,
    read_answer,
    read_outcome,
    read_person,
    read_usage,
)
from minga.sessions.formats.format import RAW_MAX, About, Head, NativeFile, Read, SetAside
from minga.sessions.formats.lines import read_lines
from minga.sessions.formats.records import Json

ASSETS_MAX = 64_000_000
"""Bytes of pictures that are kept for the events that name them; the oldest go first."""

MEANWHILE_MAX = 200
"""Messages that a compaction is taken to run beside at most."""


def read(file: NativeFile) -> Iterator[Read]:
    """Yield `About` where it is told, `Head` last. Raises OSError."""
    session = _Session(file.native_id)
    if title := _title(file.path):
        yield About(file.native_id, title=title)
    for line in read_lines(file.path):
        if isinstance(line, SetAside):
            yield line
        else:
            yield from session.event(line.number, line.value)
    if session.head:
        yield Head(session.head)


class _Session:
    """What is known of a session so far."""

    def __init__(self, native_id: NativeId) -> None:
        self.head = ""
        self._native_id = native_id
        self._cwd = ""
        self._heads: dict[str, str] = {}
        """At each event, the newest message of the main conversation."""
        self._chains: dict[str, str] = {}
        """The newest message of each side chain."""
        self._ids: set[str] = set()
        self._requested: set[str] = set()
        self._usage: dict[str, list[Usage]] = {}
        self._assets: dict[str, ImagePart] = {}
        self._assets_size = 0
        self._head_before = ""
        self._meanwhile: list[Message] | None = None
        """The messages of the main conversation since a compaction began; it keeps them."""
        self._tellers: dict[str, Callable[[str, Json, Json], Iterator[Read]]] = {
            "session.start": self._start,
            "session.resume": self._start,
            "session.context_changed": self._context,
            "session.model_change": self._model,
            "session.title_changed": self._titled,
            "session.binary_asset": self._asset,
            "session.usage_record": self._used,
            "session.compaction_start": self._compacting,
            "session.compaction_complete": self._compacted,
            "session.context_cleared": self._cleared,
            "user.message": self._said,
            "assistant.message": self._answered,
            "tool.user_requested": self._called,
            "tool.execution_start": self._called,
            "tool.execution_complete": self._ended,
        }

    def event(self, number: int, event: Json) -> Iterator[Read]:
        kind, data = records.text(event.get("type")), event.get("data")
        parent = event.get("parentId")
        if isinstance(parent, str) and parent in self._heads:
            self.head = self._heads[parent]
        teller = self._tellers.get(kind)
        if teller is not None and isinstance(data, dict):
            yield from teller(str(number), event, data)
        elif teller is not None or kind not in PASSED_OVER:
            yield _aside(str(number), "an event without data" if teller else "an unknown kind of event", event)
        if isinstance(event.get("id"), str):
            self._heads[event["id"]] = self.head

    def _start(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        yield About(
            self._native_id,
            version=records.text(data.get("copilotVersion")),
            model=records.text(data.get("selectedModel")),
            started_at=records.instant(data.get("startTime")),
            parent=records.text(data.get("detachedFromSpawningParentSessionId")),
        )
        if isinstance(data.get("context"), dict):
            yield from self._context(place, event, data["context"])

    def _context(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        self._cwd = records.text(data.get("cwd")) or self._cwd
        host, name = records.text(data.get("repositoryHost")), records.text(data.get("repository"))
        yield About(
            self._native_id,
            cwd=self._cwd,
            remote=f"https://{host}/{name}" if host and name else name,
            branch=records.text(data.get("branch")),
            commit=records.text(data.get("headCommit")),
        )

    def _model(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        if not _chain(event, data):
            yield About(self._native_id, model=records.text(data.get("newModel")))

    def _titled(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        yield About(self._native_id, title=records.text(data.get("title")))

    def _asset(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        found = records.picture(data.get("mimeType"), data.get("data"))
        if found is None:
            yield _aside(place, "binary data that is no picture", event)
            return
        key = records.text(data.get("assetId"))
        before = self._assets.pop(key, None)
        self._assets[key] = found
        self._assets_size += len(found.data) - (len(before.data) if before else 0)
        while self._assets_size > ASSETS_MAX and len(self._assets) > 1:
            self._assets_size -= len(self._assets.pop(next(iter(self._assets))).data)

    def _used(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        used = records.record(data.get("usage"))
        self._usage.setdefault(_chain(event, used), []).append(read_usage(used))
        yield from ()

    def _compacting(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        self._head_before = self.head
        self._meanwhile = []
        yield from ()

    def _compacted(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        """The summary stands for what was said before the compaction began; what was said meanwhile follows it again,
        under new names. The model call of a compaction has no usage record."""
        meanwhile, self._meanwhile = self._meanwhile or [], None
        if data.get("success") is not True:
            return
        if meanwhile:
            self.head = self._head_before
        used = records.record(data.get("compactionTokensUsed"))
        summary = CompactionPart(records.text(data.get("summaryContent")))
        made = self._message(place, event, "user", (summary,), _chain(event, data))
        yield replace(made, usage=read_usage(used) if used else None)
        for message in meanwhile:
            again = replace(message, id=self._unique(f"{message.id}@{place}", place), parent=self.head, usage=None)
            self.head = again.id
            yield again

    def _cleared(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        """The model forgets the conversation; what follows begins a new one."""
        self.head = ""
        yield from ()

    def _said(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        if _chain(event, data) or not is_injected(data):
            yield from self._parts(place, event, "user", read_person(data, self._assets.get))

    def _answered(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        self._requested |= {
            records.text(request.get("toolCallId")) for request in records.records(data.get("toolRequests"))
        }
        yield from self._parts(place, event, "assistant", read_answer(data))

    def _called(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        """A call that no message of the assistant has asked for: the person's own."""
        part: ToolCallPart = call(data, data.get("toolName"))
        if part.call_id not in self._requested:
            self._requested.add(part.call_id)
            yield from self._parts(place, event, "user", (part,))

    def _ended(self, place: str, event: Json, data: Json) -> Iterator[Read]:
        yield from self._parts(place, event, "tool", read_outcome(data, self._cwd, self._assets.get))

    def _parts(
        self, place: str, event: Json, role: Role, found: Iterator[Part | str] | tuple[Part, ...]
    ) -> Iterator[Read]:
        """A message of the parts that could be read, and the rest set aside."""
        parts: list[Part] = []
        for part in found:
            if isinstance(part, str):
                yield _aside(place, part, event)
            else:
                parts.append(part)
        yield self._message(place, event, role, tuple(parts), _chain(event, records.record(event.get("data"))))

    def _message(self, place: str, event: Json, role: Role, parts: tuple[Part, ...], chain: str) -> Message:
        data = records.record(event.get("data"))
        own = records.text(event.get("id")) or f"line {place}"
        usage = _sum(self._usage.pop(chain, [])) if role == "assistant" else None
        made = Message(
            id=self._unique(own, place),
            parent=self._chains.get(chain, "") if chain else self.head,
            at=records.instant(event.get("timestamp")),
            role=role,
            parts=parts,
            agent=AGENT,
            model=records.text(data.get("model")) if role == "assistant" else "",
            usage=usage,
            chain=chain,
        )
        if chain:
            self._chains[chain] = made.id
        else:
            self.head = made.id
            if self._meanwhile is not None and len(self._meanwhile) < MEANWHILE_MAX:
                self._meanwhile.append(made)
        return made

    def _unique(self, own: str, place: str) -> str:
        """``own``, where no message has it yet."""
        while own in self._ids:
            own = f"{own}@{place}"
        self._ids.add(own)
        return own


def _chain(event: Json, data: Json) -> str:
    """Which sub-agent an event belongs to, empty for the main conversation."""
    return records.text(event.get("agentId")) or records.text(data.get("parentToolCallId"))


def _sum(used: list[Usage]) -> Usage | None:
    """One usage for all model calls since the last answer: those that failed came to nothing but were paid for."""
    if not used:
        return None
    return replace(
        used[-1],
        input_tokens=sum(one.input_tokens for one in used),
        cached_input_tokens=sum(one.cached_input_tokens for one in used),
        cache_write_tokens=sum(one.cache_write_tokens for one in used),
        output_tokens=sum(one.output_tokens for one in used),
        reasoning_tokens=sum(one.reasoning_tokens for one in used),
    )


def _aside(place: str, reason: str, event: Json) -> SetAside:
    return SetAside(place, reason, msgspec.json.encode(event)[:RAW_MAX])


def _title(path: Path) -> str:
    """The session's name, a plain line of the ``workspace.yaml`` beside it."""
    try:
        lines = (path.parent / "workspace.yaml").read_bytes()[:65_536].decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    names = [line.removeprefix("name:").strip() for line in lines if line.startswith("name:")]
    return names[0] if names and names[0][:1] not in ("|", ">", '"', "'") else ""
