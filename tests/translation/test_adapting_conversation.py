"""A conversation that does not hold together is mended where that is clear, told, and else refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.model_calls import Refused
from minga.providers.translation.conversation import NO_RESULT, check
from minga.providers.translation.form import Part, Request, Text, Thinking, ToolCall, ToolResult, Turn
from minga.providers.translation.notes import Notes


def user(*parts: Part) -> Turn:
    return Turn("user", parts)


def model(*parts: Part) -> Turn:
    return Turn("assistant", parts)


def call(id_: str, name: str = "read") -> ToolCall:
    return ToolCall(id_, name, "{}")


def result(id_: str, name: str = "read") -> ToolResult:
    return ToolResult(id_, (Text(f"of {id_}"),), name)


ASK = user(Text("ask"))


def checked(*turns: Turn) -> tuple[tuple[Turn, ...], list[str]]:
    notes = Notes()
    return check(Request("m", turns), notes).turns, notes.told("changed")


def test_what_holds_together_stays_the_very_same() -> None:
    request = Request("m", (ASK, model(Text("so"), call("a"), call("b")), user(result("a"), result("b"), Text("go"))))
    notes = Notes()
    assert check(request, notes) is request
    assert not notes.found


def test_a_result_gets_the_name_of_its_call() -> None:
    turns, told = checked(ASK, model(call("a", "list")), user(result("a", "")))
    assert turns[2] == user(result("a", "list"))
    assert told == []


@pytest.mark.parametrize(
    "after", [(), (user(Text("never mind")),), (model(Text("on")),)], ids=["end", "next turn", "model goes on"]
)
def test_a_call_without_a_result_gets_one_that_says_so(after: tuple[Turn, ...]) -> None:
    turns, told = checked(ASK, model(call("a")), *after)
    none = ToolResult("a", (Text(NO_RESULT),), "read", is_error=True)
    if after == (model(Text("on")),):
        assert none in [part for turn in turns for part in turn.parts]
    else:
        assert turns[2].parts[0] == none
    assert told == ["no-result(read)"]


def test_results_are_put_in_the_order_of_their_calls_and_before_what_else_was_said() -> None:
    turns, told = checked(
        ASK, model(call("a"), call("b")), user(Text("wait"), result("b")), Turn("system", (Text("rule"),)),
        user(result("a"), Text("go")),
    )  # fmt: skip
    assert turns[2:] == (
        user(result("a"), result("b"), Text("wait")),
        Turn("system", (Text("rule"),)),
        user(Text("go")),
    )
    assert told == ["results-moved"]


def test_a_result_that_comes_after_the_model_went_on_goes_to_its_call() -> None:
    turns, told = checked(ASK, model(call("a")), user(Text("x")), model(Text("on")), user(result("a"), Text("y")))
    assert turns[2:] == (user(result("a"), Text("x")), model(Text("on")), user(Text("y")))
    assert told == ["results-moved"]


def test_results_in_turns_of_their_own_become_one_turn_without_a_word() -> None:
    turns, told = checked(
        ASK, model(call("a")), model(call("b")), user(result("a")), user(result("b")), user(Text("y"))
    )
    assert turns[3:] == (user(result("a"), result("b"), Text("y")),)
    assert told == []


def test_an_id_that_comes_again_later_becomes_another_with_its_result() -> None:
    turns, told = checked(
        ASK, model(call("0")), user(result("0")), model(call("0_2")), user(result("0_2")), model(call("0")),
        user(result("0")),
    )  # fmt: skip
    calls = [part.id for turn in turns for part in turn.parts if isinstance(part, ToolCall)]
    results = [part.call_id for turn in turns for part in turn.parts if isinstance(part, ToolResult)]
    assert calls == results == ["0", "0_2", "0_3"]
    assert told == ["call-renamed(read)"]


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        ((ASK, user(result("ñ1"))), "a tool result without a call for the id 'ñ1'"),
        ((ASK, model(call("a")), user(result("a"), result("a"))), "a second tool result for the id 'a'"),
        ((ASK, model(call("a"), call("a")), user(result("a"))), "two tool calls have the id 'a'"),
        ((ASK, model(call("a"), call("a")), user(result("a"), result("a"))), "two tool calls have the id 'a'"),
        ((user(call("a")),), "'a' stands in a turn of role 'user'"),
        ((ASK, model(call("a"), result("a"))), "'a' stands in a turn of role 'assistant'"),
        ((user(Text("")),), "the conversation is empty"),
    ],
    ids=["no call", "two results", "two calls", "two of each", "call of a person", "result of a model", "empty"],
)
def test_what_cannot_be_mended_is_refused_by_name(turns: tuple[Turn, ...], why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        checked(*turns)
    assert refused.value.reason == "malformed"


def test_empty_parts_and_turns_are_left_out_but_not_what_is_signed() -> None:
    signed = Text("", signature="gemini:x")
    turns, told = checked(
        ASK, model(Text(""), Thinking(), call("a"), signed), user(ToolResult("a", (Text(""),), "read")), user(), model()
    )
    assert turns[1:] == (model(call("a"), signed), user(ToolResult("a", (), "read")))
    assert told == ["empty-part(text)", "empty-part(thinking)", "empty-part(user)", "empty-part(assistant)"]


PARTS = st.one_of(
    st.sampled_from([Text("x"), Text("")]),
    st.builds(call, st.sampled_from("abc")),
    st.builds(result, st.sampled_from("abc"), st.sampled_from(["", "read"])),
)

TURNS = st.lists(
    st.builds(Turn, st.sampled_from(["user", "assistant", "system"]), st.lists(PARTS, max_size=3).map(tuple)),
    max_size=6,
)


@given(turns=TURNS)
def test_whatever_comes_holds_together_or_is_refused(turns: list[Turn]) -> None:
    try:
        told, _ = checked(*turns)
    except Refused:
        return
    calls: list[str] = []
    seen: list[str] = []
    for turn in told:
        assert turn.parts
        assert Text("") not in turn.parts
        results = [part for part in turn.parts if isinstance(part, ToolResult)]
        if turn.role != "assistant":
            assert [part.call_id for part in results] == calls
            assert list(turn.parts[: len(results)]) == results
            assert all(part.name == "read" for part in results)
            calls = []
        new = [part.id for part in turn.parts if isinstance(part, ToolCall)]
        assert not new or turn.role == "assistant"
        calls += new
        seen += new
    assert calls == []
    assert len(seen) == len(set(seen))
    assert checked(*told) == (told, [])
