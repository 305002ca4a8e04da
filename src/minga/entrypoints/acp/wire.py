"""What a client sends, as far as it is read; other fields are passed over, as the protocol wants it."""

from typing import Any, TypeVar

import msgspec

from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import INVALID_PARAMS, Refused


class Params(msgspec.Struct, frozen=True, rename="camel"):
    """A part of a message; its names are written like ``sessionId``."""


class Initialize(Params, frozen=True):
    protocol_version: int


class Variable(Params, frozen=True):
    name: str
    value: str


class Server(Params, frozen=True):
    """An MCP server. ``type`` is empty for one on standard input and output; others have no command."""

    name: str
    type: str = ""
    command: str = ""
    args: tuple[str, ...] = ()
    env: tuple[Variable, ...] = ()


class NewSession(Params, frozen=True):
    cwd: str
    mcp_servers: tuple[Server, ...] = ()
    additional_directories: tuple[str, ...] | None = None


class KnownSession(NewSession, frozen=True, kw_only=True):
    """Of ``session/load`` and ``session/resume``."""

    session_id: str


class ListSessions(Params, frozen=True):
    cwd: str | None = None
    cursor: str | None = None


class OneSession(Params, frozen=True):
    """Of ``session/close`` and ``session/cancel``."""

    session_id: str


class SetMode(Params, frozen=True):
    session_id: str
    mode_id: str


class SetOption(Params, frozen=True):
    session_id: str
    config_id: str
    value: str


class CancelRequest(Params, frozen=True):
    request_id: int | str | None


class TextBlock(Params, frozen=True, tag="text"):
    text: str


class ImageBlock(Params, frozen=True, tag="image"):
    data: str
    mime_type: str


class AudioBlock(Params, frozen=True, tag="audio"):
    pass


class LinkBlock(Params, frozen=True, tag="resource_link"):
    uri: str
    name: str = ""


class Resource(Params, frozen=True):
    """Text, or ``blob``: bytes in base64."""

    uri: str
    mime_type: str | None = None
    text: str | None = None
    blob: str | None = None


class ResourceBlock(Params, frozen=True, tag="resource"):
    resource: Resource


Block = TextBlock | ImageBlock | AudioBlock | LinkBlock | ResourceBlock


class Prompt(Params, frozen=True):
    session_id: str
    prompt: tuple[Block, ...]


class Chosen(Params, frozen=True):
    """What a person chose of a question's options; ``outcome`` is ``selected`` or ``cancelled``."""

    outcome: str
    option_id: str = ""


class PermissionAnswer(Params, frozen=True):
    outcome: Chosen


Record = TypeVar("Record", bound=Params)


def read(params: Any, record: type[Record], method: str) -> Record:
    """Raises Refused."""
    try:
        return msgspec.convert(params, record)
    except msgspec.ValidationError as wrong:
        raise Refused(INVALID_PARAMS, f"{method}: {wrong}") from wrong


def text(content: str) -> Json:
    """A block of text, as we send it."""
    return {"type": "text", "text": content}
