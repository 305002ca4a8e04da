"""One part of a stream, written as the events of a block, or of none if nothing is in it."""

import msgspec

from minga.providers.translation.arguments import is_object, object_text
from minga.providers.translation.form import Media, Refusal, Text, Thinking, ToolCall, passed_signature
from minga.providers.translation.messages import shapes
from minga.providers.translation.messages.signatures import Place, carrying
from minga.providers.translation.notes import Notes

_ENCODER = msgspec.json.Encoder()

_NO_INPUT = msgspec.Raw(b"{}")


class Blocks:
    """Events of blocks with their numbers; ``index`` is that of the open one, or of the next. ``unsound``:
    of a call, what is wrong with its arguments: at its limit the model may have been cut off within them."""

    def __init__(self) -> None:
        self.index = 0
        self.unsound = ""
        self._delta = b""

    def start(self, block: shapes.Block, delta: str, field: str) -> bytes:
        """``delta``: the type of its deltas, whose text stands in ``field``."""
        self._delta = (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"%b","%b":'
            % (self.index, delta.encode(), field.encode())
        )
        begun = b'event: content_block_start\ndata: {"type":"content_block_start","index":%d,"content_block":%b}\n\n'
        return begun % (self.index, _ENCODER.encode(block))

    def add(self, text: str) -> bytes:
        return b"%b%b}}\n\n" % (self._delta, _ENCODER.encode(text))

    def sign(self, signature: str) -> bytes:
        told = b'"index":%d,"delta":{"type":"signature_delta","signature":%b}' % (
            self.index,
            _ENCODER.encode(signature),
        )
        return b'event: content_block_delta\ndata: {"type":"content_block_delta",%b}\n\n' % told

    def stop(self) -> bytes:
        self.index += 1
        return b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n' % (self.index - 1)

    def carry(self, signature: str, place: Place) -> bytes:
        started = self.start(shapes.ThinkingBlock("", ""), "thinking_delta", "thinking")
        return started + self.sign(carrying(signature, place)) + self.stop()


class TextWriter:
    """Begins with its first word: Anthropic takes no empty text back."""

    def __init__(self, blocks: Blocks, signature: str = "") -> None:
        self._blocks = blocks
        self._before, self._after = signature, ""
        self._has_begun = False

    def begin(self) -> bytes:
        return b""

    def add(self, text: str) -> bytes:
        if self._has_begun:
            return self._blocks.add(text)
        if not text:
            return b""
        self._has_begun = True
        signed = self._blocks.carry(self._before, "next") if self._before else b""
        return signed + self._blocks.start(shapes.TextBlock(""), "text_delta", "text") + self._blocks.add(text)

    def sign(self, signature: str) -> None:
        self._after = signature

    def end(self) -> bytes:
        if not self._has_begun:
            signature = self._after or self._before
            return self._blocks.carry(signature, "alone") if signature else b""
        ended = self._blocks.stop()
        return ended + self._blocks.carry(self._after, "last") if self._after else ended


class ThinkingWriter:
    """Its signature is told at the end, as Anthropic does."""

    def __init__(self, blocks: Blocks, part: Thinking) -> None:
        self._blocks = blocks
        self._signature = part.signature
        self._is_redacted = part.redacted
        self._has_begun = False

    def begin(self) -> bytes:
        return b""

    def add(self, text: str) -> bytes:
        if not text or self._is_redacted:
            return b""
        return self._begun() + self._blocks.add(text)

    def sign(self, signature: str) -> None:
        self._signature = signature

    def end(self) -> bytes:
        signature = passed_signature(self._signature, "anthropic")
        if self._is_redacted:
            return self._blocks.start(shapes.RedactedThinkingBlock(signature), "", "") + self._blocks.stop()
        if signature:
            return self._begun() + self._blocks.sign(signature) + self._blocks.stop()
        return self._blocks.stop() if self._has_begun else b""

    def _begun(self) -> bytes:
        if self._has_begun:
            return b""
        self._has_begun = True
        return self._blocks.start(shapes.ThinkingBlock("", ""), "thinking_delta", "thinking")


class CallWriter:
    """Arguments that do not begin as an object does are held back, and mended at the end if they can be."""

    def __init__(self, blocks: Blocks, part: ToolCall, notes: Notes) -> None:
        self._blocks = blocks
        self._part = part
        self._notes = notes
        self._after = ""
        self._arguments: list[str] = []
        self._passes = False

    def begin(self) -> bytes:
        signature = self._part.signature
        signed = self._blocks.carry(signature, "next") if signature else b""
        block = shapes.ToolUseBlock(self._part.id, self._part.name, _NO_INPUT)
        return signed + self._blocks.start(block, "input_json_delta", "partial_json")

    def add(self, text: str) -> bytes:
        self._arguments.append(text)
        if self._passes:
            return self._blocks.add(text)
        told = "".join(self._arguments)
        self._passes = told.lstrip().startswith("{")
        return self._blocks.add(told) if self._passes else b""

    def sign(self, signature: str) -> None:
        self._after = signature

    def end(self) -> bytes:
        arguments = "".join(self._arguments)
        mended = b""
        if not self._passes and arguments:
            mended = self._mended(arguments)
        elif arguments and not is_object(arguments):
            self._blocks.unsound = f"the arguments of a call of tool {self._part.name!r} are not a JSON object"
        ended = mended + self._blocks.stop()
        return ended + self._blocks.carry(self._after, "last") if self._after else ended

    def _mended(self, arguments: str) -> bytes:
        try:
            return self._blocks.add(object_text(arguments, self._part.name, self._notes))
        except ValueError as wrong:
            self._blocks.unsound = str(wrong)
            return b""


class NoWriter:
    """Of what Messages cannot say."""

    def begin(self) -> bytes:
        return b""

    def add(self, text: str) -> bytes:
        return b""

    def sign(self, signature: str) -> None:
        pass

    def end(self) -> bytes:
        return b""


def writer_of(
    part: Text | Thinking | ToolCall | Refusal | Media, blocks: Blocks, notes: Notes
) -> TextWriter | ThinkingWriter | CallWriter | NoWriter:
    match part:
        case Text():
            return TextWriter(blocks, part.signature)
        case Thinking():
            return ThinkingWriter(blocks, part)
        case ToolCall():
            return CallWriter(blocks, part, notes)
        case Refusal():
            notes.add("anthropic-refusal")
            return TextWriter(blocks)
        case Media():
            notes.add("anthropic-media", part.media_type or part.kind)
            return NoWriter()
