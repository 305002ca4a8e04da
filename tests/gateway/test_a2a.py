"""Other companies' agents, with the official client of the Agent2Agent protocol."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from a2a.client import Client, ClientConfig, create_client
from a2a.helpers import get_artifact_text, get_message_text, new_data_part, new_message, new_text_message
from a2a.types import CancelTaskRequest, Message, Role, SendMessageRequest, Task, TaskState
from serving import PLAIN, Serving

from minga.domain.errors import BadInput
from minga.domain.ids import AgentName, AttemptId, SessionId
from minga.domain.model_calls import Refused, VirtualKey
from minga.entrypoints.a2a.executor import Ask
from minga.entrypoints.a2a.web import A2a
from minga.pipeline.asking import Hears, Outcome
from minga.pipeline.panel import Member

URL = "http://minga.test"


async def admit(shown: str) -> VirtualKey:
    if shown not in ("tasks", "tools", "models"):
        raise Refused("wrong-key", "this key is not valid")
    return replace(PLAIN, name=shown, scopes=(shown,))  # type: ignore[arg-type]


@asynccontextmanager
async def counted(key: VirtualKey) -> AsyncIterator[None]:
    yield


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def never(key: VirtualKey, prompt: str, session: SessionId | None, hears: Hears) -> Outcome:
    raise AssertionError


def answered(answer: str | None, session: SessionId | None = None) -> Outcome:
    session = session or SessionId("session-1")
    member = Member(AgentName("codex"), session, AttemptId("a"), answer, None, changed_files=False)
    return Outcome(member, session, "finished" if answer else "failed", "" if answer else "the limit is spent", None)


async def with_client(ask: Ask, work: Callable[[Client], Awaitable[None]], key: str = "tasks") -> None:
    transport = httpx.ASGITransport(A2a(ask, URL, "1", admit, counted, nothing))
    headers = {"authorization": f"Bearer {key}"}
    async with (
        httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as http,
        await create_client(URL, ClientConfig(httpx_client=http, streaming=False)) as client,
    ):
        await work(client)


async def give(client: Client, message: Message) -> Task:
    task = None
    async for one in client.send_message(SendMessageRequest(message=message)):
        if one.HasField("task"):
            task = one.task
    assert task is not None
    return task


def said(text: str, **where: str) -> Message:
    return new_text_message(text, role=Role.ROLE_USER, **where)


def test_a_task_is_answered_and_its_conversation_goes_on_in_the_same_session() -> None:
    asked: list[tuple[str, SessionId | None]] = []

    async def ask(key: VirtualKey, prompt: str, session: SessionId | None, hears: Hears) -> Outcome:
        asked.append((prompt, session))
        await hears("codex works")
        return answered(f"done: {prompt}", session)

    async def work(client: Client) -> None:
        first = await give(client, said("count the files"))
        assert first.status.state == TaskState.TASK_STATE_COMPLETED
        assert [get_artifact_text(one) for one in first.artifacts] == ["done: count the files"]
        assert first.artifacts[0].metadata["agent"] == "codex"
        await give(client, said("and the folders", context_id=first.context_id))

    asyncio.run(with_client(ask, work))
    assert asked == [("count the files", None), ("and the folders", SessionId("session-1"))]


def test_what_cannot_be_done_is_said() -> None:
    async def ask(key: VirtualKey, prompt: str, session: SessionId | None, hears: Hears) -> Outcome:
        if prompt == "deep":
            raise BadInput(detail="this agent was asked by an agent itself")
        return answered(None)

    async def work(client: Client) -> None:
        failed = await give(client, said("x"))
        assert failed.status.state == TaskState.TASK_STATE_FAILED
        assert get_message_text(failed.status.message) == "the limit is spent"
        refused = await give(client, said("deep"))
        assert "asked by an agent itself" in get_message_text(refused.status.message)
        no_words = await give(client, new_message([new_data_part({"a": 1})], role=Role.ROLE_USER))
        assert no_words.status.state == TaskState.TASK_STATE_REJECTED

    asyncio.run(with_client(ask, work))


def test_a_task_that_is_cancelled_ends_its_run() -> None:
    ended: list[str] = []

    async def main() -> None:
        began = asyncio.Event()

        async def ask(key: VirtualKey, prompt: str, session: SessionId | None, hears: Hears) -> Outcome:
            began.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append(prompt)
                raise
            raise AssertionError

        async def work(client: Client) -> None:
            request = SendMessageRequest(message=said("long"))
            request.configuration.return_immediately = True
            task = None
            async for one in client.send_message(request):
                task = one.task if one.HasField("task") else task
            assert task is not None
            await began.wait()
            cancelled = await client.cancel_task(CancelTaskRequest(id=task.id))
            assert cancelled.status.state == TaskState.TASK_STATE_CANCELED

        await with_client(ask, work)

    asyncio.run(main())
    assert ended == ["long"]


@pytest.mark.parametrize(("key", "status"), [("nobody", 401), ("models", 403), ("tools", 403)])
def test_only_a_key_for_tasks_gives_tasks_and_anybody_reads_the_card(key: str, status: int) -> None:
    async def main() -> None:
        transport = httpx.ASGITransport(A2a(never, URL, "1", admit, counted, nothing))
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            answer = await http.post("/a2a", json={}, headers={"authorization": f"Bearer {key}"})
            assert answer.status_code == status
            card = (await http.get("/.well-known/agent-card.json")).json()
            assert card["supportedInterfaces"][0]["url"] == f"{URL}/a2a"
            assert (await http.get("/other")).status_code == 418

    asyncio.run(main())


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("agents.example:8443", "http://agents.example:8443/a2a"),
        ("[::1]:80", "http://[::1]:80/a2a"),
        ('a"b', f"{URL}/a2a"),
        ("user@evil.example", f"{URL}/a2a"),
    ],
    ids=["name", "address", "quote", "user"],
)
def test_the_card_names_the_server_as_its_caller_reaches_it(host: str, url: str) -> None:
    async def main() -> str:
        transport = httpx.ASGITransport(A2a(never, URL, "1", admit, counted, nothing))
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            card = (await http.get("/.well-known/agent-card.json", headers={"host": host})).json()
        return str(card["supportedInterfaces"][0]["url"])

    assert asyncio.run(main()) == url


def test_what_is_too_long_or_comes_of_a_web_page_is_refused() -> None:
    async def main() -> None:
        transport = httpx.ASGITransport(A2a(never, URL, "1", admit, counted, nothing))
        headers = {"authorization": "Bearer tasks"}
        async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as http:
            assert (await http.post("/a2a", content=b" " * 4_000_001)).status_code == 413
            assert (await http.post("/a2a", json={}, headers={"origin": "http://evil.example"})).status_code == 403

    asyncio.run(main())


def test_a_gateway_takes_tasks_where_a_directory_is_set_for_it(serving: Serving, tmp_path: Path) -> None:
    made = json.loads(serving.minga("virtual-keys", "add", "partner", "--tasks", "--json"))
    assert made["scopes"] == ["tasks"]
    key = made["key"]
    with serving.running():
        assert httpx.get(f"{serving.url}/.well-known/agent-card.json", trust_env=False).status_code != 200
    serving.environment["MINGA_A2A_DIRECTORY"] = str(tmp_path / "work")
    assert "--workers 1" in serving.done("serve", "--port", "0", "--workers", "2").stderr

    async def main() -> None:
        headers = {"authorization": f"Bearer {key}"}
        parts = []
        async with (
            httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as http,
            await create_client(serving.url, ClientConfig(httpx_client=http)) as client,
        ):
            request = SendMessageRequest(message=said("¿Es válido el RUT 76.192.083-9?"))
            async for one in client.send_message(request):
                if one.HasField("artifact_update"):
                    parts.append(get_artifact_text(one.artifact_update.artifact))
        assert "76.192.083-9: válido" in parts[0]

    with serving.running("--workers", "1"):
        asyncio.run(main())
        assert serving.ask("/mcp", b"{}", key).status == 403, "what the tools know is not for who gives tasks"
        assert serving.ask("/v1/models", None, key, method="GET").status == 403
