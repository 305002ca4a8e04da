"""An answer as it goes out on a caller's connection, whatever the application behind it says."""

import asyncio
from typing import Any

import pytest

from minga.domain.readiness import Readiness
from minga.entrypoints.gateway.body import ANSWER, GONE, WHOLE
from minga.entrypoints.gateway.front import Front
from minga.entrypoints.gateway.proxies import Proxies
from minga.entrypoints.gateway.rules import Rules
from minga.entrypoints.gateway.server import Server
from minga.infrastructure.listening import listen

START = "http.response.start"
BODY = "http.response.body"

LONG = {"type": START, "status": 200, "headers": [(b"content-length", b"4")]}
WORD = {"type": BODY, "body": b"abcd"}
CHUNKED = {"type": START, "status": 200, "headers": [(b"x-a", b"b")]}


def answered(request: bytes, *messages: dict[str, Any]) -> bytes:
    """All that comes back on a connection for an application that sends ``messages``; without the date."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return served(request, application)


def served(request: bytes, application: Any, *, ends: bool = True) -> bytes:
    """``ends``: the caller says at once that nothing more comes, which ends the connection."""

    async def ready() -> Readiness:
        return Readiness()

    async def run() -> bytes:
        (listening,) = listen("127.0.0.1", 0, 1)
        port = listening.getsockname()[1]
        server = Server(Front(application, ready), Rules(), Proxies(), None, 1.0)
        serves = asyncio.create_task(server.serve(sockets=[listening]))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        if ends:
            writer.write_eof()
        async with asyncio.timeout(20):
            told = await reader.read()
        writer.close()
        server.stop()
        await serves
        return b"".join(line for line in told.splitlines(keepends=True) if not line.startswith(b"date:"))

    return asyncio.run(run())


def asked(method: str = "GET", *headers: str) -> bytes:
    return "\r\n".join([f"{method} /v1/x HTTP/1.1", "host: a", "connection: close", *headers, "", ""]).encode()


@pytest.mark.parametrize(
    ("method", "messages", "told"),
    [
        (
            "GET",
            [LONG, {"type": BODY, "body": b"abcd"}],
            b"200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nabcd",
        ),
        ("HEAD", [LONG, {"type": BODY, "body": b"abcd"}], b"200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\n"),
        (
            "GET",
            [CHUNKED, {"type": BODY, "body": b"abcd", "more_body": True}, {"type": BODY}],
            b"200 OK\r\nx-a: b\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
        ),
        (
            "GET",
            [CHUNKED, {"type": BODY}],
            b"200 OK\r\nx-a: b\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "GET",
            [{"type": START, "status": 204, "headers": []}, {"type": BODY}],
            b"204 No Content\r\nconnection: close\r\n\r\n",
        ),
    ],
    ids=["length", "head", "chunks", "no-chunks", "no-content"],
)
def test_an_answer_goes_out_as_http_says(method: str, messages: list[dict[str, Any]], told: bytes) -> None:
    assert answered(asked(method), *messages) == b"HTTP/1.1 " + told


@pytest.mark.parametrize("value", [b"a\r\nx-evil: 1", b"a\nb", b"a\rb", b"a\0b", b"a\x7fb"])
def test_no_header_becomes_two(value: bytes) -> None:
    message = {"type": START, "status": 200, "headers": [(b"x-a", value)]}
    told = answered(asked(), message, {"type": BODY})
    assert told.startswith(b"HTTP/1.1 500 ")
    assert told.endswith(b"\r\n\r\nInternal Server Error")
    assert b"x-a" not in told
    assert b"evil" not in told


def answering(*headers: tuple[str, str], taken: list[bool]) -> Any:
    """Answers whole, as the gateway does; as ASGI says where that is not taken."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        taken.append(scope["extensions"][ANSWER](200, headers, b"abcd"))
        if not taken[-1]:
            await send(LONG)
            await send(WORD)

    return application


