"""What crosses from one CLI to another: in line, paired, whole."""

from dataclasses import replace

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName
from minga.domain.transcript import (
    Called,
    CompactionPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    Said,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    Transcript,
    Workspace,
    lineage,
)
from minga.sessions.crossing import INTERRUPTED, SUMMARY_HEAD, crossing

CLI = AgentName("alpha")


def message(name: str, parent: str, role: Role, *parts: Part, chain: str = "") -> Message:
    return Message(name, parent, None, role, parts, CLI, chain=chain)


def call(call_id: str) -> ToolCallPart:
    return ToolCallPart(call_id, "ls", ToolKind.SHELL, "{}")


def result(call_id: str, output: str) -> ToolResultPart:
    return ToolResultPart(call_id, True, output)


def test_calls_of_one_message_join_it_and_get_their_results_wherever_those_stand() -> None:
    line = [
        message("1", "", "user", TextPart("look")),
        message("2", "1", "assistant", ReasoningPart("hm", CLI, "{}"), TextPart("so"), call("a"), call("b")),
        message("3", "2", "tool", result("b", "B")),
        message("4", "3", "tool", result("a", "A")),
        message("5", "4", "assistant", TextPart("done")),
    ]
    assert crossing(line) == [
        Said("user", "look"),
        Said("assistant", "so"),
        Called(call("a"), result("a", "A"), joins=True),
        Called(call("b"), result("b", "B"), joins=True),
        Said("assistant", "done"),
    ]


def test_a_call_without_result_was_interrupted_and_a_result_without_call_is_nothing() -> None:
    line = [message("1", "", "assistant", call("a")), message("2", "1", "tool", result("z", "?"))]
    assert crossing(line) == [Called(call("a"), ToolResultPart("a", False, INTERRUPTED))]


def test_an_id_that_is_used_again_gets_the_results_in_the_order_of_its_calls() -> None:
    line = [
        message("1", "", "assistant", call("a")),
        message("2", "1", "tool", result("a", "first")),
        message("3", "2", "assistant", call("a")),
        message("4", "3", "tool", result("a", "second")),
    ]
    assert [item.result.output for item in crossing(line) if isinstance(item, Called)] == ["first", "second"]


def test_after_a_compaction_its_summary_stands_for_what_was_before() -> None:
    line = [
        message("1", "", "user", TextPart("old")),
        message("2", "1", "user", CompactionPart("we were old")),
        message("3", "2", "user", TextPart("new")),
    ]
    assert crossing(line) == [Said("user", SUMMARY_HEAD + "we were old"), Said("user", "new")]


def test_side_chains_and_empty_texts_do_not_cross_and_pictures_join_their_text() -> None:
    picture = ImagePart("image/png", b"x")
    line = [
        message("1", "", "user", TextPart("this"), picture, TextPart("  ")),
        message("s", "1", "assistant", TextPart("sub-agent"), chain="side"),
    ]
    assert crossing(line) == [Said("user", "this", images=(picture,))]


def test_a_lineage_ends_at_a_circle_and_at_a_parent_that_is_missing() -> None:
    one, two = message("1", "2", "user", TextPart("1")), message("2", "1", "user", TextPart("2"))
    assert lineage([one, two], "2") == [one, two]
    assert lineage([replace(one, parent="gone")], "1") == [replace(one, parent="gone")]
    assert lineage([one], "nowhere") == []


def test_every_branch_has_a_leaf() -> None:
    root = message("1", "", "user", TextPart("1"))
    left, right = message("2", "1", "assistant", TextPart("2")), message("3", "1", "assistant", TextPart("3"))
    side = message("4", "3", "assistant", TextPart("4"), chain="side")
    whole = Transcript("s", "", Workspace("/"), (root, left, right, side), "3")
    assert whole.leaves() == [left, right]
    assert whole.lineage() == [root, right]
