"""Sessions of Qwen Code: read, written, and resumed by the real binary."""

import asyncio
import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from claude_qwen_bench import (
    CONVERSATION,
    DOT,
    SESSION,
    Json,
    Runs,
    about_of,
    aside_of,
    check_accounted,
    conversations,
    crossed,
    damage,
    file_at,
    flow,
    head_of,
    items_of,
    joined,
    messages_of,
    normal,
    read_all,
    target,
    unkinded,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.errors import MigrationFailed
from minga.domain.events import NativeSession, ToolKind, Usage
from minga.domain.transcript import (
    Called,
    CompactionPart,
    FileChangePart,
    Item,
    ReasoningPart,
    Said,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    lineage,
)
from minga.sessions.crossing import SUMMARY_HEAD
from minga.sessions.formats.format import About
from minga.sessions.formats.qwen import QwenFormat
from minga.testing import CallTool, RunShell, Say, Script, ScriptedServer, Think, WriteFile

QWEN = QwenFormat()


def line(uuid: str, parent: str | None, kind: str, parts: Any = None, **more: Any) -> Json:
    own: Json = {
        "uuid": uuid,
        "parentUuid": parent,
        "sessionId": SESSION,
        "timestamp": "2026-11-24T10:00:00.000Z",
        "type": kind,
        "cwd": "/home/me/repo",
        "version": "0.24.4",
    }
    if parts is not None:
        own["message"] = {"role": "model" if kind == "assistant" else "user", "parts": parts}
    if kind == "assistant":
        own["model"] = "m"
        own["usageMetadata"] = {
            "promptTokenCount": 9,
            "candidatesTokenCount": 3,
            "totalTokenCount": 12,
            "cachedContentTokenCount": 4,
        }
    return own | more


def written(folder: Path, *lines: Json) -> Path:
    path = folder / f"{SESSION}.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
    return path


def use(call_id: str, name: str = "run_shell_command") -> Json:
    return {"functionCall": {"id": call_id, "name": name, "args": {"command": "«used»"}}}


def result(call_id: str, **response: Any) -> Json:
    return {"functionResponse": {"id": call_id, "name": "run_shell_command", "response": response}}


TELEMETRY = {"uiEvent": {"event.name": "qwen-code.api_response", "response_text": "said"}}

NATIVE = (
    line("u1", None, "user", [{"text": "«asked»"}], provenance="real_user"),
    line("t1", "u1", "system", subtype="ui_telemetry", systemPayload=TELEMETRY),
    line("a1", "t1", "assistant", [{"text": "«thought»", "thought": True}, {"text": "«said»"}, use("c1"), use("c2")]),
    line("r1", "a1", "tool_result", [result("c1", output="«given»")], toolCallResult={"status": "success"}),
    line("r2", "r1", "tool_result", [result("c2", error="«refused»")], toolCallResult={"status": "cancelled"}),
    line("n1", "r2", "user", [{"text": "a task ended"}], subtype="notification", provenance="system"),
    line("a2", "n1", "assistant", [{"text": "«done»"}]),
    line("k1", "a2", "system", subtype="branch_checkpoint"),
    line("u2", "k1", "user", [{"text": "«asked again»"}]),
)
"""As 0.24.4 writes it."""


def test_what_the_cli_wrote_for_itself_is_passed_through(tmp_path: Path) -> None:
    found = read_all(QWEN, written(tmp_path, *NATIVE))
    asked, said, first, second, done, again = messages_of(found)
    assert [type(part) for part in said.parts] == [ReasoningPart, TextPart, ToolCallPart, ToolCallPart]
    assert [part.ok for one in (first, second) for part in one.parts if isinstance(part, ToolResultPart)] == [
        True,
        False,
    ]
    assert [message.parent for message in (said, done, again)] == [asked.id, second.id, done.id]
    assert [one.usage for one in (said, done)] == [Usage("m", 5, 4, 0, 3)] * 2
    assert head_of(found) == again.id
    about = about_of(found)
    assert (about.cwd, about.version) == ("/home/me/repo", "0.24.4")
    assert not aside_of(found)


def test_ids_stay_when_lines_are_added(tmp_path: Path) -> None:
    whole = messages_of(read_all(QWEN, written(tmp_path, *NATIVE)))
    for length in range(len(NATIVE)):
        part = messages_of(read_all(QWEN, written(tmp_path, *NATIVE[:length])))
        assert part == whole[: len(part)]


def test_a_dead_branch_is_kept_beside_the_conversation(tmp_path: Path) -> None:
    rewound = (line("w1", "k1", "system", subtype="rewind"), line("u3", "w1", "user", [{"text": "other"}]))
    found = read_all(QWEN, written(tmp_path, *NATIVE, *rewound))
    way = [message.id for message in lineage(messages_of(found), head_of(found))]
    assert way[-2:] == ["a2", "u3"]
    assert "u2" in [message.id for message in messages_of(found)]
    assert head_of(read_all(QWEN, written(tmp_path, *NATIVE, rewound[0]))) == "a2"


def test_after_a_compression_stand_the_summary_and_the_calls_that_wait(tmp_path: Path) -> None:
    thanks = {"text": "Got it. Thanks for the additional context!"}
    history = [{"role": "user", "parts": [{"text": "all that was"}]}, {"role": "model", "parts": [thanks, use("c3")]}]
    squeezed = line("z1", "u2", "system", subtype="chat_compression", systemPayload={"compressedHistory": history})
    later = (
        line("r3", "z1", "tool_result", [result("c3", output="late")]),
        line("u3", "r3", "user", [{"text": "go on"}]),
    )
    found = read_all(QWEN, written(tmp_path, *NATIVE, squeezed, *later))
    summary, call, more = crossed(found)
    assert isinstance(call, Called)
    assert call.result.output == "late"
    assert [item.text for item in (summary, more) if isinstance(item, Said)] == [SUMMARY_HEAD + "all that was", "go on"]
    assert CompactionPart("all that was") in lineage(messages_of(found), head_of(found))[-4].parts


def test_a_compression_that_only_clears_outputs_changes_nothing(tmp_path: Path) -> None:
    payload = {"compressedHistory": [{"role": "user", "parts": [{"text": "asked"}]}, {"role": "model", "parts": []}]}
    squeezed = line("z1", "u2", "system", subtype="chat_compression", systemPayload=payload)
    found = read_all(QWEN, written(tmp_path, *NATIVE, squeezed))
    assert messages_of(found) == messages_of(read_all(QWEN, written(tmp_path, *NATIVE)))


def test_what_the_cli_adds_to_a_prompt_is_not_said(tmp_path: Path) -> None:
    parts = [
        {"text": "<system-reminder>\nskills\n</system-reminder>"},
        {"text": "look at @a.txt"},
        {"text": "\n--- Content from referenced files ---"},
        {"text": "secret of the file"},
        {"text": "\n--- End of content ---"},
        {"text": "<qwen:user-prompt-submit-context>\nhook\n</qwen:user-prompt-submit-context>"},
    ]
    *_, last = messages_of(read_all(QWEN, written(tmp_path, *NATIVE, line("u3", "u2", "user", parts))))
    assert last.parts == (TextPart("look at @a.txt"),)


def test_a_line_with_the_id_of_one_before_goes_on_with_it(tmp_path: Path) -> None:
    more = line("u2", "k1", "user", [{"text": "and more"}])
    found = read_all(QWEN, written(tmp_path, *NATIVE, more, line("a3", "u2", "assistant", [{"text": "yes"}])))
    way = lineage(messages_of(found), head_of(found))
    assert [message.id for message in way[-3:]] == ["u2", "u2#10", "a3"]


def test_a_sub_agent_is_a_side_chain(tmp_path: Path) -> None:
    project = tmp_path / "projects" / "-home-me-repo"
    (project / "chats").mkdir(parents=True)
    (project / "subagents" / SESSION).mkdir(parents=True)
    written(project / "chats", *NATIVE)
    inside = line("s1", None, "user", [{"text": "look"}], isSidechain=True, agentId="abc")
    (project / "subagents" / SESSION / "agent-abc.jsonl").write_text(json.dumps(inside) + "\n")
    files = {file.native_id: file for file in QWEN.find(tmp_path)}
    assert set(files) == {SESSION, f"{SESSION}/agent-abc"}
    first, *found = QWEN.read(files[f"{SESSION}/agent-abc"])  # type: ignore[index]
    assert isinstance(first, About)
    assert first.parent == SESSION
    assert [message.chain for message in messages_of(found)] == ["abc"]
    assert not head_of(found)


def test_what_is_not_understood_is_set_aside_with_its_place(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"type": "brand-new", "uuid": "n1", "parentUuid": None},
        line("s1", "n1", "system", subtype="brand_new"),
        line("u1", "s1", "user", [{"fileData": {"fileUri": "x"}}, {"text": "read it"}]),
        line("", "u1", "user", [{"text": "no id"}]),
        line("u2", "u1", "user", 7),
    )
    with path.open("ab") as file:
        file.write(b'{"type":"user","mess')
    found = read_all(QWEN, path)
    assert [one.place for one in aside_of(found)] == ["1", "2", "3", "4", "5", "6"]
    assert [message.parts for message in messages_of(found)] == [(TextPart("read it"),)]


