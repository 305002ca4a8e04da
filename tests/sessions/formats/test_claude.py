"""Sessions of Claude Code: read, written, and resumed by the real binary."""

import asyncio
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
from minga.sessions.formats.claude import ClaudeFormat
from minga.sessions.formats.claude_writing import project_folder
from minga.sessions.formats.format import About, SetAside
from minga.testing import RunShell, Say, Script, ScriptedServer, Think, WriteFile

CLAUDE = ClaudeFormat()


def line(uuid: str, parent: str | None, kind: str, content: Any, **more: Any) -> Json:
    message: Json = {"role": kind, "content": content}
    if kind == "assistant":
        message |= {"id": f"msg-{uuid.split('.')[0]}", "model": "m", "usage": {"input_tokens": 5, "output_tokens": 2}}
    return {
        "parentUuid": parent,
        "isSidechain": False,
        "type": kind,
        "message": message | more.pop("message", {}),
        "uuid": uuid,
        "timestamp": "2026-11-24T10:00:00.000Z",
        "cwd": "/home/me/repo",
        "sessionId": SESSION,
        "version": "2.1.330",
        "gitBranch": "main",
        **more,
    }


def written(folder: Path, *lines: Json) -> Path:
    path = folder / f"{SESSION}.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
    return path


def use(call_id: str, name: str = "Bash") -> Json:
    return {"type": "tool_use", "id": call_id, "name": name, "input": {"command": "«used»"}}


def result(call_id: str, content: Any = "«given»", **more: Any) -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **more}


NATIVE = (
    {"type": "queue-operation", "operation": "enqueue", "sessionId": SESSION},
    line("u1", None, "user", [{"type": "text", "text": "«asked»"}]),
    {"type": "attachment", "uuid": "x1", "parentUuid": "u1", "attachment": {"type": "environment"}},
    line("a1", "x1", "assistant", [{"type": "thinking", "thinking": "«thought»", "signature": "s"}]),
    line("a1.2", "a1", "assistant", [{"type": "text", "text": "«said»"}]),
    line("a1.3", "a1.2", "assistant", [use("toolu_1")]),
    line("a1.4", "a1.3", "assistant", [use("toolu_2", "Edit")]),
    line("r1", "a1.3", "user", [result("toolu_1", [{"type": "text", "text": "«given»"}])]),
    line("r2", "a1.4", "user", [result("toolu_2", "«refused»", is_error=True)]),
    {"type": "last-prompt", "lastPrompt": "asked", "leafUuid": "r2", "sessionId": SESSION},
    line("a2", "r2", "assistant", [{"type": "text", "text": "«done»"}]),
    line("u2", "a2", "user", "«asked again»"),
)
"""As 2.1.330 writes it: a message of four lines, results side by side."""


def test_a_message_of_several_lines_is_one_and_its_results_follow_it(tmp_path: Path) -> None:
    found = read_all(CLAUDE, written(tmp_path, *NATIVE))
    asked, said, results, done, again = messages_of(found)
    assert [type(part) for part in said.parts] == [ReasoningPart, TextPart, ToolCallPart, ToolCallPart]
    assert [part.ok for part in results.parts if isinstance(part, ToolResultPart)] == [True, False]
    assert (said.parent, results.parent, done.parent) == (asked.id, said.id, results.id)
    assert [one.usage for one in (said, done)] == [Usage("m", 5, 0, 0, 2)] * 2
    assert head_of(found) == again.id
    assert lineage(messages_of(found), again.id) == messages_of(found)
    about = about_of(found)
    assert (about.cwd, about.branch, about.version) == ("/home/me/repo", "main", "2.1.330")
    assert [item.joins for item in crossed(found)] == [False, False, True, True, False, False]


def test_ids_stay_when_lines_are_added(tmp_path: Path) -> None:
    whole = [message.id for message in messages_of(read_all(CLAUDE, written(tmp_path, *NATIVE)))]
    for length in range(len(NATIVE)):
        part = messages_of(read_all(CLAUDE, written(tmp_path, *NATIVE[:length])))
        assert [message.id for message in part] == whole[: len(part)]


def test_a_dead_branch_is_kept_beside_the_conversation(tmp_path: Path) -> None:
    rewound = (line("u3", "a2", "user", "other"), line("a3", "u3", "assistant", [{"type": "text", "text": "yes"}]))
    found = read_all(CLAUDE, written(tmp_path, *NATIVE, *rewound))
    assert head_of(found) == "a3"
    way = [message.id for message in lineage(messages_of(found), "a3")]
    assert "u2" not in way
    assert "u2" in [message.id for message in messages_of(found)]
    assert way[-3:] == ["a2", "u3", "a3"]


