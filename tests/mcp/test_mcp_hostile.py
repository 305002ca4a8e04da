"""What a client may send: the server answers with valid JSON-RPC, goes on, and keeps room for others."""

import asyncio
import json
import string
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_peer import FORMS, Json, Peer, Pipe, modern, server, talking
from minga.entrypoints.mcp.conversation import AT_ONCE_MAX, WAITING_MAX, Conversation
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.tool import Told, Tool
from minga.infrastructure.standard_streams import LineTooLong, StreamsEnded


class Wish(msgspec.Struct, frozen=True):
    name: str = ""


class Granted(msgspec.Struct, frozen=True):
    name: str


class Slow(Tool):
    """Answers when it is let; counts how many do so side by side."""

    __slots__ = ("at_once", "begun", "let", "most")

    async def do(self, place: Place, asked: Any, told: Told) -> Any:
        self.begun.append(asked.name)
        self.at_once[0] += 1
        self.most[0] = max(self.most[0], self.at_once[0])
        try:
            await self.let.wait()
        finally:
            self.at_once[0] -= 1
        return Granted(asked.name)

    async def has_begun(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.begun) < count:  # noqa: ASYNC110 - a count, not an event
                await asyncio.sleep(0.001)


async def may_it(asked: Any, place: Place) -> str | None:
    return "May I?"


def slow(consent: Callable[[Any, Place], Awaitable[str | None]] | None = None) -> Any:
    tool = Slow("slow", "Slow", "Waits.", Wish, Granted, "", consent=consent)
    for name, value in (("at_once", [0]), ("begun", []), ("most", [0]), ("let", asyncio.Event())):
        object.__setattr__(tool, name, value)
    return tool


