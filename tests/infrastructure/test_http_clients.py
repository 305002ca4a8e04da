"""What the gateway needs of an HTTP client, held by each of them over real sockets, byte by byte."""

import asyncio
import contextlib
import gc
import os
import random
import re
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvloop
from raw_server import RawServer, Reader, Writer, answering, certificate, proxy, serving

from minga.infrastructure import proxies
from minga.infrastructure.aiohttp_client import AiohttpClient
from minga.infrastructure.dialing import trust
from minga.infrastructure.http import Client, Outgoing, Unreachable
from minga.infrastructure.thin_client import ThinClient

WAIT_S = 20.0
"""For what must come; no test waits for it."""

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nX-One: a\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Kind:
    """A client on an event loop."""

    client: Callable[..., Client]
    run: Callable[[Coroutine[Any, Any, None]], None]

    def test(self, work: Callable[[Client], Coroutine[Any, Any, None]], **options: Any) -> None:
        async def whole() -> None:
            client = self.client(**options)
            try:
                async with asyncio.timeout(WAIT_S):
                    await work(client)
            finally:
                await client.close()
                await asyncio.sleep(0)

        self.run(whole())


THIN = {"thin": Kind(ThinClient, asyncio.run), "thin-uvloop": Kind(ThinClient, uvloop.run)}
KINDS = {**THIN, "aiohttp": Kind(AiohttpClient, uvloop.run)}


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture(params=list(THIN))
def thin(request: pytest.FixtureRequest) -> Kind:
    """For what aiohttp does otherwise: decision 14 says what."""
    return THIN[request.param]


def asking(server: RawServer, body: bytes = b"{}", **more: Any) -> Outgoing:
    return replace(Outgoing("POST", server.url, [("content-type", "application/json")], body, private=True), **more)


async def asked(client: Client, request: Outgoing) -> tuple[int, bytes]:
    answer = await client.send(request)
    try:
        return answer.status, b"".join([chunk async for chunk in answer.chunks()])
    finally:
        answer.close()


async def told(client: Client, request: Outgoing) -> str:
    """How it fails."""
    with pytest.raises(Unreachable) as wrong:
        await asked(client, request)
    told = str(wrong.value)
    assert "://" not in told, "callers hear it"
    assert "127.0.0.1" not in told
    return told


async def until(holds: Callable[[], bool]) -> None:
    """Until what another task does is seen; the limit is that of the test."""
    while not holds():  # noqa: ASYNC110 - what is waited for is not of this loop
        await asyncio.sleep(0.001)


def test_a_request_goes_out_as_it_is_and_its_answer_comes_as_it_is(kind: Kind) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK)) as server:
            answer = await client.send(asking(server, b'{"a": 1}', headers=[("x-key", "geheim"), ("x-name", "ñ")]))
            assert answer.status == 200
            assert [pair for pair in answer.headers if pair[0].startswith("x-")] == [("x-one", "a")]
            assert b"".join([chunk async for chunk in answer.chunks()]) == b"hello"
            answer.close()
            head, body = server.heads[0].decode("latin-1"), server.bodies[0]
            assert body == b'{"a": 1}'
            assert head.startswith("POST /v1/x?y=1 HTTP/1.1\r\n")
            lines = [line.lower() for line in head.split("\r\n")]
            assert f"host: 127.0.0.1:{server.port}" in lines
            assert "content-length: 8" in lines
            assert "x-key: geheim" in lines
            assert "user-agent" not in head.lower()

    kind.test(work)


def test_one_connection_serves_one_request_after_another(kind: Kind) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK, CHUNKED + b"5\r\nworld\r\n0\r\n\r\n")) as server:
            got = [await asked(client, asking(server)) for _ in range(4)]
            assert got == [(200, b"hello"), (200, b"world")] * 2
            assert server.connections == 1

    kind.test(work)


def test_a_get_has_no_body(kind: Kind) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK)) as server:
            assert await asked(client, asking(server, b"", method="GET")) == (200, b"hello")
            assert b"content-length" not in server.heads[0].lower()

    kind.test(work)


