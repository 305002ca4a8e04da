"""What is held until the end of a turn of the loop: in its order, lost by nobody, on real sockets."""

import asyncio
import gc
import socket
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvloop

from minga.infrastructure.gathered_writes import HELD_MAX, TOGETHER, GatheredWrites, Turn, turn_of


@pytest.fixture(params=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> asyncio.Runner:
    return asyncio.Runner(loop_factory=uvloop.new_event_loop if request.param == "uvloop" else None)


class Peer:
    """The other end of a transport; ``read`` is what has come there by now."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._end.setblocking(False)

    def read(self) -> bytes:
        try:
            return self._end.recv(1 << 20)
        except BlockingIOError:
            return b""

    async def read_to_end(self) -> bytes:
        loop, pieces = asyncio.get_running_loop(), []
        while piece := await asyncio.wait_for(loop.sock_recv(self._end, 1 << 20), 10):
            pieces.append(piece)
        return b"".join(pieces)


def busy() -> Turn:
    """Of the loop that runs, with two calls under way."""
    turn = turn_of(asyncio.get_running_loop())
    turn.running = 2
    return turn


@asynccontextmanager
async def connected(turn: Turn) -> AsyncIterator[tuple[GatheredWrites, Peer]]:
    near, far = socket.socketpair()
    with far:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=near)
        try:
            yield GatheredWrites(transport, turn), Peer(far)
        finally:
            transport.abort()
            await asyncio.sleep(0)


def test_writes_go_out_at_the_end_of_the_turn(runner: asyncio.Runner) -> None:
    async def go() -> None:
        turn = busy()
        async with connected(turn) as (one, peer), connected(turn) as (other, far):
            one.write(b"a")
            other.write(b"x")
            one.writelines((b"b", memoryview(b"c")))
            assert (peer.read(), far.read()) == (b"", b"")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert (peer.read(), far.read()) == (b"abc", b"x")
            one.write(b"d")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert peer.read() == b"d"

    with runner:
        runner.run(go())


def test_a_large_write_takes_what_was_held_with_it(runner: asyncio.Runner) -> None:
    async def go() -> None:
        async with connected(busy()) as (one, peer):
            large = bytes(HELD_MAX + 1)
            one.write(b"before")
            one.writelines((b"head", large))
            one.write(b"after")
            one.close()
            assert await peer.read_to_end() == b"before" + b"head" + large + b"after"

    with runner:
        runner.run(go())


@pytest.mark.parametrize("end", ["close", "write_eof"])
def test_an_end_comes_after_what_is_held(runner: asyncio.Runner, end: str) -> None:
    async def go() -> None:
        async with connected(busy()) as (one, peer):
            one.write(b"the last words")
            getattr(one, end)()
            assert await peer.read_to_end() == b"the last words"

    with runner:
        runner.run(go())


def test_nothing_follows_an_abort(runner: asyncio.Runner) -> None:
    async def go() -> None:
        async with connected(busy()) as (one, peer):
            one.write(b"never said")
            one.abort()
            assert await peer.read_to_end() == b""
            assert one.is_closing()

    with runner:
        runner.run(go())


def test_one_that_was_closed_below_hinders_no_other(runner: asyncio.Runner) -> None:
    async def go() -> None:
        turn = busy()
        async with connected(turn) as (one, _), connected(turn) as (other, far):
            one.write(b"lost")
            other.write(b"told")
            one._transport.abort()  # as the loop does when the peer has gone
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert far.read() == b"told"

    with runner:
        runner.run(go())


def test_who_writes_after_its_end_is_told_and_hinders_no_other(runner: asyncio.Runner) -> None:
    async def go() -> None:
        turn = busy()
        async with connected(turn) as (one, _), connected(turn) as (other, far):
            one.write_eof()
            with pytest.raises(RuntimeError):
                one.write(b"too late")
            other.write(b"told")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert far.read() == b"told"

    with runner:
        runner.run(go())


def test_one_that_cannot_be_written_is_aborted_and_hinders_no_other(runner: asyncio.Runner) -> None:
    async def go() -> None:
        turn = busy()
        async with connected(turn) as (one, _), connected(turn) as (other, far):
            one.write(b"refused")
            one._transport.write_eof()  # below, unseen
            other.write(b"told")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert far.read() == b"told"
            assert one.is_closing()

    with runner:
        runner.run(go())


def test_no_more_is_held_than_may_be(runner: asyncio.Runner) -> None:
    """Else who writes without a pause fills the memory within one turn, however slowly its peer reads."""

    async def go() -> None:
        async with connected(busy()) as (one, peer):
            half = bytes(HELD_MAX // 2)
            for _ in range(3):
                one.write(half)
            assert len(peer.read()) == HELD_MAX + len(half)

    with runner:
        runner.run(go())


@pytest.mark.parametrize("running", [1, 2])
def test_a_peer_that_reads_too_slowly_pauses_who_writes(runner: asyncio.Runner, running: int) -> None:
    """Where asyncio's own `writelines` is used, it fails in Python 3.12 and 3.13.0 only (CVE-2024-12254)."""

    class Paused(asyncio.Protocol):
        is_paused = False

        def pause_writing(self) -> None:
            self.is_paused = True

    async def go() -> None:
        turn, (near, far) = busy(), socket.socketpair()
        turn.running = running
        with far:
            transport, writes = await asyncio.get_running_loop().create_connection(Paused, sock=near)
            one = GatheredWrites(transport, turn)
            for _ in range(200):
                one.writelines((b"head", bytes(HELD_MAX // 2), b""))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert writes.is_paused
            one.abort()
            await asyncio.sleep(0)

    with runner:
        runner.run(go())


def test_nothing_to_say_is_said_once(runner: asyncio.Runner) -> None:
    """With a buffer that never gets empty the loop would never rest. Of asyncio's loop this can fail in Python 3.12 and
    3.13.0 only."""

    async def go() -> None:
        turn = turn_of(asyncio.get_running_loop())
        async with connected(turn) as (one, peer):
            one.write(b"")
            one.writelines((b"head", b""))
            assert peer.read() == b"head"
            assert one._transport.get_write_buffer_size() == 0
            turn.running = 2
            one.write(b"")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert peer.read() == b""

    with runner:
        runner.run(go())


def test_a_full_turn_ends_at_once(runner: asyncio.Runner) -> None:
    async def go() -> None:
        turn = busy()
        async with connected(turn) as (one, peer):
            one.write(b"first")
            for _ in range(TOGETHER - 1):
                turn.hold(one)
            assert peer.read() == b"first"

    with runner:
        runner.run(go())


def test_who_is_alone_waits_for_nobody(runner: asyncio.Runner) -> None:
    async def go() -> None:
        turn = busy()
        async with connected(turn) as (one, peer):
            one.write(b"a")
            turn.running = 1
            one.write(b"b")
            assert peer.read() == b"ab"

    with runner:
        runner.run(go())


def test_a_loop_has_one_turn(runner: asyncio.Runner) -> None:
    async def turns() -> tuple[Turn, Turn]:
        loop = asyncio.get_running_loop()
        return turn_of(loop), turn_of(loop)

    with runner:
        first, again = runner.run(turns())
    with asyncio.Runner() as other:
        assert first is again is not other.run(turns())[0]


def test_a_loop_that_is_over_is_not_kept(runner: asyncio.Runner) -> None:
    async def go() -> weakref.ref[asyncio.AbstractEventLoop]:
        loop = asyncio.get_running_loop()
        async with connected(busy()) as (one, _):
            one.write(b"a")
            await asyncio.sleep(0)
        return weakref.ref(loop)

    with runner:
        over = runner.run(go())
    runner.__dict__.clear()  # it knows its loop
    gc.collect()
    assert over() is None