def talk(work: Callable[[Peer], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with talking(server(cwd=Path.cwd())) as peer:
            return await work(peer)

    return asyncio.run(run())


GARBAGE: dict[str, tuple[bytes, int]] = {
    "no JSON": (b"GET / HTTP/1.1", -32700),
    "half an object": (b'{"jsonrpc":"2.0","id":1,', -32700),
    "a batch": (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600),
    "a number": (b"7", -32600),
    "nothing known": (b"{}", -32600),
    "zero bytes": (b"\0\0\0", -32700),
    "deep objects": (b'{"a":' * 200_000, -32700),
    "deep lists": (b"[" * 50_000 + b"]" * 50_000, -32700),
    "a number beyond all": (b'{"id":1e999,"method":"ping"}', -32700),
    "an answer to nothing": (b'{"jsonrpc":"2.0","result":{}}', -32600),
    "a method that is a list": (b'{"jsonrpc":"2.0","id":1,"method":[]}', -32600),
    "id null": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
    "id a fraction": (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
    "id an object": (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600),
    "id true": (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_refused_and_the_conversation_goes_on(kind: str) -> None:
    line, code = GARBAGE[kind]

    async def work(peer: Peer) -> None:
        peer.send(line)
        refused = await peer.next_heard()
        assert refused["id"] is None
        assert refused["error"]["code"] == code
        assert await peer.result("ping") == {}

    talk(work)


def test_a_message_that_is_too_long_is_refused_and_the_next_one_served() -> None:
    async def work(peer: Peer) -> None:
        peer.pipe.incoming.put_nowait(LineTooLong())
        assert (await peer.next_heard())["error"]["code"] == -32600
        assert await peer.result("ping") == {}

    talk(work)


def test_parameters_that_are_no_object_are_refused_under_the_requests_own_id() -> None:
    async def work(peer: Peer) -> None:
        for params in (None, [], 7, "x"):
            peer.send({"id": "r1", "method": "tools/list", "params": params})
            assert (await peer.answer("r1"))["error"]["code"] == -32600

    talk(work)


def test_what_is_no_unicode_is_read_as_far_as_it_can_be() -> None:
    async def work(peer: Peer) -> None:
        peer.send(b'{"jsonrpc":"2.0","id":"\xff","method":"tools/call","params":{"name":"rut_check","arguments":'
                  b'{"rut":"\\ud800"}}}')  # fmt: skip
        answer = await peer.answer("\ufffd")
        assert answer["result"]["isError"] is True

    talk(work)


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**300, "", "x" * 1_000_000, 'ñ\u2028"\\'], ids=range(7))
def test_any_id_comes_back_as_it_was(number: int | str) -> None:
    async def work(peer: Peer) -> None:
        peer.send({"id": number, "method": "ping"})
        assert (await peer.answer(number))["result"] == {}

    talk(work)


def test_an_id_in_use_is_refused_and_its_first_request_served() -> None:
    async def run() -> None:
        tool = slow()
        async with talking(server(tools=[tool])) as peer:
            for name in ("first", "second"):
                peer.send({"id": 5, "method": "tools/call", "params": {"name": "slow", "arguments": {"name": name}}})
            assert "in use" in (await peer.answer(5))["error"]["message"]
            tool.let.set()
            assert (await peer.answer(5))["result"]["structuredContent"] == {"name": "first"}
            peer.send({"id": 5, "method": "ping"})
            assert (await peer.answer(5))["result"] == {}

    asyncio.run(run())


def test_a_flood_is_done_a_few_at_a_time_and_what_is_too_much_is_refused() -> None:
    async def run() -> None:
        tool = slow()
        async with talking(server(tools=[tool])) as peer:
            await peer.begin()
            asked = [peer.ask("tools/call", {"name": "slow", "arguments": {}}) for _ in range(WAITING_MAX + 500)]
            refused = await peer.answer(asked[-1])
            assert "at once" in refused["error"]["message"]
            assert tool.most == [AT_ONCE_MAX]
            tool.let.set()
            answers = [await peer.answer(one) for one in asked[:-1]]
            assert sum("result" in one for one in answers) == WAITING_MAX
            assert tool.most == [AT_ONCE_MAX]
            assert await peer.result("ping") == {}

    asyncio.run(run())


def test_questions_are_answered_and_calls_cancelled_while_all_places_are_taken() -> None:
    """What frees a place must be read even when no place is free."""

    async def run() -> None:
        tool = slow(consent=may_it)
        async with talking(server(tools=[tool])) as peer:
            await peer.begin(capabilities=FORMS)
            asked = [peer.ask("tools/call", {"name": "slow", "arguments": {}}) for _ in range(AT_ONCE_MAX + 4)]
            question = await peer.next_heard()
            peer.send({"id": question["id"], "result": {"action": "accept"}})
            peer.send({"method": "notifications/cancelled", "params": {"requestId": asked[1]}})
            await tool.has_begun(1)
            tool.let.set()
            assert "result" in await peer.answer(asked[0])

    asyncio.run(run())


def test_a_client_that_vanishes_ends_what_it_asked_for() -> None:
    async def run() -> None:
        tool = slow()
        async with talking(server(tools=[tool])) as peer:
            for _ in range(AT_ONCE_MAX + 3):
                peer.ask("tools/call", {"name": "slow", "arguments": {}})
            await tool.has_begun(AT_ONCE_MAX)
        assert tool.at_once == [0]

    asyncio.run(run())


def test_a_server_that_is_told_to_end_ends_what_was_asked_of_it_though_the_client_stays() -> None:
    async def run() -> None:
        tool, pipe, ended = slow(), Pipe(), asyncio.Event()
        running = asyncio.create_task(Conversation(server(tools=[tool]), pipe).run(ended))
        Peer(pipe).ask("tools/call", {"name": "slow", "arguments": {}})
        await tool.has_begun(1)
        ended.set()
        await asyncio.wait_for(running, 30)
        assert tool.at_once == [0]

    asyncio.run(run())


def test_a_client_that_reads_nothing_holds_up_itself_and_no_end() -> None:
    async def run() -> None:
        pipe = Pipe()
        pipe.room.clear()
        running = asyncio.create_task(Conversation(server(tools=[]), pipe).run())
        for number in range(5000):
            pipe.incoming.put_nowait(json.dumps({"jsonrpc": "2.0", "id": number, "method": "ping"}).encode())
        for _ in range(2000):
            await asyncio.sleep(0)
        assert pipe.incoming.qsize() > 0  # the rest is not taken: nothing piles up here
        pipe.incoming.put_nowait(StreamsEnded())
        pipe.is_closed = True
        pipe.room.set()
        await asyncio.wait_for(running, 30)

    asyncio.run(run())


class Telling(Tool):
    """Tells that it works, and then that it has ended."""

    __slots__ = ("ended",)

    async def do(self, place: Place, asked: Any, told: Told) -> Any:
        await told(1, None, "half way")
        self.ended.set()
        return Granted("")


def test_a_client_that_has_closed_its_ears_does_not_break_what_works_for_it() -> None:
    """Its going is told by the end of its input, which ends the work as cancelled."""

    async def run() -> None:
        tool: Any = Telling("tell", "Tell", "", Wish, Granted, "")
        object.__setattr__(tool, "ended", asyncio.Event())
        async with talking(server(tools=[tool])) as peer:
            peer.pipe.is_closed = True
            peer.ask("tools/call", {"name": "tell", "_meta": {"progressToken": 1}})
            await asyncio.wait_for(tool.ended.wait(), 10)

    asyncio.run(run())


def test_a_tool_that_fails_in_a_way_nobody_foresaw_fails_alone() -> None:
    async def run() -> None:
        broken = Tool("broken", "Broken", "", Wish, Granted, "nowhere.nothing")
        async with talking(server(tools=[broken])) as peer:
            answer = await peer.call("tools/call", {"name": "broken"})
            assert answer["error"]["code"] == -32603
            assert await peer.result("ping") == {}

    asyncio.run(run())


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(string.printable, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abi_", max_size=4), inner, max_size=3),
    max_leaves=6,
)
METHODS = st.sampled_from(
    [
        "initialize",
        "ping",
        "tools/list",
        "tools/call",
        "prompts/list",
        "prompts/get",
        "server/discover",
        "resources/templates/list",
        "notifications/cancelled",
        "completion/complete",
    ]
)
NAMES = ["rut_check", "dte_explain", "dte_make", "legal_deadlines", "dte_check", "memory_correct", "agent_ask"]
PARAMS = VALUES | st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from([*NAMES, "review"]) | VALUES,
        "arguments": st.dictionaries(
            st.sampled_from(["rut", "rule", "type", "xml", "path", "item", "text", "task", "received"]), VALUES
        ),
        "_meta": VALUES | st.just(modern()["_meta"]) | st.just({"progressToken": []}),
        "cursor": VALUES,
        "inputResponses": VALUES,
        "requestState": VALUES,
        "protocolVersion": VALUES,
        "capabilities": VALUES,
        "requestId": VALUES,
    },
)
MESSAGES = st.fixed_dictionaries(
    {}, optional={"id": VALUES, "method": METHODS | VALUES, "params": PARAMS, "result": VALUES, "error": VALUES}
)


def test_no_message_ends_the_server_and_each_answer_is_valid() -> None:
    async def run(messages: list[Json]) -> None:
        async with talking(server(cwd=Path("/nonexistent"))) as peer:
            for message in messages:
                peer.send(message)
            assert await peer.result("ping") == {}
            for answer in [*peer.heard, *peer.answers.values()]:
                assert_valid(answer)

    @settings(max_examples=15)
    @given(st.lists(MESSAGES, min_size=5, max_size=15))
    def check(messages: list[Json]) -> None:
        asyncio.run(run(messages))

    check()


def assert_valid(answer: Json) -> None:
    assert answer.keys() in ({"jsonrpc", "id", "result"}, {"jsonrpc", "id", "error"}), answer
    if "error" in answer:
        assert isinstance(answer["error"]["code"], int)
        assert isinstance(answer["error"]["message"], str)
        assert answer["error"]["code"] != -32603, answer
    else:
        assert isinstance(answer["result"], dict)
