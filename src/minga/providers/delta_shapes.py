"""What is read of an event that is a piece of the answer, as each wire writes it.

Apart from `deltas`, which is compiled: the compiler drops the types within containers.
"""

from typing import Literal

import msgspec


class Function(msgspec.Struct):
    arguments: str = ""


class ToolCall(msgspec.Struct):
    function: Function | None = None


class ChatDelta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(msgspec.Struct):
    delta: ChatDelta
    finish_reason: None = None


class Chunk(msgspec.Struct):
    choices: list[Choice]
    usage: None = None
    error: msgspec.UnsetType = msgspec.UNSET


class Text(msgspec.Struct):
    text: str = ""
    thinking: str = ""
    partial_json: str = ""


class Block(msgspec.Struct):
    type: Literal["content_block_delta"]
    delta: Text


class Piece(msgspec.Struct):
    type: str
    delta: str
