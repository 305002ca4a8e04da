"""A provider that misbehaves below HTTP, as the first part of the path says: ``/FAULT/v1/chat/completions``."""

import gzip
import json
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from socketserver import StreamRequestHandler, ThreadingTCPServer

SPOKEN: dict[str, tuple[list[dict[str, object]], dict[str, object], list[dict[str, object]]]] = {
    "openai-chat": (
        [{"choices": [{"index": 0, "delta": {"role": "assistant"}}]}],
        {"choices": [{"index": 0, "delta": {"content": "word "}}]},
        [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}],
    ),
    "openai-responses": (
        [{"type": "response.created", "response": {"id": "r", "status": "in_progress"}}],
        {"type": "response.output_text.delta", "item_id": "i", "delta": "word "},
        [{"type": "response.completed", "response": {"id": "r", "status": "completed"}}],
    ),
    "anthropic": (
        [
            {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 9, "output_tokens": 1}}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        ],
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word "}},
        [
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 30}},
            {"type": "message_stop"},
        ],
    ),
    "gemini": (
        [],
        {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "word "}]}}]},
        [{"candidates": [{"index": 0, "content": {"parts": [{"text": "."}]}, "finishReason": "STOP"}]}],
    ),
}
"""Wire -> the events before an answer, of each of its words, and after it."""

ERRORS: dict[str, dict[str, object]] = {
    "openai-chat": {"error": {"message": "not now", "type": "server_error", "code": None}},
    "openai-responses": {"error": {"message": "not now", "type": "server_error", "code": None}},
    "anthropic": {"type": "error", "error": {"type": "api_error", "message": "not now"}},
    "gemini": {"error": {"code": 500, "message": "not now", "status": "INTERNAL"}},
}

HEAD = b"HTTP/1.1 200 OK\r\n"
CLOSED = b"Connection: close\r\n"
WHOLE = json.dumps({"id": "x", "choices": [], "text": "word " * 200}).encode()