WHOLE: dict[str, tuple[bytes, bytes]] = {
    "length": (OK, b"hello"),
    "nothing": (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b""),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "304": (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n", b""),
    "no reason": (b"HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok", b"ok"),
    "chunks": (CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
    "extensions and trailers": (CHUNKED + b'3;a=b;c="d"\r\nabc\r\n0;z\r\nx-sum: 1\r\nx-b: 2\r\n\r\n', b"abc"),
    "large size digits": (CHUNKED + b"00000A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    "binary": (CHUNKED + b"4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n"),
    "interim": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + OK, b"hello"),
    "upgrade offered": (
        b"HTTP/1.1 200 OK\r\nupgrade: h2\r\nconnection: upgrade\r\ncontent-length: 2\r\n\r\nok",
        b"ok",
    ),
}


@pytest.mark.parametrize("name", list(WHOLE))
def test_every_form_of_an_answer_is_read_and_the_connection_kept(kind: Kind, name: str) -> None:
    raw, body = WHOLE[name]

    async def work(client: Client) -> None:
        async with serving(answering(raw)) as server:
            for _ in range(2):
                assert (await asked(client, asking(server)))[1] == body
            assert server.connections == 1

    kind.test(work)


@pytest.mark.parametrize("name", list(WHOLE))
def test_an_answer_may_be_cut_at_every_byte(kind: Kind, name: str) -> None:
    raw, body = WHOLE[name]

    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        for cut in range(1, len(raw)):
            await server.request(reader)
            writer.write(raw[:cut])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            writer.write(raw[cut:])

    async def work(client: Client) -> None:
        async with serving(script) as server:
            for _ in range(1, len(raw)):
                assert (await asked(client, asking(server)))[1] == body

    kind.test(work)


def test_an_answer_may_come_byte_by_byte(kind: Kind) -> None:
    raw = WHOLE["extensions and trailers"][0]

    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        for byte in raw:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert await asked(client, asking(server)) == (200, b"abc")

    kind.test(work)


def test_a_chunk_is_passed_on_before_the_next_one_comes(kind: Kind) -> None:
    async def work(client: Client) -> None:
        seen = asyncio.Event()

        async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
            await server.request(reader)
            writer.write(CHUNKED + b"3\r\nabc\r\n")
            await seen.wait()
            writer.write(b"3\r\ndef\r\n0\r\n\r\n")

        async with serving(script) as server:
            answer = await client.send(asking(server))
            chunks = answer.chunks()
            assert await anext(chunks) == b"abc"
            seen.set()
            assert await anext(chunks) == b"def"
            assert [chunk async for chunk in chunks] == []
            answer.close()

    kind.test(work)


CLOSING: dict[str, bytes] = {
    "until the end": b"HTTP/1.1 200 OK\r\n\r\nhello",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "close": b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
}


@pytest.mark.parametrize("name", list(CLOSING))
def test_where_the_connection_ends_the_next_request_gets_another(kind: Kind, name: str) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(CLOSING[name])

    async def work(client: Client) -> None:
        async with serving(script) as server:
            for _ in range(3):
                assert await asked(client, asking(server)) == (200, b"hello")
            assert server.connections == 3

    kind.test(work)


def test_the_answer_to_head_has_no_body(kind: Kind) -> None:
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n"

    async def work(client: Client) -> None:
        async with serving(answering(raw)) as server:
            for _ in range(2):
                assert await asked(client, asking(server, b"", method="HEAD")) == (200, b"")
            assert server.connections == 1

    kind.test(work)


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "half a header": b"HTTP/1.1 200 OK\r\ncontent-le",
    "too short": b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello",
    "no last chunk": CHUNKED + b"5\r\nhello\r\n",
    "half a chunk": CHUNKED + b"9\r\nhello",
    "half an end": CHUNKED + b"5\r\nhello\r\n0\r\n",
    "no size": CHUNKED + b"5\r\nhello\r\nxyz\r\n",
    "chunk too long": CHUNKED + b"5\r\nhello, world\r\n0\r\n\r\n",
    "huge size": CHUNKED + b"FFFFFFFFFFFFFFFFFF\r\nhello",
    "garbage": b"\x16\x03\x01 hello\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
    "bad length": b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello",
    "length and chunks": CHUNKED.replace(b"\r\n\r\n", b"\r\ncontent-length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    "bad name": b"HTTP/1.1 200 OK\r\nx y: 5\r\ncontent-length: 5\r\n\r\nhello",
    "long header": b"HTTP/1.1 200 OK\r\nx: " + b"x" * 70_000 + b"\r\ncontent-length: 5\r\n\r\nhello",
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_an_answer_that_breaks_off_or_is_garbage_is_told(kind: Kind, name: str) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(BROKEN[name])

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert await told(client, asking(server))

    kind.test(work)


NOISE = [b"", b"\r", b"\n", b":", b" ", b"0", b"9", b"\0", b"\xff"]


def test_whatever_a_server_says_ends_in_an_answer_or_is_told(thin: Kind) -> None:
    """Answers with a few bytes changed, taken out or put in, the same ones each time."""
    chance = random.Random(14)
    whole = [raw for raw, _ in WHOLE.values()] + list(CLOSING.values())

    def changed() -> bytes:
        raw = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randint(0, 2)] = chance.choice(
                [b"", b"\r", b"\n", b":", b" ", b"0", b"9", b"\0", b"\xff"]
            )
        return bytes(raw)

    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        raw = changed()
        cut = chance.randrange(len(raw))
        writer.write(raw[:cut])
        await asyncio.sleep(0)
        writer.write(raw[cut:])

    async def work(client: Client) -> None:
        async with serving(script) as server:
            ends = {"answer": 0, "told": 0}
            for _ in range(500):
                try:
                    await asked(client, asking(server))
                    ends["answer"] += 1
                except Unreachable:
                    ends["told"] += 1
            assert min(ends.values()) > 50

    thin.test(work)


ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"x-one: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
    "a header": (b"HTTP/1.1 200 OK\r\nx: ", b"a" * 1000),
    "a status line": (b"HTTP/1.1 200 ", b"a" * 1000),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
    "a chunk's extension": (CHUNKED + b"5;", b"a" * 1000),
    "trailers": (CHUNKED + b"5\r\nhello\r\n0\r\n", b"x-one: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
}


@pytest.mark.parametrize("name", list(ENDLESS))
def test_what_never_ends_and_is_no_content_is_bounded(thin: Kind, name: str) -> None:
    begin, more = ENDLESS[name]

    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(begin)
        while True:
            writer.write(more * 20)
            await writer.drain()

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert await told(client, asking(server))
            await server.gone.wait()

    thin.test(work)


def test_a_status_that_switches_protocols_is_no_answer(thin: Kind) -> None:
    raw = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nxx"

    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(raw)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert await told(client, asking(server))

    thin.test(work)


def test_a_redirect_is_an_answer_and_not_an_order(kind: Kind) -> None:
    raw = b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"

    async def work(client: Client) -> None:
        async with serving(answering(raw)) as server:
            assert await asked(client, asking(server)) == (307, b"")

    kind.test(work)


FORGED: dict[str, Sequence[tuple[str, str]]] = {
    "value": [("x", "1\r\nx-admin: yes")],
    "line feed": [("x", "1\nx-admin: yes")],
    "return": [("x", "1\rx-admin: yes")],
    "null": [("x", "1\0")],
    "name": [("x: 1\r\nx-admin", "yes")],
    "blank in name": [("x y", "1")],
    "no name": [("", "1")],
    "length": [("Content-Length", "0")],
    "encoding": [("transfer-encoding", "chunked")],
    "beyond latin-1": [("x", "→")],
}


@pytest.mark.parametrize("name", list(FORGED))
def test_a_header_that_would_be_another_is_refused_before_anything_is_sent(kind: Kind, name: str) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK)) as server:
            assert "cannot be sent" in await told(client, asking(server, headers=[("a", "b"), *FORGED[name]]))
            assert not server.heads

    kind.test(work)


