"""Tool calls of a stream, whose pieces come in the most different ways.

OpenAI gives the place, id and name of a call first and then its arguments. Others give the id late or never, the name
with every piece, the same place for all calls, or none; or a whole call in one piece.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from minga.providers.translation.arguments import is_object
from minga.providers.translation.chat.answer_in import signature_of
from minga.providers.translation.chat.answer_shapes import CallSaid, Message, arguments_of
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import Added, Closed, Event, Opened, Signed, ToolCall


@dataclass(slots=True)
class _Call:
    """``index`` in the form, -1 as long as id or name are missing; ``held``: arguments until then."""

    id: str = ""
    name: str = ""
    custom: bool = False
    signature: str = ""
    index: int = -1
    closed: bool = False
    pieces: list[str] = field(default_factory=list)

    def is_whole(self) -> bool:
        """Nothing can follow the JSON of an object. Of a free text nobody knows."""
        if self.custom:
            return True
        last = self.pieces[-1].rstrip() if self.pieces else ""
        return (not last or last.endswith("}")) and is_object(
            "".join(self.pieces)
        )  # else all would be read piece by piece


class CallsReader:
    """``number`` gives the next index of a part."""

    def __init__(self, number: Callable[[], int]) -> None:
        self._number = number
        self._calls: list[_Call] = []
        self._placed: dict[int, _Call] = {}

    @property
    def are_whole(self) -> bool:
        return all(call.is_whole() for call in self._calls)

    @property
    def any(self) -> bool:
        return bool(self._calls)

    def feed(self, message: Message, events: list[Event]) -> None:
        for piece in message.tool_calls or ():
            self._take(piece, events)
        if message.function_call is not None:
            self._take(CallSaid(0, "call_0", message.function_call), events)

    def close_whole(self, events: list[Event]) -> None:
        for call in self._calls:
            if call.index >= 0 and not call.closed and call.is_whole():
                _close(call, events)

    def close_all(self, events: list[Event]) -> None:
        """Raises Unreadable for a call without a name."""
        for number, call in enumerate(self._calls):
            if call.index < 0:
                if not call.name:
                    raise Unreadable("a tool call without a name")
                call.id = call.id or f"call_{number}"
                self._open(call, events)
            if not call.closed:
                _close(call, events)

    def _take(self, piece: CallSaid, events: list[Event]) -> None:
        custom = piece.function is None and piece.custom is not None  # some say an empty one beside each function
        name, text = _said(piece)
        call = self._call_of(piece, name, text)
        if call is None:
            self.close_whole(events)
            call = _Call(custom=custom)
            self._calls.append(call)
            if piece.index is not None:
                self._placed[piece.index] = call
        if call.closed and text.strip():
            raise Unreadable("arguments of a tool call that was whole already")
        self._add(call, piece, name, events)
        if text and not call.closed:
            call.pieces.append(text)
            if call.index >= 0:
                events.append(Added(call.index, text))
        if call.index < 0 and call.id and call.name:
            self._open(call, events)

    def _call_of(self, piece: CallSaid, name: str, text: str) -> _Call | None:
        """Which call it is a piece of; None for a new one."""
        if piece.index is not None:
            known = self._placed.get(piece.index)
        else:
            same = [one for one in self._calls if piece.id and one.id == piece.id]
            known = next(iter(same or self._calls[-1:]), None)
            if known is not None and piece.id and known.id and known.id != piece.id:
                return None
        if known is None or not name:
            return known
        if piece.id and known.id and piece.id != known.id:
            return None
        return None if text and not piece.id and known.is_whole() else known

    def _add(self, call: _Call, piece: CallSaid, name: str, events: list[Event]) -> None:
        if call.index < 0:
            call.id = call.id or piece.id or ""
            call.name = call.name if call.name == name else call.name + name
        if signature := signature_of(piece.extra_content):
            call.signature = signature
            if call.index >= 0 and not call.closed:
                events.append(Signed(call.index, signature))

    def _open(self, call: _Call, events: list[Event]) -> None:
        call.index = self._number()
        events.append(Opened(call.index, ToolCall(call.id, call.name, "", custom=call.custom)))
        if call.signature:
            events.append(Signed(call.index, call.signature))
        if call.pieces:
            events.append(Added(call.index, "".join(call.pieces)))


def _said(piece: CallSaid) -> tuple[str, str]:
    """The name, and what is added to the arguments."""
    if piece.function is not None:
        return piece.function.name or "", arguments_of(piece.function.arguments)
    return (piece.custom.name or "", piece.custom.input or "") if piece.custom is not None else ("", "")


def _close(call: _Call, events: list[Event]) -> None:
    call.closed = True
    events.append(Closed(call.index))
