"""Sessions of Codex: what is written is what Codex sends and what is read; no bytes break the reading."""

import asyncio
import copy
import json
import os
import subprocess
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from codex_opencode_items import (
    AT,
    DOT,
    HISTORY,
    NATIVE_ID,
    comparable,
    conversation,
    deterministic,
    histories,
    joined,
    target,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.codex_bench import Bench, codex_path, native_id
from minga.domain.errors import MigrationFailed
from minga.domain.events import ToolKind, Usage
from minga.domain.task import Image, Permissions
from minga.domain.transcript import (
    Called,
    CompactionPart,
    FileChangePart,
    Item,
    Message,
    ReasoningPart,
    Said,
    TextPart,
    lineage,
)
from minga.sessions.crossing import INTERRUPTED, crossing
from minga.sessions.formats.codex import CodexFormat
from minga.sessions.formats.fitting import argument_value, data_url
from minga.sessions.formats.format import About, Head, NativeFile, Read, SetAside
from minga.testing import RunShell, Say, Script, ScriptedServer, Think, Tokens, WriteFile

CODEX = CodexFormat()
Json = dict[str, Any]


@contextmanager
def rollout(*lines: object) -> Iterator[NativeFile]:
    """A file of these lines: bytes as they are, anything else as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sessions", "2026", f"rollout-2026-11-24T04-00-00-{NATIVE_ID}.jsonl")
        path.parent.mkdir(parents=True)
        path.write_bytes(b"".join(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in lines))
        (file,) = CODEX.find(Path(folder))
        yield file


def reading(*lines: object) -> list[Read]:
    with rollout(*lines) as file:
        return list(CODEX.read(file))


def item(kind: str, **fields: object) -> Json:
    return {"timestamp": "2026-11-24T04:00:00.000Z", "type": "response_item", "payload": {"type": kind, **fields}}


def said(role: str, text: str, **fields: object) -> Json:
    kind = "output_text" if role == "assistant" else "input_text"
    return item("message", role=role, content=[{"type": kind, "text": text}], **fields)


def event(kind: str, **fields: object) -> Json:
    return {"timestamp": "2026-11-24T04:00:00.000Z", "type": "event_msg", "payload": {"type": kind, **fields}}


def messages_of(read: list[Read]) -> list[Message]:
    return [one for one in read if isinstance(one, Message)]


def items_of(read: list[Read]) -> list[Item]:
    (head,) = [one for one in read if isinstance(one, Head)]
    return crossing(lineage(messages_of(read), head.message_id))


def sent(request: Json) -> list[tuple[object, ...]]:
    """The history in a request of Codex, in the form of `comparable`; what Codex says of itself left out. Every result
    has the id of one call."""
    outputs = {one["call_id"]: one for one in request["input"] if one["type"].endswith("_output")}
    found: list[tuple[object, ...]] = []
    for one in request["input"]:
        match one["type"]:
            case "message" if one["role"] in ("user", "assistant") and not str(one.get("id", "")).startswith("msg_"):
                texts = [content["text"] for content in one["content"] if "text" in content]
                images = tuple(DOT for content in one["content"] if content.get("image_url") == data_url(DOT))
                found.append((one["role"], "\n\n".join(texts), images))
            case "function_call" | "custom_tool_call":
                value = argument_value(one["arguments"]) if "arguments" in one else one["input"]
                found.append((one["name"], value, outputs.pop(one["call_id"])["output"]))
    assert not outputs
    return found


def expected() -> list[tuple[object, ...]]:
    """``HISTORY`` as it should be in the request: whether a call failed is for its text to say."""
    return [(*one[:2], one[3]) if len(one) == 5 else one for one in comparable(HISTORY, free_text=True)]


@pytest.mark.cli
def test_codex_sends_the_whole_history_of_a_written_session_and_minga_reads_it_again(tmp_path: Path) -> None:
    with ScriptedServer(Script(default=Say("I go on."))) as server:
        bench = Bench(tmp_path, server.url, codex_path())
        launch = bench.launch(resume=NATIVE_ID)
        home = Path(launch.environment["CODEX_HOME"])
        given = {"program": codex_path(), "version": "0.169.0", "environment": launch.environment}
        where = target(home, bench.cwd, uses_endpoint=True, **given)
        draft = CODEX.draft(HISTORY, where)
        placed = asyncio.run(CODEX.place(draft, where))
        assert draft.lost == ()
        assert placed.path.read_bytes() == draft.content
        assert native_id(bench.ask(launch, "please go on")) == NATIVE_ID
        assert sent(server.requests[-1].body) == expected()
        again = (*launch.command[:1], "exec", *launch.command[2:], "resume", "--skip-git-repo-check", NATIVE_ID, "more")
        subprocess.run(
            again,
            cwd=bench.cwd,
            env=dict(launch.environment),
            stdin=subprocess.DEVNULL,
            check=True,
            capture_output=True,
        )
        assert sent(server.requests[-1].body)[: len(expected())] == expected()
        texts = server.conversation[-1].user_texts
        assert texts.count("please go on") == texts.count("more") == 1
        (file,) = CODEX.find(home)
        messages, items, aside = conversation(CODEX, file)
        assert comparable(items[: len(HISTORY)], free_text=True) == comparable(HISTORY, free_text=True)
        assert [one.text for one in items[len(HISTORY) :] if isinstance(one, Said)] == [
            "please go on",
            "I go on.",
            "more",
            "I go on.",
        ]
        assert not aside
        assert sum(message.usage is not None for message in messages) == 2
        with pytest.raises(MigrationFailed, match="changed"):
            asyncio.run(CODEX.remove(placed, where))
        assert placed.path.exists()


@pytest.mark.cli
@pytest.mark.parametrize("model", ["scripted-model", "gpt-6.1-sol"])
def test_what_codex_wrote_is_read_whole(tmp_path: Path, model: str) -> None:
    picture = tmp_path / "dot.png"
    picture.write_bytes(DOT.data)
    at_work = Script(
        [
            [Think("I wonder"), Say("I look."), RunShell("echo é"), RunShell("exit 3"), Tokens(100, 40, 20, 5)],
            [WriteFile(str(tmp_path / "work" / "made.txt"), "a line\n"), Tokens(200, 150, 10)],
            [Say("It is done."), Tokens(300, 0, 30)],
        ]
    )
    with ScriptedServer(at_work) as server:
        bench = Bench(tmp_path, server.url, codex_path(), model=model)
        launch = bench.launch(Permissions.ALL)
        session = native_id(bench.ask(launch, "the first task", images=[Image(picture, "image/png")]))
        server.script = Script([Say("Nothing more.")])
        bench.ask(bench.launch(Permissions.ALL, resume=session), "the second task")
    (file,) = CODEX.find(Path(launch.environment["CODEX_HOME"]))
    assert file.native_id == session
    read = list(CODEX.read(file))
    messages, items, aside = conversation(CODEX, file)
    assert not aside
    about = [one for one in read if isinstance(one, About)]
    assert (about[0].cwd, about[0].version, about[-1].model) == (str(bench.cwd), "0.169.0", model)
    assert [(one.role, one.text) for one in items if isinstance(one, Said)] == [
        ("user", "the first task"),
        ("assistant", "I look."),
        ("assistant", "It is done."),
        ("user", "the second task"),
        ("assistant", "Nothing more."),
    ]
    assert isinstance(items[0], Said)
    assert items[0].images == (DOT,)
    calls = [one for one in items if isinstance(one, Called)]
    assert [one.joins for one in calls] == [True, True, False]
    assert "é" in calls[0].result.output
    assert {one.call.kind for one in calls[:2]} == {ToolKind.SHELL}
    if model == "scripted-model":
        assert [one.result.ok for one in calls] == [True, False, True]
    else:
        changes = [part for message in messages for part in message.parts if isinstance(part, FileChangePart)]
        assert changes == [FileChangePart("made.txt", "added", calls[2].call.call_id)]
    assert [message.usage for message in messages if message.usage] == [
        Usage(model, 60, 40, 0, 20, 5),
        Usage(model, 50, 150, 0, 10),
        Usage(model, 300, 0, 0, 30),
        Usage(model, 60, 40, 0, 10),
    ]
    (thought,) = [part for message in messages for part in message.parts if isinstance(part, ReasoningPart)]
    assert (thought.text, thought.origin) == ("I wonder", "codex")


@settings(max_examples=80, deadline=None)
@given(histories())
def test_what_is_written_is_read_as_it_was(items: list[Item]) -> None:
    draft = deterministic(CODEX, items, target(Path("/home"), Path("/work")))
    with rollout(draft.content) as file:
        _, found, aside = conversation(CODEX, file)
    assert not aside
    assert comparable(found, free_text=True) == comparable(items, free_text=True)
    assert joined(found) == [
        place > 0 and _joins(items[place - 1], one) for place, one in enumerate(items) if isinstance(one, Called)
    ]


def _joins(before: Item, call: Called) -> bool:
    """Codex has no border between a text and a call that follows it."""
    return call.joins if isinstance(before, Called) else before.role == "assistant"


def test_pictures_in_answers_are_named_as_lost() -> None:
    draft = CODEX.draft([Said("assistant", "see", images=(DOT, DOT))], target(Path("/home"), Path("/work")))
    assert draft.lost == ("2 pictures in answers",)


def test_a_session_is_placed_once_and_removed_as_it_was_placed(tmp_path: Path) -> None:
    where = target(tmp_path, tmp_path)
    placed = asyncio.run(CODEX.place(CODEX.draft(HISTORY, where), where))
    with pytest.raises(MigrationFailed, match="there is a session"):
        asyncio.run(CODEX.place(CODEX.draft([], target(tmp_path, tmp_path, at=AT.replace(year=2027))), where))
    asyncio.run(CODEX.remove(placed, where))
    assert list(CODEX.find(tmp_path)) == []
    with pytest.raises(MigrationFailed):
        asyncio.run(CODEX.remove(placed, where))


def test_sessions_are_found_newest_first_also_archived_ones(tmp_path: Path) -> None:
    assert list(CODEX.find(tmp_path / "missing")) == []
    names = ["sessions/2026/01/01", "archived_sessions", "elsewhere"]
    for age, (folder, end) in enumerate(zip(names, "abc", strict=True)):
        path = tmp_path / folder / f"rollout-2026-01-01T00-00-00-01a20bbe-f687-4111-9696-12de4a6be02{end}.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
        os.utime(path, (1_000_000_000 - age, 1_000_000_000 - age))
    (tmp_path / "sessions" / "rollout-notes.jsonl").write_bytes(b"")
    assert [file.native_id[-1] for file in CODEX.find(tmp_path)] == ["a", "b"]


def test_what_codex_puts_beside_the_words_of_a_person_is_not_theirs() -> None:
    told = {"internal_chat_message_metadata_passthrough": {"content_item_kinds": ["skills.instructions"]}}
    read = reading(
        said("developer", "<permissions instructions>"),
        said("user", "<environment_context>\n<cwd>/</cwd>\n</environment_context>"),
        said("user", "# AGENTS.md instructions for /repo\n\n<INSTRUCTIONS>\nbe kind\n</INSTRUCTIONS>"),
        said("user", "any words", **told),
        said("user", "my own words"),
    )
    assert items_of(read) == [Said("user", "my own words", messages_of(read)[0].at)]
    assert not [one for one in read if isinstance(one, SetAside)]


def test_a_rollback_leaves_a_dead_end_and_the_session_goes_on_before_it() -> None:
    read = reading(
        said("user", "one"),
        said("assistant", "1"),
        said("user", "two"),
        said("assistant", "2"),
        event("thread_rolled_back", num_turns=1),
        said("user", "three"),
    )
    assert [one.text for one in items_of(read) if isinstance(one, Said)] == ["one", "1", "three"]
    assert len(messages_of(read)) == 5


def test_from_a_compaction_on_the_summary_stands_for_what_was_before() -> None:
    kept = [said("user", "kept")["payload"], said("user", "the summary")["payload"]]
    line = {"type": "compacted", "payload": {"message": "the summary", "replacement_history": kept}}
    read = reading(said("user", "one"), line, said("user", "two"))
    assert CompactionPart("kept\n\nthe summary") in messages_of(read)[1].parts
    secret = {"type": "compacted", "payload": {"message": "", "replacement_history": [
        {"type": "compaction", "encrypted_content": "x"}]}}  # fmt: skip
    read = reading(said("user", "one"), secret, said("user", "two"))
    assert [one.text for one in items_of(read) if isinstance(one, Said)] == ["one", "two"]
    assert [one.place for one in read if isinstance(one, SetAside)] == ["2"]


def test_each_model_call_is_counted_once_in_old_and_new_files() -> None:
    usage = {"input_tokens": 10, "cached_input_tokens": 4, "cache_write_input_tokens": 1, "output_tokens": 3}
    count = event("token_count", info={"total_token_usage": usage, "last_token_usage": usage})
    record = {"type": "token_usage_record", "payload": {"response_id": "r", "usage": usage}}
    call = item("function_call", name="shell", arguments="{}", call_id="c")
    output = item("function_call_output", call_id="c", output="Exit code: 1\nOutput:\nno")
    for lines in ([call, output, count, count], [call, record, output, count, record]):
        read = reading(*lines)
        assert [message.usage for message in messages_of(read) if message.usage] == [Usage("", 5, 4, 1, 3)]
        (called,) = items_of(read)
        assert isinstance(called, Called)
        assert not called.result.ok


def test_calls_of_the_vendors_own_tools_and_calls_without_a_result_are_read() -> None:
    read = reading(
        item("web_search_call", id="ws_1", status="completed", action={"type": "search", "query": "x"}),
        item("image_generation_call", id="ig_1", status="completed", result=data_url(DOT).partition(",")[2]),
        item("local_shell_call", call_id="l", status="completed", action={"type": "exec", "command": ["ls"]}),
        item("function_call", name="read", namespace="mcp__files__", arguments="{not json", call_id="m"),
    )
    found = [one for one in items_of(read) if isinstance(one, Called)]
    assert [(one.call.name, one.call.kind) for one in found] == [
        ("web_search", ToolKind.WEB),
        ("image_generation", ToolKind.OTHER),
        ("local_shell", ToolKind.SHELL),
        ("mcp__files__read", ToolKind.MCP),
    ]
    assert [one.result.output for one in found] == ["", "", INTERRUPTED, INTERRUPTED]
    assert found[1].result.images == (DOT,)
    assert found[3].call.arguments == '"{not json"'


def test_a_sub_agent_names_its_session_and_messages_between_agents_stand_beside() -> None:
    source = {"subagent": {"thread_spawn": {"parent_thread_id": "parent", "depth": 1}}}
    meta = {"type": "session_meta", "payload": {"id": "x", "cwd": "/w", "source": source, "git": {"branch": "main"}}}
    fork = {"type": "session_meta", "payload": {"id": "other", "cwd": "/elsewhere"}}
    told = item(
        "agent_message", author="/root/helper", recipient="/root", content=[{"type": "input_text", "text": "!"}]
    )
    read = reading(meta, fork, said("user", "task"), told, said("assistant", "done"))
    (about,) = [one for one in read if isinstance(one, About)]
    assert (about.native_id, about.parent, about.cwd, about.branch) == (NATIVE_ID, "parent", "/w", "main")
    assert [message.chain for message in messages_of(read)] == ["", "/root/helper", ""]
    assert len(items_of(read)) == 2


def test_texts_that_stand_in_lines_for_the_interface_alone_are_read_from_them() -> None:
    read = reading(event("user_message", message="one"), event("agent_message", message="two"))
    assert [one.text for one in items_of(read) if isinstance(one, Said)] == ["one", "two"]
    read = reading(event("user_message", message="one"), said("user", "one"))
    assert len(items_of(read)) == 1


def test_the_name_that_a_person_gave_is_the_title() -> None:
    with rollout(said("user", "one")) as file:
        names = [{"id": NATIVE_ID, "thread_name": name} for name in ("first", "last")]
        lines = [*names, {"id": "other", "thread_name": "no"}]
        index = file.path.parents[2] / "session_index.jsonl"
        index.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        about = [one for one in CODEX.read(file) if isinstance(one, About)]
    assert [one.title for one in about] == ["last"]


def test_ids_are_the_same_after_more_was_written() -> None:
    lines = [said("user", "one", id="msg_1"), said("assistant", "a", id="msg_1"), said("assistant", "b")]
    first = [message.id for message in messages_of(reading(*lines))]
    assert [message.id for message in messages_of(reading(*lines, said("user", "more")))][:3] == first


def test_what_is_not_understood_is_set_aside_with_its_place_and_its_reason() -> None:
    read = reading(
        {"type": "news", "payload": {}},
        item("telepathy"),
        item("message", role="user", content=[{"type": "tool_use", "id": "x"}]),
        item("message", role="ghost", content=[]),
        item("message", role="user", content=[{"type": "input_image", "image_url": "https://example.com/a.png"}]),
        {"type": "response_item", "payload": None},
        b"[1]\n",
        b"\xff\n",
        b'{"type": "event_',
    )
    aside = [one for one in read if isinstance(one, SetAside)]
    assert [one.place for one in aside] == [str(number) for number in range(1, 10)]
    assert all(one.reason and one.raw for one in aside)


@pytest.fixture(scope="module")
def whole() -> list[Json]:
    """A file with lines of every kind that is read."""
    draft = CODEX.draft(HISTORY[:5], target(Path("/home"), Path("/work")))
    usage = {"input_tokens": 10, "output_tokens": 3}
    changes = {"/work/a": {"type": "update", "move_path": "b"}, "/c": {"type": "add"}}
    return [
        *(json.loads(line) for line in draft.content.splitlines()),
        {"type": "turn_context", "payload": {"cwd": "/work", "model": "m"}},
        item("reasoning", id="rs", summary=[{"type": "summary_text", "text": "hm"}], encrypted_content="x"),
        said("assistant", "words", id="msg_1"),
        {"type": "token_usage_record", "payload": {"response_id": "r", "usage": usage}},
        event("item_completed", item={"type": "FileChange", "id": "c", "changes": changes, "status": "completed"}),
        item("custom_tool_call_output", call_id="c", output=[{"type": "input_text", "text": "Exit code: 0"}]),
        event("token_count", info={"total_token_usage": usage, "last_token_usage": usage}),
        event("thread_rolled_back", num_turns=1),
        {"type": "compacted", "payload": {"message": "sum", "replacement_history": [said("user", "x")["payload"]]}},
        said("user", "more"),
    ]


_odd = st.sampled_from([None, True, -1, 2**80, 1e308, "", "x" * 50, [], [[1]], {}, {"type": "message"}, {"text": 3}])


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_change_of_a_file_breaks_the_reading_or_makes_a_line_vanish(data: st.DataObject, whole: list[Json]) -> None:
    lines = json.loads(json.dumps(whole))
    for _ in range(data.draw(st.integers(0, 4))):
        _swap(data, lines[data.draw(st.integers(0, len(lines) - 1))])
    raw = bytearray(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=4)):
        raw[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(0, len(raw))) :]
    with rollout(bytes(raw)) as file:
        messages, _, aside = conversation(CODEX, file)
    places = {one.place for one in aside}
    texts = [part.text for message in messages for part in message.parts if isinstance(part, TextPart)]
    for number, line in enumerate(bytes(raw).split(b"\n"), 1):
        if line.strip() and str(number) not in places:
            _is_accounted_for(json.loads(line), texts)


def _swap(data: st.DataObject, value: Json | list[Any]) -> None:
    """Put a value of another type somewhere below ``value``, or take a key away."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = data.draw(st.sampled_from(keys))
    inner: Any = value[key]  # type: ignore[index]
    if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
        _swap(data, inner)
    elif data.draw(st.booleans()):
        value[key] = copy.deepcopy(data.draw(_odd))  # type: ignore[index]
    else:
        del value[key]  # type: ignore[arg-type]


def _is_accounted_for(line: Json, texts: list[str]) -> None:
    """A line that was not set aside is of a known type; if it says a text, that was read."""
    known = {"session_meta", "turn_context", "response_item", "event_msg", "compacted", "token_usage_record"}
    assert line["type"] in known
    payload = line["payload"]
    if line["type"] == "response_item" and payload["type"] == "message" and payload["role"] == "assistant":
        contents = payload["content"]
        for text in [contents] if isinstance(contents, str) else [content["text"] for content in contents]:
            assert text in texts


def test_a_long_file_passes_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "sessions" / f"rollout-x-{NATIVE_ID}.jsonl"
    path.parent.mkdir()
    call = json.dumps(item("function_call", name="shell", arguments="{}", call_id="c")).encode() + b"\n"
    output = json.dumps(item("function_call_output", call_id="c", output="x" * 100_000)).encode() + b"\n"
    with path.open("wb") as file:
        for _ in range(400):
            file.write(call + output)
    (found,) = CODEX.find(tmp_path)
    tracemalloc.start()
    try:
        count = sum(isinstance(one, Message) for one in CODEX.read(found))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 800
    assert peak < 12_000_000 < found.size


@pytest.mark.parametrize(
    ("config", "provider"),
    [
        (None, "openai"),
        ('model_provider = "azure"\n', "azure"),
        ("model_provider = 7\n", "openai"),
        ("this is no TOML", "openai"),
    ],
)
def test_a_written_session_names_the_provider_that_codex_is_configured_with(
    tmp_path: Path, config: str | None, provider: str
) -> None:
    if config is not None:
        (tmp_path / "config.toml").write_text(config)
    first = CODEX.draft(HISTORY, target(tmp_path, tmp_path)).content.splitlines()[0]
    assert json.loads(first)["payload"]["model_provider"] == provider
