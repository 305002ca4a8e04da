"""`/mcp`: who may come in, what a request must look like, and what becomes of a client that is slow or leaves."""

import asyncio
import os
import selectors
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mcp_peer import MODERN, Http, Json, modern, server, web
from minga.bootstrap import build
from minga.domain.budgets import Budget
from minga.domain.events import Usage
from minga.domain.model_calls import CallEntry, KeyId
from minga.entrypoints.mcp import web as web_module
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.server import Server
from minga.entrypoints.mcp.tool import Told, Tool
from minga.gateway_wiring import budgets
from minga.infrastructure import asgi
from minga.ledger.calls import CallBook
from minga.settings import read

PING: Json = {"id": 1, "method": "ping"}
BEGIN: Json = {"id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}}}


class Nothing(msgspec.Struct, frozen=True):
    pass


class Done(msgspec.Struct, frozen=True):
    done: bool


class Waiting(Tool):
    """Tells that it has begun, and waits until it is let."""

    __slots__ = ("begun", "ended", "let")

    async def do(self, place: Place, asked: Any, told: Told) -> Done:
        self.begun.set()
        await told(1, 2, "half way")
        try:
            await self.let.wait()
        finally:
            self.ended.set()
        return Done(True)


def waiting() -> Any:
    tool = Waiting("wait", "Wait", "Waits.", Nothing, Done, "")
    for name in ("begun", "ended", "let"):
        object.__setattr__(tool, name, asyncio.Event())
    return tool


def http(to: Server | None = None, key: str = "good") -> Http:
    return Http(web(to or server()), key)


def post(body: Json | bytes = PING, key: str = "good", **given: Any) -> Any:
    return asyncio.run(http(key=key).post(body, **given))


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic good", "good", "Bearer good good"])
def test_without_a_key_that_is_known_nothing_is_answered(shown: str) -> None:
    answer = post(key="", **({"authorization": shown} if shown else {}))
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("key", ["plain", "partner"])
def test_a_key_without_the_scope_is_told_so(key: str) -> None:
    answer = post(key=key)
    assert answer.status == 403
    assert 'scope="tools"' in answer.headers["www-authenticate"]
    assert "virtual-keys add" in answer.json()["error"]


def test_a_key_that_has_made_its_requests_is_told_when_to_come_again() -> None:
    answer = post(key="busy")
    assert (answer.status, answer.headers["retry-after"]) == (429, "13")
    assert "requests a minute" in answer.json()["error"]


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        (None, "minga.example", 200),
        ("http://localhost:8080", "localhost:8080", 200),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", 200),
        ("http://[::1]:8080", "[::1]:8080", 200),
        ("http://evil.example", "127.0.0.1:8080", 403),
        ("http://evil.example:8080", "evil.example:8080", 403),
        ("http://localhost:9999", "localhost:8080", 403),
        ("null", "127.0.0.1:8080", 403),
        ("http://localhost.evil.example:8080", "localhost:8080", 403),
        ("http://[::1", "[::1", 403),
        ("", "", 403),
    ],
    ids=range(11),
)
def test_pages_of_other_sites_are_not_served_even_with_a_key(origin: str | None, host: str, status: int) -> None:
    given = {"host": host} | ({} if origin is None else {"origin": origin})
    assert post(**given).status == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS", "HEAD"])
