"""What Codex offers the models that it knows, which get most tools by writing programs."""

import pytest
from stage import ECHO, Given, Stage

from minga.testing import CallMcp, Say, Script

pytestmark = [pytest.mark.cli, pytest.mark.parametrize("stage", ["codex"], indirect=True, scope="module")]


def test_a_model_that_codex_knows_is_offered_the_tools_of_a_server_themselves(stage: Stage) -> None:
    given = Given(mcp=(ECHO,), model=stage.facts.model)
    told = stage.tell("use the tool", Script([CallMcp("echo", "echo", {"text": "over there"}), Say("done")]), given)
    assert told.answer == "done"
    assert "mcp__echo/echo" in stage.server.conversation[0].tool_names
    assert "echo: over there" in stage.server.conversation[-1].tool_results[-1].text
