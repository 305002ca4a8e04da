"""Requests that no honest caller sends, over real sockets: each is answered in words or cut off, and harms nobody."""

import json
import re
import resource
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse
from urllib.parse import urlsplit

import psutil
import pytest
from serving import ASKED, Serving, chat

from minga.testing import Say, Script, ScriptedServer
from warm import Warm

KB = 1024
MB = 1024 * KB


@pytest.fixture(scope="module")
def behind() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(default=Say("ok"))) as server:
        yield server


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory, warm: Warm, behind: ScriptedServer) -> Iterator[Serving]:
    """One gateway for all of these tests: what one attack breaks, the next one meets."""
    made = Serving(tmp_path_factory.mktemp("attacked"), warm)
    made.provide(behind.url)
    made.environment["THE_KEY"] = made.key()
    with made.running():
        yield made


@pytest.fixture(autouse=True)
def others_are_served(attacked: Serving, behind: ScriptedServer) -> Iterator[None]:
    """After each attack, in the same process."""
    assert attacked.process is not None
    yield
    assert attacked.process.poll() is None
    assert attacked.ask("/v1/chat/completions", chat(), attacked.environment["THE_KEY"]).status == 200
    behind.forget()


class Caller:
    """A connection on which anything can be said."""

    def __init__(self, serving: Serving) -> None:
        parts = urlsplit(serving.url)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, data: bytes) -> None:
        with suppress(ConnectionResetError, BrokenPipeError):  # the answer tells why
            self.socket.sendall(data)

    def hear(self) -> tuple[int, dict[str, str], bytes]:
        """Status 0: it was cut off without a word. Raises TimeoutError where it was not even that."""
        try:
            answer = HTTPResponse(self.socket)
            answer.begin()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        except ConnectionError:
            return 0, {}, b""

    def is_cut_off(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def heard(serving: Serving, data: bytes) -> tuple[int, dict[str, str], bytes]:
    with Caller(serving) as caller:
        caller.say(data)
        return caller.hear()


def head(serving: Serving, *lines: str, path: str = "/v1/chat/completions") -> bytes:
    """The head of a request with a good key."""
    key = f"Authorization: Bearer {serving.environment['THE_KEY']}"
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: here", key, *lines, "", ""]).encode("latin-1")


BODY = json.dumps(chat()).encode()
CHUNKED = "Transfer-Encoding: chunked"
CHUNKS = f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"
LENGTH = f"Content-Length: {len(BODY)}"

SMUGGLED = {
    "length-and-chunked": ([LENGTH, CHUNKED], CHUNKS),
    "chunked-and-length": ([CHUNKED, LENGTH], CHUNKS),
    "two-lengths": ([LENGTH, "Content-Length: 3"], BODY),
    "the-same-length-twice": ([LENGTH, LENGTH], BODY),
    "list-of-lengths": ([f"Content-Length: {len(BODY)}, {len(BODY)}"], BODY),
    "length-with-a-plus": ([f"Content-Length: +{len(BODY)}"], BODY),
    "negative-length": (["Content-Length: -1"], BODY),
    "length-beyond-64-bits": (["Content-Length: 99999999999999999999999"], BODY),
    "folded-line": (["X-A: b", " c", LENGTH], BODY),
    "folded-chunked": (["Transfer-Encoding:", " chunked"], CHUNKS),
    "space-before-colon": ([f"Content-Length : {len(BODY)}"], BODY),
    "xchunked": (["Transfer-Encoding: xchunked"], CHUNKS),
    "gzip-chunked": (["Transfer-Encoding: gzip, chunked"], CHUNKS),
    "chunked-identity": (["Transfer-Encoding: chunked, identity"], CHUNKS),
    "chunked-twice": ([CHUNKED, CHUNKED], CHUNKS),
    "vertical-tab": (["Transfer-Encoding: \x0bchunked"], CHUNKS),
    "chunk-size-overflows": ([CHUNKED], b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
    "chunk-size-in-0x": ([CHUNKED], b"0x3\r\nabc\r\n0\r\n\r\n"),
    "negative-chunk": ([CHUNKED], b"-3\r\nabc\r\n0\r\n\r\n"),
    "bare-lf-in-chunks": ([CHUNKED], CHUNKS.replace(b"\r\n", b"\n")),
    "chunk-longer-than-it-says": ([CHUNKED], b"3\r\nabcdef\r\n0\r\n\r\n"),
    "nul-in-a-value": (["X-A: b\x00c", LENGTH], BODY),
    "nul-in-a-name": (["X\x00A: b", LENGTH], BODY),
    "bare-cr-in-a-value": (["X-A: b\rX-B: c", LENGTH], BODY),
    "two-hosts": (["Host: there", LENGTH], BODY),
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_what_two_servers_could_read_in_two_ways_is_refused(
    name: str, attacked: Serving, behind: ScriptedServer
) -> None:
    lines, body = SMUGGLED[name]
    with Caller(attacked) as caller:
        caller.say(head(attacked, *lines) + body + b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        status, headers, told = caller.hear()
        assert (status, headers["x-minga-refused"]) == (400, "malformed")
        assert json.loads(told)["error"]["type"] == "invalid_request_error"
        assert caller.is_cut_off()
    assert behind.requests == ()


HEADS = {
    "bare-lf": (b"GET /healthz HTTP/1.1\nHost: a\n\n", 400),
    "http-0.9": (b"GET /healthz\r\n\r\n", 400),
    "http-2": (b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n", 400),
    "http-2-preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "http-3.7": (b"GET /healthz HTTP/3.7\r\nHost: a\r\n\r\n", 400),
    "a-tls-hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "no-host": (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    "no-method": (b"BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "fragment": (b"GET /healthz#a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "bytes-that-are-no-text-in-the-path": (b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "nul-in-the-path": (b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "connect": (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405),
    "trace": (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "another-scheme": (b"GET ftp://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "websocket": (b"GET /v1/responses HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 426),
    "chunked-in-1.0": (b"POST /v1/messages HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "long-path": (b"GET /" + b"a" * 20 * KB + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "long-header": (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70 * KB + b"\r\n\r\n", 431),
    "thousands-of-headers": (b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 5000 + b"\r\n", 431),
    "absolute-form": (b"GET http://here/healthz HTTP/1.1\r\nHost: here\r\n\r\n", 200),
    "empty-lines-first": (b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 200),
    "h2c-that-may-be-ignored": (
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
        200,
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_is_odd_is_answered_with_the_status_for_it(name: str, attacked: Serving) -> None:
    request, status = HEADS[name]
    assert heard(attacked, request)[0] == status


@pytest.mark.parametrize(
    "rest",
    [b"X" * 400 * KB, b"X: y\r\n" * 40 * KB, b"\r\n" * 400 * KB],
    ids=["one-endless-header", "endless-headers", "endless-lines"],
)
def test_a_head_without_end_is_cut_off(rest: bytes, attacked: Serving) -> None:
    start = b"" if rest.startswith(b"\r\n") else b"GET /healthz HTTP/1.1\r\nHost: a\r\n"
    assert heard(attacked, start + rest)[0] in (0, 431)


def test_trailers_are_nothing_that_counts_and_end(attacked: Serving, behind: ScriptedServer) -> None:
    trailer = CHUNKS[:-2] + b"X-Secret: trailer\r\n\r\n"
    assert heard(attacked, head(attacked, CHUNKED) + trailer)[0] == 200
    assert "x-secret" not in behind.requests[0].headers
    assert heard(attacked, head(attacked, CHUNKED) + CHUNKS[:-2] + b"X-Long: " + b"a" * 400 * KB)[0] in (0, 200, 431)


@pytest.mark.parametrize("wire", ASKED)
def test_a_refusal_has_the_form_of_the_callers_wire(wire: str, attacked: Serving) -> None:
    told = json.loads(heard(attacked, head(attacked, LENGTH, LENGTH, path=ASKED[wire][0]) + BODY)[2])
    assert told["error"]["message"]
    assert (told.get("type") == "error") == (wire == "anthropic")
    assert (told["error"].get("status") == "INVALID_ARGUMENT") == (wire == "gemini")


PATHS = [
    "/v1/responses/../files",
    "/v1/responses/%2e%2e/files",
    "/v1/responses/a%0d%0aX-Evil:%201",
    "/v1/responses/a%00",
]


@pytest.mark.parametrize("path", PATHS, ids=["dots", "dots-in-hex", "new-line", "nul"])
def test_no_path_leads_elsewhere_at_the_provider(path: str, attacked: Serving, behind: ScriptedServer) -> None:
    assert heard(attacked, head(attacked, LENGTH, path=path) + BODY)[0] == 404
    assert behind.requests == ()


def test_a_name_that_must_be_escaped_in_a_path_arrives_escaped(attacked: Serving, behind: ScriptedServer) -> None:
    path = "/v1beta/models/gemini-%3Fkey=%C3%A1%20b:generateContent"
    heard(attacked, head(attacked, LENGTH, path=path) + BODY)
    assert [request.path for request in behind.requests] == ["/v1beta/models/gemini-%3Fkey=%C3%A1%20b:generateContent"]


BODIES = {
    "deep": b'{"model": "gpt-5.1", "messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "model-twice": b'{"model": "gpt-5-nano", "messages": [], "model": "gpt-5.1"}',
    "model-twice-by-escape": b'{"model": "gpt-5-nano", "mod\\u0065l": "gpt-5.1"}',
    "model-in-another-case": b'{"model": "gpt-5-nano", "Model": "gpt-5.1"}',
    "limit-below-zero": b'{"model": "gpt-5.1", "max_completion_tokens": -100000}',
    "limit-beyond-all": b'{"model": "gpt-5.1", "max_tokens": 1' + b"0" * 5000 + b"}",
    "no-text": b'{"model": "gpt-5.1", "messages": "\xff\xfe"}',
    "no-text-in-the-model": b'{"model": "gpt\xff"}',
    "nul": b'{"model": "gpt-5.1\x00"}',
    "half-a-character": b'{"model": "\\ud800"}',
    "not-a-number": b'{"model": "gpt-5.1", "max_tokens": NaN}',
    "byte-order-mark": b'\xef\xbb\xbf{"model": "gpt-5.1"}',
    "two-objects": b'{"model": "gpt-5.1"}{"model": "gpt-5.1"}',
    "no-object": b'["model", "gpt-5.1"]',
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_odd_is_refused_before_anything_is_sent(
    name: str, attacked: Serving, behind: ScriptedServer
) -> None:
    answer = attacked.ask("/v1/chat/completions", BODIES[name], attacked.environment["THE_KEY"])
    assert (answer.status, answer.headers["x-minga-refused"]) == (400, "malformed")
    assert behind.requests == ()


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(attacked: Serving) -> None:
    with Caller(attacked) as caller:
        caller.say(head(attacked, f"Content-Length: {65 * MB}"))
        status, _, told = caller.hear()
    assert (status, b"67108864" in told) == (413, True)


def test_a_body_that_grows_too_large_is_cut_off_and_not_kept(attacked: Serving) -> None:
    assert attacked.process is not None
    process = psutil.Process(attacked.process.pid)
    before = process.memory_info().rss
    piece = f"{MB:x}\r\n".encode() + b"a" * MB + b"\r\n"
    with Caller(attacked) as caller:
        caller.say(head(attacked, CHUNKED))
        for _ in range(80):
            caller.say(piece)
            if select.select([caller.socket], [], [], 0)[0]:
                break
        assert caller.hear()[0] in (0, 413)
    assert process.memory_info().rss - before < 300 * MB


def test_an_encoded_body_is_refused_with_its_reason(attacked: Serving) -> None:
    for encoding in ("gzip", "br", "zstd"):
        status, headers, told = heard(attacked, head(attacked, LENGTH, f"Content-Encoding: {encoding}") + BODY)
        assert (status, headers["x-minga-refused"], encoding.encode() in told) == (415, "encoded", True)
    told = heard(attacked, head(attacked, LENGTH, "Content-Encoding: " + "x" * 9000) + BODY)[2]
    assert b"x" * 100 in told
    assert len(told) < 400
    assert heard(attacked, head(attacked, LENGTH, "Content-Encoding: identity") + BODY)[0] == 200


def test_a_caller_that_asks_first_is_told_to_go_on_only_with_a_good_key(attacked: Serving) -> None:
    with Caller(attacked) as caller:
        caller.say(head(attacked, LENGTH, "Expect: 100-continue"))
        assert caller.socket.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        caller.say(BODY)
        assert caller.hear()[0] == 200
    with Caller(attacked) as caller:
        caller.say(b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        assert caller.hear()[0] == 401


def test_requests_behind_one_another_are_answered_in_order(attacked: Serving) -> None:
    asked = [
        head(attacked, LENGTH) + BODY,
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /no HTTP/1.1\r\nHost: a\r\n\r\n",
    ]
    with Caller(attacked) as caller:
        caller.say(b"".join(asked) + b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        with caller.socket.makefile("rb") as heard_all:
            statuses = re.findall(rb"HTTP/1\.1 (\d+) ", heard_all.read())
    assert statuses == [b"200", b"200", b"404", b"200"]


def test_a_request_that_is_refused_early_leaves_no_second_one_behind(attacked: Serving) -> None:
    """What its body holds is a body, also when nobody reads it."""
    hidden = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    request = f"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: {len(hidden)}\r\n\r\n".encode()
    with Caller(attacked) as caller:
        caller.say(request)
        assert caller.hear()[0] == 401
        caller.say(hidden + b"GET /no HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert caller.hear()[0] == 404


def test_two_thousand_callers_at_once_leave_room_for_one_more(attacked: Serving) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < 4096:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard >= 0 else 8192, hard))
    callers: list[Caller] = []
    try:
        for _ in range(2000):
            callers.append(Caller(attacked))
            callers[-1].say(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
        assert attacked.ask("/v1/chat/completions", chat(), attacked.environment["THE_KEY"]).status == 200
        for caller in callers:
            caller.say(b"\r\n")
        assert {caller.hear()[0] for caller in callers} == {200}
    finally:
        for caller in callers:
            caller.socket.close()


def test_strangers_who_race_are_all_refused_and_never_reach_the_provider(
    attacked: Serving, behind: ScriptedServer
) -> None:
    statuses: list[int] = []

    def attack() -> None:
        for _ in range(20):
            statuses.append(attacked.ask("/v1/messages", BODY, "mk-guess").status)

    threads = [threading.Thread(target=attack) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [401] * 200
    assert behind.requests == ()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1beta/files", 404),
        ("DELETE", "/v1beta/files/f", 404),
        ("GET", "/v1/responses/resp_1", 404),
        ("DELETE", "/v1/models/ft:gpt-5:ours", 405),
        ("M-SEARCH", "/v1/chat/completions", 405),
    ],
)
def test_a_key_for_models_opens_nothing_else_of_the_account(
    method: str, path: str, status: int, attacked: Serving, behind: ScriptedServer
) -> None:
    answer = attacked.ask(path, BODY, attacked.environment["THE_KEY"], method=method)
    assert (answer.status, "allow" in answer.headers) == (status, status == 405)
    assert ("status" in answer.json()["error"]) == path.startswith("/v1beta")
    assert behind.requests == ()
