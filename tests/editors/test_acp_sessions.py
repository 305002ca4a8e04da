"""`minga acp` and the official ACP library as its client."""

import asyncio
import base64
from collections.abc import Awaitable, Callable

import acp
import pytest
from acp.schema import EnvVariable, McpServerStdio
from editor import Editor, opened
from editor_place import Place

EXAMPLE = "agents/acp_example_agent.py"

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()


def drive(place: Place, work: Callable[[Editor], Awaitable[None]], **options: object) -> None:
    async def main() -> None:
        async with opened(place.environment, **options) as editor:
            await work(editor)

    asyncio.run(main())


def test_a_prompt_thinks_plans_asks_changes_a_file_and_answers(place: Place) -> None:
    place.add("example", EXAMPLE)

    async def work(editor: Editor) -> None:
        session = await editor.new(place.work, mode="example")
        await editor.connection.set_config_option(session_id=session, config_id="model", value="claude-sonnet-4-6")
        (place.work / "made.txt").write_text("old\n")
        done = await editor.ask(session, "write made.txt")
        assert (done.stop_reason, done.usage.input_tokens, done.usage.output_tokens) == ("end_turn", 20, 10)
        assert editor.said() == "I write. written"
        assert editor.said("agent_thought_chunk") == "example works …\n\nhm"
        [plan] = editor.of("plan")
        assert [(entry.content, entry.status) for entry in plan.entries] == [("write it", "in_progress")]
        [call] = editor.of("tool_call")
        path = str(place.work / "made.txt")
        assert (call.title, call.kind, call.locations[0].path) == ("Write a file", "edit", path)
        [(asked_in, asked, options)] = editor.asked
        assert (asked_in, asked.tool_call_id) == (session, call.tool_call_id)
        assert [option.kind for option in options] == ["allow_once", "allow_always", "reject_once"]
        last = editor.of("tool_call_update")[-1]
        assert (last.tool_call_id, last.locations[0].path) == (call.tool_call_id, path)
        diffs = [content for content in last.content if content.type == "diff"]
        assert [(one.path, one.old_text, one.new_text) for one in diffs] == [(path, "old\n", "new\n")]
        assert "completed" in [update.status for update in editor.of("tool_call_update")]
        [usage] = editor.of("usage_update")
        assert (usage.used, usage.size, usage.cost.amount, usage.cost.currency) == (30, 1_000_000, 0.00021, "USD")
        assert [info.title for info in editor.of("session_info_update")] == ["write made.txt"] * 2

    drive(place, work)


@pytest.mark.parametrize("chosen", ["reject", None])
def test_what_a_person_refuses_or_does_not_answer_is_not_done(place: Place, chosen: str | None) -> None:
    async def work(editor: Editor) -> None:
        editor.answers = lambda _: chosen
        session = await editor.new(place.work, mode="plain")
        assert (await editor.ask(session, "ask me")).stop_reason == "end_turn"
        assert (editor.said(), len(editor.asked)) == ("Then not.", 1)

    drive(place, work)


def test_what_is_always_allowed_is_asked_once_a_session(place: Place) -> None:
    async def work(editor: Editor) -> None:
        editor.answers = lambda _: "always"
        session = await editor.new(place.work, mode="plain")
        for _ in range(2):
            await editor.ask(session, "ask me")
        assert (editor.said(), len(editor.asked)) == ("I did it.I did it.", 1)
        other = await editor.new(place.work, mode="plain")
        await editor.ask(other, "ask me")
        assert len(editor.asked) == 2

    drive(place, work)


def test_permissions_are_an_option_of_the_session_and_count_from_the_next_prompt(place: Place) -> None:
    place.add("example", EXAMPLE)

    async def work(editor: Editor) -> None:
        session = await editor.new(place.work, mode="example")
        await editor.ask(session, "write a.txt")
        given = await editor.connection.set_config_option(
            session_id=session, config_id="permissions", value="read-only"
        )
        assert {one.id: one.current_value for one in given.config_options} == {
            "mode": "example",
            "model": "default",
            "specialist": "none",
            "permissions": "read-only",
        }
        await editor.ask(session, "write a.txt")
        assert (editor.said(), len(editor.asked)) == ("I write. writtenI write. then not", 1)

    drive(place, work)


def test_sessions_work_side_by_side_and_a_cancel_ends_the_turn_of_its_own(place: Place) -> None:
    place.add("example", EXAMPLE)

    async def work(editor: Editor) -> None:
        hangs, works = [await editor.new(place.work, mode="example") for _ in range(2)]
        hanging = asyncio.create_task(editor.ask(hangs, "silence"))
        await editor.until(lambda: "works" in editor.said("agent_thought_chunk", hangs))
        with pytest.raises(acp.RequestError, match="is answering a prompt; wait for its end, or cancel it first"):
            await editor.ask(hangs, "say no")
        assert (await editor.ask(works, "garbage")).stop_reason == "end_turn"
        await editor.connection.cancel(session_id=hangs)
        assert (await hanging).stop_reason == "cancelled"
        assert (await editor.ask(hangs, "garbage")).stop_reason == "end_turn"

    drive(place, work)


def test_a_prompt_of_a_megabyte_is_answered(place: Place) -> None:
    async def work(editor: Editor) -> None:
        session = await editor.new(place.work, mode="plain")
        assert (await editor.ask(session, "say " + "palabra " * 125_000)).stop_reason == "end_turn"
        assert len(editor.said()) > 1_000_000

    drive(place, work)


def test_a_fallback_is_told_beside_the_answer(place: Place) -> None:
    place.add("other")

    async def work(editor: Editor) -> None:
        session = await editor.new(place.work)
        assert (await editor.ask(session, "crash")).stop_reason == "end_turn"
        moved = [call for call in editor.of("tool_call") if "takes over" in call.title]
        assert [call.title for call in moved] == ["other takes over from plain"]
        assert "panic" in moved[0].content[0].content.text
        assert editor.said().startswith("half of crashYou said: You take over")

    drive(place, work, agent=("plain", "other"))


def test_a_specialist_is_an_option_that_tells_the_agent_its_rules(place: Place) -> None:
    async def work(editor: Editor) -> None:
        session = await editor.new(place.work, mode="plain")
        choose = editor.connection.set_config_option
        await choose(session_id=session, config_id="specialist", value="reviewer")
        await editor.ask(session, "say it")
        assert "as reviewer: " in editor.said("agent_thought_chunk")
        assert "say it" in editor.said()
        assert len(editor.said()) > len("You said: say it") + 100
        with pytest.raises(acp.RequestError, match="there is no specialist 'nurse'"):
            await choose(session_id=session, config_id="specialist", value="nurse")

    drive(place, work)


def test_what_is_given_with_a_prompt_reaches_the_agent(place: Place) -> None:
    place.add("example", EXAMPLE)

    async def work(editor: Editor) -> None:
        server = McpServerStdio(name="notes", command="/bin/notes", args=["-x"], env=[EnvVariable(name="K", value="v")])
        session = await editor.new(place.work, [server], mode="example")
        await editor.ask(
            session,
            "repeat what ",
            acp.resource_link_block("a b.py", "file:///w/a%20b.py"),
            " and ",
            acp.resource_block(acp.embedded_text_resource("https://x.cl/n.txt", "the note")),
            acp.image_block(PNG, "image/png"),
        )
        said = editor.said()
        assert "[a b.py](/w/a b.py) and [n.txt](https://x.cl/n.txt)" in said
        assert '<document name="https://x.cl/n.txt">\nthe note\n</document>' in said
        assert "image/png 40" in said
        assert "notes /bin/notes -x K=v" in said

    drive(place, work)
