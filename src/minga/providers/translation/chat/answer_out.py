"""An answer of the form, in this dialect."""

from collections.abc import Sequence

import msgspec

from minga.providers.translation.chat import content_out, stops, thoughts, usage_out
from minga.providers.translation.chat.shapes import ExtraContent, ReasoningDetail
from minga.providers.translation.form import (
    Answer,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    passed_signature,
)
from minga.providers.translation.notes import Notes


class FunctionWritten(msgspec.Struct):
    name: str
    arguments: str


class CustomWritten(msgspec.Struct):
    name: str
    input: str


class CallWritten(msgspec.Struct, omit_defaults=True):
    """``index`` stands in streams only."""

    id: str
    type: str
    index: int | None = None
    function: FunctionWritten | None = None
    custom: CustomWritten | None = None
    extra_content: ExtraContent | None = None


class _Optional(msgspec.Struct):
    """What OpenAI's own message may lack, and what others add to it."""

    reasoning_content: str | None = None
    reasoning_details: list[ReasoningDetail] | None = None
    images: list[dict[str, object]] | None = None
    tool_calls: list[CallWritten] | None = None
    extra_content: ExtraContent | None = None


def write_answer(answer: Answer, notes: Notes) -> bytes:
    refused = [one.text for one in answer.parts if isinstance(one, Refusal)]
    told: dict[str, object] = {
        "id": answer.id,
        "object": "chat.completion",
        "created": answer.created_s,
        "model": answer.model,
        "choices": [
            {
                "index": 0,
                "message": _message(answer.parts, refused, notes),
                "logprobs": None,
                "finish_reason": stops.written(answer.stop, notes, refused=bool(refused)),
            }
        ],
    }
    if answer.used is not None:
        told["usage"] = usage_out.told(answer.used)
    return msgspec.json.encode(told)


def _message(parts: Sequence[Part], refused: Sequence[str], notes: Notes) -> dict[str, object]:
    texts = [one for one in parts if isinstance(one, Text)]
    if not content_out.in_order(parts):
        notes.add("chat-answer-order")
    if len(texts) > 1 or len(refused) > 1:
        notes.add("chat-joined", "text")
    signed = [one for one in texts if one.signature]
    optional = _Optional(
        images=[image(one) for one in parts if isinstance(one, Media)] or None,
        tool_calls=[call(one) for one in parts if isinstance(one, ToolCall)] or None,
        extra_content=thoughts.extra_of(signed[-1]) if signed else None,
    )
    _tell_thoughts([one for one in parts if isinstance(one, Thinking)], optional, notes)
    return {
        "role": "assistant",
        "content": "".join(one.text for one in texts) if texts else None,
        "refusal": "\n\n".join(refused) if refused else None,
        **{name: said for name, said in msgspec.structs.asdict(optional).items() if said is not None},
    }


def _tell_thoughts(found: Sequence[Thinking], optional: _Optional, notes: Notes) -> None:
    """With their signatures where one has any: they must come back with the history."""
    optional.reasoning_content = thoughts.plain_of(found)
    if any(one.signature for one in found):
        optional.reasoning_details = [
            thoughts.detail_of(one, passed_signature(one.signature, thoughts.WIRE), index)
            for index, one in enumerate(found)
        ]
    elif len(found) > 1:
        notes.add("chat-joined", "thoughts")


def call(part: ToolCall, index: int | None = None) -> CallWritten:
    extra = thoughts.extra_of(part)
    if part.custom:
        custom = CustomWritten(part.name, part.arguments)
        return CallWritten(part.id, "custom", index, custom=custom, extra_content=extra)
    function = FunctionWritten(part.name, part.arguments)
    return CallWritten(part.id, "function", index, function=function, extra_content=extra)


def image(media: Media) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": media.url or content_out.data_url(media)}}
