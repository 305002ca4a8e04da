"""How a conversation goes on: in the agent's own session, by a brief, or both; and in a warm process."""

import asyncio
import os
import signal

import pytest
from pipeline_bench import Bench, Ran, all_gone, lives, walk

from minga.bootstrap import Minga
from minga.domain.errors import EmptyTask, UnknownAgent, UnknownSession
from minga.domain.events import AttemptFailed, AttemptStarted, Notice, ToolResult, Usage
from minga.domain.failure import FailureCode
from minga.domain.ids import SessionId
from minga.domain.task import Document, Permissions


def session_of(ran: Ran) -> SessionId:
    return ran.shown[0].session_id


def test_the_same_agent_goes_on_in_its_own_session_and_is_told_nothing_twice(stored: Bench) -> None:
    stored.agent("alpha", [["say", "first answer"]], [["say", "second answer"]])
    first = stored.run(stored.task("one", "alpha"))
    second = stored.run(stored.task("two", "alpha", session_id=session_of(first)))
    assert second.answer == "second answer"
    assert stored.prompts("alpha") == ["one", "two"]
    assert [entry["session"] for entry in stored.logged("alpha", "load")] == ["native-1-alpha"]
    assert [started.resumed for started in second.of(AttemptStarted)] == [True]


def test_another_agent_is_told_the_whole_conversation(bench: Bench) -> None:
    bench.agent("alpha", [["say", "the key is 42"], ["edit", "k.txt", "42"]])
    bench.agent("beta", [["say", "ok"]])
    first = bench.run(bench.task("find the key", "alpha", permissions=Permissions.ALL))
    bench.run(bench.task("use it", "beta", session_id=session_of(first)))
    [told] = bench.prompts("beta")
    for piece in ("find the key", "the key is 42", "k.txt"):
        assert piece in told
    assert told.endswith("The person now asks:\nuse it")


def test_an_agent_that_comes_back_is_told_only_what_happened_without_it(bench: Bench) -> None:
    bench.agent("alpha", [["say", "alpha one"]], [["say", "alpha three"]])
    bench.agent("beta", [["say", "beta two"]])
    session = session_of(bench.run(bench.task("task one", "alpha")))
    bench.run(bench.task("task two", "beta", session_id=session))
    third = bench.run(bench.task("task three", "alpha", session_id=session))
    told = bench.prompts("alpha")[1]
    assert "task two" in told
    assert "beta two" in told
    assert "alpha one" not in told
    assert [started.resumed for started in third.of(AttemptStarted)] == [True]


def test_an_agent_that_failed_is_told_later_how_another_finished_its_turn(bench: Bench) -> None:
    bench.agent("alpha", [["say", "alpha began"], ["reject", 500, "down"]], [["say", "alpha is back"]])
    bench.agent("beta", [["say", "beta finished it"]])
    first = bench.run(bench.task("task one", "alpha", "beta"))
    bench.run(bench.task("task two", "alpha", session_id=session_of(first)))
    told = bench.prompts("alpha")[1]
    assert "beta finished it" in told
    assert "alpha began" not in told


def test_a_session_that_the_cli_forgot_goes_on_with_a_brief(bench: Bench) -> None:
    bench.agent("alpha", [["say", "first answer"]])
    first = bench.run(bench.task("one", "alpha"))
    bench.agent("alpha", [["say", "x"]], [["say", "second answer"]], knows=False)
    second = bench.run(bench.task("two", "alpha", session_id=session_of(first)))
    assert second.answer == "second answer"
    told = bench.prompts("alpha")[-1]
    assert "first answer" in told
    assert told.endswith("two")
    assert [failed.failure.code for failed in second.of(AttemptFailed)] == [FailureCode.SESSION_UNKNOWN]
    assert any("told the conversation anew" in notice.text for notice in second.of(Notice))