def test_only_post_is_done(method: str) -> None:
    answer = post(method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


def test_other_paths_belong_to_the_application_behind() -> None:
    for path in ("/", "/mcp/", "/v1/models", "/mcp2"):
        assert post(path=path).body == b"elsewhere"


def test_what_is_not_one_request_is_refused() -> None:
    for body, code in (
        (b"", -32700),
        (b"no json", -32700),
        (b'{"a":' * 100_000, -32700),
        (b"[]", -32600),
        (b"7", -32600),
        ({"id": 1}, -32600),
        ({"id": None, "method": "ping"}, -32600),
        ({"id": 1, "method": "ping", "params": []}, -32600),
    ):
        answer = post(body)
        assert answer.status == 400, body
        assert answer.json()["error"]["code"] == code, body


def test_a_notification_is_taken_and_not_answered() -> None:
    answer = post({"method": "notifications/initialized"})
    assert (answer.status, answer.body) == (202, b"")


def test_a_body_that_is_too_large_or_too_slow_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    piece = {"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}
    assert post(pieces=[piece] * 17).status == 413
    monkeypatch.setattr(asgi, "BODY_LIMIT_S", 0.01)
    assert post(pieces=[{**piece, "body": b"{"}]).status == 408


def test_a_client_that_leaves_before_its_request_is_whole_is_not_answered() -> None:
    left = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    assert post(pieces=left).status == 0


def test_earlier_versions_begin_and_go_on_without_a_session() -> None:
    async def run() -> None:
        caller = http()
        begun = await caller.post(BEGIN)
        assert begun.json()["result"]["protocolVersion"] == "2025-11-25"
        assert "mcp-session-id" not in begun.headers
        listed = await caller.post({"id": "2", "method": "tools/list"}, mcp_protocol_version="2025-11-25")
        assert "resultType" not in listed.json()["result"]
        assert (await caller.post(PING)).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}
        unknown = await caller.post(PING, mcp_protocol_version="1999-01-01")
        assert (unknown.status, unknown.json()["error"]["code"]) == (400, -32022)

    asyncio.run(run())


def test_tools_that_work_on_this_machine_are_not_offered() -> None:
    listed = asyncio.run(http().call("tools/list")).json()["result"]["tools"]
    names = {tool["name"] for tool in listed}
    assert {"memory_search", "dte_check", "rut_check"} <= names
    assert not names & {"agent_ask", "session_continue", "panel_ask"}


RUT: Json = {"name": "rut_check", "arguments": {"rut": "76.192.083-9"}}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, None),
        ({"mcp_name": "  rut_check "}, None),
        ({"mcp_name": "=?base64?cnV0X2NoZWNr?="}, None),
        ({"mcp_method": "tools/list"}, -32020),
        ({"mcp_method": "Tools/Call"}, -32020),
        ({"mcp_method": ""}, -32020),
        ({"mcp_name": "dte_check"}, -32020),
        ({"mcp_name": ""}, -32020),
        ({"mcp_name": "=?base64?!!?="}, -32020),
        ({"mcp_name": "=?base64?/w==?="}, -32020),
        ({"mcp_protocol_version": "2025-11-25"}, -32020),
        ({"mcp_protocol_version": ""}, -32020),
    ],
    ids=range(12),
)
def test_headers_must_say_what_the_request_says(headers: dict[str, str], code: int | None) -> None:
    answer = asyncio.run(http().call("tools/call", RUT, **headers))
    assert answer.status == (400 if code else 200)
    assert answer.json().get("error", {}).get("code") == code


def test_a_header_of_the_newest_version_does_not_stand_for_what_the_request_must_say() -> None:
    answer = post({"id": 1, "method": "tools/list", "params": {}}, mcp_protocol_version=MODERN)
    assert (answer.status, answer.json()["error"]["code"]) == (400, -32602)


def test_unknown_methods_are_not_found() -> None:
    for method in ("initialize", "ping", "nonsense"):
        answer = asyncio.run(http().call(method))
        assert (answer.status, answer.json()["error"]["code"]) == (404, -32601)


def test_a_call_that_tells_how_far_it_is_comes_as_events_where_the_client_takes_them() -> None:
    async def run(accept: str) -> Any:
        tool = waiting()
        asked = http(server(tools=[tool])).call(
            "tools/call", modern({"name": "wait"}, progressToken="p"), accept=accept
        )
        calling = asyncio.create_task(asked)
        await tool.begun.wait()
        tool.let.set()
        return await calling

    told = asyncio.run(run("application/json, text/event-stream"))
    assert told.headers["content-type"] == "text/event-stream"
    progress, result = told.events()
    assert progress["params"] == {"progressToken": "p", "progress": 1, "total": 2, "message": "half way"}
    assert result["result"]["structuredContent"] == {"done": True}
    silent = asyncio.run(run("application/json"))
    assert silent.json()["result"]["structuredContent"] == {"done": True}