def test_the_conversation_stands_at_the_leaf_that_the_cli_noted_last(tmp_path: Path) -> None:
    noted = {"type": "last-prompt", "leafUuid": "a2"}, {"type": "last-prompt", "leafUuid": "gone"}
    assert head_of(read_all(CLAUDE, written(tmp_path, *NATIVE, *noted))) == "a2"


def test_after_a_compaction_stand_the_summary_and_what_was_preserved(tmp_path: Path) -> None:
    boundary = {
        "type": "system",
        "subtype": "compact_boundary",
        "uuid": "b1",
        "parentUuid": None,
        "logicalParentUuid": "u2",
        "compactMetadata": {"preservedSegment": {"headUuid": "a2", "anchorUuid": "s1", "tailUuid": "u2"}},
    }
    summary = line("s1", "b1", "user", "all that was", isCompactSummary=True, isVisibleInTranscriptOnly=True)
    command = line("c1", "s1", "user", "<command-name>/compact</command-name>\n<command-args></command-args>")
    later = line("u3", "c1", "user", "go on")
    found = read_all(CLAUDE, written(tmp_path, *NATIVE, boundary, summary, command, later))
    texts = [item.text for item in crossed(found) if isinstance(item, Said)]
    assert texts == [SUMMARY_HEAD + "all that was", "«done»", "«asked again»", "go on"]
    way = lineage(messages_of(found), head_of(found))
    assert [message.id for message in way] == ["u1", "a1", "r1", "s1", "a2", "u2", "u3"]
    assert way[3].parts == (CompactionPart("all that was"),)


def test_a_compaction_that_preserved_nothing_follows_what_it_sums_up(tmp_path: Path) -> None:
    boundary = {"type": "system", "subtype": "compact_boundary", "uuid": "b1", "logicalParentUuid": "u2"}
    summary = line("s1", "b1", "user", "all that was", isCompactSummary=True)
    found = read_all(CLAUDE, written(tmp_path, *NATIVE, boundary, summary, line("u3", "s1", "user", "go on")))
    assert [item.text for item in crossed(found) if isinstance(item, Said)] == [SUMMARY_HEAD + "all that was", "go on"]
    assert len(lineage(messages_of(found), head_of(found))) == len(messages_of(found))


def test_what_the_cli_says_in_the_name_of_the_person_or_the_model_is_not_said(tmp_path: Path) -> None:
    machine = (
        line("m1", "u2", "user", [{"type": "text", "text": "[Image: source: /tmp/1.png]"}], isMeta=True),
        line("m2", "m1", "user", "<local-command-stdout>Compacted</local-command-stdout>"),
        line("m3", "m2", "user", [{"type": "text", "text": "<system-reminder>\nold\n</system-reminder>"}]),
        line("m4", "m3", "user", "done in the background", origin={"kind": "task-notification"}),
        line("m5", "m4", "user", "[Request interrupted by user]"),
        line("m6", "m5", "assistant", [{"type": "text", "text": "API Error: 500"}], message={"model": "<synthetic>"}),
    )
    command = "<command-message>review</command-message>\n<command-name>/review</command-name>"
    command += "<command-args>it</command-args>"
    found = read_all(
        CLAUDE,
        written(tmp_path, *NATIVE, *machine, line("u3", "m6", "user", command)),
    )
    *_, before, last = messages_of(found)
    assert (before.id, last.parent, last.parts) == ("u2", "u2", (TextPart("/review it"),))
    assert not aside_of(found)


def test_words_of_the_person_between_results_are_theirs(tmp_path: Path) -> None:
    queued = {
        "type": "attachment",
        "uuid": "q1",
        "parentUuid": "u2",
        "attachment": {"type": "queued_command", "prompt": "hurry", "commandMode": "prompt"},
    }
    *_, last = messages_of(read_all(CLAUDE, written(tmp_path, *NATIVE, queued)))
    assert (last.id, last.parent, last.role, last.parts) == ("q1", "u2", "user", (TextPart("hurry"),))


