"""Messages over standard input and output stay whole, and what is read ahead has a bound."""

import asyncio
import os
import select
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import pytest

from minga.infrastructure import standard_streams
from minga.infrastructure.standard_streams import StandardStreams, StreamsEnded


class Pipes:
    """Both ends of both directions; ``to_us`` and ``from_us`` are the peer's."""

    def __init__(self) -> None:
        self.read_from, self.to_us = os.pipe()
        self.from_us, self.write_to = os.pipe()

    def close(self) -> None:
        for end in (self.read_from, self.from_us, self.write_to):
            os.close(end)

    def read_lines(self, count: int) -> list[bytes]:
        read = b""
        while read.count(b"\n") < count:
            read += os.read(self.from_us, 65_536)
        return read.splitlines()

    def write_until_nobody_reads(self, lines: int, line: bytes) -> int:
        """The bytes that were taken before the pipe stayed full."""
        os.set_blocking(self.to_us, False)
        rest, all_of_it = memoryview(line * lines), lines * len(line)
        while rest and select.select([], [self.to_us], [], 0.3)[1]:
            rest = rest[os.write(self.to_us, rest[:4096]) :]
        return all_of_it - len(rest)


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    made = Pipes()
    yield made
    made.close()


def with_streams(pipes: Pipes, work: Callable[[StandardStreams], Awaitable[None]]) -> None:
    async def run() -> None:
        streams = StandardStreams(pipes.read_from, pipes.write_to)
        await work(streams)
        os.close(pipes.to_us)
        with suppress(StreamsEnded):  # and its thread reads no more
            while True:
                await streams.read_line()

    asyncio.run(run())


def test_a_message_whose_sender_is_cancelled_is_whole_before_the_next_begins(pipes: Pipes) -> None:
    """Larger than a pipe holds, so that its writing has begun and waits for the peer when the cancellation comes."""
    first, second = b"a" * 1_000_000, b"b" * 1_000_000

    async def work(streams: StandardStreams) -> None:
        sending = asyncio.create_task(streams.write(first + b"\n"))
        await asyncio.to_thread(select.select, [pipes.from_us], [], [], 10)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        after = asyncio.create_task(streams.write(second + b"\n"))
        assert await asyncio.to_thread(pipes.read_lines, 2) == [first, second]
        await after

    with_streams(pipes, work)


def test_who_writes_to_a_peer_that_has_gone_is_told(pipes: Pipes) -> None:
    async def work(streams: StandardStreams) -> None:
        reading_end = os.dup(pipes.read_from)
        os.dup2(reading_end, pipes.from_us)  # nobody reads what we write any more
        os.close(reading_end)
        with pytest.raises(StreamsEnded):
            await streams.write(b"hello\n")

    with_streams(pipes, work)


def test_read_ahead_is_bounded_in_bytes_and_goes_on_once_lines_are_taken(
    pipes: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standard_streams, "BYTES_WAITING_MAX", 100_000)
    line, lines = b"x" * 49_999 + b"\n", 40

    async def work(streams: StandardStreams) -> None:
        taken = await asyncio.to_thread(pipes.write_until_nobody_reads, lines, line)
        assert taken < 500_000  # two lines wait, one is being read, and the pipe holds the rest
        for _ in range(taken // len(line)):
            assert await streams.read_line() == line[:-1]

    with_streams(pipes, work)


def test_a_line_longer_than_all_that_may_wait_is_read(pipes: Pipes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standard_streams, "BYTES_WAITING_MAX", 10)

    async def work(streams: StandardStreams) -> None:
        os.write(pipes.to_us, b"a line of more than ten bytes\nand one more of them\n")
        assert await streams.read_line() == b"a line of more than ten bytes"
        assert await streams.read_line() == b"and one more of them"

    with_streams(pipes, work)