def test_a_changed_file_and_pictures_of_a_tool_are_told(tmp_path: Path) -> None:
    shown = {"filePath": "/home/me/repo/src/a.py", "originalContent": "", "newContent": "x"}
    given = result("c1", output="made")
    data = base64.b64encode(DOT.data).decode()
    given["functionResponse"]["parts"] = [{"inlineData": {"mimeType": "image/png", "data": data}}]
    made = line("r3", "u2", "tool_result", [given], toolCallResult={"status": "success", "resultDisplay": shown})
    *_, last = messages_of(read_all(QWEN, written(tmp_path, *NATIVE, made)))
    assert last.parts == (ToolResultPart("c1", True, "made", (DOT,)), FileChangePart("src/a.py", "added", "c1"))


def test_a_session_is_placed_once_and_removed_only_as_it_was(tmp_path: Path) -> None:
    to = target(tmp_path, Path("/home/me/repo"))
    draft = QWEN.draft(CONVERSATION, to)
    assert draft == QWEN.draft(CONVERSATION, to)
    placed = asyncio.run(QWEN.place(draft, to))
    assert placed.path == tmp_path / "projects" / "-home-me-repo" / "chats" / f"{SESSION}.jsonl"
    assert b"".join(QWEN.raw(file_at(QWEN, placed.path))) == draft.content
    with pytest.raises(MigrationFailed, match="exists already"):
        asyncio.run(QWEN.place(draft, to))
    placed.path.write_bytes(draft.content + b"{}\n")
    with pytest.raises(MigrationFailed, match="has changed"):
        asyncio.run(QWEN.remove(placed, to))
    placed.path.write_bytes(draft.content)
    asyncio.run(QWEN.remove(placed, to))
    assert not placed.path.exists()


