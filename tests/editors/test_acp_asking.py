"""What a person allows for always: a kind of tool, one tool of a server, and never what has no kind."""

import asyncio
from typing import Any

import pytest

from minga.domain.events import PermissionRequested, ToolKind
from minga.entrypoints.acp.asking import ClientAsker
from minga.entrypoints.acp.peer import Peer
from minga.entrypoints.acp.updates import Calls
from minga.entrypoints.cli.words import load


class Client(Peer):
    """Says always to every question, offered or not."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def ask(self, method: str, params: Any) -> Any:
        self.asked.append(params)
        return {"outcome": {"outcome": "selected", "optionId": "always"}}

    def offered(self) -> list[list[str]]:
        return [[option["optionId"] for option in one["options"]] for one in self.asked]


def ask(*questions: tuple[ToolKind, str]) -> tuple[list[bool], Client]:
    """Each with the name of its tool, "" where its call is not known."""
    client, calls = Client(), Calls()
    asker = ClientAsker(client, "s", calls, load("en"))

    async def run() -> list[bool]:
        given = []
        for number, (kind, tool) in enumerate(questions):
            call = calls.begin(f"c{number}", tool) if tool else ""
            request = PermissionRequested(f"p{number}", call, kind, "Do it", "")
            asker.shown(request)
            given.append(await asker.ask(request))
        return given

    return asyncio.run(run()), client


def test_a_kind_of_tool_is_allowed_for_always() -> None:
    allowed, client = ask((ToolKind.SHELL, "bash"), (ToolKind.SHELL, "exec"), (ToolKind.EDIT, "write"))
    assert allowed == [True, True, True]
    assert len(client.asked) == 2


def test_a_servers_tool_is_allowed_for_always_and_no_other_tool_of_any_server() -> None:
    allowed, client = ask((ToolKind.MCP, "edit"), (ToolKind.MCP, "edit"), (ToolKind.MCP, "b"), (ToolKind.EDIT, "e"))
    assert allowed == [True, True, True, True]
    names = [one["options"][1]["name"].rpartition(": ")[2] for one in client.asked]
    assert names == ["edit", "b", "edit"]  # the last one is the kind


@pytest.mark.parametrize("question", [(ToolKind.OTHER, "odd"), (ToolKind.MCP, "")], ids=["other", "unknown call"])
def test_what_would_cover_too_much_is_not_offered_for_always_nor_taken(question: tuple[ToolKind, str]) -> None:
    allowed, client = ask(question, question)
    assert allowed == [False, False]
    assert client.offered() == [["allow", "reject"]] * 2
