"""JSON objects, one a line, over a process: the floor under JSON-RPC and stream-json."""

import asyncio
from typing import Any

import msgspec

from minga.infrastructure.process import Process

Json = dict[str, Any]
"""A JSON object of somebody else's making. Taken apart where it arrives; does not travel further in."""


class JsonLines:
    """Sends and receives JSON objects. Lines that are no JSON object (banners, warnings, bytes that are not UTF-8) are
    kept in ``garbage`` (the last 20) and skipped: several CLIs print such lines."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.garbage: list[str] = []

    async def send(self, message: Json) -> None:
        await self.process.write(msgspec.json.encode(message) + b"\n")

    async def receive(self) -> Json:
        """Return the next object. Raises ProcessEnded, OutputExceeded."""
        while True:
            line = await self.process.read_line()
            try:
                message = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                message = None
            if isinstance(message, dict):
                return message
            if line.strip():
                self.garbage = [*self.garbage[-19:], line[:2000].decode("utf-8", "replace")]
                await asyncio.sleep(0)
