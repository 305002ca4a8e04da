"""Sessions of Copilot CLI: written and resumed, read from its own files, and read in any state."""

import asyncio
import json
from pathlib import Path

import pytest
from claude_qwen_bench import CONVERSATION, DOT, Runs, about_of, conversations, crossed, head_of, messages_of, unkinded
from gemini_copilot_bench import Json, Told, check_sound, damaged, expected, normal, numbered, placed, target
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.errors import MigrationFailed
from minga.domain.events import Finished, NativeSession, ToolKind, Usage
from minga.domain.transcript import (
    CompactionPart,
    FileChangePart,
    ImagePart,
    Item,
    ReasoningPart,
    Said,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.sessions.formats.copilot import CopilotFormat
from minga.sessions.formats.fitting import fit_name
from minga.sessions.formats.format import Read, SetAside
from minga.sessions.formats.records import base64_of
from minga.testing import CallTool, RunShell, Say, Script, ScriptedServer, Think, Tokens, WriteFile

FORMAT = CopilotFormat()


def event(number: int, kind: str, data: Json, parent: int | None = None, **more: object) -> Json:
    before = f"e{number - 1 if parent is None else parent}"
    at = f"2026-11-24T04:11:{number:02d}.000Z"
    return {"type": kind, "data": data, "id": f"e{number}", "timestamp": at, "parentId": before, **more}


def read(folder: Path, *events: Json) -> list[Read]:
    content = b"".join(json.dumps(one).encode() + b"\n" for one in events)
    return list(FORMAT.read(placed(FORMAT, content, folder / "session-state" / "s" / "events.jsonl")))


@given(conversations)
@settings(max_examples=60, deadline=None)
def test_what_was_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, items: list[Item]) -> None:
    folder = tmp_path_factory.mktemp("copilot")
    draft = FORMAT.draft(items, target(folder, Path("/home/me/work")))
    assert draft == FORMAT.draft(items, target(folder, Path("/home/me/work")))
    found = list(FORMAT.read(placed(FORMAT, draft.content, folder / draft.path)))
    assert not [one for one in found if isinstance(one, SetAside)]
    assert unkinded(crossed(found)) == normal(items, fit_name)
    lost = [image for item in items if not isinstance(item, Said) for image in item.result.images]
    lost += [image for item in items if isinstance(item, Said) and item.role == "assistant" for image in item.images]
    assert bool(draft.lost) == bool(lost)


EVENTS = (
    event(
        0, "session.start", {"sessionId": "s", "copilotVersion": "1", "context": {"cwd": "/home/me", "branch": "main"}}
    ),
    event(1, "user.message", {"content": "«one»"}),
    event(2, "session.binary_asset", {"assetId": "a", "mimeType": "image/png", "data": base64_of(DOT)}),
    event(3, "assistant.message", {"content": "", "toolRequests": [{"toolCallId": "t", "name": "view"}]}),
    event(4, "user.message", {"content": "go", "source": "agent-7"}, agentId="sub"),
    event(5, "assistant.message", {"content": "«below»", "parentToolCallId": "t"}, agentId="sub"),
    event(
        6,
        "tool.execution_complete",
        {
            "toolCallId": "t",
            "success": True,
            "result": {
                "content": "«seen»",
                "binaryResultsForLlm": [{"type": "image", "assetId": "a", "mimeType": "image/png"}],
            },
        },
    ),
    event(7, "session.compaction_complete", {"success": True, "summaryContent": "so far"}),
    event(8, "user.message", {"content": "«two»"}, parent=6),
)


def test_branches_and_sub_agents_stand_apart(tmp_path: Path) -> None:
    found = read(tmp_path, *EVENTS)
    told = {message.id: message for message in messages_of(found)}
    assert {key: message.parent for key, message in told.items()} == {
        "e1": "",
        "e3": "e1",
        "e4": "",
        "e5": "e4",
        "e6": "e3",
        "e7": "e6",
        "e8": "e6",
    }
    assert head_of(found) == "e8"
    assert {key: message.chain for key, message in told.items() if message.chain} == {"e4": "sub", "e5": "sub"}
    assert told["e6"].parts == (ToolResultPart("t", True, "«seen»", (ImagePart("image/png", DOT.data),)),)
    assert told["e7"].parts == (CompactionPart("so far"),)
    assert (about_of(found).cwd, about_of(found).branch, about_of(found).version) == ("/home/me", "main", "1")