@pytest.mark.parametrize("path", ["/a b", "/a\r\nx-admin: yes", "/a\0", "/ñ"], ids=["blank", "lines", "null", "letter"])
def test_a_path_that_would_be_more_than_one_word_is_refused(kind: Kind, path: str) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK)) as server:
            assert "cannot be sent" in await told(client, asking(server, url=f"http://127.0.0.1:{server.port}{path}"))
            assert not server.heads

    kind.test(work)


def test_a_connection_that_was_closed_while_idle_is_not_used(thin: Kind) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(OK)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            for number in range(1, 4):
                assert await asked(client, asking(server)) == (200, b"hello")
                await until(lambda number=number: server.closed == number)  # type: ignore[misc]
            assert server.connections == 3

    thin.test(work)


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_reused_connection_that_closes_before_an_answer_is_replaced_once(thin: Kind, reset: bool) -> None:
    """The peer reads the second request of its first connection, and closes: no timing hides that race."""

    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        first = server.connections == 1
        await server.request(reader)
        writer.write(OK)
        await server.request(reader)
        if not first:
            writer.write(OK)
        elif reset:
            writer.transport.abort()

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert await asked(client, asking(server)) == (200, b"hello")
            assert await asked(client, asking(server, b"again")) == (200, b"hello")
            assert server.bodies == [b"{}", b"again", b"again"]
            assert server.connections == 2

    thin.test(work)


