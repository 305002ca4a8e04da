"""What an answer used, as each wire tells it; from a whole body or from the events of a stream as they pass.

Cached tokens are not counted as input, and reasoning is part of the output, whatever the vendor's own arithmetic is.
Fields: platform.openai.com/docs/api-reference (usage of chat, responses, embeddings),
docs.anthropic.com/en/api/messages (usage), ai.google.dev/api/generate-content (UsageMetadata); seen November 2026.
"""

from typing import Any, Literal, TypeAlias

import msgspec

from minga.domain.events import Usage
from minga.domain.model_calls import Wire

EVENT_MAX = 16 * 1024 * 1024
"""Bytes of one event of a stream; what is longer is passed on and not read."""

CHARACTERS_A_TOKEN = 4
"""For estimates: 5 % low on source code (measured, o200k)."""

COUNT_MAX = 2**40
"""Tokens that a provider may tell; what is more is not believed, and would not fit the ledger."""

End: TypeAlias = Literal["", "whole", "failed"]

_Json: TypeAlias = dict[str, Any]


def of_body(wire: Wire, model: str, body: bytes) -> Usage | None:
    """None where the answer tells no usage."""
    try:
        answer = msgspec.json.decode(body)
    except (ValueError, RecursionError):  # no JSON, no text, or too deep
        return None
    return _usage(wire, model, answer) if isinstance(answer, dict) else None


