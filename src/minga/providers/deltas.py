"""Reads the events that a stream mostly consists of, pieces of the answer, without making objects of all their fields.

What is found here is what `usage.StreamReader` would find: an event that says anything else is none of these, and a
test compares both readers on any events.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from minga.domain.model_calls import Wire

Read = Callable[[bytes], int | None]
"""From the JSON of an event to the characters that it adds to an answer that has begun: text, reasoning, arguments of
tool calls. None for any event that is no piece of the answer, or says more than that."""


NO_TEXT = ("response.audio.delta",)
"""Pieces of the responses form that are no text."""


class _Function(msgspec.Struct):
    arguments: str = ""


class _ToolCall(msgspec.Struct):
    function: _Function | None = None


class _ChatDelta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    delta: _ChatDelta
    finish_reason: None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice]
    usage: None = None
    error: msgspec.UnsetType = msgspec.UNSET


class _Text(msgspec.Struct):
    text: str = ""
    thinking: str = ""
    partial_json: str = ""


class _Block(msgspec.Struct):
    type: Literal["content_block_delta"]
    delta: _Text


class _Piece(msgspec.Struct):
    type: str
    delta: str


_CHUNKS = msgspec.json.Decoder(_Chunk)
_BLOCKS = msgspec.json.Decoder(_Block)
_PIECES = msgspec.json.Decoder(_Piece)

_WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def reader(wire: Wire) -> Read:
    match wire:
        case "openai-chat":
            return _chat
        case "openai-responses":
            return _responses
        case "anthropic":
            return _anthropic
        case _:
            return _nothing  # Gemini tells its usage in every event


def _chat(data: bytes) -> int | None:
    try:
        chunk = _CHUNKS.decode(data)
    except _WRONG:
        return None
    characters = 0
    for choice in chunk.choices:
        delta = choice.delta
        characters += len(delta.content or "") + len(delta.reasoning_content or "")
        for call in delta.tool_calls or ():
            characters += len(call.function.arguments) if call.function else 0
    if characters or any(choice.delta.tool_calls for choice in chunk.choices):
        return characters if _is_text(data) else None
    return None


def _responses(data: bytes) -> int | None:
    try:
        piece = _PIECES.decode(data)
    except _WRONG:
        return None
    if not piece.type.endswith(".delta") or not _is_text(data):
        return None
    return 0 if piece.type in NO_TEXT else len(piece.delta)


def _anthropic(data: bytes) -> int | None:
    try:
        block = _BLOCKS.decode(data)
    except _WRONG:
        return None
    delta = block.delta
    return len(delta.text) + len(delta.thinking) + len(delta.partial_json) if _is_text(data) else None


def _nothing(data: bytes) -> None:
    return None


def _is_text(data: bytes) -> bool:
    """The fields that are passed over have not been looked at."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
