"""What an answer and a piece of one look like. Servers add what they like: what is not known is told, what is known and
has no counterpart elsewhere too."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from minga.domain.events import Usage
from minga.providers import usage
from minga.providers.translation.chat.shapes import ABSENT, Json, ReasoningDetail
from minga.providers.translation.chat.thoughts import WIRE
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Beside, Strict, unread


class _Shape(msgspec.Struct, forbid_unknown_fields=True):
    pass


class GoogleSaid(_Shape):
    thought_signature: str = ""


class ExtraSaid(_Shape):
    google: GoogleSaid | None = None


class Words(_Shape):
    text: str = ""
    type: str = "text"


class ContentSaid(_Shape):
    """Of Mistral, which tells thoughts as a part of the content."""

    type: str
    text: str = ""
    thinking: str | list[Words] = ""


Said: TypeAlias = str | list[ContentSaid] | None


class FunctionSaid(_Shape):
    """Of a piece of a call, both may be missing. Some servers give the object itself as arguments."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class CustomSaid(_Shape):
    name: str | None = None
    input: str | None = None


class CallSaid(_Shape):
    """``type`` shows in what else it has."""

    index: int | None = None
    id: str | None = None
    function: FunctionSaid | None = None
    custom: CustomSaid | None = None
    extra_content: ExtraSaid | None = None
    type: str | None = None


class ImageAddress(_Shape):
    url: str
    detail: str | None = None


class ImageSaid(_Shape):
    image_url: ImageAddress
    type: str | None = None
    index: int | None = None


class Message(_Shape):
    """A whole message, or what a chunk adds to it. ``role`` is always the same."""

    role: str | None = None
    content: Said = None
    tool_calls: list[CallSaid] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[ReasoningDetail] | None = None
    refusal: str | None = None
    function_call: FunctionSaid | None = None
    extra_content: ExtraSaid | None = None
    images: list[ImageSaid] | None = None
    annotations: Json = ABSENT
    audio: Json = ABSENT


class Choice(_Shape):
    """``stop_reason`` is vLLM's: the stop sequence, or the number of a token. The filter's results are Azure's."""

    index: int | None = None
    message: Message | None = None
    delta: Message | None = None
    finish_reason: str | None = None
    stop_reason: str | int | None = None
    logprobs: Json = ABSENT
    content_filter_results: Json = ABSENT
    native_finish_reason: Json = ABSENT
    token_ids: Json = ABSENT


class Completion(_Shape):
    """A whole answer or a chunk of one. ``object`` is ``error`` where vLLM tells one. ``system_fingerprint`` marks the
    state of a server, ``obfuscation`` makes chunks equally long: neither says anything of the answer."""

    choices: list[Choice] | None = None
    id: str | None = None
    model: str | None = None
    created: int | float | None = None
    usage: dict[str, Any] | None = None
    object: str | None = None
    error: Json = ABSENT
    system_fingerprint: Json = ABSENT
    obfuscation: Json = ABSENT
    service_tier: Json = ABSENT
    metadata: Json = ABSENT
    moderation: Json = ABSENT
    provider: Json = ABSENT
    prompt_filter_results: Json = ABSENT
    prompt_logprobs: Json = ABSENT
    prompt_token_ids: Json = ABSENT
    kv_transfer_params: Json = ABSENT
    citations: Json = ABSENT
    search_results: Json = ABSENT


COMPLETIONS = Strict(Completion)

BESIDE = Beside(
    Completion,
    "service_tier",
    "metadata",
    "moderation",
    "provider",
    "prompt_filter_results",
    "prompt_logprobs",
    "prompt_token_ids",
    "kv_transfer_params",
    "citations",
    "search_results",
    usual=("default", "auto", "standard"),
)

BESIDE_CHOICE = Beside(Choice, "logprobs", "content_filter_results", "native_finish_reason", "token_ids")

BESIDE_MESSAGE = Beside(Message, "annotations", "audio")

_USAGE: Mapping[str, Iterable[str]] = {
    "prompt_tokens": (),
    "completion_tokens": (),
    "total_tokens": (),
    "prompt_cache_hit_tokens": (),
    "prompt_cache_miss_tokens": (),
    "prompt_tokens_details": ("cached_tokens", "cache_write_tokens", "audio_tokens", "image_tokens", "text_tokens"),
    "completion_tokens_details": (
        "reasoning_tokens",
        "accepted_prediction_tokens",
        "rejected_prediction_tokens",
        "audio_tokens",
        "text_tokens",
    ),
}
"""Parts of what is counted are counted with it."""

WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def used(completion: Completion, model: str, notes: Notes) -> Usage | None:
    if not completion.usage:
        return None
    for name in unread(completion.usage, _USAGE):
        notes.add("chat-answer-field", f"usage.{name}")
    return usage.of_told(WIRE, model, {"usage": completion.usage})


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
