"""Real CLIs take a specialist from the file that Minga writes: the main agent is offered it, and it works with its own
text and without the tools that it may not use."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from stage import Given, Stage, require

from minga.domain.ids import AgentName
from minga.domain.task import Specialist
from minga.specialists.native import render
from minga.specialists.shelf import Shelf
from minga.testing import CallTool, Say, Script, ScriptedServer
from minga.testing.server import Received

pytestmark = pytest.mark.cli

ASKED = "Review the file a.py of the sub-agent."

CALLS = {
    "claude": CallTool("Agent", {"subagent_type": "reviewer", "description": "d", "prompt": ASKED}),
    "qwen": CallTool("agent", {"subagent_type": "reviewer", "description": "d", "prompt": ASKED}),
    "opencode": CallTool("task", {"subagent_type": "reviewer", "description": "d", "prompt": ASKED}),
    "codex": CallTool("spawn_agent", {"agent_type": "reviewer", "message": ASKED}),
}

CHANGING = {"Bash", "Edit", "Write", "edit", "write", "write_file", "run_shell_command", "bash", "create"}


@pytest.fixture
def reviewer() -> Specialist:
    return Shelf(Path("/nonexistent"), ()).get("reviewer", None)


@pytest.fixture(params=sorted(CALLS))
def playing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with ScriptedServer() as server:
        built = Stage(AgentName(request.param), tmp_path, server)
        try:
            require(built)
            yield built
        finally:
            built.close()


def test_the_main_agent_is_offered_it_and_it_works_with_its_own_text_and_tools(
    playing: Stage, reviewer: Specialist
) -> None:
    cwd = playing.place("project")
    (cwd / ".git").mkdir()
    made = render(reviewer, playing.agent, in_project=True)
    (cwd / made.path).parent.mkdir(parents=True)
    (cwd / made.path).write_text(made.text, "utf-8")
    script = Script([CALLS[playing.agent], Say("Nothing found."), Say("It found nothing.")])
    playing.tell("ask the reviewer", script, Given(cwd=cwd))
    main, *others = [one for one in playing.server.requests if one.model_request]
    assert reviewer.purpose in said(main)
    assert rule(reviewer) not in said(main)
    [own] = [one for one in others if rule(reviewer) in said(one) and ASKED in said(one)]
    assert tools(main) & CHANGING or playing.agent == "codex"
    assert not tools(own) & CHANGING


def rule(specialist: Specialist) -> str:
    return json.dumps(specialist.rules.splitlines()[0])[1:-1]


def said(request: Received) -> str:
    return json.dumps(request.body)


def tools(request: Received) -> set[str]:
    assert request.model_request
    return {tool.name for tool in request.model_request.tools}