def test_a_request_is_not_sent_again_once_a_byte_of_an_answer_has_come(kind: Kind) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(OK)
        await server.request(reader)
        writer.write(b"H")

    async def work(client: Client) -> None:
        async with serving(script) as server:
            await asked(client, asking(server))
            assert await told(client, asking(server))
            assert len(server.heads) == 2

    kind.test(work)


def test_a_new_connection_that_closes_before_an_answer_is_told(kind: Kind) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert await told(client, asking(server))
            assert len(server.heads) == 1

    kind.test(work)


STRAY = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"


def test_bytes_behind_an_answer_are_never_the_next_answer(kind: Kind) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK + STRAY)) as server:
            for _ in range(3):
                assert await asked(client, asking(server)) == (200, b"hello")
            assert server.connections == 3

    kind.test(work)


def test_bytes_that_nobody_asked_for_end_an_idle_connection(thin: Kind) -> None:
    async def work(client: Client) -> None:
        idle = asyncio.Event()

        async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
            await server.request(reader)
            writer.write(OK)
            await idle.wait()
            writer.write(STRAY)
            await server.request(reader)

        async with serving(script) as server:
            for _ in range(3):
                assert await asked(client, asking(server)) == (200, b"hello")
                idle.set()
                await until(lambda: server.connections == server.closed)
                idle.clear()
            assert server.connections == 3

    thin.test(work)


def test_bytes_that_wait_unread_on_an_idle_connection_are_never_an_answer(thin: Kind) -> None:
    """The stray answer lies in the kernel when the next request begins: the loop has had no turn to read it."""

    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(OK)
        await server.request(reader)
        writer.write(OK)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert await asked(client, asking(server)) == (200, b"hello")
            for one in _connections():
                if one.get_extra_info("sockname")[1] == server.port:
                    _write_now(one, STRAY)
            assert await asked(client, asking(server)) == (200, b"hello")
            assert server.connections == 2

    thin.test(work)


def _connections() -> Iterator[asyncio.Transport]:
    for one in gc.get_objects():
        if isinstance(one, asyncio.StreamWriter) and not one.is_closing():
            yield one.transport  # type: ignore[misc]


def _write_now(transport: asyncio.Transport, data: bytes) -> None:
    os.write(transport.get_extra_info("socket").fileno(), data)


def test_an_idle_connection_is_closed_after_a_while(thin: Kind) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK)) as server:
            await asked(client, asking(server))
            await server.gone.wait()
            assert await asked(client, asking(server)) == (200, b"hello")

    thin.test(work, idle_s=0.05)


def test_silence_before_the_headers_is_told_with_its_limit(kind: Kind) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await server.request(reader)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert "0.05 s" in await told(client, asking(server, first_limit_s=0.05))
            await server.gone.wait()

    kind.test(work)


def test_silence_within_a_stream_is_told_with_its_limit(kind: Kind) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(CHUNKED + b"5\r\nhello\r\n")
        await server.request(reader)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert "0.05 s" in await told(client, asking(server, silence_limit_s=0.05))
            await server.gone.wait()

    kind.test(work)


def test_silence_counts_only_while_somebody_reads(kind: Kind) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(CHUNKED + b"5\r\nhello\r\n0\r\n\r\n")) as server:
            answer = await client.send(asking(server, silence_limit_s=0.05))
            await asyncio.sleep(0.15)
            assert b"".join([chunk async for chunk in answer.chunks()]) == b"hello"
            answer.close()

    kind.test(work)


