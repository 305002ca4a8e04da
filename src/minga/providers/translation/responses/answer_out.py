"""Writes an answer of OpenAI Responses. Each part is an item of its own."""

from collections.abc import Iterator

import msgspec

from minga.providers.translation.form import (
    Answer,
    Media,
    Part,
    Refusal,
    Request,
    Stop,
    Text,
    Thinking,
    ToolCall,
    passed_signature,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import echo
from minga.providers.translation.responses.ids import REDACTED, SIGNS, item_id
from minga.providers.translation.responses.items_out import Json, call


def write(answer: Answer, request: Request, notes: Notes) -> bytes:
    response = echo.Response(request, answer.id, answer.model, answer.created_s)
    refuses = any(isinstance(part, Refusal) for part in answer.parts)
    status, reason = echo.ending(answer.stop, refuses=refuses)
    note_stop(answer.stop, notes)
    output: list[Json] = []
    for part in answer.parts:
        output += _items(part, response.id, len(output), notes)
    return msgspec.json.encode(response.told(status, output, answer.used, reason))


def _items(part: Part, answer: str, index: int, notes: Notes) -> Iterator[Json]:
    if (item := item_of(part, answer, index)) is None:
        notes.add("responses-media", part.kind if isinstance(part, Media) else "")
        return
    yield item
    if isinstance(part, Text | ToolCall) and part.signature:
        yield signing(part.signature, answer, index + 1)


def note_stop(stop: Stop, notes: Notes) -> None:
    if stop == "pause":
        notes.add("responses-pause")
    elif stop == "stop-sequence":
        notes.add("responses-stop")


def item_of(part: Part, answer: str, index: int, status: str = "completed") -> Json | None:
    """None for what no item can be. ``answer``: the id of the answer."""
    match part:
        case Text():
            said: Json = {"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}
            return message(item_id("msg", answer, index), status, [said])
        case Refusal():
            return message(item_id("msg", answer, index), status, [{"type": "refusal", "refusal": part.text}])
        case Thinking():
            return _thought(part, answer, index)
        case ToolCall():
            prefix = "ctc" if part.custom else "fc"
            arguments = part.arguments if part.custom else part.arguments or "{}"
            given = call(msgspec.structs.replace(part, arguments=arguments))
            return {"id": item_id(prefix, answer, index), "status": status, **given}
        case Media(kind="image") if part.data:
            told: Json = {"type": "image_generation_call", "id": item_id("ig", answer, index), "status": "completed"}
            return {**told, "result": part.data, "output_format": part.media_type.removeprefix("image/") or "png"}
        case _:
            return None


def message(id_: str, status: str, content: list[Json]) -> Json:
    return {"type": "message", "id": id_, "status": status, "role": "assistant", "content": content}


def signing(signature: str, answer: str, index: int) -> Json:
    """The item after a text or call that tells its signature."""
    told: Json = {"type": "reasoning", "id": item_id("rs", answer, index) + SIGNS, "summary": []}
    return {**told, "encrypted_content": passed_signature(signature, "openai-responses")}


def _thought(part: Thinking, answer: str, index: int) -> Json:
    id_ = part.id if part.id.startswith("rs_") else item_id("rs", answer, index)
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    told: Json = {"type": "reasoning", "id": id_ + REDACTED if part.redacted else id_, "summary": summary}
    if part.signature:
        told["encrypted_content"] = passed_signature(part.signature, "openai-responses")
    return told
