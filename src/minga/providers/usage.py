"""What an answer used, as each wire tells it; from a whole body or from the events of a stream as they pass.

Cached tokens are not counted as input, and reasoning is part of the output, whatever the vendor's own arithmetic is.
Fields: platform.openai.com/docs/api-reference (usage of chat, responses, embeddings),
docs.anthropic.com/en/api/messages (usage), ai.google.dev/api/generate-content (UsageMetadata); seen November 2026.
"""

import re
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import msgspec

from minga.domain.events import Usage
from minga.domain.model_calls import LongCached, Wire
from minga.providers import deltas

EVENT_MAX = 16 * 1024 * 1024
"""Bytes of one event of a stream; what is longer is broken."""

CHARACTERS_A_TOKEN = 4
"""For estimates: 5 % low on source code (measured, o200k)."""

COUNT_MAX = 2**40
"""Tokens that a provider may tell; what is more is not believed, and would not fit the ledger."""

End: TypeAlias = Literal["", "whole", "failed", "broken"]

_Json: TypeAlias = dict[str, Any]

_BOUNDARY = re.compile(rb"\r?\n\r?\n")

_ANNOUNCED = ("response.created", "response.queued", "response.in_progress")


class _Answer(msgspec.Struct):
    """Of the forms that tell their usage by this name, and no characters by which it could be doubted."""

    usage: _Json
    candidates: msgspec.UnsetType = msgspec.UNSET


_ANSWERS = msgspec.json.Decoder(_Answer)


class Garbage(Exception):
    """An answer that is no JSON."""


def of_body(wire: Wire, model: str, body: bytes) -> Usage | None:
    """None where the answer tells no usage, or one that cannot be true. Gemini's streams may be a list instead of
    events: its last piece tells.

    Raises Garbage.
    """
    answer = None if wire == "gemini" else _in_short(body)
    if answer is None:
        try:
            answer = msgspec.json.decode(body)
        except (ValueError, RecursionError) as wrong:  # no JSON, no text, or too deep
            raise Garbage from wrong
    if isinstance(answer, list) and answer:
        answer = answer[-1]
    if not isinstance(answer, dict):
        return None
    used = _usage(wire, model, answer)
    answered = sum(_candidate_text(one) for one in _list(answer.get("candidates")))
    return used if used and _can_be(used, answered) else None


def _in_short(body: bytes) -> Any:
    """An answer without what nobody looks at here, which takes half of the time. None where it must be read whole."""
    if not body.isascii():
        return None  # the texts that are passed over are not looked at
    try:
        return {"usage": _ANSWERS.decode(body).usage}
    except (ValueError, RecursionError):
        return None


def of_told(wire: Wire, model: str, told: _Json) -> Usage | None:
    """What an answer, or one event of a stream, tells; None where it tells nothing. ``told``: its JSON object."""
    return _usage(wire, model, told)