def test_a_sub_agent_is_a_side_chain_in_its_own_file_and_in_the_sessions(tmp_path: Path) -> None:
    folder = tmp_path / "projects" / "-home-me-repo" / SESSION / "subagents"
    folder.mkdir(parents=True)
    inside = line("s1", None, "user", "look", isSidechain=True, agentId="abc")
    (folder / "agent-abc.jsonl").write_text(json.dumps(inside) + "\n")
    written(folder.parent.parent, *NATIVE, line("i1", None, "user", "older", isSidechain=True))
    files = {file.native_id: file for file in CLAUDE.find(tmp_path)}
    assert set(files) == {SESSION, f"{SESSION}/agent-abc"}
    first, *found = CLAUDE.read(files[f"{SESSION}/agent-abc"])  # type: ignore[index]
    assert isinstance(first, About)
    assert first.parent == SESSION
    assert [message.chain for message in messages_of(found)] == ["abc"]
    assert not head_of(found)
    main = list(CLAUDE.read(files[SESSION]))
    assert messages_of(main)[-1].chain
    assert head_of(main) == "u2"


def test_what_is_not_understood_is_set_aside_with_its_place(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"type": "brand-new", "uuid": "n1", "parentUuid": None},
        line("u1", "n1", "user", [{"type": "document", "source": {}}, {"type": "text", "text": "read it"}]),
        line("", "u1", "user", "no id"),
        line("u1", "u1", "user", "twice"),
        line("u2", "u1", "user", 7),
    )
    with path.open("ab") as file:
        file.write(b'{"type":"user","mess')
    found = read_all(CLAUDE, path)
    assert [one.place for one in aside_of(found)] == ["1", "2", "3", "4", "5", "6"]
    assert [message.parts for message in messages_of(found)] == [(TextPart("read it"),)]


def test_a_changed_file_is_told_with_its_path_below_the_working_directory(tmp_path: Path) -> None:
    noted = {"type": "create", "filePath": "/home/me/repo/src/a.py", "content": "x", "structuredPatch": []}
    made = line("r1", "a1", "user", [result("toolu_1")], toolUseResult=noted)
    found = read_all(CLAUDE, written(tmp_path, line("a1", None, "assistant", [use("toolu_1", "Write")]), made))
    assert FileChangePart("src/a.py", "added", "toolu_1") in messages_of(found)[-1].parts


def test_the_folder_of_a_long_path_is_cut_and_hashed() -> None:
    assert project_folder("/home/me/my.repo") == "-home-me-my-repo"
    assert project_folder("/ñ/🙂") == "-----"
    assert project_folder("/" + "a" * 300) == "-" + "a" * 199 + "-vtkmfl"


def test_a_session_is_placed_once_and_removed_only_as_it_was(tmp_path: Path) -> None:
    to = target(tmp_path, Path("/home/me/repo"))
    draft = CLAUDE.draft(CONVERSATION, to)
    assert draft == CLAUDE.draft(CONVERSATION, to)
    placed = asyncio.run(CLAUDE.place(draft, to))
    assert placed.path == tmp_path / "projects" / "-home-me-repo" / f"{SESSION}.jsonl"
    assert b"".join(CLAUDE.raw(file_at(CLAUDE, placed.path))) == draft.content
    with pytest.raises(MigrationFailed, match="exists already"):
        asyncio.run(CLAUDE.place(draft, to))
    with placed.path.open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(MigrationFailed, match="has changed"):
        asyncio.run(CLAUDE.remove(placed, to))
    placed.path.write_bytes(draft.content)
    asyncio.run(CLAUDE.remove(placed, to))
    assert not placed.path.exists()
    with pytest.raises(MigrationFailed, match="cannot be removed"):
        asyncio.run(CLAUDE.remove(placed, to))


def test_what_has_no_place_is_named() -> None:
    drawn = replace(DOT, media_type="image/svg+xml")
    items = [Said("assistant", "see", images=(DOT, DOT)), Said("user", "this", images=(drawn, DOT))]
    draft = CLAUDE.draft(items, target(Path("/h"), Path("/w")))
    assert draft.lost == ("2 pictures in answers", "1 picture not in PNG, JPEG, GIF or WebP")
    assert draft.content.count(b'"type":"image"') == 1


@settings(max_examples=100, deadline=None)
@given(conversations)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, items: list[Item]) -> None:
    path = tmp_path_factory.mktemp("claude") / f"{SESSION}.jsonl"
    path.write_bytes(CLAUDE.draft(items, target(Path("/h"), Path("/w"))).content)
    assert unkinded(items_of(CLAUDE, path)) == normal(items)


