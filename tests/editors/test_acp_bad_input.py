"""What clients send that they should not."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from editor import LIMIT_S, serving
from editor_place import Place

from minga.domain.events import Cancelled
from minga.entrypoints.acp import server
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import load
from minga.infrastructure import standard_streams
from minga.settings import read


class Raw:
    """A client that writes what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *messages: Any) -> None:
        for message in messages:
            data = message if isinstance(message, bytes) else json.dumps({"jsonrpc": "2.0", **message}).encode()
            self.writer.write(data + b"\n")

    async def answer(self, number: Any) -> Any:
        """The answer to request ``number``; what comes before it is passed over."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = json.loads(await self.reader.readline())
                if "method" not in message and message.get("id") == number:
                    return message

    async def ask(self, number: Any, method: str, params: Any) -> Any:
        self.send({"id": number, "method": method, "params": params})
        return await self.answer(number)


@asynccontextmanager
async def client(place: Place) -> AsyncIterator[Raw]:
    async with serving(place.environment) as (reader, writer, _):
        yield Raw(reader, writer)


def drive(place: Place, work: Callable[[Raw], Awaitable[None]]) -> None:
    async def main() -> None:
        async with client(place) as raw:
            await work(raw)

    asyncio.run(main())


def test_garbage_is_passed_over_and_what_follows_is_answered(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(standard_streams, "LINE_BYTES_MAX", 100_000)

    async def work(raw: Raw) -> None:
        raw.send(b'{"a":' * 10_000, b'{"id": 123456789012345678901234567890, "method": "session/list"}')
        raw.send(b"hello?", b"\xff\xfe\x00", b"[1, 2]", b"", b"{", b'"x"', b"x" * 200_000)
        raw.send({"id": {"a": 1}, "result": {}}, {"id": [], "error": 5}, {"id": 1, "error": "no"}, {"id": None})
        raw.send({"method": "session/cancel"}, {"method": "session/cancel", "params": [1]}, {"method": "odd/thing"})
        raw.send({"method": "$/cancel_request", "params": {"requestId": None}})
        told = await raw.ask(1, "initialize", {"protocolVersion": 99})
        assert told["result"]["protocolVersion"] == 1

    drive(place, work)
    assert "a message of more than 32000000 bytes was passed over" in capsys.readouterr().err


def test_what_cannot_be_read_is_refused_with_what_is_wrong(place: Place) -> None:
    work_in = str(place.work)
    png = {"type": "image", "mimeType": "image/png", "data": "iVBORw0KGgo="}

    async def work(raw: Raw) -> None:
        new = await raw.ask(0, "session/new", {"cwd": work_in, "mcpServers": []})
        session = new["result"]["sessionId"]
        http = {"type": "http", "name": "far", "url": "https://x.cl", "headers": []}
        blob = {"type": "resource", "resource": {"uri": "file:///a.bin", "blob": "/////w=="}}
        cases: list[tuple[str, Any, int, str]] = [
            ("initialize", {}, -32602, "missing required field `protocolVersion`"),
            ("initialize", [1], -32602, "Expected `object`"),
            ("session/fly", {}, -32601, "there is no method 'session/fly' here"),
            ("session/new", {"cwd": "here"}, -32602, "cwd must be an absolute path: 'here'"),
            ("session/new", {"cwd": "/no/such"}, -32602, "cwd is no directory: '/no/such'"),
            ("session/new", {"cwd": work_in, "mcpServers": [http]}, -32602, "the MCP server 'far' has no command"),
            ("session/new", {"cwd": work_in, "additionalDirectories": ["/"]}, -32602, "one directory"),
            ("session/load", {"cwd": work_in, "sessionId": "nobody"}, -32002, "no session"),
            ("session/resume", {"cwd": work_in}, -32602, "missing required field `sessionId`"),
            ("session/close", {"sessionId": "x"}, -32002, "no session 'x' is open here"),
            ("session/set_mode", {"sessionId": session, "modeId": "pilot"}, -32602, "there is no mode 'pilot'"),
            ("session/set_config_option", _option(session, "speed", "1"), -32602, "there is no option 'speed'"),
            ("session/set_config_option", _option(session, "permissions", "x"), -32602, "permissions are ask"),
            ("session/set_config_option", _option(session, "model", " "), -32602, "the name of a model"),
            ("session/prompt", {"sessionId": "x", "prompt": []}, -32002, "no session 'x' is open here"),
            ("session/prompt", {"sessionId": session, "prompt": "hi"}, -32602, "Expected `array`"),
            ("session/prompt", _prompt(session, {"type": "smell"}), -32602, "Invalid value 'smell'"),
            ("session/prompt", _prompt(session, {"type": "audio", "data": "", "mimeType": "a/b"}), -32602, "sound"),
            ("session/prompt", _prompt(session, png | {"data": "?"}), -32602, "a picture is no base64"),
            ("session/prompt", _prompt(session, png | {"mimeType": "image/tiff"}), -32602, "image/tiff"),
            ("session/prompt", _prompt(session, blob), -32602, "'file:///a.bin' is no text"),
            ("session/prompt", _prompt(session), -32602, "The task is empty"),
            ("session/prompt", _prompt(session, {"type": "text", "text": " \n"}), -32602, "The task is empty"),
        ]
        for number, (method, params, code, text) in enumerate(cases, 1):
            error = (await raw.ask(number, method, params))["error"]
            assert (error["code"], text in error["message"]) == (code, True), (method, params, error)
        assert "is a whole number or a text" in (await raw.ask(None, "session/list", {}))["error"]["message"]
        assert (await raw.ask("a", "session/list", {}))["result"] == {"sessions": []}

    drive(place, work)


def test_more_requests_than_can_be_at_work_are_refused_and_the_rest_is_answered(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUESTS_MAX", 1)

    async def work(raw: Raw) -> None:
        session = (await raw.ask(0, "session/new", {"cwd": str(place.work)}))["result"]["sessionId"]
        await raw.ask(1, "session/set_mode", {"sessionId": session, "modeId": "plain"})
        raw.send({"id": 2, "method": "session/prompt", "params": _prompt(session, _text("hang"))})
        raw.send(*({"id": number, "method": "session/list", "params": {}} for number in range(3, 500)))
        assert "1 requests are at work; wait" in (await raw.answer(499))["error"]["message"]
        raw.send({"method": "$/cancel_request", "params": {"requestId": 2}})
        assert (await raw.answer(2))["result"] == {"stopReason": "cancelled"}
        async with asyncio.timeout(LIMIT_S):
            while "error" in (told := await raw.ask("later", "session/list", {})):
                assert "wait" in told["error"]["message"]  # its place is free just after its answer is written
        assert len(told["result"]["sessions"]) == 1

    drive(place, work)


def test_a_client_that_vanishes_leaves_a_cancelled_turn_and_no_cli(place: Place) -> None:
    async def vanish() -> None:
        async with client(place) as raw:
            session = (await raw.ask(0, "session/new", {"cwd": str(place.work)}))["result"]["sessionId"]
            await raw.ask(1, "session/set_mode", {"sessionId": session, "modeId": "plain"})
            raw.send({"id": 2, "method": "session/prompt", "params": _prompt(session, _text("hang"))})
            async with asyncio.timeout(LIMIT_S):
                while b"works" not in await raw.reader.readline():
                    pass
                while not _clis(place.root):  # noqa: ASYNC110 (another process)
                    await asyncio.sleep(0.05)

    async def look() -> None:
        async with Desk(read(place.environment), load("en")).opened() as minga:
            [one] = await minga.history.latest(10)
            [past] = await minga.history.turns(one.id)
            assert past.events[-1].event == Cancelled("the editor is gone")

    asyncio.run(vanish())
    assert _clis(place.root) == []
    asyncio.run(look())


def _clis(root: Path) -> list[str]:
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        if str(root) in str(process.info["environ"]) and "plain_acp" in str(process.info["cmdline"]):
            found.append(str(process.info["cmdline"]))
    return found


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _prompt(session: str, *blocks: Any) -> dict[str, Any]:
    return {"sessionId": session, "prompt": list(blocks)}


def _option(session: str, name: str, value: str) -> dict[str, Any]:
    return {"sessionId": session, "configId": name, "value": value}