def estimated(model: str, asked: int, answered: int) -> Usage:
    """From the bytes of the request and of the answer's text."""
    return Usage(model, asked // CHARACTERS_A_TOKEN, 0, 0, answered // CHARACTERS_A_TOKEN)


class StreamReader:
    """Reads the events of a stream beside its way to the caller. ``end``: whether the stream has said that it is whole,
    or that it failed; ``usage`` is None as long as none was told; ``text``: characters of the answer so far."""

    def __init__(self, wire: Wire, model: str) -> None:
        self.usage: Usage | None = None
        self.end: End = ""
        self.text = 0
        self._wire = wire
        self._model = model
        self._rest = b""
        self._skipping = False

    def feed(self, chunk: bytes) -> None:
        pending = (self._rest + chunk).replace(b"\r\n", b"\n")
        *events, self._rest = pending.split(b"\n\n")
        for event in events:
            if self._skipping:
                self._skipping = False
                continue
            self._read(event)
        if len(self._rest) > EVENT_MAX:
            self._rest, self._skipping = b"", True

    def _read(self, event: bytes) -> None:
        lines = event.split(b"\n")
        data = b"\n".join(line[5:].lstrip(b" ") for line in lines if line.startswith(b"data:"))
        if data == b"[DONE]":
            self.end = "whole"
            return
        try:
            told = msgspec.json.decode(data)
        except (ValueError, RecursionError):  # no JSON, no text, or too deep
            return
        if isinstance(told, dict):
            self._note(told)

    def _note(self, told: _Json) -> None:
        match self._wire:
            case "openai-responses":
                self._note_response(told)
            case "anthropic":
                self._note_message(told)
            case "gemini":
                self._note_candidates(told)
            case _:
                self._note_chat(told)

    def _note_chat(self, told: _Json) -> None:
        if "error" in told:
            self.end = "failed"
        for choice in _list(told.get("choices")):
            self.text += len(str(_dict(choice.get("delta")).get("content") or ""))
            if choice.get("finish_reason"):
                self.end = "whole"
        self.usage = _usage(self._wire, self._model, told) or self.usage

    def _note_response(self, told: _Json) -> None:
        kind = told.get("type")
        if kind == "response.output_text.delta":
            self.text += len(str(told.get("delta") or ""))
        if kind in ("response.completed", "response.incomplete"):
            self.end = "whole"
            self.usage = _usage(self._wire, self._model, _dict(told.get("response"))) or self.usage
        elif kind in ("response.failed", "error"):
            self.end = "failed"

    def _note_message(self, told: _Json) -> None:
        kind = told.get("type")
        if kind == "message_start":
            self.usage = _usage(self._wire, self._model, _dict(told.get("message"))) or self.usage
        elif kind == "content_block_delta":
            self.text += len(str(_dict(told.get("delta")).get("text") or ""))
        elif kind == "message_delta":
            self.usage = _later(self.usage, _usage(self._wire, self._model, told))
        elif kind == "message_stop":
            self.end = "whole"
        elif kind == "error":
            self.end = "failed"

    def _note_candidates(self, told: _Json) -> None:
        if "error" in told:
            self.end = "failed"
        for candidate in _list(told.get("candidates")):
            parts = _list(_dict(candidate.get("content")).get("parts"))
            self.text += sum(len(str(part.get("text") or "")) for part in parts)
            if candidate.get("finishReason"):
                self.end = "whole"
        self.usage = _usage(self._wire, self._model, told) or self.usage


def _usage(wire: Wire, model: str, told: _Json) -> Usage | None:
    match wire:
        case "openai-responses":
            return _openai(model, _dict(told.get("usage")), "input", "output")
        case "anthropic":
            return _anthropic(model, _dict(told.get("usage")))
        case "gemini":
            return _gemini(model, _dict(told.get("usageMetadata")))
        case _:
            return _openai(model, _dict(told.get("usage")), "prompt", "completion")


def _openai(model: str, used: _Json, asked: str, answered: str) -> Usage | None:
    """``prompt_tokens`` and ``input_tokens`` include the cached ones, ``completion_tokens`` the reasoning."""
    if f"{asked}_tokens" not in used:
        return None
    cached = _count(_dict(used.get(f"{asked}_tokens_details")), "cached_tokens")
    reasoning = _count(_dict(used.get(f"{answered}_tokens_details")), "reasoning_tokens")
    return Usage(
        model=model,
        input_tokens=max(_count(used, f"{asked}_tokens") - cached, 0),
        cached_input_tokens=cached,
        cache_write_tokens=0,
        output_tokens=_count(used, f"{answered}_tokens"),
        reasoning_tokens=reasoning,
    )


def _anthropic(model: str, used: _Json) -> Usage | None:
    """``input_tokens`` are those that were neither read from the cache nor written to it."""
    if not used:
        return None
    return Usage(
        model=model,
        input_tokens=_count(used, "input_tokens"),
        cached_input_tokens=_count(used, "cache_read_input_tokens"),
        cache_write_tokens=_count(used, "cache_creation_input_tokens"),
        output_tokens=_count(used, "output_tokens"),
    )


def _gemini(model: str, used: _Json) -> Usage | None:
    """``promptTokenCount`` includes the cached ones; thoughts stand beside the candidates."""
    if "promptTokenCount" not in used:
        return None
    cached, thoughts = _count(used, "cachedContentTokenCount"), _count(used, "thoughtsTokenCount")
    return Usage(
        model=model,
        input_tokens=max(_count(used, "promptTokenCount") - cached, 0),
        cached_input_tokens=cached,
        cache_write_tokens=0,
        output_tokens=_count(used, "candidatesTokenCount") + thoughts,
        reasoning_tokens=thoughts,
    )


def _later(first: Usage | None, delta: Usage | None) -> Usage | None:
    """``message_delta`` tells running totals; the input only where it has changed."""
    if first is None or delta is None:
        return delta or first
    return Usage(
        model=first.model,
        input_tokens=delta.input_tokens or first.input_tokens,
        cached_input_tokens=delta.cached_input_tokens or first.cached_input_tokens,
        cache_write_tokens=delta.cache_write_tokens or first.cache_write_tokens,
        output_tokens=delta.output_tokens,
    )


def _count(used: _Json, name: str) -> int:
    value = used.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= COUNT_MAX else 0


def _dict(value: object) -> _Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[_Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