def test_what_was_said_beside_a_compaction_follows_its_summary(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        event(0, "user.message", {"content": "one"}),
        event(1, "session.compaction_start", {}),
        event(2, "user.message", {"content": "two"}),
        event(
            3,
            "session.compaction_complete",
            {"success": True, "summaryContent": "so far", "compactionTokensUsed": {"model": "m", "inputTokens": 5}},
        ),
        event(4, "user.message", {"content": "three"}),
    )
    assert [(message.id, message.parent) for message in messages_of(found)] == [
        ("e0", ""),
        ("e2", "e0"),
        ("e3", "e0"),
        ("e2@4", "e3"),
        ("e4", "e2@4"),
    ]
    assert [item.text for item in crossed(found) if isinstance(item, Said)][1:] == ["two", "three"]
    assert messages_of(found)[2].usage == Usage("m", 5, 0, 0, 0)


def test_what_the_person_ran_is_a_call_of_its_own(tmp_path: Path) -> None:
    asked = {"toolCallId": "t", "toolName": "bash", "arguments": {"command": "ls"}}
    found = read(
        tmp_path,
        event(0, "tool.user_requested", asked),
        event(1, "tool.execution_start", asked),
        event(
            2,
            "tool.execution_complete",
            {"toolCallId": "t", "success": False, "error": {"message": "no", "code": "denied"}},
        ),
    )
    assert [message.parts for message in messages_of(found)] == [
        (ToolCallPart("t", "bash", ToolKind.SHELL, '{"command":"ls"}'),),
        (ToolResultPart("t", False, "no"),),
    ]


def test_what_cannot_be_understood_is_set_aside_with_its_place(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        event(0, "session.hologram", {}),
        {"type": "user.message", "data": "text"},
        event(2, "user.message", {"content": "look", "attachments": [{"type": "file", "path": "/a.txt"}]}),
        event(3, "session.info", {"message": "noise"}),
        {"type": ["odd"]},
    )
    assert [(one.place, one.reason) for one in found if isinstance(one, SetAside)] == [
        ("1", "an unknown kind of event"),
        ("2", "an event without data"),
        ("3", "an attachment that is no picture at hand: file"),
        ("5", "an unknown kind of event"),
    ]
    assert [message.parts for message in messages_of(found)] == [(TextPart("look"),)]