def is_conversation(one: Json) -> bool:
    unsaid = any(one.get(flag) is True for flag in ("isMeta", "isVisibleInTranscriptOnly", "isApiErrorMessage"))
    return one.get("type") in ("user", "assistant") and not unsaid


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_a_damaged_file_is_read_to_its_end_and_nothing_said_gets_lost(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    path = tmp_path_factory.mktemp("claude") / f"{SESSION}.jsonl"
    whole = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in NATIVE).encode()
    path.write_bytes(damage(whole, seed))
    found = read_all(CLAUDE, path)
    check_accounted(path.read_bytes(), found, is_conversation)
    assert crossed(found) is not None


def told(body: Json) -> list[tuple[str, ...]]:
    """A request in the form of `flow`, without what the CLI adds."""
    found: list[tuple[str, ...]] = []
    for message in body["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            match block["type"]:
                case "text" if message["role"] != "system" and not block["text"].startswith("<system-reminder>"):
                    found.append((message["role"], block["text"], "0"))
                case "image":
                    found.append((message["role"], "", "1"))
                case "tool_use":
                    found.append(("call", block["id"], block["name"], json.dumps(block["input"], sort_keys=True)))
                case "tool_result":
                    found.append(("result", block["tool_use_id"], *_shown(block["content"])))
    return joined(found)


def _shown(content: str | Sequence[Json]) -> tuple[str, str]:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts = "".join(block["text"] for block in blocks if block["type"] == "text")
    return texts, str(sum(block["type"] == "image" for block in blocks))


@pytest.mark.cli
def test_claude_code_resumes_what_was_written_with_all_of_it(tmp_path: Path) -> None:
    with ScriptedServer(Script([Say("I know it all")])) as server:
        runs = Runs("claude", tmp_path, server.url)
        path, to = runs.write(CLAUDE, CONVERSATION)
        events = runs.ask("and then?", to.native_id)
        body = server.requests[-1].body
    asked, answered = Said("user", "and then?"), Said("assistant", "I know it all")
    assert [event.native_id for event in events if isinstance(event, NativeSession)] == [to.native_id]
    assert told(body) == flow([*CONVERSATION, asked])
    again = [replace(item, at=None) for item in unkinded(items_of(CLAUDE, path))]
    before = [replace(item, at=None) for item in normal(CONVERSATION)]
    assert [_idless(item) for item in again] == [
        _idless(item) for item in [*before, asked, replace(answered, model="scripted-model")]
    ]
    assert about_of(read_all(CLAUDE, path)).title == "A title"


def _idless(item: Item) -> Item:
    """Ids that had to be made depend on the session."""
    if isinstance(item, Said):
        return item
    return Called(replace(item.call, call_id=""), replace(item.result, call_id=""), item.at, item.model, item.joins)


@pytest.mark.cli
def test_what_claude_code_itself_wrote_is_read(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        runs = Runs("claude", tmp_path, server.url)
        server.script = Script(
            [
                (Think("hmm"), Say("I look."), RunShell("echo án"), RunShell("echo no; exit 3")),
                WriteFile(str(runs.cwd / "new.txt"), "new\n"),
                RunShell("echo forbidden > forbidden.txt"),
                Say("Done."),
                Say("Again."),
            ]
        )
        runs.ask("first question")
        (file,) = CLAUDE.find(tmp_path / "homes" / "claude")
        runs.ask("second question", file.native_id)
    found = list(CLAUDE.read(file))
    items = crossed(found)
    assert [item.text for item in items if isinstance(item, Said)] == [
        "first question",
        "I look.",
        "Done.",
        "second question",
        "Again.",
    ]
    calls = [item for item in items if isinstance(item, Called)]
    assert [(call.call.kind, call.result.ok, call.joins) for call in calls] == [
        (ToolKind.SHELL, True, True),
        (ToolKind.SHELL, False, True),
        (ToolKind.EDIT, True, False),
        (ToolKind.SHELL, False, False),
    ]
    assert calls[0].result.output == "án"
    assert "no" in calls[1].result.output
    messages = messages_of(found)
    assert [message.usage for message in messages if message.usage] == [Usage("scripted-model", 60, 40, 0, 10)] * 5
    assert any(FileChangePart("new.txt", "added", calls[2].call.call_id) in message.parts for message in messages)
    assert not [one for one in found if isinstance(one, SetAside)]
    assert messages[-1].id == head_of(found)
    assert about_of(found).cwd == str(runs.cwd)
    assert all(message.at for message in messages)
