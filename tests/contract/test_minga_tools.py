"""Minga's own MCP server in the six real CLIs: the model is offered its tools, calls four of them in one conversation,
and gets what they give. What a CLI says to the server is what docs/reference/mcp-in-clis.md says of it."""

import asyncio
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mcp_tap import MARK
from stage import HERE, Given, Stage, Told

from minga import bootstrap, settings
from minga.domain.events import PermissionAnswered, PermissionRequested, ToolCall, ToolKind
from minga.domain.memory import Note, NoteKind
from minga.entrypoints.mcp.itself import itself
from minga.entrypoints.mcp.offered import TOOLS
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.tools import memory, taxes
from minga.entrypoints.mcp.work import memory as memory_work
from minga.entrypoints.mcp.work import taxes as taxes_work
from minga.infrastructure.clock import SystemClock
from minga.testing import CallMcp, Say, Script

SIX = ("codex", "claude", "gemini", "copilot", "opencode", "qwen")

pytestmark = [pytest.mark.cli, pytest.mark.parametrize("stage", SIX, indirect=True, scope="module")]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "mcp-in-clis.md"

QUESTION = "¿Cuál es el puerto de staging?"
INVOICE = "factura.xml"
TASK = "Is 76.192.083-9 a valid RUT?"


@dataclass(frozen=True, slots=True)
class Stored:
    """What one Minga holds and finds: the tools are to give the same. ``total``: the one in the invoice, which is
    wrong."""

    environment: tuple[tuple[str, str], ...]
    found: Any
    checked: Any
    total: str


@dataclass(frozen=True, slots=True)
class Called:
    """``offered``: names of the tools in the first request. ``results``: what the model got of the calls."""

    told: Told
    offered: tuple[str, ...]
    results: tuple[str, ...]
    record: tuple[dict[str, Any], ...]
    stored: Stored

    @property
    def first(self) -> dict[str, Any]:
        """The first request of the client."""
        return next(one["says"] for one in self.record if one["by"] == "client")

    def of_client(self, method: str) -> list[dict[str, Any]]:
        says = [one["says"] for one in self.record if one["by"] == "client"]
        return [one["params"] for one in says if one.get("method") == method]


