"""JSON objects, one a line, over a process or our own standard streams: the floor under JSON-RPC and stream-json."""

import asyncio
import re
from typing import Any, Generic, Protocol, TypeVar

import msgspec

Json = dict[str, Any]
"""A JSON object of somebody else's making. Taken apart where it arrives; does not travel further in."""


LINES_AT_ONCE = 100
"""What has come is read without waiting; after so many lines the rest of the program has its turn."""

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
"""An escape in a JSON string: two halves of a character that make it whole, one alone, or any other."""

_REPLACEMENT = r"\ufffd"


def read_object(line: bytes | str) -> Json | None:
    """Return the JSON object that ``line`` holds, None where it holds none, or one that is nested too deeply.

    Bytes that are no UTF-8 and escapes of half a character become U+FFFD: CLIs pass on what a command printed, and cut
    it anywhere. What is returned is valid Unicode.
    """
    try:
        message = msgspec.json.decode(line)
    except RecursionError:  # nested deeper than anybody means it
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = line if isinstance(line, str) else line.decode("utf-8", "replace")
        try:
            message = msgspec.json.decode(_ESCAPE.sub(_whole, text))
        except (msgspec.DecodeError, RecursionError):
            return None
    return message if isinstance(message, dict) else None


def _whole(escape: re.Match[str]) -> str:
    return _REPLACEMENT if escape["half"] else escape[0]


class Lines(Protocol):
    """Where lines come from and go to: a process, or our own standard input and output."""

    async def read_line(self) -> bytes: ...

    async def write(self, data: bytes) -> None: ...


AnyLines = TypeVar("AnyLines", bound=Lines, covariant=True)


class JsonLines(Generic[AnyLines]):
    """Sends and receives JSON objects. Lines that are no JSON object (banners, warnings) are kept in ``garbage`` (the
    last 20) and skipped: several CLIs print such lines."""

    def __init__(self, process: AnyLines) -> None:
        self.process = process
        self.garbage: list[str] = []
        self._at_once = 0

    async def send(self, message: Json) -> None:
        await self.process.write(msgspec.json.encode(message) + b"\n")

    async def receive(self) -> Json:
        """Return the next object. Raises what ends the lines: ProcessEnded, OutputExceeded, StreamsEnded."""
        while True:
            line = await self.process.read_line()
            self._at_once += 1
            if self._at_once >= LINES_AT_ONCE:
                self._at_once = 0
                await asyncio.sleep(0)
            if (message := read_object(line)) is not None:
                return message
            if line.strip():
                self.garbage = [*self.garbage[-19:], line[:2000].decode("utf-8", "replace")]
