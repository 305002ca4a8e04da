"""Transcripts as JSON: one body for the store, for packs and sync, and for `minga sessions export --format transcript`.

A message is an object with a list of parts, each with its ``type``: ``{"type": "text", "text": "…"}``.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args

import msgspec

from minga.domain import transcript
from minga.domain.events import Usage
from minga.domain.ids import AgentName
from minga.domain.transcript import Asker, Message, Part, Role, Transcript
from minga.sessions.codec import kind_of, to_json

PARTS: dict[str, Any] = {kind_of(record).removesuffix("-part"): record for record in get_args(transcript.Part)}
"""Every type of part and its record."""

_TYPE = {record: kind for kind, record in PARTS.items()}


def part_fields(part: Part) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(part)
    return {"type": _TYPE[type(part)], **fields}


def message_fields(message: Message) -> dict[str, Any]:
    """A message as JSON values; what is empty is left out."""
    fields: dict[str, Any] = {
        name: value
        for name, value in msgspec.to_builtins(msgspec.structs.asdict(MessageHead.of(message))).items()
        if name == "id" or value not in ("", None)
    }
    return {**fields, "parts": [part_fields(part) for part in message.parts]}


class MessageHead(msgspec.Struct, frozen=True):
    """A message without its parts."""

    id: str
    role: Role
    parent: str = ""
    at: datetime | None = None
    agent: AgentName = AgentName("")
    model: str = ""
    chain: str = ""
    usage: Usage | None = None
    by: Asker = ""

    @classmethod
    def of(cls, message: Message) -> "MessageHead":
        return cls(
            message.id,
            message.role,
            message.parent,
            message.at,
            message.agent,
            message.model,
            message.chain,
            message.usage,
            message.by,
        )


class _Whole(MessageHead, frozen=True, kw_only=True):
    parts: list[dict[str, Any]]


def transcript_lines(transcript: Transcript) -> Iterator[bytes]:
    """The session, then its messages, each as one line of JSON without the line's end."""
    head = {
        "schema": transcript.schema,
        "session_id": transcript.session_id,
        "title": transcript.title,
        "workspace": transcript.workspace,
        "head": transcript.head,
    }
    yield to_json(head)
    yield from map(encode_message, transcript.messages)


def encode_message(message: Message) -> bytes:
    return to_json(message_fields(message))


def decode_message(body: bytes) -> Message:
    """Raises msgspec.ValidationError for a body that is no message, and for a type of part that is not known."""
    return message_from(msgspec.json.decode(body, type=_Whole))


def message_from_fields(fields: dict[str, Any]) -> Message:
    """As `decode_message`, from JSON values."""
    return message_from(msgspec.convert(fields, _Whole))


def message_from(whole: _Whole) -> Message:
    return Message(
        id=whole.id,
        parent=whole.parent,
        at=whole.at,
        role=whole.role,
        parts=tuple(_part(fields) for fields in whole.parts),
        agent=whole.agent,
        model=whole.model,
        usage=whole.usage,
        chain=whole.chain,
        by=whole.by,
    )


def _part(fields: dict[str, Any]) -> Part:
    record = PARTS.get(str(fields.get("type")))
    if record is None:
        raise msgspec.ValidationError(f"{fields.get('type')!r} is no type of part")
    part: Part = msgspec.convert({name: value for name, value in fields.items() if name != "type"}, record)
    return part
