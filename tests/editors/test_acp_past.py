"""Sessions of `minga acp` are sessions of Minga, and those of other entry points are its own."""

import asyncio
from collections.abc import Awaitable, Callable

import acp
import pytest
from editor import Editor, opened
from editor_place import Place

from minga.agents.attempt import Stop
from minga.domain.events import Finished
from minga.domain.ids import AgentName, SessionId
from minga.domain.task import Task
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import load
from minga.settings import read


def drive(place: Place, *works: Callable[[Editor], Awaitable[None]]) -> None:
    """Each with a server of its own."""

    async def main() -> None:
        for work in works:
            async with opened(place.environment) as editor:
                await work(editor)

    asyncio.run(main())


def test_a_session_is_stored_listed_and_shown_again_by_another_process_where_it_goes_on(place: Place) -> None:
    place.add("example", "agents/acp_example_agent.py")
    known: list[str] = []

    async def begin(editor: Editor) -> None:
        known.append(await editor.new(place.work, mode="example"))
        await editor.new(place.work)  # without a prompt there is nothing to store
        await editor.ask(known[0], "write made.txt")

    async def go_on(editor: Editor) -> None:
        listed = await editor.connection.list_sessions(cwd=str(place.work))
        assert [(one.session_id, one.title, one.cwd) for one in listed.sessions] == [
            (known[0], "write made.txt", str(place.work))
        ]
        assert (await editor.connection.list_sessions(cwd="/elsewhere")).sessions == []
        loaded = await editor.connection.load_session(session_id=known[0], cwd=str(place.work), mcp_servers=[])
        assert loaded.modes.current_mode_id == "auto"
        assert editor.said("user_message_chunk") == "write made.txt"
        assert editor.said() == "I write. written"
        assert [call.title for call in editor.of("tool_call")] == ["Write a file"]
        await editor.connection.set_session_mode(session_id=known[0], mode_id="plain")
        await editor.ask(known[0], "/say more")
        assert editor.said().startswith("I write. writtenYou said: ")

    drive(place, begin, go_on)

    async def look() -> None:
        async with Desk(read(place.environment), load("en")).opened() as minga:
            [one] = await minga.history.latest(10)
            assert (one.id, one.turns, one.agents) == (known[0], 2, ("example", "plain"))

    asyncio.run(look())


def test_a_session_of_another_entry_point_is_listed_and_shown(place: Place) -> None:
    async def begin() -> SessionId:
        async with Desk(read(place.environment), load("en")).opened() as minga:
            task = Task("say it in a terminal", place.work, agents=(AgentName("plain"),))
            run = await minga.runner.start(task, Stop())
            assert [recorded.event async for recorded in run.events()][-1] == Finished("You said: say it in a terminal")
            return run.turn.session_id

    session = asyncio.run(begin())

    async def work(editor: Editor) -> None:
        [one] = (await editor.connection.list_sessions(cwd=f"{place.work}/")).sessions
        assert (one.session_id, one.title) == (session, "say it in a terminal")
        await editor.connection.load_session(session_id=session, cwd=str(place.work), mcp_servers=[])
        assert (editor.said("user_message_chunk"), editor.said()) == (
            "say it in a terminal",
            "You said: say it in a terminal",
        )

    drive(place, work)


def test_a_resumed_session_goes_on_without_being_shown_and_a_closed_one_is_open_no_more(place: Place) -> None:
    async def work(editor: Editor) -> None:
        session = await editor.new(place.work, mode="plain")
        await editor.ask(session, "say it")
        editor.updates.clear()
        await editor.connection.resume_session(session_id=session, cwd=str(place.work), mcp_servers=[])
        assert editor.updates == []
        hanging = asyncio.create_task(editor.ask(session, "hang"))
        await editor.until(lambda: "works" in editor.said("agent_thought_chunk"))
        with pytest.raises(acp.RequestError, match="is at work; cancel its prompt first"):
            await editor.connection.load_session(session_id=session, cwd=str(place.work), mcp_servers=[])
        await editor.connection.close_session(session_id=session)
        assert (await hanging).stop_reason == "cancelled"
        with pytest.raises(acp.RequestError, match=r"no session .* is open here"):
            await editor.ask(session, "say it")

    drive(place, work)


def test_a_list_has_pages(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minga.entrypoints.acp.past.PAGE", 2)

    async def work(editor: Editor) -> None:
        made = [await editor.new(place.work, mode="plain") for _ in range(3)]
        for session in made:
            await editor.ask(session, "say it")
        first = await editor.connection.list_sessions()
        assert [one.session_id for one in first.sessions] == [made[2], made[1]]
        rest = await editor.connection.list_sessions(cursor=first.next_cursor)
        assert ([one.session_id for one in rest.sessions], rest.next_cursor) == ([made[0]], None)
        with pytest.raises(acp.RequestError, match="cursor: 'x' is none of a page"):
            await editor.connection.list_sessions(cursor="x")

    drive(place, work)


def test_a_panel_answers_with_one_of_the_answers_and_the_session_holds_it(place: Place) -> None:
    place.add("other")

    async def work(editor: Editor) -> None:
        session = await editor.new(place.work, mode="panel")
        assert (await editor.ask(session, "say it")).stop_reason == "end_turn"
        assert editor.said() == "You said: say it"
        calls = {call.title: call.tool_call_id for call in editor.of("tool_call")}
        assert set(calls) == {"plain works …", "other works …"}
        answers = {one.tool_call_id: one.content[0].content.text for one in editor.of("tool_call_update")}
        assert answers == dict.fromkeys(calls.values(), "You said: say it")
        editor.updates.clear()
        await editor.connection.load_session(session_id=session, cwd=str(place.work), mcp_servers=[])
        assert (editor.said("user_message_chunk"), editor.said()) == ("say it", "You said: say it")
        assert len((await editor.connection.list_sessions()).sessions) == 3
        hanging = asyncio.create_task(editor.ask(session, "hang"))
        await editor.until(lambda: len(editor.of("tool_call")) == 2)
        await editor.connection.cancel(session_id=session)
        assert (await hanging).stop_reason == "cancelled"

    drive(place, work)


def test_a_panel_of_one_is_refused(place: Place) -> None:
    async def work(editor: Editor) -> None:
        session = await editor.new(place.work, mode="panel")
        with pytest.raises(acp.RequestError, match="a panel needs two agents"):
            await editor.ask(session, "say it")

    drive(place, work)
