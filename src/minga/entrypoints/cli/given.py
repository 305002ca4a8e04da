"""What the person gives with a task: files, pictures, standard input, MCP servers, an endpoint."""

import math
import os
import select
import stat
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from minga.domain.errors import BadInput, BinaryFile, UnreadableFile
from minga.domain.task import Document, Endpoint, Image, McpServer
from minga.entrypoints.cli.words import Words
from minga.settings import Settings, named_agents

DOCUMENT_BYTES_MAX = 2_000_000

IMAGES_BYTES_MAX = 20_000_000
"""All pictures of a task: as base64 (a third more) they stay below the 32 MB that a request to Anthropic may have
(platform.claude.com/docs/en/api/errors, seen 2026-11-25), and each fits in one line of a driver's protocol."""

STDIN_NOTICE_S = 2.0
STDIN_WAIT_S = 0.2

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


def read_document(path: Path, say: Words) -> Document:
    """Read a text file. Raises UnreadableFile, BinaryFile, BadInput (too large)."""
    return Document(str(path), _checked(str(path), _read(path), say))


def read_images(paths: Sequence[Path], say: Words) -> tuple[Image, ...]:
    """Look at the pictures: only how large they are, and how they begin, for they are read when the turn is opened.

    Raises UnreadableFile; BadInput where one is no PNG, JPEG, GIF or WebP, or all together are too large.
    """
    images, left = [], IMAGES_BYTES_MAX
    for path in paths:
        image, size = _look_at(path, say)
        left -= size
        if left < 0:
            detail = "with {path!r} the pictures are larger than {limit} bytes; give fewer, or smaller ones"
            raise BadInput(detail=say(detail, path=str(path), limit=IMAGES_BYTES_MAX))
        images.append(image)
    return tuple(images)


def _look_at(path: Path, say: Words) -> tuple[Image, int]:
    try:
        found = path.stat()
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):  # a pipe can be read once only
            raise UnreadableFile(path=str(path), detail=say("it is no regular file"))
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as wrong:
        raise UnreadableFile(path=str(path), detail=wrong.strerror or str(wrong)) from wrong
    for signature, media_type in _SIGNATURES.items():
        if head.startswith(signature) and (signature != b"RIFF" or head[8:12] == b"WEBP"):
            return Image(path.absolute(), media_type), found.st_size
    raise BadInput(detail=say("{path!r} is no PNG, JPEG, GIF or WebP picture", path=str(path)))


def read_stdin(say: Words) -> tuple[Document, ...]:
    """Read standard input as context if something is piped in. Says so if its end takes its time."""
    descriptor = sys.stdin.fileno()
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)):
        return ()
    text = _checked("stdin", _until_end(descriptor, say), say)
    return (Document("stdin", text),) if text.strip() else ()


def _until_end(descriptor: int, say: Words) -> bytes:
    """Read until the other side closes, or more than a document may have has come."""
    data = bytearray()
    notice_at = time.monotonic() + STDIN_NOTICE_S
    while len(data) <= DOCUMENT_BYTES_MAX:
        # Never without an end: an interrupt that comes just before such a wait would be seen only after it.
        if not select.select([descriptor], [], [], STDIN_WAIT_S)[0]:
            if time.monotonic() > notice_at:
                print(say("Reading context from standard input; use </dev/null if there is none."), file=sys.stderr)
                notice_at = math.inf
            continue
        try:
            piece = os.read(descriptor, 65_536)
        except OSError as wrong:
            raise UnreadableFile(path="stdin", detail=wrong.strerror or str(wrong)) from wrong
        if not piece:
            break
        data += piece
    return bytes(data)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(max(DOCUMENT_BYTES_MAX + 1, 1))
    except OSError as wrong:
        raise UnreadableFile(path=str(path), detail=wrong.strerror or str(wrong)) from wrong


def _checked(name: str, data: bytes, say: Words) -> str:
    if len(data) > DOCUMENT_BYTES_MAX:
        detail = "{name!r} is larger than {limit} bytes; give the part that matters"
        raise BadInput(detail=say(detail, name=name, limit=DOCUMENT_BYTES_MAX))
    if b"\0" in data:
        raise BinaryFile(path=name)
    return as_text(data)


def as_text(data: bytes) -> str:
    """UTF-8, else Windows-1252 (the usual other one in Chile)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_mcp_servers(path: Path, say: Words) -> tuple[McpServer, ...]:
    """Read ``{"mcpServers": {name: {"command": …, "args": […], "env": {…}}}}``. Raises UnreadableFile, BadInput."""
    try:
        given = msgspec.json.decode(_read(path), type=_McpFile)
    except msgspec.DecodeError as wrong:
        detail = "{path!r} is no MCP configuration: {wrong}"
        raise BadInput(detail=say(detail, path=str(path), wrong=wrong)) from wrong
    return tuple(
        McpServer(name, server.command, tuple(server.args), tuple(server.env.items()))
        for name, server in given.servers.items()
    )


class _McpServer(msgspec.Struct):
    command: str
    args: list[str] = []
    env: dict[str, str] = {}
    type: str = "stdio"


class _McpFile(msgspec.Struct):
    servers: dict[str, _McpServer] = msgspec.field(name="mcpServers")


def choose_endpoint(settings: Settings, url: str | None, key_variable: str | None, say: Words) -> Endpoint | None:
    """The endpoint of the flags, else of the settings. Raises BadInput if the named variable is not set."""
    configured = settings.endpoint
    if url is None and key_variable is None:
        return configured
    base_url = url or (configured.base_url if configured else "")
    if not base_url.startswith(("http://", "https://")):
        raise BadInput(detail=say("--endpoint {url!r} is no http:// or https:// address", url=base_url))
    key = configured.api_key if configured else ""
    if key_variable is not None:
        environment = settings.environment
        if not environment.get(key_variable):
            detail = "the variable {name!r} of --api-key-env is not set"
            raise BadInput(detail=say(detail, name=key_variable))
        key = environment[key_variable]
    return Endpoint(base_url, key or "none", configured.model if configured else "")


def split_agents(values: Sequence[Any]) -> tuple[str, ...]:
    """``("codex,claude", "gemini")`` -> the three names, in order, once each."""
    return named_agents(",".join(map(str, values)))
