"""Writes a stream: text at once, calls when they are whole, and at last the reason why it ended and what was used."""

import msgspec

from minga.providers.translation.dialect import Unsound
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
    Signed,
    Text,
    Thinking,
    ToolCall,
)
from minga.providers.translation.gemini import answer_out, faults, parts_out, shapes, signatures, stops, tokens
from minga.providers.translation.notes import Notes

_encode = msgspec.json.Encoder().encode

_HEAD = b'data: {"candidates":[{"content":{"parts":['
_TEXT = _HEAD + b'{"text":'
_SAID = b'}],"role":"model"},"index":0}]'
_THOUGHT = b',"thought":true' + _SAID


class StreamWriter:
    """``_rest``: what every event ends with. ``_open``: parts that have begun, ``_pieces``: so far of calls and
    thoughts; ``_thoughts``: see `signatures.bearing`. ``_unsound``: what is wrong with the arguments of a call, which
    the limit of the answer may have cut off."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._rest = b"}\n\n"
        self._open: dict[int, Text | Thinking | Refusal | Media | ToolCall] = {}
        self._pieces: dict[int, list[str]] = {}
        self._thoughts: list[Thinking] = []
        self._unsound = ""

    def feed(self, event: Event) -> bytes:
        """Raises Unsound at the end for arguments that are no object."""
        match event:
            case Added(index, text):
                return self._added(index, text)
            case Opened(index, part):
                return self._opened(index, part)
            case Signed(index, signature):
                return self._signed(index, signature)
            case Closed(index):
                return self._closed(index)
            case Began():
                self._rest = _rest(event)
                return b""
            case Ended():
                return self._ended(event)
            case Fault():
                return b"data: " + faults.write(event) + b"\n\n"

    def _added(self, index: int, text: str) -> bytes:
        part = self._open[index]
        if isinstance(part, Text | Refusal):
            return b"".join((_TEXT, _encode(text), _SAID, self._rest)) if text else b""
        self._pieces[index].append(text)
        if isinstance(part, ToolCall):
            return b""
        return b"".join((_TEXT, _encode(text), _THOUGHT, self._rest)) if text else b""

    def _opened(self, index: int, part: Text | Thinking | Refusal | Media | ToolCall) -> bytes:
        self._open[index] = part
        if isinstance(part, Media):
            return self._event(parts_out.picture(part, self._notes))
        if isinstance(part, Refusal):
            self._notes.add("gemini-refusal")
            return b""
        self._pieces[index] = []
        return self._signed(index, part.signature) if part.signature else b""

    def _signed(self, index: int, signature: str) -> bytes:
        """On an empty part after the text, as Gemini does it; a call waits until it is whole."""
        part = self._open[index]
        if not isinstance(part, Text | Thinking | ToolCall):
            return b""
        self._open[index] = part = msgspec.structs.replace(part, signature=signature)
        if isinstance(part, ToolCall):
            return b""
        thought = isinstance(part, Thinking) or None
        given = signatures.of_thought(part) if isinstance(part, Thinking) else signature
        return self._event(shapes.Part(text="", thought=thought, thought_signature=signatures.passed(given)))

    def _closed(self, index: int) -> bytes:
        part = self._open.pop(index)
        text = "".join(self._pieces.pop(index, ()))
        if isinstance(part, Thinking):
            signatures.bearing(msgspec.structs.replace(part, text=text), self._thoughts)
        if not isinstance(part, ToolCall):
            return b""
        whole = signatures.bearing(msgspec.structs.replace(part, arguments=text), self._thoughts)
        try:
            made = answer_out.written(whole, self._notes)
        except Unsound as wrong:
            self._unsound = str(wrong)
            return b""
        return b"" if made is None else self._event(made)

    def _event(self, part: shapes.Part) -> bytes:
        return b"".join((_HEAD, _encode(part), b'],"role":"model"},"index":0}]', self._rest))

    def _ended(self, ended: Ended) -> bytes:
        if self._unsound:
            if ended.stop != "length":
                raise Unsound(self._unsound)
            self._notes.add("call-cut")
        reason = _encode(stops.write(ended.stop, self._notes))
        used = tokens.write(ended.used, self._notes)
        told = b"" if used is None else b',"usageMetadata":' + _encode(used)
        end = b'""}],"role":"model"},"finishReason":' + reason + b',"index":0}]'
        return b"".join((_TEXT, end, told, self._rest))


def _rest(began: Began) -> bytes:
    told = shapes.Response(
        model_version=began.model or None,
        response_id=began.id or None,
        create_time=answer_out.moment(began.created_s),
    )
    fields = _encode(told)
    return (b"," if len(fields) > 2 else b"") + fields[1:] + b"\n\n"
