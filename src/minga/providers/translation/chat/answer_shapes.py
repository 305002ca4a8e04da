"""What an answer and a piece of one look like, as far as they are understood; servers add what they like."""

from typing import Any, TypeAlias

import msgspec

from minga.domain.events import Usage
from minga.providers import usage
from minga.providers.translation.chat.shapes import ReasoningDetail
from minga.providers.translation.chat.thoughts import WIRE
from minga.providers.translation.notes import Notes


class Detail(ReasoningDetail, forbid_unknown_fields=False):
    pass


class GoogleSaid(msgspec.Struct):
    thought_signature: str = ""


class ExtraSaid(msgspec.Struct):
    google: GoogleSaid | None = None


class Words(msgspec.Struct):
    text: str = ""
    type: str = "text"


class ContentSaid(msgspec.Struct):
    """Of Mistral, which tells thoughts as a part of the content."""

    type: str
    text: str = ""
    thinking: str | list[Words] = ""


Said: TypeAlias = str | list[ContentSaid] | None


class FunctionSaid(msgspec.Struct):
    """Of a piece of a call, both may be missing. Some servers give the object itself as arguments."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class CustomSaid(msgspec.Struct):
    name: str | None = None
    input: str | None = None


class CallSaid(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: FunctionSaid | None = None
    custom: CustomSaid | None = None
    extra_content: ExtraSaid | None = None


class ImageAddress(msgspec.Struct):
    url: str


class ImageSaid(msgspec.Struct):
    image_url: ImageAddress


class Message(msgspec.Struct):
    """A whole message, or what a chunk adds to it."""

    content: Said = None
    tool_calls: list[CallSaid] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[Detail] | None = None
    refusal: str | None = None
    function_call: FunctionSaid | None = None
    extra_content: ExtraSaid | None = None
    images: list[ImageSaid] | None = None
    annotations: list[msgspec.Raw] | None = None
    audio: dict[str, msgspec.Raw] | None = None


class Choice(msgspec.Struct):
    """``stop_reason`` is vLLM's: the stop sequence, or the number of a token."""

    index: int | None = None
    message: Message | None = None
    delta: Message | None = None
    finish_reason: str | None = None
    stop_reason: str | int | None = None
    logprobs: dict[str, msgspec.Raw] | None = None


class Completion(msgspec.Struct):
    """A whole answer or a chunk of one. ``object`` is ``error`` where vLLM tells one."""

    choices: list[Choice] | None = None
    id: str | None = None
    model: str | None = None
    created: int | float | None = None
    usage: dict[str, Any] | None = None
    object: str | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


COMPLETIONS = msgspec.json.Decoder(Completion)

WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def used(completion: Completion, model: str) -> Usage | None:
    return usage.of_told(WIRE, model, {"usage": completion.usage}) if completion.usage else None


def split(content: Said, notes: Notes) -> tuple[str, str]:
    """What is thought, and what is said."""
    if content is None or isinstance(content, str):
        return "", content or ""
    for part in content:
        for one in (part, *(part.thinking if isinstance(part.thinking, list) else ())):
            if one.type not in ("text", "thinking") and not one.text:
                notes.add("chat-answer-field", f"content of type {one.type[:40]}")
    thought = "".join(
        one.thinking if isinstance(one.thinking, str) else "".join(each.text for each in one.thinking)
        for one in content
    )
    return thought, "".join(one.text for one in content)


def arguments_of(given: str | dict[str, Any] | None) -> str:
    return msgspec.json.encode(given).decode() if isinstance(given, dict) else given or ""
