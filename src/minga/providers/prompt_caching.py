"""Markers that let Anthropic keep the beginning of a prompt, where a request has none and where they pay.

Writing costs 1.25 times the input, reading 0.1 times, so a prefix pays from its second call on: 1.35 instead of 2.
Hence the tools and the system prompt, which conversations share, and the last two turns of the user where the request
is one of a conversation: the next call reads what this one wrote. Markers are spliced into the bytes of the request;
no other byte changes. Source: platform.claude.com/docs/en/build-with-claude/prompt-caching, seen November 2026.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TypeAlias

import msgspec

from minga.providers.json_spans import Span, elements, members

HEADER = "x-minga-prompt-cache"
"""Of an answer to a marked request: ``marked N``."""

BYTES_A_TOKEN = 4
TURNS = 2

_DATA = Path(__file__).with_name("prompt_caching.toml")
_MARKER = b'"cache_control":{"type":"ephemeral"}'
_MARKABLE = {"text", "image", "document", "tool_result"}

Insertion: TypeAlias = tuple[int, bytes]


class _Shortest(msgspec.Struct, frozen=True):
    models: list[str]
    tokens: int
    source: str


class _File(msgspec.Struct, frozen=True):
    shortest: list[_Shortest]


@dataclass(frozen=True, slots=True)
class Marked:
    """``body`` is the request with ``insertions``, each at its place in the request as it was; ``count`` markers."""

    body: bytes
    insertions: tuple[Insertion, ...]
    count: int


def mark(body: bytes, model: str) -> Marked:
    """A request that has markers is left to whoever set them, and one that cannot be read to the provider."""
    if b'"cache_control"' in body:
        return Marked(body, (), 0)
    shortest = shortest_prefix(model) * BYTES_A_TOKEN
    try:
        marks = [mark for size, mark in _places(body) if size >= shortest]
    except (ValueError, RecursionError):  # no UTF-8, or no object
        return Marked(body, (), 0)
    insertions = tuple(sorted(one for mark in marks for one in mark))
    pieces: list[bytes] = []
    at = 0
    for place, text in insertions:
        pieces += [body[at:place], text]
        at = place
    return Marked(b"".join([*pieces, body[at:]]), insertions, len(marks))


def shortest_prefix(model: str) -> int:
    """Tokens below which ``model`` keeps nothing."""
    return next(one.tokens for one in _shortest() if any(fnmatchcase(model, pattern) for pattern in one.models))


def _places(body: bytes) -> Iterator[tuple[int, list[Insertion]]]:
    """Where markers may stand, with the bytes of the prompt up to there: tools, system, messages, in this order."""
    fields = members(body, (0, len(body)))
    size = 0
    tools = fields.get("tools")
    if tools is not None:
        size += tools[1] - tools[0]
        if (mark := _last(body, tools)) is not None:
            yield size, mark
    if (system := fields.get("system")) is not None:
        size += system[1] - system[0]
        if (mark := _last(body, system)) is not None:
            yield size, mark
    if (messages := fields.get("messages")) is not None:
        yield from _turns(body, messages, size, goes_on=tools is not None)


def _turns(body: bytes, messages: Span, size: int, *, goes_on: bool) -> Iterator[tuple[int, list[Insertion]]]:
    """The last turns of the user. A single question without tools is probably asked once."""
    turns = [(span[1], members(body, span)) for span in elements(body, messages)]
    asked = [(end, turn["content"]) for end, turn in turns if "content" in turn and _text(body, turn, "role") == "user"]
    if len(asked) < TURNS and not goes_on:
        return
    for end, content in asked[-TURNS:]:
        if (mark := _last(body, content)) is not None:
            yield size + end - messages[0], mark


def _last(body: bytes, span: Span) -> list[Insertion] | None:
    """What marks the end of a text, or of the last block of a list; None where that may bear no marker."""
    begin, end = span
    if body[begin:end] in (b'""', b"null"):
        return None
    if body[begin : begin + 1] == b'"':
        return [(begin, b'[{"type":"text","text":'), (end, b"," + _MARKER + b"}]")]
    blocks = elements(body, span) if body[begin : begin + 1] == b"[" else []
    if not blocks or body[blocks[-1][0] : blocks[-1][0] + 1] != b"{":
        return None
    fields = members(body, blocks[-1])
    is_tool = "name" in fields
    is_markable = is_tool or _text(body, fields, "type") in _MARKABLE
    if not is_markable or "defer_loading" in fields or _text(body, fields, "text") == "":
        return None
    return [(blocks[-1][0] + 1, _MARKER + b",")]


def _text(body: bytes, fields: Mapping[str, Span], name: str) -> str | None:
    """None for anything that is no text."""
    begin, end = fields.get(name, (0, 0))
    return msgspec.json.decode(body[begin:end], type=str) if body[begin : begin + 1] == b'"' and end else None


@cache
def _shortest() -> list[_Shortest]:
    return msgspec.toml.decode(_DATA.read_bytes(), type=_File).shortest