@pytest.fixture(scope="module")
def called(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Called:
    root, cwd = tmp_path_factory.mktemp("minga"), stage.place("tools")
    stored = asyncio.run(_store(root, cwd))
    record = root / "record.jsonl"
    script = [
        CallMcp("minga", "memory_search", {"question": QUESTION}),
        CallMcp("minga", "dte_check", {"path": INVOICE}),
        CallMcp("minga", "agent_ask", {"task": TASK, "agents": ["builtin"]}),
        CallMcp("minga", "memory_correct", {"item": stored.found["passages"][0]["item"], "text": "Es 5434."}),
        Say("done"),
    ]
    own = itself(settings.read(dict(stored.environment)))
    tap = (str(HERE / "mcp_tap.py"), str(record), "dte_check", own.command, *own.arguments)
    environment = {**dict(own.environment), "MINGA_MCP_CONSENT": "person"}
    server = replace(own, arguments=tap, environment=tuple(environment.items()))
    told = stage.tell("use the tools", Script(script), Given(mcp=(server,), cwd=cwd))
    first, last = stage.server.conversation[0], stage.server.conversation[-1]
    lines = tuple(json.loads(line) for line in record.read_text().splitlines())
    return Called(told, first.tool_names, tuple(one.text for one in last.tool_results), lines, stored)


def test_every_tool_is_in_the_first_request(called: Called) -> None:
    assert called.told.answer == "done"
    prefix = _named(called).removesuffix("memory_search")
    assert {f"{prefix}{tool.name}" for tool in TOOLS} <= set(called.offered)


def test_the_model_gets_what_the_memory_holds(called: Called) -> None:
    (found,) = _objects(called.results[0])
    assert found == called.stored.found
    assert [one["text"] for one in found["passages"]] == ["El puerto de staging es 5433."]


def test_the_model_gets_what_a_check_of_the_invoice_finds(called: Called) -> None:
    for checked in _objects(called.results[1]):
        assert checked == called.stored.checked
        (document,) = checked["documents"]
        assert document["verdict"] != "ok"
        assert any(called.stored.total in each.get("found", "") for each in document["objections"])


def test_the_model_gets_the_answer_of_another_agent(called: Called) -> None:
    (answered,) = _objects(called.results[2])
    assert (answered["ended"], answered["agent"]) == ("finished", "builtin")
    assert "76.192.083-9: valid" in answered["answer"]


def test_what_only_reads_needs_no_person_and_what_changes_something_does(called: Called) -> None:
    told = called.told
    asked = {one.request_id: one.kind for one in told.of(PermissionRequested)}
    answered = [(asked[one.request_id], one.by) for one in told.of(PermissionAnswered)]
    assert {*answered} <= {(ToolKind.READ, "policy"), (ToolKind.MCP, "person")}
    assert [kind for kind, _ in answered].count(ToolKind.MCP) >= len(("agent_ask", "memory_correct"))
    assert {call.kind for call in told.of(ToolCall)} == {ToolKind.MCP}


def test_nothing_is_left_of_it(called: Called) -> None:
    assert called.told.left == ()


def test_what_changes_the_memory_is_put_to_the_person_where_the_cli_can_do_that(called: Called) -> None:
    titles = [one.title for one in called.told.of(PermissionRequested)]
    asked = [title for title in titles if "Es 5434." in title and title.startswith("Correct memory ")]
    if _can_ask(called):
        assert len(asked) == 1, titles
        (saved,) = _objects(called.results[3])
        assert saved["item"] not in ("", called.stored.found["passages"][0]["item"])
    else:
        assert asked == []
        assert "A person must accept this first" in called.results[3]


def test_no_file_of_the_cli_holds_the_environment_of_the_server(stage: Stage, called: Called) -> None:
    assert called.told.left == ()
    files = [path for path in stage.place("tools").parents[1].rglob("*") if path.is_file()]
    small = [path for path in files if path.stat().st_size < 5_000_000]  # no program of the CLI
    assert [path for path in small if b"MINGA_MCP_CONSENT" in path.read_bytes()] == []


def test_the_page_says_how_the_cli_speaks(stage: Stage, called: Called) -> None:
    first = called.first
    params = first["params"]
    version = params.get("protocolVersion") or params["_meta"]["io.modelcontextprotocol/protocolVersion"]
    progress = all("progressToken" in (one.get("_meta") or {}) for one in called.of_client("tools/call"))
    asked = {one.kind for one in called.told.of(PermissionRequested)}
    row = (
        f"{stage.facts.title} {stage.version}",
        f"`{first['method']}`, {version}",
        "yes" if _can_ask(called) else "no",
        "yes" if progress else "no",
        f"`{_named(called)}`",
        _reaches(called.results[1]),
        "yes" if ToolKind.READ in asked else "if it changes something",
    )
    assert f"| {' | '.join(row)} |" in PAGE.read_text("utf-8").splitlines()


def _can_ask(called: Called) -> bool:
    """Whether the client says that it puts questions of the server to its user."""
    params = called.first["params"]
    capabilities = params.get("capabilities") or params["_meta"]["io.modelcontextprotocol/clientCapabilities"]
    return "elicitation" in capabilities


def _named(called: Called) -> str:
    """How the model is offered ``memory_search``."""
    (name,) = [one for one in called.offered if one.endswith("memory_search")]
    return name


def _reaches(result: str) -> str:
    """By the mark that only the text has."""
    heard = [f'{MARK}"documents' in result, '{"documents' in result]
    return {(True, False): "text", (False, True): "structured", (True, True): "both"}[heard[0], heard[1]]


def _objects(text: str) -> list[Any]:
    """The JSON objects in what the CLI made of a result."""
    found, at = [], text.find("{")
    while at >= 0:
        one, end = json.JSONDecoder().raw_decode(text, at)
        found.append(one)
        at = text.find("{", end)
    return found


async def _store(root: Path, cwd: Path) -> Stored:
    """A note in the memory of a new Minga, an invoice with a wrong total in ``cwd``, and what the tools say of both."""
    environment = {"MINGA_HOME": str(root / "home"), "MINGA_CONFIG": str(root / "config"), "MINGA_MEMORY": "words"}
    opened = bootstrap.build(settings.read({**os.environ, **environment}))
    place = Place(opened.settings, SystemClock(), cwd=cwd, opened=lambda: opened)
    try:
        await opened.notes.add(Note(NoteKind.NOTE, "El puerto de staging es 5433."), str(cwd), "")
        example = (await taxes_work.make(place, taxes.Make(), _heard)).example
        made = await taxes_work.make(place, taxes.Make(example), _heard)
        total = made.xml.partition("<MntTotal>")[2].partition("<")[0]
        wrong = str(int(total) + 1)
        spoilt = made.xml.replace(f"<MntTotal>{total}<", f"<MntTotal>{wrong}<")
        (cwd / INVOICE).write_text(spoilt, "iso-8859-1")
        found = await memory_work.search(place, memory.Search(QUESTION), _heard)
        checked = await taxes_work.check(place, taxes.Check(INVOICE), _heard)
    finally:
        await opened.close()
    return Stored(tuple(environment.items()), msgspec.to_builtins(found), msgspec.to_builtins(checked), wrong)


async def _heard(done: float, total: float | None, says: str) -> None:
    """Nobody listens."""
