"""Callers who leave before their answer begins: the provider's work ends with theirs, however much they had sent."""

import json
import socket
from urllib.parse import urlsplit

from serving import Serving, chat

PATIENCE_S = 40
"""Less than the gateway itself waits for a provider."""


def test_a_call_ends_at_the_provider_when_its_caller_leaves(serving: Serving) -> None:
    del serving.environment["MINGA_GATEWAY_WAIT_S"]
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        hanging.settimeout(PATIENCE_S)
        serving.provide(f"http://127.0.0.1:{hanging.getsockname()[1]}")
        key = serving.key()
        with serving.running():
            for size in (100, 2_000_000):
                _call_and_leave(serving, hanging, key, json.dumps(chat(user="x" * size)).encode())


def _call_and_leave(serving: Serving, hanging: socket.socket, key: str, body: bytes) -> None:
    parts = urlsplit(serving.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE_S) as caller:
        lines = ["POST /v1/chat/completions HTTP/1.1", "Host: a", f"Authorization: Bearer {key}"]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        caller.sendall(head.encode() + body)
        asked, _ = hanging.accept()
        asked.settimeout(PATIENCE_S)
        heard = b""
        while not heard.endswith(body[-100:]):
            piece = asked.recv(2**20)
            assert piece, "the request comes whole"
            heard += piece
    with asked:
        assert asked.recv(1) == b"", "nobody waits for this answer"