def test_what_has_no_place_is_named() -> None:
    draft = QWEN.draft([Said("assistant", "see", images=(DOT,))], target(Path("/h"), Path("/w")))
    assert draft.lost == ("1 picture in answers",)


@settings(max_examples=100, deadline=None)
@given(conversations)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, items: list[Item]) -> None:
    path = tmp_path_factory.mktemp("qwen") / f"{SESSION}.jsonl"
    path.write_bytes(QWEN.draft(items, target(Path("/h"), Path("/w"))).content)
    assert unkinded(items_of(QWEN, path)) == normal(items)


def is_conversation(one: Json) -> bool:
    unsaid = one.get("subtype") in ("notification", "cron", "goal_runtime") or one.get("provenance") == "system"
    return one.get("type") in ("user", "assistant", "tool_result") and not unsaid


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_a_damaged_file_is_read_to_its_end_and_nothing_said_gets_lost(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    path = tmp_path_factory.mktemp("qwen") / f"{SESSION}.jsonl"
    whole = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in NATIVE).encode()
    path.write_bytes(damage(whole, seed))
    found = read_all(QWEN, path)
    check_accounted(path.read_bytes(), found, is_conversation)
    assert crossed(found) is not None


def told(body: Json) -> list[tuple[str, ...]]:
    """A request in the form of `flow`, without what the CLI adds."""
    found: list[tuple[str, ...]] = []
    for message in body["messages"]:
        texts, pictures = _shown(message.get("content"))
        match message["role"]:
            case "user" if texts == ["(attached media from previous tool call)"]:
                # The pictures of the tool results before, which this wire cannot hold there.
                call = found.pop()
                found.append((*call[:3], str(int(call[3]) + pictures)))
            case "user" | "assistant" as role:
                found.append((role, "".join(texts), str(pictures)))
                for call in message.get("tool_calls") or ():
                    arguments = json.dumps(json.loads(call["function"]["arguments"]), sort_keys=True)
                    found.append(("call", call["id"], call["function"]["name"], arguments))
            case "tool":
                found.append(("result", message["tool_call_id"], "".join(texts), str(pictures)))
    return joined([one for one in found if one[0] not in ("user", "assistant") or one[1:] != ("", "0")])