@pytest.mark.parametrize(("method", "is_taken", "body"), [("POST", True, b"abcd"), ("HEAD", False, b"")])
def test_a_whole_answer_is_what_its_messages_would_be(method: str, is_taken: bool, body: bytes) -> None:
    taken: list[bool] = []
    told = served(asked(method), answering(taken=taken))
    assert told == b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\n" + body
    assert taken == [is_taken]


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "a\x7fb"])
def test_no_header_of_a_whole_answer_becomes_two(value: str) -> None:
    told = served(asked("POST"), answering(("x-a", value), taken=[]))
    assert told.startswith(b"HTTP/1.1 500 ")
    assert b"evil" not in told


def test_requests_of_one_connection_are_answered_in_turn_until_one_says_that_it_is_the_last() -> None:
    tasks: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        tasks.append(asyncio.current_task())
        await asyncio.sleep(0)
        assert scope["extensions"][ANSWER](200, [], scope["path"].encode())

    first, second = (f"GET /{name} HTTP/1.1\r\nhost: a\r\n\r\n".encode() for name in ("one", "two"))
    told = served(first + second + asked(), application, ends=False)
    assert [line for line in told.splitlines() if b"/" in line] == [
        *(b"HTTP/1.1 200 OK", b"/oneHTTP/1.1 200 OK", b"/twoHTTP/1.1 200 OK", b"/v1/x")
    ]
    assert len(set(tasks)) == 1, "to make one for each would cost more"


@pytest.mark.parametrize(
    "messages",
    [
        [LONG, {"type": BODY, "body": b"abcde"}],
        [LONG, {"type": BODY, "body": b"abc"}],
        [LONG, {"type": BODY, "body": b"ab", "more_body": True}],
        [LONG, LONG],
    ],
    ids=["longer", "shorter", "never ends", "begins twice"],
)
def test_an_answer_that_is_not_as_long_as_it_says_is_cut(messages: list[dict[str, Any]]) -> None:
    told = answered(asked(), *messages)
    assert told.count(b"HTTP/1.1") <= 1
    assert b"abcd" not in told


@pytest.mark.parametrize(
    ("messages", "status"), [([], 500), ([{"type": BODY}], 500), ([LONG, {"type": BODY, "body": b"abcd"}], 200)]
)
def test_who_says_nothing_or_too_early_is_a_fault_of_the_server(messages: list[dict[str, Any]], status: int) -> None:
    assert answered(asked(), *messages).startswith(f"HTTP/1.1 {status} ".encode())


def test_a_body_that_came_with_its_head_is_there_at_once_and_only_once() -> None:
    taken: list[bytes | None] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        whole = scope["extensions"][WHOLE]
        taken.extend([whole(), whole()])
        await send(LONG)
        await send({"type": BODY, "body": b"abcd"})

    told = served(asked("POST", "content-length: 3", "expect: 100-continue") + b"abc", application)
    assert told.startswith(b"HTTP/1.1 200 OK")
    assert taken == [b"abc", b""]


def test_who_was_cut_off_before_anybody_asked_is_gone() -> None:
    """What comes behind its request is no HTTP: nothing goes out on that connection any more."""
    gone: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"][GONE](lambda: gone.append(scope["path"]))

    assert served(b"GET /v1/x HTTP/1.1\r\nhost: a\r\n\r\nno http\r\n\r\n", application) == b""
    assert gone == ["/v1/x"]


def test_who_was_refused_while_it_waited_for_a_word_is_told_nothing_behind_that() -> None:
    """Nothing can be written any more: to try it is no fault of whoever else is answered in the same turn."""
    received: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        received.append((await receive())["type"])

    head = asked("POST", "transfer-encoding: chunked", "expect: 100-continue")
    told = served(head + b"no size\r\n", application, ends=False)
    assert told.startswith(b"HTTP/1.1 400 Refused")
    assert b"100 Continue" not in told
    assert received == ["http.disconnect"]