class Counting(selectors.DefaultSelector):
    """Counts how often the loop looks for work."""

    looks = 0

    def select(self, timeout: float | None = None) -> Any:
        self.looks += 1
        return super().select(timeout)


def test_what_nobody_takes_as_events_keeps_no_processor_busy() -> None:
    selector = Counting()

    async def run() -> int:
        tool = waiting()
        asked = http(server(tools=[tool])).call(
            "tools/call", modern({"name": "wait"}, progressToken="p"), accept="application/json"
        )
        calling = asyncio.create_task(asked)
        await tool.begun.wait()
        before = selector.looks
        await asyncio.sleep(0.2)
        looks = selector.looks - before
        tool.let.set()
        await calling
        return looks

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        assert runner.run(run()) < 20


def test_a_client_that_leaves_while_its_call_runs_ends_it() -> None:
    async def run() -> None:
        tool, gone = waiting(), asyncio.Event()
        caller = http(server(tools=[tool]))
        body = {"id": 1, "method": "tools/call", "params": modern({"name": "wait"})}
        headers = {"mcp_protocol_version": MODERN, "mcp_method": "tools/call", "mcp_name": "wait"}
        calling = asyncio.create_task(caller.post(body, gone=gone, **headers))
        await tool.begun.wait()
        gone.set()
        answer = await calling
        assert answer.status == 0
        assert tool.ended.is_set()

    asyncio.run(run())


def test_a_silent_call_shows_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_module, "QUIET_S", 0.01)
    monkeypatch.setattr(web_module, "PING_S", 0.01)

    async def run() -> None:
        tool = waiting()
        calling = asyncio.create_task(http(server(tools=[tool])).call("tools/call", {"name": "wait"}))
        await tool.begun.wait()
        await asyncio.sleep(0.05)
        tool.let.set()
        answer = await calling
        assert b": still at work" in answer.body
        assert answer.events()[-1]["result"]["structuredContent"] == {"done": True}

    asyncio.run(run())


def test_no_file_of_the_servers_machine_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<a/>")
    given = {"name": "dte_check", "arguments": {"path": str(tmp_path / "a.xml")}}
    result = asyncio.run(http().call("tools/call", given)).json()["result"]
    assert result["isError"] is True
    assert "reads no files" in result["content"][0]["text"]


def test_a_key_sees_what_its_own_calls_cost_and_an_admin_s_what_all_did(tmp_path: Path) -> None:
    """All keys here have the id 1; another one called too."""
    settings = read({"HOME": str(tmp_path), "MINGA_HOME": str(tmp_path / "home"), "PATH": os.defpath})

    async def work() -> tuple[Json, Json]:
        minga = build(settings)
        try:
            book = CallBook(minga.database)
            for key in ("1", "2"):
                usage, owner = Usage("gpt-5.1", 1, 0, 0, 1), ("ana", "", "")
                entry = CallEntry(
                    key, datetime.now(UTC), KeyId(key), *owner, "p", "openai-chat", usage, 10, "", 200, 1, 1
                )
                book.add(entry)
            await book.close()
            for name in ("ana", "eva"):
                await budgets(minga).set(Budget("user", name, name, 100, "day"))
            asked = {"name": "costs", "arguments": {"by": "key"}}
            found = [
                await http(server(settings, minga=minga), key).call("tools/call", asked) for key in ("good", "admin")
            ]
            own, every = (one.json()["result"]["structuredContent"] for one in found)
        finally:
            await minga.close()
        return own, every

    own, every = asyncio.run(work())
    assert [one["name"] for one in own["costs"]] == ["1"]
    assert sorted(one["name"] for one in every["costs"]) == ["1", "2"]
    assert ([one["budget"] for one in own["budgets"]], len(every["budgets"])) == (["the user 'ana'"], 2)
