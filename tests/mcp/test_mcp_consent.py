"""What changes things asks a person first, in the way that each version has for it, and is not done without a yes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from mcp_peer import FORMS, Http, Json, Peer, modern, server, talking, web
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.server import Server
from minga.entrypoints.mcp.tool import Told, Tool
from minga.settings import read

NO_FORMS: list[Json] = [{}, {"elicitation": {"url": {}}}, {"elicitation": None}, {"elicitation": []}]


class Order(msgspec.Struct, frozen=True):
    what: str


class Done(msgspec.Struct, frozen=True):
    what: str


class Counting(Tool):
    """Counts what it does, and what a person accepted of it."""

    __slots__ = ("accepted", "done")

    async def do(self, place: Place, asked: Any, told: Told) -> Done:
        self.done.append(asked.what)
        self.accepted.append(told.accepted)
        return Done(asked.what)


def counting() -> Any:
    """Asks for all but ``harmless`` things."""

    async def question(asked: Order, place: Place) -> str | None:
        return None if asked.what == "harmless" else f"Do {asked.what}?"

    tool = Counting("act", "Act", "Does it.", Order, Done, "", effect="changes", consent=question)
    object.__setattr__(tool, "done", [])
    object.__setattr__(tool, "accepted", [])
    return tool


def on(tool: Tool, **settings: str) -> Server:
    return server(read(settings), tools=[tool])


def talk(to: Server, work: Callable[[Peer], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with talking(to) as peer:
            return await work(peer)

    return asyncio.run(run())


def call(what: str = "harm", capabilities: Json | None = None, **more: Any) -> Json:
    return {
        **modern({"name": "act", "arguments": {"what": what}}, FORMS if capabilities is None else capabilities)
    } | more


def test_what_changes_nothing_asks_nobody() -> None:
    tool = counting()
    done = talk(on(tool), lambda peer: peer.tool("act", what="harmless"))
    assert done["structuredContent"] == {"what": "harmless"}
    assert tool.accepted == [False]
    assert tool.done == ["harmless"]


@pytest.mark.parametrize(
    ("reply", "is_done"),
    [
        ({"result": {"action": "accept", "content": {}}}, True),
        ({"result": {"action": "decline"}}, False),
        ({"result": {"action": "cancel"}}, False),
        ({"result": {"action": ["accept"]}}, False),
        ({"result": "accept"}, False),
        ({"error": {"code": -1, "message": "no"}}, False),
    ],
    ids=["accepted", "declined", "cancelled", "a list", "a word", "an error"],
)
def test_an_earlier_client_is_asked_while_the_call_waits(reply: Json, is_done: bool) -> None:
    tool = counting()

    async def work(peer: Peer) -> Json:
        await peer.begin("2025-06-18", FORMS)
        asked = peer.ask("tools/call", {"name": "act", "arguments": {"what": "harm"}})
        question = await peer.next_heard()
        assert question["method"] == "elicitation/create"
        assert question["params"]["message"] == "Do harm?"
        assert question["params"]["requestedSchema"] == {"type": "object", "properties": {}}
        assert tool.done == []
        peer.send({"id": question["id"], **reply})
        result: Json = (await peer.answer(asked))["result"]
        return result

    result = talk(on(tool), work)
    assert tool.done == (["harm"] if is_done else [])
    assert tool.accepted == ([True] if is_done else [])
    assert result.get("isError", False) is not is_done


def test_a_call_that_is_cancelled_while_its_question_waits_does_nothing_whatever_is_answered() -> None:
    tool = counting()

    async def work(peer: Peer) -> None:
        await peer.begin(capabilities=FORMS)
        asked = peer.ask("tools/call", {"name": "act", "arguments": {"what": "harm"}})
        question = await peer.next_heard()
        peer.send({"method": "notifications/cancelled", "params": {"requestId": asked}})
        peer.send({"id": question["id"], "result": {"action": "accept"}})
        await peer.result("ping")

    talk(on(tool), work)
    assert tool.done == []


def test_a_client_of_the_newest_version_calls_again_with_the_answer() -> None:
    tool = counting()

    async def work(peer: Peer) -> None:
        asks = await peer.result("tools/call", call())
        assert asks["resultType"] == "input_required"
        ((key, question),) = asks["inputRequests"].items()
        assert question["method"] == "elicitation/create"
        assert question["params"]["message"] == "Do harm?"
        assert tool.done == []
        again = call(requestState=asks["requestState"], inputResponses={key: {"action": "accept", "content": {}}})
        assert (await peer.result("tools/call", again))["structuredContent"] == {"what": "harm"}
        assert (await peer.call("tools/call", again))["error"]["code"] == -32602, "an answer is good for once"
        for odd in ({"action": "decline"}, "accept", None, [], {"action": {}}):
            state = (await peer.result("tools/call", call()))["requestState"]
            odd_answer = call(requestState=state, inputResponses={key: odd})
            assert (await peer.result("tools/call", odd_answer))["isError"] is True

    talk(on(tool), work)
    assert tool.done == ["harm"]
    assert tool.accepted == [True]


@pytest.mark.parametrize("state", ["", "0" * 64, "ñ", 7, None, [], {}], ids=range(7))
def test_an_answer_with_another_state_is_refused(state: Any) -> None:
    tool = counting()
    answer = {"confirm": {"action": "accept"}}
    refused = talk(on(tool), lambda peer: peer.call("tools/call", call(requestState=state, inputResponses=answer)))
    assert refused["error"]["code"] == -32602
    assert tool.done == []


def test_an_answer_is_good_for_the_arguments_that_were_shown_and_no_others() -> None:
    tool = counting()

    async def work(peer: Peer) -> None:
        state = (await peer.result("tools/call", call("a small thing")))["requestState"]
        other = call("a large thing", requestState=state, inputResponses={"confirm": {"action": "accept"}})
        assert (await peer.call("tools/call", other))["error"]["code"] == -32602

    talk(on(tool), work)
    assert tool.done == []


def test_an_answer_to_another_question_is_none_and_the_person_is_asked_again() -> None:
    tool = counting()
    asks = talk(on(tool), lambda peer: peer.result("tools/call", call(inputResponses={"other": {"action": "accept"}})))
    assert asks["resultType"] == "input_required"
    assert tool.done == []


@pytest.mark.parametrize("capabilities", NO_FORMS, ids=range(len(NO_FORMS)))
def test_where_the_client_cannot_ask_nothing_is_done_and_the_way_by_hand_is_told(capabilities: Json) -> None:
    tool = counting()

    async def work(peer: Peer) -> None:
        missing = (await peer.call("tools/call", call(capabilities=capabilities)))["error"]
        assert missing["code"] == -32021
        assert missing["data"] == {"requiredCapabilities": {"elicitation": {"form": {}}}}
        await peer.begin(capabilities=capabilities)
        refused = await peer.tool("act", what="harm")
        assert refused["isError"] is True
        for text in (refused["content"][0]["text"], missing["message"]):
            assert "Do harm?" in text
            assert "mcp_consent" in text

    talk(on(tool), work)
    assert tool.done == []


def test_a_person_may_leave_the_asking_to_a_client_that_asks_before_each_tool() -> None:
    tool = counting()

    async def work(peer: Peer) -> None:
        await peer.begin()
        await peer.tool("act", what="harm")
        assert tool.accepted == [False]  # by a person that we asked
        await peer.begin(capabilities=FORMS)  # who can ask is asked all the same
        asked = peer.ask("tools/call", {"name": "act", "arguments": {"what": "more harm"}})
        question = await peer.next_heard()
        assert question["method"] == "elicitation/create"
        peer.send({"id": question["id"], "result": {"action": "accept"}})
        await peer.answer(asked)

    talk(on(tool, MINGA_MCP_CONSENT="client"), work)
    assert tool.done == ["harm", "more harm"]
    assert tool.accepted == [False, False]  # such a client may have answered by itself: a run's, by its policy


def test_over_http_any_worker_takes_the_answer_to_a_question_that_another_one_put() -> None:
    async def run() -> None:
        tool = counting()
        first, second = Http(web(on(tool))), Http(web(on(tool)))
        asks = (await first.call("tools/call", call())).json()["result"]
        again = call(requestState=asks["requestState"], inputResponses={"confirm": {"action": "accept"}})
        done = (await second.call("tools/call", again)).json()["result"]
        assert done["structuredContent"] == {"what": "harm"}
        missing = await second.call("tools/call", call(capabilities={}))
        assert (missing.status, missing.json()["error"]["code"]) == (400, -32021)

    asyncio.run(run())


def test_over_http_an_earlier_client_cannot_be_asked_and_nothing_is_done() -> None:
    async def run() -> None:
        tool = counting()
        body = {"id": 1, "method": "tools/call", "params": {"name": "act", "arguments": {"what": "harm"}}}
        refused = await Http(web(on(tool))).post(body, mcp_protocol_version="2025-11-25")
        assert refused.json()["result"]["isError"] is True
        assert tool.done == []

    asyncio.run(run())
