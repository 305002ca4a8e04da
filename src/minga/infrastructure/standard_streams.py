"""Standard input and output as a line of messages: what `minga mcp` and `minga acp` speak over.

While it is open, everything else that this process or its children print goes to standard error, and they read nothing:
one stray line would end the conversation.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

LINE_BYTES_MAX = 32_000_000
"""Of one message. A longer one is skipped to its end, and told as `LineTooLong`."""

LINES_WAITING_MAX = 64
BYTES_WAITING_MAX = LINE_BYTES_MAX
"""Read ahead of who takes them; then the peer waits. One line may always wait, however long it is."""

_CHUNK = 65_536


class StreamsEnded(Exception):
    """The peer has closed its end."""


class LineTooLong(Exception):
    """A line was longer than LINE_BYTES_MAX; it was skipped, and the next one can be read."""


class StandardStreams:
    """Lines in, bytes out. Use `standard_streams`. Reading and writing wait in threads of their own, which no end of
    the process waits for: a peer that neither reads nor goes away must not hold it."""

    def __init__(self, read_from: int, write_to: int) -> None:
        self._read_from = read_from
        self._write_to = write_to
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | Exception] = asyncio.Queue()
        self._room = threading.Condition()
        self._lines_waiting = 0
        self._bytes_waiting = 0
        self._writing = asyncio.Lock()
        threading.Thread(target=self._read, daemon=True, name="standard input").start()

    async def read_line(self) -> bytes:
        """Return the next line, without its end. Raises StreamsEnded at the end of input, and LineTooLong."""
        line = await self._lines.get()
        if isinstance(line, StreamsEnded):
            self._lines.put_nowait(line)
            raise line
        with self._room:
            self._lines_waiting -= 1
            self._bytes_waiting -= _size(line)
            self._room.notify()
        if isinstance(line, Exception):
            raise line
        return line

    async def write(self, data: bytes) -> None:
        """Write all of ``data`` before what is given later, also where the caller is cancelled meanwhile: half a
        message would end the conversation. Raises StreamsEnded where nobody reads any more."""
        if wrong := await asyncio.shield(asyncio.create_task(self._written(data))):
            raise StreamsEnded from wrong

    async def _written(self, data: bytes) -> OSError | None:
        async with self._writing:
            written: asyncio.Future[OSError | None] = self._loop.create_future()
            threading.Thread(target=self._write, args=(data, written), daemon=True, name="standard output").start()
            return await written

    def _read(self) -> None:
        kept, skipping = bytearray(), False
        while chunk := self._next_chunk():
            *whole, rest = chunk.split(b"\n")
            for part in whole:
                kept += part
                self._take(LineTooLong() if skipping or len(kept) > LINE_BYTES_MAX else bytes(kept))
                kept, skipping = bytearray(), False
            kept += rest
            if len(kept) > LINE_BYTES_MAX:
                kept, skipping = bytearray(), True
        if kept:
            self._take(bytes(kept))
        self._tell(lambda: self._lines.put_nowait(StreamsEnded()))

    def _next_chunk(self) -> bytes:
        try:
            return os.read(self._read_from, _CHUNK)
        except OSError:
            return b""

    def _take(self, line: bytes | Exception) -> None:
        size = _size(line)
        with self._room:
            self._room.wait_for(lambda: self._has_room(size))
            self._lines_waiting += 1
            self._bytes_waiting += size
        self._tell(lambda: self._lines.put_nowait(line))

    def _has_room(self, size: int) -> bool:
        if not self._lines_waiting:
            return True
        return self._lines_waiting < LINES_WAITING_MAX and self._bytes_waiting + size <= BYTES_WAITING_MAX

    def _write(self, data: bytes, written: "asyncio.Future[OSError | None]") -> None:
        wrong: OSError | None = None
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._write_to, rest) :]
        except OSError as why:
            wrong = why
        self._tell(lambda: None if written.done() else written.set_result(wrong))

    def _tell(self, what: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what)


def _size(line: bytes | Exception) -> int:
    return len(line) if isinstance(line, bytes) else 0


@asynccontextmanager
async def standard_streams() -> AsyncIterator[StandardStreams]:
    """Take standard input and output for messages; both are given back at the end."""
    read_from, write_to = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    try:
        yield StandardStreams(read_from, write_to)
    finally:
        os.dup2(read_from, 0)
        os.dup2(write_to, 1)
