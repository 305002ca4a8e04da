"""The beginning of an Anthropic stream never says that nothing was asked.

Servers that only speak like Anthropic's tell the input as 0, or not at all, in ``message_start``, and the right figure
at the end. Claude Code takes the first for the size of its context and never makes it smaller.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

HEADER = "x-minga-input-tokens"
"""Of an answer whose ``message_start`` was completed: ``estimated``."""

HELD_MAX = 256 * 1024
"""Bytes that are held back at most until the first event is whole."""

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_DATA = re.compile(rb"^data:[ ]?(.*?)(\r\n|\n|\r|\Z)", re.MULTILINE)
_COUNTS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class MessageStart:
    """Takes the chunks of a stream and gives them back, the first event with ``estimate`` where the provider told no
    input there. Every other byte is as it was. ``settled`` once no byte is held back any more; ``completed`` says
    whether the estimate went in."""

    def __init__(self, estimate: Callable[[], int]) -> None:
        self.settled = False
        self.completed = False
        self._estimate = estimate
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """What can be passed on now."""
        if self.settled:
            return chunk
        self._held += chunk
        passed = b""
        while not self.settled and (end := _END.search(self._held)):
            event, self._held = self._held[: end.end()], self._held[end.end() :]
            passed += self._read(event)
        if self.settled or len(self._held) > HELD_MAX:
            passed += self.rest()
        return passed

    def rest(self) -> bytes:
        """What was held back of a stream that has ended."""
        self.settled = True
        held, self._held = self._held, b""
        return held

    def _read(self, event: bytes) -> bytes:
        """Pings and comments may come before; anything else ends the search."""
        lines = list(_DATA.finditer(event))
        told = _decoded(b"\n".join(line[1] for line in lines))
        if told is None or told.get("type") == "ping":
            return event
        self.settled = True
        message = told.get("message")
        if told.get("type") != "message_start" or not isinstance(message, dict):
            return event
        told_usage = message.get("usage")
        used = told_usage if isinstance(told_usage, dict) else {}
        if any(used.get(name) for name in _COUNTS):
            return event
        self.completed = True
        message["usage"] = {"output_tokens": 0, **used, "input_tokens": self._estimate()}
        first, last = lines[0], lines[-1]
        return event[: first.start()] + b"data: " + msgspec.json.encode(told) + last[2] + event[last.end() :]


def _decoded(data: bytes) -> dict[str, Any] | None:
    try:
        told = msgspec.json.decode(data)
    except (ValueError, RecursionError):  # also bytes that are no UTF-8
        return None
    return told if isinstance(told, dict) else None
