"""Real CLIs take a specialist from the file that Minga writes: the main agent is offered it, and it works with its own
text and without the tools that are withheld from it. (OpenCode, the slowest, is left out.)"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from stage import Given, Stage, require

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName
from minga.domain.task import Specialist
from minga.specialists.native import render
from minga.specialists.shelf import Shelf
from minga.testing import CallTool, Rule, Say, Script, ScriptedServer
from minga.testing.server import Received

pytestmark = pytest.mark.cli

ASKED = "Review the file a.py of the sub-agent."

ANSWERS = Say("Nothing found."), Say("It found nothing.")

WAIT = "until [ -e looked ]; do sleep 0.1; done"
"""A sub-agent of Codex works beside the main agent, which waits for it here; it may write, as the main agent may."""

SCRIPTS = {
    "claude": Script(
        [CallTool("Agent", {"subagent_type": "reviewer", "description": "d", "prompt": ASKED}), *ANSWERS],
    ),
    "qwen": Script(
        [CallTool("agent", {"subagent_type": "reviewer", "description": "d", "prompt": ASKED}), *ANSWERS],
    ),
    "codex": Script(
        [
            CallTool("spawn_agent", {"agent_type": "reviewer", "message": ASKED}),
            CallTool("exec_command", {"cmd": WAIT, "yield_time_ms": 20_000}),
            Say("It found nothing."),
        ],
        [Rule([CallTool("exec_command", {"cmd": "touch looked"}), ANSWERS[0]], last_user_contains=ASKED)],
    ),
}

CHANGING = {"Bash", "Edit", "Write", "edit", "write_file", "run_shell_command", "exec_command", "apply_patch"}


@pytest.fixture
def reviewer() -> Specialist:
    return Shelf(Path("/nonexistent"), ()).get("reviewer", None)


@pytest.fixture(params=sorted(SCRIPTS))
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
    playing.tell("ask the reviewer", SCRIPTS[playing.agent], Given(cwd=cwd))
    main, *others = [one for one in playing.server.requests if one.model_request]
    assert reviewer.purpose in said(main)
    assert rule(reviewer) not in said(main)
    own = next(one for one in others if rule(reviewer) in said(one) and ASKED in said(one))
    assert tools(main) & CHANGING
    assert bool(tools(own) & CHANGING) == (ToolKind.EDIT in made.not_withheld)
    assert (cwd / "looked").exists() == (playing.agent == "codex")


def rule(specialist: Specialist) -> str:
    return json.dumps(specialist.rules.splitlines()[0])[1:-1]


def said(request: Received) -> str:
    return json.dumps(request.body)


def tools(request: Received) -> set[str]:
    assert request.model_request
    return {tool.name for tool in request.model_request.tools}