@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_a_damaged_file_is_read_as_far_as_it_goes(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    content = damaged(b"".join(json.dumps(one).encode() + b"\n" for one in EVENTS), seed)
    path = tmp_path_factory.mktemp("copilot") / "events.jsonl"
    found = list(FORMAT.read(placed(FORMAT, content, path)))
    check_sound(content, found, lambda line: "$set" not in line)


def test_a_session_is_placed_once_and_taken_away_only_unchanged(tmp_path: Path) -> None:
    to = target(tmp_path, Path("/home/me/work"))
    draft = FORMAT.draft(CONVERSATION, to)
    one = asyncio.run(FORMAT.place(draft, to))
    assert [(file.native_id, file.path) for file in FORMAT.find(tmp_path)] == [(to.native_id, one.path)]
    with pytest.raises(MigrationFailed, match="exists already"):
        asyncio.run(FORMAT.place(draft, to))
    content = one.path.read_bytes()
    one.path.write_bytes(content + b"\n")
    with pytest.raises(MigrationFailed, match="has changed"):
        asyncio.run(FORMAT.remove(one, to))
    one.path.write_bytes(content)
    asyncio.run(FORMAT.remove(one, to))
    assert not one.path.exists()


def sent(body: Json) -> list[Told]:
    """What a request tells, without the CLI's own words. Pictures of tool results have no place on this wire."""
    told: list[Told] = []
    for message in body["messages"]:
        content = message.get("content")
        match message["role"]:
            case "user" if isinstance(content, list):
                texts = [part["text"] for part in content if part["type"] == "text"]
                told += [("user", text) for text in texts if text != "Attached image"]
                told += [("picture",) for part in content if part["type"] == "image_url"]
            case "user" | "assistant" as role:
                told += [(role, content.split("</current_datetime>\n\n")[-1])] if content else []
                for call in message.get("tool_calls") or ():
                    arguments = json.dumps(json.loads(call["function"]["arguments"]), sort_keys=True)
                    told.append(("call", call["id"], call["function"]["name"], arguments))
            case "tool":
                told.append(("result", message["tool_call_id"], content))
    return told


@pytest.mark.cli
def test_the_cli_resumes_a_written_session_again_and_again(tmp_path: Path) -> None:
    with ScriptedServer(Script(default=Say("ok"))) as server:
        runs = Runs("copilot", tmp_path, server.url)
        _, to = runs.write(FORMAT, CONVERSATION)
        for number in range(2):
            assert isinstance(runs.ask(f"prompt {number}", to.native_id)[-1], Finished)
        bodies = [received.body for received in server.requests if "messages" in received.body]
    history = numbered(expected(CONVERSATION, fit_name, result_pictures=False))
    assert numbered(sent(bodies[0])) == [*history, ("user", "prompt 0")]
    assert numbered(sent(bodies[-1])) == [*history, ("user", "prompt 0"), ("assistant", "ok"), ("user", "prompt 1")]
    (file,) = FORMAT.find(to.home)
    found = list(FORMAT.read(file))
    assert not [one for one in found if isinstance(one, SetAside)]
    texts = [(item.role, item.text) for item in crossed(found) if isinstance(item, Said)]
    asked = [("user", "prompt 0"), ("assistant", "ok"), ("user", "prompt 1"), ("assistant", "ok")]
    assert texts == [(item.role, item.text) for item in CONVERSATION if isinstance(item, Said)] + asked


@pytest.mark.cli
def test_a_session_of_the_cli_itself_is_read(tmp_path: Path) -> None:
    cwd = tmp_path / "work"
    cwd.mkdir()
    (cwd / "dot.png").write_bytes(DOT.data)
    script = Script(
        [
            (Think("hm"), Say("I look."), RunShell("echo ñandú"), CallTool("view", {"path": str(cwd / "missing")})),
            CallTool("view", {"path": str(cwd / "dot.png")}),
            (Tokens(900, 300, 50, 20), Say("done")),
            WriteFile(str(cwd / "new.txt"), "line\n"),
            Say("made"),
            CallTool(
                "task", {"description": "d", "prompt": "find", "agent_type": "explore", "name": "f", "mode": "sync"}
            ),
            Say("below"),
            Say("above"),
        ],
        default=Say("a summary"),
    )
    with ScriptedServer(script) as server:
        runs = Runs("copilot", tmp_path, server.url)
        first = runs.ask("first «é»")
        native_id = next(one.native_id for one in first if isinstance(one, NativeSession))
        for prompt in ("second", "third", "/compact"):
            runs.ask(prompt, native_id)
    home = runs.launch().home
    assert home is not None
    (file,) = FORMAT.find(home)
    found = list(FORMAT.read(file))
    assert not [one for one in found if isinstance(one, SetAside)]
    everything = messages_of(found)
    assert [type(part) for part in everything[-1].parts] == [CompactionPart]
    assert everything[-1].usage is not None
    assert head_of(found) == everything[-1].id
    side = [message for message in everything if message.chain]
    assert [message.role for message in side] == ["user", "assistant"]
    assert [message.parent for message in side] == ["", side[0].id]
    told = [message for message in everything if not message.chain]
    assert [message.parent for message in told] == ["", *(message.id for message in told[:-1])]
    told = told[:11]
    roles = [
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
        "tool",
        "assistant",
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    assert [message.role for message in told] == roles
    texts = [part.text for message in told for part in message.parts if isinstance(part, TextPart)]
    assert texts == ["first «é»", "I look.", "done", "second", "made"]
    assert told[1].parts[0] == ReasoningPart("hm", FORMAT.agent)
    calls = [part for part in told[1].parts if isinstance(part, ToolCallPart)]
    assert [(call.name, call.kind) for call in calls] == [("bash", ToolKind.SHELL), ("view", ToolKind.READ)]
    results = {part.call_id: part for message in told for part in message.parts if isinstance(part, ToolResultPart)}
    assert (results[calls[0].call_id].ok, "ñandú" in results[calls[0].call_id].output) == (True, True)
    assert results[calls[1].call_id].ok is False
    assert [result.images for result in results.values() if result.images] == [(DOT,)]
    changes = [part for message in told for part in message.parts if isinstance(part, FileChangePart)]
    assert [(change.path, change.change) for change in changes] == [("new.txt", "added")]
    assert told[6].usage == Usage("scripted-model", 600, 300, 0, 50, 20)
    assert [message.usage is not None for message in told if message.role == "assistant"] == [True] * 5
    about = about_of(found)
    assert (about.cwd, about.model, about.title) == (str(runs.cwd), "scripted-model", "first «é»")
    assert about.started_at is not None
