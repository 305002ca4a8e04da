"""Limits of time and number of a connection, with limits that a test can wait for, over real sockets."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import pytest

from minga.domain.model_calls import Refused
from minga.domain.readiness import Readiness
from minga.entrypoints.gateway.body import Gone, read_body
from minga.entrypoints.gateway.front import Front
from minga.entrypoints.gateway.proxies import Proxies, networks_of
from minga.entrypoints.gateway.rules import BodyRules, Rules
from minga.entrypoints.gateway.server import Server
from minga.infrastructure.listening import listen

BODY_RULES = BodyRules(silence_s=0.4, grace_s=1.0, bytes_a_second_min=1000)


@dataclass
class Told:
    """What the application saw; a stream goes on until ``hold``."""

    clients: list[tuple[str, int]]
    ends: list[str]
    began: threading.Event
    hold: threading.Event
    over: threading.Event


class Echo:
    """An application that reads a body, and answers with its length, or streams until it is let go."""

    def __init__(self, told: Told, rules: BodyRules) -> None:
        self.told = told
        self.rules = rules

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.told.clients.append(scope["client"])
        status, body = 200, b""
        try:
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            length = int(headers.get("content-length", "0"))
            body = await read_body(receive, headers.get("content-encoding", ""), length, self.rules)
        except Refused as refused:
            self.told.ends.append(refused.reason)
            status = 408
        except Gone:
            self.told.ends.append("gone")
            return
        if scope["path"] == "/v1/messages":
            await self.stream(receive, send)
            return
        length = str(len(body)).encode()
        headers_out = [(b"content-length", str(len(length)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers_out})
        await send({"type": "http.response.body", "body": length})

    async def stream(self, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        self.told.began.set()
        piece = b"data: " + b"x" * 65536 + b"\n\n"
        gone = asyncio.ensure_future(receive())
        try:
            while not self.told.hold.is_set() and not gone.done():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(0.01)
        finally:
            gone.cancel()
            self.told.over.set()
        await send({"type": "http.response.body", "body": b"data: end\n\n"})


async def ready() -> Readiness:
    return Readiness()


@dataclass
class Served:
    port: int
    told: Told
    stop: Callable[[], None]
    thread: threading.Thread

    def caller(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def serving(rules: Rules, proxies: str = "", drain_s: float = 5.0, body: BodyRules = BODY_RULES) -> Iterator[Served]:
    (listening,) = listen("127.0.0.1", 0, 1)
    port = listening.getsockname()[1]
    told = Told([], [], threading.Event(), threading.Event(), threading.Event())
    front = Front(Echo(told, body), ready)  # type: ignore[arg-type]
    server = Server(front, rules, Proxies(networks_of(proxies)), None, drain_s)
    loops: list[asyncio.AbstractEventLoop] = []
    runs = threading.Event()

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        runs.set()
        await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    runs.wait(60)
    try:
        yield Served(port, told, lambda: loops[0].call_soon_threadsafe(server.stop), thread)
    finally:
        told.hold.set()
        if thread.is_alive():
            loops[0].call_soon_threadsafe(server.stop)
        thread.join(60)


def answer(caller: socket.socket) -> HTTPResponse:
    heard = HTTPResponse(caller)
    heard.begin()
    return heard


def refusal(caller: socket.socket) -> tuple[int, str | None]:
    heard = answer(caller)
    heard.read()
    return heard.status, heard.getheader("x-minga-refused")


HELLO = b"GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n"


def dribble(caller: socket.socket, piece: bytes, every_s: float) -> float:
    """Say a little again and again until it is cut off; return how long that took."""
    began_s = time.monotonic()
    caller.settimeout(every_s)
    while time.monotonic() - began_s < 20:
        try:
            caller.sendall(piece)
            if caller.recv(1, socket.MSG_PEEK) is not None:
                break
        except TimeoutError:
            continue
        except ConnectionError:
            break
    caller.settimeout(20)
    return time.monotonic() - began_s


def test_headers_that_dribble_are_cut_off_in_time() -> None:
    with serving(Rules(head_s=0.5)) as served, served.caller() as caller:
        caller.sendall(b"GET /v1/models HTTP/1.1\r\n")
        assert dribble(caller, b"X: y\r\n", 0.1) < 10
        assert refusal(caller) == (408, "too-slow")
        assert served.told.clients == []


def test_a_caller_that_says_nothing_is_let_go() -> None:
    with serving(Rules(head_s=0.5)) as served, served.caller() as silent, served.caller() as busy:
        assert silent.recv(1) == b""
        busy.close()


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "by-length"])
def test_a_body_that_dribbles_is_cut_off_in_time(chunked: bool) -> None:
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 100000"
    with serving(Rules()) as served, served.caller() as caller:
        caller.sendall(b"POST /v1/responses HTTP/1.1\r\nHost: a\r\n" + length + b"\r\n\r\n")
        assert dribble(caller, b"1\r\nx\r\n" if chunked else b"x", 0.1) < 10
        assert answer(caller).status == 408
        assert served.told.ends == ["too-slow"]


def test_a_body_that_stops_is_cut_off() -> None:
    with serving(Rules()) as served, served.caller() as caller:
        caller.sendall(b"POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
        assert answer(caller).status == 408


def test_a_body_that_is_slow_but_steady_is_read() -> None:
    steady = BodyRules(silence_s=15, grace_s=0.2, bytes_a_second_min=1000)
    with serving(Rules(), body=steady) as served, served.caller() as caller:
        caller.sendall(b"POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Length: 120000\r\n\r\n")
        for _ in range(6):
            caller.sendall(b"x" * 20_000)
            time.sleep(0.06)  # beyond the grace, far above the pace
        assert answer(caller).read() == b"120000"


def test_what_a_refused_caller_still_says_is_read_only_for_a_while() -> None:
    with serving(Rules(linger_s=0.5)) as served, served.caller() as caller:
        caller.sendall(b"POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
        assert answer(caller).read() == b"0"
        assert dribble(caller, b"x", 0.1) < 10


def test_more_callers_than_allowed_are_told_so_and_the_others_stay() -> None:
    with serving(Rules(connections_max=3)) as served:
        first = [served.caller() for _ in range(3)]
        for caller in first:
            caller.sendall(HELLO)
            assert answer(caller).read() == b"0"
        with served.caller() as one_more:
            one_more.sendall(HELLO)
            assert refusal(one_more) == (503, "busy")
        for caller in first:
            caller.sendall(HELLO)
            assert answer(caller).read() == b"0"
            caller.close()


def test_a_caller_that_takes_nothing_of_its_answer_is_let_go() -> None:
    with serving(Rules(stalled_s=0.5)) as served, served.caller() as caller:
        caller.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        assert served.told.began.wait(60)
        assert served.told.over.wait(15)


def test_who_says_that_nothing_more_comes_is_answered_also_beside_others() -> None:
    with serving(Rules()) as served, served.caller() as streams:
        streams.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        assert served.told.began.wait(20)
        for _ in range(20):
            with served.caller() as caller:
                caller.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                caller.shutdown(socket.SHUT_WR)
                assert answer(caller).status == 200


def test_a_flood_of_requests_on_one_connection_ends_it() -> None:
    with serving(Rules(pipelined=4)) as served, served.caller() as caller:
        caller.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" + HELLO * 100)
        with caller.makefile("rb") as heard:
            heard.read()
        assert len(served.told.clients) == 1


def test_a_proxys_word_counts_only_from_a_trusted_proxy() -> None:
    asked = b"GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n\r\n"
    for trusted, client in (("127.0.0.0/8", "203.0.113.9"), ("10.0.0.0/8", "127.0.0.1"), ("", "127.0.0.1")):
        with serving(Rules(), trusted) as served, served.caller() as caller:
            caller.sendall(asked)
            answer(caller).read()
            assert [address for address, _ in served.told.clients] == [client]


def asks(served: Served, path: str) -> tuple[int, Any]:
    with served.caller() as caller:
        caller.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        heard = answer(caller)
        return heard.status, json.loads(heard.read())


def test_while_it_drains_streams_go_on_and_newcomers_are_told() -> None:
    with serving(Rules(), drain_s=20) as served, served.caller() as caller:
        caller.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        assert served.told.began.wait(60)
        assert asks(served, "/readyz") == (200, {"status": "ok"})
        served.stop()
        while (told := asks(served, "/readyz"))[0] == 200:
            pass
        assert told == (503, {"status": "not ready", "reasons": ["the gateway is stopping"]})
        status, refused = asks(served, "/v1/models")
        assert (status, refused["error"]["code"]) == (503, "gateway_stopping")
        served.told.hold.set()
        assert answer(caller).read().endswith(b"data: end\n\n")
        served.thread.join(10)
        assert not served.thread.is_alive()


def test_a_stream_that_outlasts_the_drain_ends_with_an_error_of_its_wire() -> None:
    with serving(Rules(), drain_s=0.2) as served, served.caller() as caller:
        caller.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        assert served.told.began.wait(60)
        served.stop()
        end = answer(caller).read()[-200:]
        event, data = end.strip().split(b"\n")[-2:]
        assert event == b"event: error"
        assert json.loads(data.removeprefix(b"data: "))["error"]["type"] == "overloaded_error"
        served.thread.join(10)
        assert not served.thread.is_alive()