def test_a_slow_reader_holds_the_peer_back(kind: Kind) -> None:
    """The peer has 64 MB to say; unread they must not lie in memory."""
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"

    async def work(client: Client) -> None:
        written = 0

        async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
            nonlocal written
            await server.request(reader)
            writer.write(CHUNKED)
            for _ in range(1024):
                writer.write(piece)
                await writer.drain()
                written += 1
            writer.write(b"0\r\n\r\n")

        async with serving(script) as server:
            answer = await client.send(asking(server))
            last = -1
            while last != written:  # until the peer stands still
                last = written
                await asyncio.sleep(0.05)
            assert written < 512, "half of it would be more than all buffers of sockets"
            size = 0
            async for chunk in answer.chunks():
                size += len(chunk)
            assert size == 64 * 1024 * 1024
            answer.close()

    kind.test(work)


@pytest.mark.parametrize("size", [100_000, 5_000_000])
def test_a_large_request_arrives_whole(kind: Kind, size: int) -> None:
    body = bytes(range(256)) * (size // 256)

    async def work(client: Client) -> None:
        async with serving(answering(OK)) as server:
            for _ in range(2):
                assert await asked(client, asking(server, body)) == (200, b"hello")
            assert server.bodies == [body, body]
            assert server.connections == 1

    kind.test(work)


def test_an_early_answer_to_a_large_request_is_read(kind: Kind) -> None:
    refusal = b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 3\r\n\r\nbig"

    async def work(client: Client) -> None:
        over = asyncio.Event()

        async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(refusal)
            await over.wait()

        async with serving(script) as server:
            assert await asked(client, asking(server, b"x" * 30_000_000)) == (413, b"big")
            over.set()

    kind.test(work)


def test_a_peer_that_stops_reading_a_large_request_is_told(thin: Kind) -> None:
    async def work(client: Client) -> None:
        over = asyncio.Event()

        async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await over.wait()

        async with serving(script) as server:
            assert "0.1 s" in await told(client, asking(server, b"x" * 60_000_000, silence_limit_s=0.1))
            over.set()

    thin.test(work)


def test_a_caller_that_is_cancelled_closes_the_connection(kind: Kind) -> None:
    async def work(client: Client) -> None:
        came = asyncio.Event()

        async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
            await server.request(reader)
            came.set()
            await server.request(reader)

        async with serving(script) as server:
            task = asyncio.create_task(asked(client, asking(server)))
            await came.wait()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await server.gone.wait()

    kind.test(work)


@pytest.mark.parametrize("how", ["close", "leave"])
def test_a_stream_that_is_closed_before_its_end_closes_the_connection_at_once(kind: Kind, how: str) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(CHUNKED + b"5\r\nhello\r\n")
        await server.request(reader)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            answer = await client.send(asking(server))
            chunks = answer.chunks()
            assert await anext(chunks) == b"hello"
            if how == "close":
                answer.close()
                answer.close()
            else:
                await chunks.aclose()  # type: ignore[attr-defined]
            await server.gone.wait()

    kind.test(work)


def test_a_reader_that_waits_is_told_when_its_answer_is_closed(kind: Kind) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await server.request(reader)
        writer.write(CHUNKED + b"5\r\nhello\r\n")
        await server.request(reader)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            answer = await client.send(asking(server))
            chunks = answer.chunks()
            assert await anext(chunks) == b"hello"

            async def wait() -> None:
                with pytest.raises(Unreachable):
                    await anext(chunks)

            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
            answer.close()
            await waiting

    kind.test(work)


def test_the_connections_are_bounded_and_who_waits_is_served_in_order(kind: Kind) -> None:
    async def work(client: Client) -> None:
        turns = [asyncio.Event() for _ in range(6)]

        async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
            while True:
                number = int(await server.request(reader))
                await turns[number].wait()
                writer.write(OK)

        async with serving(script) as server:

            async def ask(number: int) -> None:
                assert await asked(client, asking(server, b"%d" % number)) == (200, b"hello")

            def came() -> list[int]:
                return [int(body) for body in server.bodies]

            tasks: list[asyncio.Task[None]] = []
            for number in range(6):
                tasks.append(asyncio.create_task(ask(number)))
                if number < 2:
                    await until(lambda number=number: number in came())  # type: ignore[misc]
            await asyncio.sleep(0.01)
            tasks[3].cancel()  # it waits for a connection: nobody behind it loses by that
            for done, then in ((0, 2), (1, 4), (2, 5)):
                turns[done].set()
                await until(lambda then=then: then in came())  # type: ignore[misc]
            for turn in turns:
                turn.set()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert came() == [0, 1, 2, 4, 5]
            assert [task.cancelled() for task in tasks] == [False, False, False, True, False, False]
            assert server.connections == 2

    kind.test(work, connections_max=2)


def test_a_connection_that_is_lost_gives_its_place_to_who_waits(kind: Kind) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        if server.connections > 1:
            await answering(OK)(server, reader, writer)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            both = await asyncio.gather(*(asked(client, asking(server)) for _ in range(3)), return_exceptions=True)
            assert sum(isinstance(one, Unreachable) for one in both) == 1
            assert both.count((200, b"hello")) == 2

    kind.test(work, connections_max=1)


def test_where_nobody_listens_that_is_told(kind: Kind) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK)) as server:
            pass
        assert await told(client, asking(server))

    kind.test(work)


