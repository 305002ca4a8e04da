"""Tasks that somebody else's agent gave: what of the person's they do not reach."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from minga.agents.builtin import SessionsSkill
from minga.agents.builtin.question import Question
from minga.agents.drivers import acp_updates
from minga.agents.drivers.stream_json_messages import Translator
from minga.agents.permissions import PolicyBroker
from minga.agents.registry import load
from minga.asking_wiring import task_of_others
from minga.domain.agents import Launch
from minga.domain.events import PermissionRequested
from minga.domain.ids import AgentName, AttemptId
from minga.domain.sessions import Found
from minga.domain.task import Permissions
from minga.infrastructure.clock import SystemClock
from minga.settings import read


def launch(cwd: Path, agent: str, *, for_others: bool) -> Launch:
    return Launch(
        agent=AgentName(agent),
        attempt_id=AttemptId("a"),
        version="1",
        command=(),
        environment={},
        cwd=cwd,
        home=None,
        model="",
        permissions=Permissions.READ_ONLY,
        mcp_servers=(),
        resume=None,
        uses_endpoint=True,
        for_others=for_others,
    )


def is_allowed(request: PermissionRequested) -> bool:
    return asyncio.run(PolicyBroker(Permissions.READ_ONLY, None, 1).decide(request)).allowed


@pytest.mark.parametrize("driver", ["stream-json", "acp"])
@pytest.mark.parametrize(
    ("path", "mine", "theirs"),
    [("src/a.py", True, True), ("../b.py", True, False), ("/etc/passwd", True, False)],
    ids=["inside", "above", "elsewhere"],
)
def test_another_reads_what_lies_in_the_directory_only(
    tmp_path: Path, driver: str, path: str, mine: bool, theirs: bool
) -> None:
    registry = load(tmp_path / "none")

    def asked(*, for_others: bool) -> PermissionRequested:
        if driver == "stream-json":
            given = launch(tmp_path, "claude", for_others=for_others)
            return Translator(given, registry.get("claude"), SystemClock()).request(
                "r", "Read", {"file_path": path}, "c"
            )
        given = launch(tmp_path, "opencode", for_others=for_others)
        call = {"toolCallId": "c", "kind": "read", "title": "read", "rawInput": {"filePath": path}}
        request = acp_updates.Translator(registry.get("opencode"), given).permission("r", call)[-1]
        assert isinstance(request, PermissionRequested)
        return request

    assert (is_allowed(asked(for_others=False)), is_allowed(asked(for_others=True))) == (mine, theirs)


class Shelf:
    async def search(self, words: str, limit: int) -> list[Found]:
        raise AssertionError


def test_another_is_told_nothing_of_past_sessions() -> None:
    text = "find in past sessions deploy"
    question = Question(text, text, "en", date(2026, 11, 4), for_others=True)
    assert asyncio.run(SessionsSkill(Shelf()).answer(question)) is None


def test_a_task_of_another_comes_with_nothing_of_the_person_s(tmp_path: Path) -> None:
    settings = read({"MINGA_HOME": str(tmp_path), "MINGA_TOOLS": "on"})
    task = task_of_others(settings, tmp_path, "count the files")
    assert (task.isolated, task.for_others, task.remembers, task.tools, task.mcp_servers) == (
        True,
        True,
        False,
        None,
        (),
    )
    assert task.permissions is Permissions.READ_ONLY