def test_what_is_no_text_costs_an_answer_no_more_than_itself_and_is_stored_as_text(stored: Bench) -> None:
    """CLIs cut output inside a character (half of it is left, as an escape) and pass on the bytes of any file."""
    update = '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"native-1-alpha","update":%s}}\n'
    said = '{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"caf\xe9 \xff\xfe"}}'
    call = '{"sessionUpdate":"tool_call","toolCallId":"1","kind":"read","title":"t","rawInput":{"path":"a"}}'
    end = '{"sessionUpdate":"tool_call_update","toolCallId":"1","status":"completed","rawOutput":"cut \\ud83d"}'
    stored.agent("alpha", [["raw", update % call], ["raw", update % end], ["raw", update % said]])
    ran = stored.run(stored.task("one", "alpha"))
    assert ran.answer == "caf\ufffd \ufffd\ufffd"
    assert [(result.ok, result.output) for result in ran.of(ToolResult)] == [(True, "cut \ufffd")]
    [past] = stored.use(lambda minga: minga.history.turns(session_of(ran)))
    assert [recorded.event for recorded in past.events] == ran.events


def test_documents_stand_in_the_prompt_and_in_the_store(bench: Bench) -> None:
    bench.agent("alpha", [["say", "ok"]])
    ran = bench.run(bench.task("sum it up", "alpha", documents=(Document("notes.md", "# the notes"),)))
    [told] = bench.prompts("alpha")
    assert told == 'sum it up\n\n<document name="notes.md">\n# the notes\n</document>'
    [past] = bench.use(lambda minga: minga.history.turns(session_of(ran)))
    assert past.turn.prompt == told


def test_a_warm_process_serves_the_session_and_ends_with_minga(bench: Bench) -> None:
    bench.agent("alpha", [["say", "one"]], [["say", "two"]], [["say", "elsewhere"]])

    async def work(minga: Minga) -> None:
        first = await walk(minga, bench.task("1", "alpha"), warm=True)
        second = await walk(minga, bench.task("2", "alpha", session_id=session_of(first)), warm=True)
        assert second.answer == "two"
        await walk(minga, bench.task("3", "alpha"), warm=True)

    bench.use(work)
    pids = [entry["pid"] for entry in bench.logged("alpha", "prompt")]
    assert pids[0] == pids[1] != pids[2]
    assert bench.prompts("alpha") == ["1", "2", "3"]
    assert bench.logged("alpha", "load") == []
    assert all_gone(pids)


def test_a_warm_process_that_died_while_idle_is_started_again(bench: Bench) -> None:
    bench.agent("alpha", [["say", "one"]], [["say", "two"]])
    bench.agent("beta", [["say", "beta"]])

    async def work(minga: Minga) -> None:
        first = await walk(minga, bench.task("1", "alpha", "beta"), warm=True)
        [entry] = bench.logged("alpha", "prompt")
        os.kill(entry["pid"], signal.SIGKILL)
        await asyncio.sleep(0.1)
        second = await walk(minga, bench.task("2", "alpha", "beta", session_id=session_of(first)), warm=True)
        assert second.answer == "two"

    bench.use(work)
    assert bench.prompts("beta") == []
    assert [entry["session"] for entry in bench.logged("alpha", "load")] == ["native-1-alpha"]


def test_a_warm_process_whose_prompt_failed_is_not_used_again(bench: Bench) -> None:
    bench.agent("alpha", [["reject", 500, "down"]], [["say", "up again"]])

    async def work(minga: Minga) -> None:
        first = await walk(minga, bench.task("1", "alpha"), warm=True)
        assert first.failure.code is FailureCode.OVERLOADED
        [entry] = bench.logged("alpha", "prompt")
        assert not lives(entry["pid"])
        second = await walk(minga, bench.task("2", "alpha", session_id=session_of(first)), warm=True)
        assert second.answer == "up again"

    bench.use(work)


def test_usage_of_a_resumed_session_is_counted_once(bench: Bench) -> None:
    bench.agent("alpha", [["use", 500, 50], ["say", "a"]], [["use", 700, 70], ["say", "b"]])
    first = bench.run(bench.task("1", "alpha"))
    second = bench.run(bench.task("2", "alpha", session_id=session_of(first)))
    assert [(usage.input_tokens, usage.output_tokens) for usage in second.of(Usage)] == [(700, 70)]


def test_what_cannot_be_run_is_refused_before_anything_is_stored(bench: Bench) -> None:
    bench.agent("alpha", [["say", "x"]])
    for error, task in (
        (EmptyTask, bench.task("  \n", "alpha")),
        (UnknownAgent, bench.task("x", "alhpa")),
        (UnknownSession, bench.task("x", "alpha", session_id=SessionId("nowhere"))),
    ):
        with pytest.raises(error):
            bench.run(task)
    assert bench.use(lambda minga: minga.history.latest(5)) == []