def test_a_name_that_does_not_exist_is_told(kind: Kind) -> None:
    async def work(client: Client) -> None:
        assert await told(client, Outgoing("POST", "http://no.such.name.invalid/", [], b"{}"))

    kind.test(work)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http://", "127.0.0.1", "http://127.0.0.1:99999/"], ids=["ftp", "none", "bare", "port"]
)
def test_what_is_no_address_is_told(kind: Kind, url: str) -> None:
    async def work(client: Client) -> None:
        assert await told(client, Outgoing("POST", url, [], b"{}", private=True))

    kind.test(work)


def test_ipv6_is_spoken(kind: Kind) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6")

    async def work(client: Client) -> None:
        async with serving(answering(OK), host="::1") as server:
            assert await asked(client, asking(server)) == (200, b"hello")
            assert b"host: [::1]:%d\r\n" % server.port in server.heads[0].lower()

    kind.test(work)


def test_an_address_that_takes_no_connection_gives_way_to_the_next(kind: Kind) -> None:
    """localhost is 127.0.0.1 and ::1 on most machines; only one of them listens here."""

    async def work(client: Client) -> None:
        async with serving(answering(OK)) as server:
            request = asking(server, url=f"http://localhost:{server.port}/")
            assert await asked(client, request) == (200, b"hello")

    kind.test(work)


INNER = {
    "literal": "http://127.0.0.1:{port}/",
    "number": "http://2130706433:{port}/",
    "short": "http://127.1:{port}/",
    "name": "http://localhost:{port}/",
    "unspecified": "http://0.0.0.0:{port}/",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/",
}


