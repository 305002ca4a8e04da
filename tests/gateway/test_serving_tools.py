"""`/mcp` of a real `minga serve` with two workers, with the official SDK's client."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitRequestParams, ElicitResult
from serving import Serving

from mcp import Client
from minga.entrypoints.mcp.protocol import HANDSHAKES, MODERN
from warm import Warm

BODY = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()

JSON = {"content-type": "application/json"}


async def _accept(context: Any, params: ElicitRequestParams) -> ElicitResult:
    return ElicitResult(action="accept", content={})


async def walk(serving: Serving) -> None:
    headers = {"authorization": f"Bearer {serving.keys['laptop']}", "connection": "close"}  # any worker may come next
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        transport = streamable_http_client(f"{serving.url}/mcp", http_client=http)
        async with Client(transport, elicitation_callback=_accept) as client:
            assert client.protocol_version == MODERN
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert "agent_ask" not in names
            checked = await client.call_tool("rut_check", {"rut": "76.192.083-9"})
            assert checked.structured_content is not None
            assert checked.structured_content["valid"] is True
            for number in range(6):  # questions put by one worker, answers taken by either
                saved = await client.call_tool("memory_save", {"text": f"The port of service {number} is 5433."})
                assert saved.structured_content is not None
                right = {"item": saved.structured_content["item"], "text": f"The port of service {number} is 6000."}
                assert (await client.call_tool("memory_correct", right)).is_error is False
            found = await client.call_tool("memory_search", {"question": "port of service 3"})
            assert found.structured_content is not None
            assert "6000" in str(found.structured_content["passages"])
        transport = streamable_http_client(f"{serving.url}/mcp", http_client=http)
        async with Client(transport, mode="legacy") as client:
            assert client.protocol_version == HANDSHAKES[0]
            assert len((await client.list_tools()).tools) == len(names)
            assert (await client.call_tool("memory_correct", right)).is_error is True  # it cannot be asked


def test_the_tools_are_served_to_keys_with_their_scope_by_any_worker(tmp_path: Path, warm: Warm) -> None:
    serving = Serving(tmp_path, warm)
    serving.environment["MINGA_MEMORY"] = "words"
    serving.make_keys({"laptop": {"scopes": ("models", "tools")}, "models": {}})
    with serving.running("--workers", "2"):
        assert serving.ask("/mcp", BODY, headers=JSON).status == 401
        assert serving.ask("/mcp", BODY, "wrong", JSON).status == 401
        refused = serving.ask("/mcp", BODY, serving.keys["models"], JSON)
        assert (refused.status, "virtual-keys add NAME --tools" in refused.json()["error"]) == (403, True)
        evil = {**JSON, "origin": "http://evil.example"}
        assert serving.ask("/mcp", BODY, serving.keys["laptop"], evil).status == 403
        assert serving.ask("/mcp", BODY, serving.keys["laptop"], JSON).json()["result"] == {}
        assert serving.ask("/mcp", b"x" * 17_000_000, serving.keys["laptop"], JSON).status == 413
        asyncio.run(walk(serving))
    assert serving.process is not None
    assert serving.process.returncode == 0


def test_a_key_with_the_scope_is_made_by_hand(tmp_path: Path, warm: Warm) -> None:
    serving = Serving(tmp_path, warm)
    made = json.loads(serving.minga("virtual-keys", "add", "laptop", "--tools", "--json"))
    assert made["scopes"] == ["models", "tools"]
    assert "tools" in serving.minga("virtual-keys", "list")