def estimated(model: str, asked: int, answered: int) -> Usage:
    """From the bytes of the request and of the answer's text."""
    return Usage(model, asked // CHARACTERS_A_TOKEN, 0, 0, answered // CHARACTERS_A_TOKEN)


class StreamReader:
    """Reads the events of a stream on its way to the caller, and lets only whole ones pass.

    ``end``: whether the stream has said that it is whole, or that it failed; or has sent what is no event of its wire.
    ``began``: a part of the answer has come, not only its announcement. ``usage`` is None as long as none was told;
    ``text``: characters of the answer so far, with its reasoning and the arguments of its tool calls. ``choices``: so
    many answers were asked for; each must end.
    """

    def __init__(self, wire: Wire, model: str, choices: int = 1) -> None:
        self.usage: Usage | None = None
        self.end: End = ""
        self.began = False
        self.text = 0
        self._wire = wire
        self._model = model
        self._choices = choices
        self._seen: set[int] = set()
        self._ended: set[int] = set()
        self._delta = deltas.reader(wire)
        self._pieces: list[bytes] = []
        self._held = 0
        self._edge = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return what may be passed on, byte for byte: the whole events of what has come, up to a broken one."""
        if self.end == "broken":
            return b""
        edge = self._edge + chunk  # a boundary may lie across chunks
        if b"\n\n" not in edge and b"\n\r\n" not in edge:
            self._pieces.append(chunk)
            self._held += len(chunk)
            self._edge = edge[-3:]
            if self._held > EVENT_MAX:
                self.end, self._pieces = "broken", []
            return b""
        return self._pass_on(b"".join((*self._pieces, chunk)) if self._pieces else chunk)

    def used(self, estimate: Usage) -> tuple[Usage, bool]:
        """What was told, completed by ``estimate`` where it lacks or cannot be true; and whether it was told whole."""
        told = self.usage
        if told is None:
            return estimate, False
        if self.end == "whole" and _can_be(told, self.text):
            return told, True
        asked = told.input_tokens if _asked(told) else estimate.input_tokens
        return replace(told, input_tokens=asked, output_tokens=max(told.output_tokens, estimate.output_tokens)), False

    def finish(self) -> bytes:
        """The stream has ended: its last event may lack the blank line."""
        rest = b"".join(self._pieces)
        passed = rest if self.end != "broken" and rest.strip() and self._read(rest.rstrip()) else b""
        if self._wire == "gemini" and self._ended and self._ended == self._seen:  # fewer than were asked for
            self.end = self.end or "whole"
        return passed

    def _pass_on(self, pending: bytes) -> bytes:
        begin, alone = 0, len(pending) < deltas.MANY_BYTES
        next_boundary = _boundary if b"\r" in pending else _usual_boundary
        while (found := next_boundary(pending, begin)) is not None:
            start, end = found
            if not alone and deltas.begins_many(self._wire, pending, begin):
                alone = True
                if (many := deltas.read_many(self._wire, pending, begin)) is not None:
                    begin, self.text, self.began = many.end, self.text + many.characters, True
                    continue
            if not self._read(pending[begin:start]):
                self.end, self._pieces = "broken", []
                return pending[:begin]
            begin = end
        rest = pending[begin:]
        self._pieces, self._held, self._edge = [rest] if rest else [], len(rest), rest[-3:]
        return pending[:begin]

    def _read(self, event: bytes) -> bool:
        """False for what cannot be read."""
        data = _data(event)
        if not data:
            return True
        if (characters := self._delta(data)) is not None:
            self.text += characters
            self.began = True
            return True
        if data.strip() == b"[DONE]":
            self.end = self.end or "whole"
            return True
        try:
            told = msgspec.json.decode(data)
        except (ValueError, RecursionError):  # no JSON, no text, or too deep
            return False
        if isinstance(told, dict):
            self._note(told)
        return True

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
        if told.get("error") is not None:
            self.end = "failed"
        for choice in _list(told.get("choices")):
            delta = _dict(choice.get("delta"))
            self.text += _chat_text(delta)
            if choice.get("finish_reason"):
                self._note_end(choice)
            if any(value for name, value in delta.items() if name != "role") or choice.get("text"):
                self.began = True
        self.usage = _usage(self._wire, self._model, told) or self.usage

    def _note_response(self, told: _Json) -> None:
        kind = told.get("type")
        if isinstance(kind, str) and kind.endswith(".delta") and kind not in deltas.NO_TEXT:
            self.text += _length(told.get("delta"))
        if kind in ("response.completed", "response.incomplete"):
            self.end = "whole"
            self.usage = _usage(self._wire, self._model, _dict(told.get("response"))) or self.usage
        elif kind in ("response.failed", "error"):
            self.end = "failed"
        elif kind not in _ANNOUNCED:
            self.began = True

    def _note_message(self, told: _Json) -> None:
        kind = told.get("type")
        if kind == "message_start":
            self.usage = _usage(self._wire, self._model, _dict(told.get("message"))) or self.usage
        elif kind == "content_block_delta":
            self.began = True
            delta = _dict(told.get("delta"))
            self.text += sum(_length(delta.get(name)) for name in ("text", "thinking", "partial_json"))
        elif kind == "message_delta":
            self.usage = later(self.usage, _usage(self._wire, self._model, told))
        elif kind == "message_stop":
            self.end = "whole"
        elif kind == "error":
            self.end = "failed"

    def _note_candidates(self, told: _Json) -> None:
        if told.get("error") is not None:
            self.end = "failed"
        for candidate in _list(told.get("candidates")):
            self._seen.add(_index(candidate))
            self.text += _candidate_text(candidate)
            self.began = self.began or bool(_parts(candidate))
            if candidate.get("finishReason"):
                self._note_end(candidate)
        if _dict(told.get("promptFeedback")).get("blockReason"):  # a whole answer: nothing is said to this
            self.end = self.end or "whole"
        self.usage = _usage(self._wire, self._model, told) or self.usage

    def _note_end(self, choice: _Json) -> None:
        self._ended.add(_index(choice))
        if len(self._ended) >= self._choices:
            self.end = self.end or "whole"


def _asked(used: Usage) -> int:
    return used.input_tokens + used.cached_input_tokens + used.cache_write_tokens


def _can_be(used: Usage, answered: int) -> bool:
    """An answer is to something, and characters are of tokens."""
    return (_asked(used) > 0 or not used.output_tokens) and (used.output_tokens > 0 or not answered)


def _boundary(pending: bytes, begin: int) -> tuple[int, int] | None:
    """Where the blank line begins and ends that ends the event at ``begin``."""
    found = _BOUNDARY.search(pending, begin)
    return None if found is None else found.span()


def _usual_boundary(pending: bytes, begin: int) -> tuple[int, int] | None:
    at = pending.find(b"\n\n", begin)
    return None if at < 0 else (at, at + 2)


def _data(event: bytes) -> bytes:
    """The data of an event (html.spec.whatwg.org, server-sent events); of the usual ones without taking them apart."""
    if event.startswith(b"data: ") and b"\n" not in event:
        return event[6:]
    if event.startswith(b"event: "):
        head, found, data = event.partition(b"\ndata: ")
        if found and b"\n" not in data and b"\n" not in head:
            return data
    lines = event.replace(b"\r\n", b"\n").split(b"\n")
    return b"\n".join(line[5:].lstrip(b" ") for line in lines if line.startswith(b"data:"))


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
    """``prompt_tokens`` and ``input_tokens`` include those read from the cache, which DeepSeek calls
    ``prompt_cache_hit_tokens``, and those written to it (newer models of OpenAI's, and OpenRouter);
    ``completion_tokens`` the reasoning, but not xAI's (docs.x.ai/docs/key-information/consumption-and-rate-limits) nor
    that of Gemini in this form: there it is what the total has more."""
    if f"{asked}_tokens" not in used:
        return None
    given, answer = _count(used, f"{asked}_tokens"), _count(used, f"{answered}_tokens")
    details = _dict(used.get(f"{asked}_tokens_details"))
    cached = min(_count(details, "cached_tokens") or _count(used, "prompt_cache_hit_tokens"), given)
    written = min(_count(details, "cache_write_tokens"), given - cached)
    beside = max(_count(used, "total_tokens") - given - answer, 0)
    reasoning = _count(_dict(used.get(f"{answered}_tokens_details")), "reasoning_tokens")
    return Usage(
        model=model,
        input_tokens=given - cached - written,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        output_tokens=answer + beside,
        reasoning_tokens=reasoning or beside,
    )


def _anthropic(model: str, used: _Json) -> Usage | None:
    """``input_tokens`` are those that were neither read from the cache nor written to it; thoughts are part of the
    output."""
    if not used:
        return None
    given, cached = _count(used, "input_tokens"), _count(used, "cache_read_input_tokens")
    written, answer = _count(used, "cache_creation_input_tokens"), _count(used, "output_tokens")
    thoughts = min(_count(_dict(used.get("output_tokens_details")), "thinking_tokens"), answer)
    hour = min(_count(_dict(used.get("cache_creation")), "ephemeral_1h_input_tokens"), written)
    if hour:
        return LongCached(model, given, cached, written, answer, thoughts, cache_write_1h_tokens=hour)
    return Usage(model, given, cached, written, answer, thoughts)


def _gemini(model: str, used: _Json) -> Usage | None:
    """``promptTokenCount`` includes the cached ones; what tools gave the model, and thoughts, stand beside it and the
    candidates."""
    if "promptTokenCount" not in used:
        return None
    cached, thoughts = _count(used, "cachedContentTokenCount"), _count(used, "thoughtsTokenCount")
    return Usage(
        model=model,
        input_tokens=max(_count(used, "promptTokenCount") - cached, 0) + _count(used, "toolUsePromptTokenCount"),
        cached_input_tokens=cached,
        cache_write_tokens=0,
        output_tokens=_count(used, "candidatesTokenCount") + thoughts,
        reasoning_tokens=thoughts,
    )


def later(first: Usage | None, delta: Usage | None) -> Usage | None:
    """``message_delta`` tells running totals; the input only where it has changed."""
    if first is None or delta is None:
        return delta or first
    return replace(
        first,
        input_tokens=delta.input_tokens or first.input_tokens,
        cached_input_tokens=delta.cached_input_tokens or first.cached_input_tokens,
        cache_write_tokens=delta.cache_write_tokens or first.cache_write_tokens,
        output_tokens=delta.output_tokens,
        reasoning_tokens=delta.reasoning_tokens or first.reasoning_tokens,
    )


def _index(choice: _Json) -> int:
    """0 where it is not told: of one choice it may be left out."""
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _chat_text(delta: _Json) -> int:
    calls = (_dict(call.get("function")) for call in _list(delta.get("tool_calls")))
    told = _length(delta.get("content")) + _length(delta.get("reasoning_content"))
    return told + sum(_length(call.get("arguments")) for call in calls)


def _parts(candidate: _Json) -> list[_Json]:
    return _list(_dict(candidate.get("content")).get("parts"))


def _candidate_text(candidate: _Json) -> int:
    """Thoughts are parts with text too."""
    return sum(
        _length(part.get("text")) + _length(_dict(part.get("functionCall")).get("args")) for part in _parts(candidate)
    )


def _length(value: object) -> int:
    """Of a text; or, about, of what stands in its place."""
    return len(str(value)) if value else 0


def _count(used: _Json, name: str) -> int:
    value = used.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= COUNT_MAX else 0


def _dict(value: object) -> _Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[_Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
