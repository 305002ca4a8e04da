"""Clients that cost next to nothing: lines to a process, which speak 2025-11-25, and one kept connection of HTTP, which
speaks 2026-07-28: there nothing is kept between requests by either server."""

import http.client
import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

VERSION = "2026-07-28"

META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
}

BEGIN = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


class WrongAnswer(Exception):
    """A server gave something else than the tool's result."""


def right(answer: Mapping[str, Any]) -> None:
    content = answer.get("result", {}).get("structuredContent", {})
    if not content.get("result", content).get("valid"):
        raise WrongAnswer(f"no result of the tool: {answer}")


class Lines:
    """A server on standard streams."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._number = 0

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        assert self._process.stdout is not None
        self._number += 1
        self._write({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return json.loads(self._process.stdout.readline())

    def _write(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def begin(self) -> tuple[float, float]:
        """Seconds from the start to the answers of ``initialize`` and of ``tools/list``."""
        self.ask("initialize", BEGIN)
        begun = time.perf_counter() - self.began
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        listed = self.ask("tools/list", {})
        if "tools" not in listed.get("result", {}):
            raise WrongAnswer(f"no list of tools: {listed}")
        return begun, time.perf_counter() - self.began

    def call(self, arguments: Mapping[str, Any]) -> float:
        """Seconds that it takes."""
        start = time.perf_counter()
        answer = self.ask("tools/call", {"name": "rut_check", "arguments": arguments})
        took = time.perf_counter() - start
        right(answer)
        return took

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class Http:
    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": VERSION,
            "mcp-method": "tools/call",
            "mcp-name": "rut_check",
            **({"authorization": f"Bearer {key}"} if key else {}),
        }

    def call(self, arguments: Mapping[str, Any]) -> float:
        params = {"name": "rut_check", "arguments": arguments, "_meta": META}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
        start = time.perf_counter()
        self._connection.request("POST", "/mcp", body, self._headers)
        answer = self._connection.getresponse().read()
        took = time.perf_counter() - start
        right(json.loads(answer))
        return took

    def close(self) -> None:
        self._connection.close()