@dataclass
class Asked:
    """One request. ``seen``: its caller has got the first byte; ``gone``: the gateway has closed an endless answer."""

    fault: str
    wire: str
    stream: bool
    connection: socket.socket
    seen: threading.Event
    gone: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)

    def send(self, *pieces: bytes) -> None:
        self.connection.sendall(b"".join(pieces))

    def head(self, *lines: bytes) -> None:
        kind = b"text/event-stream" if self.stream else b"application/json"
        self.send(HEAD, b"Content-Type: ", kind, b"\r\n", CLOSED, *(line + b"\r\n" for line in lines), b"\r\n")

    def words(self, count: int) -> None:
        """The beginning of a stream, or of a body."""
        begin, word, _ = SPOKEN[self.wire]
        events = [event(one) for one in (*begin, *[word] * count)]
        self.send(*events) if self.stream else self.send(WHOLE[:200])

    def refuse(self, status: int, *lines: bytes) -> None:
        told = json.dumps(ERRORS[self.wire]).encode()
        head = [f"HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {len(told)}\r\n".encode()]
        self.send(*head, CLOSED, *(line + b"\r\n" for line in lines), b"\r\n", told)

    def reset(self) -> None:
        """What is sent after this never comes; the caller sees a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def be_silent(self) -> None:
        """Until the gateway gives up."""
        with suppress(OSError):
            self.connection.recv(1)

    def endlessly(self, piece: bytes) -> None:
        try:
            while not self.stopping.is_set():
                self.send(piece)
        except OSError:
            self.gone.set()


def event(told: Mapping[str, object]) -> bytes:
    named = f"event: {told['type']}\n".encode() if "type" in told else b""
    return named + b"data: " + json.dumps(told).encode() + b"\n\n"


def _reset_before(asked: Asked) -> None:
    asked.reset()


def _reset_after(asked: Asked) -> None:
    asked.head(b"Content-Length: 999")
    asked.reset()


def _no_status(asked: Asked) -> None:
    asked.send(b"HTTQ/banana 7 what\r\n\r\nnonsense")


def _garbage(asked: Asked) -> None:
    asked.head()
    asked.send(b'{"half": \xff\xfe', b'\n\ndata: "\xff"\n\ndata: {"a": \xff}\n\n')


def _silent(asked: Asked) -> None:
    asked.be_silent()


def _dies(asked: Asked) -> None:
    asked.head(b"Transfer-Encoding: chunked") if asked.stream else asked.head(b"Content-Length: 9999")
    if asked.stream:
        begin, word, _ = SPOKEN[asked.wire]
        for told in (*begin, *[word] * 10):
            piece = event(told)
            asked.send(f"{len(piece):x}\r\n".encode(), piece, b"\r\n")
    else:
        asked.words(10)


def _broken_event(asked: Asked) -> None:
    asked.head()
    asked.words(10)
    if asked.stream:
        asked.seen.wait(30)
    asked.send(b'data: {"half": \n\n')
    _, word, end = SPOKEN[asked.wire]
    if asked.stream:
        asked.send(*(event(one) for one in (word, *end)))


def _silent_within(asked: Asked) -> None:
    asked.head(b"Content-Length: 99999")
    asked.words(10)
    asked.be_silent()


def _no_end(asked: Asked) -> None:
    asked.head()
    asked.words(10)


def _endless(asked: Asked) -> None:
    asked.head()
    asked.words(1)
    asked.endlessly(event(SPOKEN[asked.wire][1]))


def _bomb(asked: Asked) -> None:
    body = _bomb_body()
    asked.head(b"Content-Encoding: gzip", b"Content-Length: " + str(len(body)).encode())
    asked.send(body)


@cache
def _bomb_body() -> bytes:
    return gzip.compress(b" " * 64 * 1024 * 1024)


def _endless_headers(asked: Asked) -> None:
    asked.send(HEAD)
    asked.endlessly(b"X-More: " + b"m" * 200 + b"\r\n")


def _too_short(asked: Asked) -> None:
    """Less is announced than comes."""
    asked.head(b"Content-Length: 40")
    asked.words(10)


def _elsewhere(asked: Asked) -> None:
    asked.send(b"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n", CLOSED, b"\r\n")


Play = Callable[[Asked], None]

PLAYED: dict[str, Play] = {
    "reset-before-headers": _reset_before,
    "reset-after-headers": _reset_after,
    "garbage-status": _no_status,
    "garbage-body": _garbage,
    "500": lambda asked: asked.refuse(500),
    "529": lambda asked: asked.refuse(529),
    "429": lambda asked: asked.refuse(429, b"Retry-After: 7"),
    "silence-before": _silent,
    "dies-within": _dies,
    "broken-event": _broken_event,
    "silence-within": _silent_within,
    "no-end": _no_end,
    "endless": _endless,
    "gzip-bomb": _bomb,
    "endless-headers": _endless_headers,
    "too-short": _too_short,
    "redirect": _elsewhere,
}


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, FaultyProvider)
        path = self.rfile.readline().split()[1].decode()
        headers: dict[str, str] = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        _, fault, place, rest = path.split("/", 3)
        wire = place.partition("@")[0]  # what follows tells apart callers of one provider
        stream = "stream" in rest.lower() or b'"stream":true' in body.replace(b" ", b"")
        asked = Asked(fault, wire, stream, self.connection, server.seen[fault, place], stopping=server.stopping)
        server.asked.append(asked)
        with suppress(OSError):
            server.played[fault](asked)


class FaultyProvider(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, played: Mapping[str, Play]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.played = played
        self.asked: list[Asked] = []
        self.seen: defaultdict[tuple[str, str], threading.Event] = defaultdict(threading.Event)
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def faulty_provider(played: Mapping[str, Play] = PLAYED) -> Iterator[FaultyProvider]:
    with FaultyProvider(played) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
