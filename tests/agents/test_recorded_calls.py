"""Tool calls whose arguments and results an ACP agent tells in its own record only, in whatever order both are seen."""

from pathlib import Path

import pytest

from minga.agents.drivers.acp_records import RecordedCall
from minga.agents.drivers.acp_updates import Translator
from minga.agents.registry import load
from minga.domain.agents import Launch
from minga.domain.events import UNTOLD, Event, ToolResult
from minga.domain.ids import AgentName, AttemptId
from minga.domain.task import Permissions

RUNS = {"sessionUpdate": "tool_call", "toolCallId": "read_file__read_file_1", "status": "in_progress", "kind": "read"}
ENDS = {"sessionUpdate": "tool_call_update", "toolCallId": "read_file__read_file_1", "status": "failed"}
TOLD = RecordedCall("read_file__read_file_1", '{"file_path":"a.txt"}', "File not found")


@pytest.fixture
def gemini(tmp_path: Path) -> Translator:
    name = AgentName("gemini")
    launch = Launch(
        name, AttemptId("a1"), "1.0", (), {}, tmp_path, tmp_path, "", Permissions.ALL, (), None, uses_endpoint=False
    )
    return Translator(load(tmp_path / "own").get(name), launch)


def results(*events: Event) -> list[tuple[str, str]]:
    return [(event.input, event.output) for event in events if isinstance(event, ToolResult)]


def test_a_record_that_is_read_after_the_end_of_the_call_completes_it(gemini: Translator) -> None:
    assert results(*gemini.update(RUNS), *gemini.update(ENDS)) == []
    assert gemini.waits
    assert results(*gemini.recorded(TOLD)) == [(TOLD.input, "File not found")]


def test_a_record_that_is_read_before_the_end_of_the_call_completes_it_too(gemini: Translator) -> None:
    assert results(*gemini.update(RUNS), *gemini.recorded(TOLD)) == []
    assert results(*gemini.update(ENDS)) == [(TOLD.input, "File not found")]
    assert not gemini.waits
    assert results(*gemini.recorded(TOLD), *gemini.close()) == []


def test_a_call_that_the_record_never_tells_ends_all_the_same(gemini: Translator) -> None:
    assert results(*gemini.update(RUNS), *gemini.update(ENDS)) == []
    assert results(*gemini.close()) == [("", UNTOLD)]