def _shown(content: str | Sequence[Json] | None) -> tuple[list[str], int]:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content or ()
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    return (
        [text for text in texts if not text.startswith("<system-reminder>")],
        sum(block["type"] == "image_url" for block in blocks),
    )


@pytest.mark.cli
def test_qwen_code_resumes_what_was_written_with_all_of_it(tmp_path: Path) -> None:
    with ScriptedServer(Script([Say("I know it all")])) as server:
        runs = Runs("qwen", tmp_path, server.url)
        path, to = runs.write(QWEN, CONVERSATION)
        events = runs.ask("and then?", to.native_id)
        body = server.requests[-1].body
    asked, answered = Said("user", "and then?"), Said("assistant", "I know it all", model="scripted-model")
    assert [event.native_id for event in events if isinstance(event, NativeSession)] == [to.native_id]
    assert told(body) == flow([*CONVERSATION, asked])
    again = [_plain(item) for item in unkinded(items_of(QWEN, path))]
    assert again == [_plain(item) for item in [*normal(CONVERSATION), asked, answered]]
    assert about_of(read_all(QWEN, path)).title == "A title"


def _plain(item: Item) -> Item:
    """Without times; ids that had to be made depend on the session."""
    if isinstance(item, Said):
        return replace(item, at=None)
    return Called(replace(item.call, call_id=""), replace(item.result, call_id=""), None, item.model, item.joins)


@pytest.mark.cli
def test_what_qwen_code_itself_wrote_is_read(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        runs = Runs("qwen", tmp_path, server.url)
        (runs.cwd / "dot.png").write_bytes(DOT.data)
        server.script = Script(
            [
                (Think("hmm"), Say("I look."), RunShell("echo án"), RunShell("echo no; exit 3")),
                WriteFile(str(runs.cwd / "new.txt"), "new\n"),
                CallTool("read_file", {"file_path": str(runs.cwd / "dot.png")}),
                RunShell("echo forbidden > forbidden.txt"),
                Say("Again."),
            ]
        )
        runs.ask("first question")
        (file,) = QWEN.find(tmp_path / "homes" / "qwen")
        runs.ask("second question", file.native_id)
    found = list(QWEN.read(file))
    items = crossed(found)
    texts = [item.text for item in items if isinstance(item, Said)]
    assert texts == ["first question", "I look.", "second question", "Again."]
    calls = [item for item in items if isinstance(item, Called)]
    assert [(call.call.kind, call.result.ok, call.joins) for call in calls] == [
        (ToolKind.SHELL, True, True),
        (ToolKind.SHELL, False, True),
        (ToolKind.EDIT, True, False),
        (ToolKind.READ, True, False),
        (ToolKind.SHELL, False, False),
    ]
    assert "Output: án\n" in calls[0].result.output
    assert len(calls[3].result.images) == 1
    messages = messages_of(found)
    assert [message.usage for message in messages if message.usage] == [Usage("scripted-model", 60, 40, 0, 10)] * 5
    assert any(FileChangePart("new.txt", "added", calls[2].call.call_id) in message.parts for message in messages)
    assert not aside_of(found)
    assert messages[-1].id == head_of(found)
    assert about_of(found).cwd == str(runs.cwd)
