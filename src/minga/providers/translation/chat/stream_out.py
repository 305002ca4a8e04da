"""Events of the form, as the chunks of a stream."""

from dataclasses import dataclass, field
from typing import assert_never

import msgspec

from minga.domain.events import Usage
from minga.providers.translation.chat import stops, thoughts, usage_out
from minga.providers.translation.chat.answer_out import call, image
from minga.providers.translation.chat.faults import write_fault
from minga.providers.translation.form import (
    Added,
    Began,
    Closed,
    Ended,
    Event,
    Fault,
    Media,
    Opened,
    Refusal,
    Request,
    Signed,
    Text,
    Thinking,
    ToolCall,
    passed_signature,
)
from minga.providers.translation.notes import Notes

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Part:
    """``before`` and ``after`` enclose each text of the part. ``number``: of a call, or of a thought."""

    part: Text | Thinking | ToolCall | Refusal | Media
    number: int
    before: bytes
    after: bytes
    thought: list[str] = field(default_factory=list)


class ChunkWriter:
    def __init__(self, request: Request, notes: Notes) -> None:
        self._wanted = request.usage_wanted
        self._notes = notes
        self._head = b""
        self._before = b""
        self._after = b',"finish_reason":null}]' + (b',"usage":null' if self._wanted else b"") + b"}\n\n"
        self._parts: dict[int, _Part] = {}
        self._counts = {Text: 0, Thinking: 0, ToolCall: 0, Refusal: 0, Media: 0}

    def feed(self, event: Event) -> bytes:
        match event:
            case Added():
                part = self._parts[event.index]
                if type(part.part) is Thinking:
                    part.thought.append(event.text)
                return part.before + _encode(event.text) + part.after
            case Opened():
                return self._open(event)
            case Signed():
                return self._sign(self._parts[event.index], event.signature)
            case Closed():
                del self._parts[event.index]
                return b""
            case Began():
                return self._begin(event)
            case Ended():
                return self._end(event)
            case Fault():
                return b"data: " + write_fault(event) + b"\n\n"
            case _:
                assert_never(event)

    def _begin(self, event: Began) -> bytes:
        fields = f'"object":"chat.completion.chunk","created":{event.created_s},"model":'.encode()
        self._head = b'data: {"id":' + _encode(event.id) + b"," + fields + _encode(event.model) + b',"choices":['
        self._before = self._head + b'{"index":0,"delta":'
        return self._delta({"role": "assistant", "content": "", "refusal": None})

    def _delta(self, delta: dict[str, object]) -> bytes:
        return self._before + _encode(delta) + self._after

    def _open(self, event: Opened) -> bytes:
        part = event.part
        number = self._counts[type(part)]
        self._counts[type(part)] += 1
        before, after = self._around(part, number)
        self._parts[event.index] = _Part(part, number, self._before + before, after + self._after)
        self._note(part)
        match part:
            case ToolCall():
                return self._delta({"tool_calls": [call(part, number)]})
            case Media():
                return self._delta({"images": [image(part)]})
            case Text() | Thinking() if part.signature:
                return self._sign(self._parts[event.index], part.signature)
            case _:
                return b""

    def _note(self, part: Text | Thinking | ToolCall | Refusal | Media) -> None:
        said = self._counts[Text] + self._counts[Refusal]
        if isinstance(part, ToolCall):
            return
        if self._counts[ToolCall] or (isinstance(part, Thinking) and said):
            self._notes.add("chat-answer-order")
        if isinstance(part, Text | Refusal) and said > 1:
            self._notes.add("chat-joined", "text")

    def _around(self, part: Text | Thinking | ToolCall | Refusal | Media, number: int) -> tuple[bytes, bytes]:
        match part:
            case Text() | Media():
                return b'{"content":', b"}"
            case Thinking():
                return b'{"reasoning_content":', b"}"
            case Refusal():
                return b'{"refusal":', b"}"
            case ToolCall(custom=True):
                return f'{{"tool_calls":[{{"index":{number},"custom":{{"input":'.encode(), b"}}]}"
            case ToolCall():
                return f'{{"tool_calls":[{{"index":{number},"function":{{"arguments":'.encode(), b"}}]}"

    def _sign(self, open_: _Part, signature: str) -> bytes:
        """A thought is told whole with its signature, as it must come back; a call with an empty piece of arguments,
        which OpenAI's SDK wants."""
        part = open_.part
        match part:
            case Thinking():
                whole = msgspec.structs.replace(part, text="".join(open_.thought))
                value = passed_signature(signature, thoughts.WIRE)
                return self._delta({"reasoning_details": [thoughts.detail_of(whole, value, open_.number)]})
            case ToolCall():
                extra = thoughts.google(passed_signature(signature, "gemini"))
                piece: dict[str, object] = {"custom": {"input": ""}} if part.custom else {"function": {"arguments": ""}}
                return self._delta({"tool_calls": [{"index": open_.number, **piece, "extra_content": extra}]})
            case Text():
                return self._delta({"extra_content": thoughts.google(passed_signature(signature, "gemini"))})
            case _:
                return b""

    def _end(self, event: Ended) -> bytes:
        reason = stops.written(event.stop, self._notes, refused=self._counts[Refusal] > 0)
        last = (
            self._before + b'{},"finish_reason":' + _encode(reason) + self._after.removeprefix(b',"finish_reason":null')
        )
        return last + self._usage(event.used) + b"data: [DONE]\n\n"

    def _usage(self, used: Usage | None) -> bytes:
        if used is None or not self._wanted:
            return b""
        return self._head + b'],"usage":' + _encode(usage_out.told(used)) + b"}\n\n"
