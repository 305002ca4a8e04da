"""A server that answers as the transit engine of HashiCorp Vault does, for as much of it as Minga uses.

Paths, bodies, status codes and the texts of errors: https://developer.hashicorp.com/vault/api-docs/secret/transit and
the engine's source (builtin/logical/transit), read 2026-11-24.
"""

import base64
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "hvs.test"
PREFIX = "vault:v1:"

Answer = tuple[int, dict[str, Any] | None]


@dataclass
class Transit:
    """``sealed``: as a Vault that was not unsealed yet."""

    url: str = ""
    sealed: bool = False
    keys: dict[str, bytes] = field(default_factory=dict)
    deletable: set[str] = field(default_factory=set)

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> Answer:
        parts = path.strip("/").split("/")
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        if parts[:2] != ["v1", "transit"]:
            return 404, {"errors": [f"no handler for route {path!r}. route entry not found."]}
        match method, parts[2:]:
            case "POST", ["keys", name]:
                self.keys.setdefault(name, os.urandom(32))
                return 200, {"data": {"name": name, "type": body["type"]}}
            case "GET", ["keys", name]:
                return (200, {"data": {"name": name}}) if name in self.keys else (404, {"errors": []})
            case "POST", ["keys", name, "config"]:
                self.deletable.add(name)
                return 200, {"data": {"name": name}}
            case "DELETE", ["keys", name]:
                return self._delete(name)
            case "POST", ["encrypt", name]:
                return self._encrypt(self.keys.setdefault(name, os.urandom(32)), body)
            case "POST", ["decrypt", name]:
                return self._decrypt(name, body)
            case _:
                return 405, {"errors": ["unsupported operation"]}

    def _delete(self, name: str) -> Answer:
        if name not in self.deletable:
            return 400, {"errors": ["error deleting policy: deletion is not allowed for this key"]}
        self.keys.pop(name, None)
        return 204, None

    def _encrypt(self, key: bytes, body: dict[str, Any]) -> Answer:
        nonce = os.urandom(12)
        content = base64.b64decode(body["plaintext"], validate=True)
        sealed = nonce + AESGCM(key).encrypt(nonce, content, base64.b64decode(body["associated_data"]))
        return 200, {"data": {"ciphertext": PREFIX + base64.b64encode(sealed).decode(), "key_version": 1}}

    def _decrypt(self, name: str, body: dict[str, Any]) -> Answer:
        if name not in self.keys:
            return 400, {"errors": ["encryption key not found"]}
        if not body["ciphertext"].startswith(PREFIX):
            return 400, {"errors": ["invalid ciphertext: no prefix"]}
        try:
            sealed = base64.b64decode(body["ciphertext"].removeprefix(PREFIX))
            data = base64.b64decode(body["associated_data"])
            content = AESGCM(self.keys[name]).decrypt(sealed[:12], sealed[12:], data)
        except (InvalidTag, ValueError):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(content).decode()}}


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Transit]:
    """A server on a free port of this machine, over TLS if ``context`` is given."""
    transit = Transit()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            status, answer = transit.answer(self.command, self.path, self.headers.get("X-Vault-Token", ""), body)
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _reply

        def log_message(self, format: str, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if context else "http"
    transit.url = f"{scheme}://127.0.0.1:{server.server_port}/transit"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield transit
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