@pytest.mark.parametrize("name", list(INNER))
def test_a_destination_that_is_not_public_is_refused_unless_it_is_allowed(kind: Kind, name: str) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK)) as server:
            url = INNER[name].format(port=server.port)
            if kind.client is ThinClient or name not in ("number", "short"):  # which aiohttp refuses by itself
                assert await asked(client, asking(server, url=url)) == (200, b"hello")
            before = server.connections
            assert re.search(
                "no address of the internet|URL is not valid",
                await told(client, replace(asking(server), url=url, private=False)),
            )
            assert server.connections == before, "nor does a connection that was allowed serve one that is not"

    kind.test(work)


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The context of a server whose certificate is for `localhost` and `model.localhost`, and is trusted."""
    authority, context = certificate(tmp_path, "localhost", "model.localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    trust.cache_clear()
    yield context
    trust.cache_clear()


def test_tls_is_spoken_with_a_certificate_that_is_trusted(kind: Kind, trusted: Any) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        spoken = writer.get_extra_info("ssl_object")
        assert spoken.selected_alpn_protocol() == "http/1.1"
        for _ in range(2):
            await server.request(reader)
            writer.write(CHUNKED + b"5\r\nhello\r\n")
            await asyncio.sleep(0)
            writer.write(b"0\r\n\r\n")
        await server.request(reader)

    async def work(client: Client) -> None:
        async with serving(script, trusted) as server:
            url = f"https://localhost:{server.port}/"
            for _ in range(2):
                assert await asked(client, asking(server, b"x" * 300_000, url=url)) == (200, b"hello")
            assert server.connections == 1

    kind.test(work)


def test_a_certificate_for_another_name_is_refused(kind: Kind, trusted: Any) -> None:
    async def work(client: Client) -> None:
        async with serving(answering(OK), trusted) as server:
            assert "certificate" in (await told(client, asking(server))).lower()
            assert not server.heads

    kind.test(work)


def test_a_certificate_that_nobody_vouches_for_is_refused(kind: Kind, tmp_path: Path) -> None:
    _, context = certificate(tmp_path, "localhost")

    async def work(client: Client) -> None:
        async with serving(answering(OK), context) as server:
            request = asking(server, url=f"https://localhost:{server.port}/")
            assert "certificate" in (await told(client, request)).lower()
            assert not server.heads

    kind.test(work)


def test_a_peer_that_speaks_no_tls_is_told(kind: Kind) -> None:
    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        await reader.read(10)
        writer.write(OK)

    async def work(client: Client) -> None:
        async with serving(script) as server:
            assert await told(client, asking(server, url=f"https://127.0.0.1:{server.port}/"))

    kind.test(work)


def test_https_goes_through_a_proxy_by_connect(kind: Kind, trusted: Any) -> None:
    async def run() -> None:
        async with serving(answering(OK), trusted) as server, serving(proxy) as between:
            way = proxies.read(f"http://ana:s%40ge@127.0.0.1:{between.port}", "", "")
            client = kind.client(proxies=replace(way, direct=()))
            request = asking(server, url=f"https://other.localhost:{server.port}/")
            try:
                assert "certificate" in (await told(client, request)).lower(), "the name is checked behind a proxy too"
                request = asking(server, url=f"https://model.localhost:{server.port}/")
                assert await asked(client, request) == (200, b"hello")
            finally:
                await client.close()
            assert between.heads[0].startswith(b"CONNECT other.localhost:%d HTTP/1.1\r\n" % server.port)
            assert b"proxy-authorization: basic yw5honnaz2u=\r\n" in between.heads[0].lower()
            assert b"proxy-authorization" not in server.heads[0].lower()

    kind.run(run())


def test_a_proxy_that_says_no_is_told(kind: Kind) -> None:
    async def run() -> None:
        raw = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
        async with serving(answering(raw)) as between:
            client = kind.client(proxies=proxies.read(f"http://127.0.0.1:{between.port}", "", ""))
            try:
                assert "407" in await told(client, Outgoing("POST", "https://api.example.com/", [], b"{}"))
            finally:
                await client.close()

    kind.run(run())


def test_http_goes_through_a_proxy_by_the_whole_address(kind: Kind) -> None:
    async def run() -> None:
        async with serving(answering(OK)) as between:
            client = kind.client(proxies=proxies.read("", f"http://ana:x@127.0.0.1:{between.port}", "direct.example"))
            try:
                assert await asked(client, Outgoing("POST", "http://api.example.com/a?b", [], b"{}")) == (200, b"hello")
                inner = Outgoing("POST", "http://169.254.169.254/latest", [], b"{}")
                assert "no address of the internet" in await told(client, inner)
            finally:
                await client.close()
            assert between.heads[0].startswith(b"POST http://api.example.com/a?b HTTP/1.1\r\n")
            assert b"host: api.example.com\r\n" in between.heads[0].lower()
            assert b"proxy-authorization: basic yw5hong=\r\n" in between.heads[0].lower()
            assert len(between.heads) == 1

    kind.run(run())


def test_what_is_to_be_reached_directly_passes_the_proxy_by(kind: Kind) -> None:
    async def run() -> None:
        async with serving(answering(OK)) as server, serving(answering(OK)) as between:
            address = f"http://127.0.0.1:{between.port}"
            client = kind.client(proxies=proxies.read(address, address, "localhost"))
            try:
                request = asking(server, url=f"http://localhost:{server.port}/")
                assert await asked(client, request) == (200, b"hello")
            finally:
                await client.close()
            assert between.connections == 0

    kind.run(run())


def test_a_client_that_closes_leaves_no_connection(kind: Kind) -> None:
    async def run() -> None:
        async with serving(answering(OK)) as server:
            client = kind.client()
            await asked(client, asking(server))
            await client.close()
            await until(lambda: server.closed == 1)

    kind.run(run())
