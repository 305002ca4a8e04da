"""Sessions of Gemini CLI: written and resumed, read from its own files, and read in any state."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from claude_qwen_bench import CONVERSATION, Runs, about_of, conversations, crossed, head_of, messages_of, unkinded
from gemini_copilot_bench import Json, Told, check_sound, damaged, expected, normal, numbered, placed, target
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.errors import MigrationFailed
from minga.domain.events import Finished, NativeSession, ToolKind, Usage
from minga.domain.ids import NativeId
from minga.domain.transcript import (
    CompactionPart,
    FileChangePart,
    Item,
    ReasoningPart,
    Said,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.sessions.formats.fitting import fit_name
from minga.sessions.formats.format import Read, SetAside
from minga.sessions.formats.gemini import GeminiFormat
from minga.sessions.formats.gemini_files import find_files
from minga.testing import RunShell, Say, Script, ScriptedServer, Think, Tokens, WriteFile

FORMAT = GeminiFormat()
COMMANDS = (Said("user", "/help is what I typed"), Said("assistant", "so?"), Said("user", "?"), Said("user", "last"))


def name_of(name: str) -> str:
    fitting = fit_name(name)
    return fitting if fitting[0].isalpha() or fitting[0] == "_" else f"_{fitting}"[:64]


def session_file(folder: Path, *lines: Json, name: str = "session-2026-11-24T04-11-6f1f9d43.jsonl") -> Path:
    path = folder / ".gemini" / "tmp" / "work" / "chats" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (path.parent.parent / ".project_root").write_text("/home/me/work")
    return path


def read(folder: Path, *lines: Json) -> list[Read]:
    path = session_file(folder, *lines)
    return list(FORMAT.read(placed(FORMAT, path.read_bytes(), path)))


HEAD: Json = {"sessionId": "s1", "projectHash": "h", "startTime": "2026-11-24T04:11:00.000Z", "kind": "main"}


def person(key: str, text: str) -> Json:
    return {"id": key, "timestamp": "2026-11-24T04:11:01.000Z", "type": "user", "content": [{"text": text}]}


def answer(key: str, text: str, **more: object) -> Json:
    return {"id": key, "timestamp": "2026-11-24T04:11:02.000Z", "type": "gemini", "content": text, **more}


@given(conversations)
@settings(max_examples=60, deadline=None)
def test_what_was_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, items: list[Item]) -> None:
    folder = tmp_path_factory.mktemp("gemini")
    draft = FORMAT.draft(items, target(folder, Path("/home/me/work")))
    assert draft == FORMAT.draft(items, target(folder, Path("/home/me/work")))
    found = list(FORMAT.read(placed(FORMAT, draft.content, folder / draft.path)))
    assert not [one for one in found if isinstance(one, SetAside)]
    assert unkinded(crossed(found)) == normal(items, name_of)
    assert bool(draft.lost) == any(
        isinstance(item, Said) and item.role == "assistant" and item.images for item in items
    )


def test_texts_that_the_cli_takes_for_its_own_are_read_again(tmp_path: Path) -> None:
    items = [Said("user", text) for text in ("/help", "?", "<session_context> is what?", "<hook_context>")]
    draft = FORMAT.draft(items, target(tmp_path, Path("/home/me/work")))
    found = list(FORMAT.read(placed(FORMAT, draft.content, tmp_path / draft.path)))
    assert [item.text for item in crossed(found) if isinstance(item, Said)] == [item.text for item in items]


def marked(folder: Path) -> bytes:
    lines = [
        HEAD,
        {"$set": {"messages": [person("c0", "<session_context> of today")], "lastUpdated": "2026-11-24T04:11:00.000Z"}},
        person("u1", "one"),
        answer("a1", "«two»", tokens={"input": 9, "output": 1}, model="m"),
        answer(
            "a2", "", toolCalls=[{"id": "t1", "name": "glob", "args": {"a": 1}, "status": "success", "result": "r"}]
        ),
        {"$rewindTo": "a1"},
        answer("a3", "three", thoughts=[{"subject": "s", "description": "d"}]),
        {"id": "i1", "type": "info", "content": "an update"},
        {"$set": {"messages": [person("u1", "one"), answer("a3", "three"), person("u4", "four")]}},
        {"$set": {"messages": [person("z1", "summary"), answer("z2", "Got it. Thanks for the additional context!")]}},
        person("u5", "«five»"),
    ]
    return session_file(folder, *lines).read_bytes()


@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_a_damaged_file_is_read_as_far_as_it_goes(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("gemini")
    content = damaged(marked(folder), seed)
    found = list(FORMAT.read(placed(FORMAT, content, folder / "session-x.jsonl")))
    check_sound(content, found, lambda line: is_only_form(line, content))
    assert find_all(folder)


def is_only_form(line: Json, content: bytes) -> bool:
    key = line.get("id")
    return isinstance(key, str) and not {"$set", "$rewindTo"} & line.keys() and content.count(f'"{key}"'.encode()) == 1


def find_all(folder: Path) -> list[str]:
    return [file.native_id for file in FORMAT.find(folder)]


def test_patches_leave_what_was_cut_off_as_a_branch(tmp_path: Path) -> None:
    marked(tmp_path)
    (file,) = find_files(FORMAT.agent, tmp_path)
    found = list(FORMAT.read(file))
    parents = {message.id: message.parent for message in messages_of(found)}
    assert parents == {"u1": "", "a1": "u1", "a3": "u1", "u4": "a3", "z1": "u4", "u5": "z1"}
    assert head_of(found) == "u5"
    told = {message.id: message for message in messages_of(found)}
    assert [type(part) for part in told["a1"].parts] == [TextPart, ToolCallPart, ToolResultPart]
    assert told["a3"].parts == (TextPart("three"),)
    assert told["z1"].parts == (CompactionPart("summary"),)
    assert about_of(found).cwd == "/home/me/work"
    assert [item.text for item in crossed(found) if isinstance(item, Said)][1:] == ["«five»"]


def test_a_list_with_the_calls_of_an_answer_and_not_its_text_leaves_the_text_in_a_branch(tmp_path: Path) -> None:
    calls = answer("a2", "", toolCalls=[{"id": "t1", "name": "glob", "args": {}, "status": "success", "result": "r"}])
    told = answer("a1", "two", tokens={"input": 9, "output": 1})
    patch = {"$set": {"messages": [person("u1", "one"), calls, person("u3", "three")]}}
    found = read(tmp_path, HEAD, person("u1", "one"), told, calls, patch)
    messages = {message.id: message for message in messages_of(found)}
    assert {key: message.parent for key, message in messages.items()} == {"u1": "", "a1": "u1", "a2": "u1", "u3": "a2"}
    assert [type(part) for part in messages["a1"].parts] == [TextPart, ToolCallPart, ToolResultPart]
    assert [type(part) for part in messages["a2"].parts] == [ToolCallPart, ToolResultPart]
    assert head_of(found) == "u3"


def test_what_cannot_be_understood_is_set_aside_with_its_place(tmp_path: Path) -> None:
    strange = {"id": "x", "type": "hologram", "content": "beam"}
    data = {"id": "y", "type": "user", "content": [{"fileData": {"fileUri": "gs://a"}}, {"text": "look"}]}
    found = read(tmp_path, HEAD, strange, data, {"neither": 1}, {"$set": {"messages": ["no record"]}})
    aside = [(one.place, one.reason.split(":")[0]) for one in found if isinstance(one, SetAside)]
    assert aside == [
        ("2", "a message of an unknown type"),
        ("3", "a part of an unknown kind"),
        ("4", "an unknown kind of line"),
        ("5/0", "a message without an id"),
    ]


def test_what_is_set_aside_of_an_answer_with_calls_of_their_own_is_named_by_its_own_line(tmp_path: Path) -> None:
    told = {"id": "a1", "type": "gemini", "contenv": "two", "tokens": {"input": 9}}
    calls = answer("a2", "", toolCalls=[{"id": "t1", "name": "glob", "status": "success", "result": 7}])
    aside = [one for one in read(tmp_path, HEAD, told, calls) if isinstance(one, SetAside)]
    assert [(one.place, one.reason, json.loads(one.raw)) for one in aside] == [
        ("2", "no content, or one of the wrong type", told),
        ("3", "result of the wrong type", calls),
    ]


def test_of_the_files_of_one_session_that_with_the_conversation_is_found(tmp_path: Path) -> None:
    real = session_file(tmp_path, HEAD, person("u1", "hello"), answer("a1", "hi"))
    session_file(tmp_path, HEAD, person("c0", "<session_context>"), name="session-2026-11-24T05-00-6f1f9d43.jsonl")
    whole = real.with_name("session-2026-11-23T05-00-22222222.json")
    whole.write_text(
        json.dumps(HEAD | {"sessionId": "s2", "messages": [person("u1", "old"), answer("a1", "hi")]}, indent=1)
    )
    below = real.parent / "s1" / "helper-1.jsonl"
    below.parent.mkdir()
    below.write_text(
        json.dumps(HEAD | {"sessionId": "helper-1", "kind": "subagent"}) + "\n" + json.dumps(person("h", "go"))
    )
    files = {file.native_id: file for file in FORMAT.find(tmp_path)}
    assert {key: file.path for key, file in files.items()} == {"s1": real, "s2": whole, "helper-1": below}
    assert [message.id for message in messages_of(list(FORMAT.read(files[NativeId("s2")])))] == ["u1", "a1"]
    side = list(FORMAT.read(files[NativeId("helper-1")]))
    assert about_of(side).parent == "s1"
    assert [message.chain for message in messages_of(side)] == ["helper-1"]


def place(home: Path, cwd: Path) -> Path:
    to = target(home, cwd)
    return asyncio.run(FORMAT.place(FORMAT.draft(COMMANDS, to), to)).path


def test_a_session_goes_into_the_folder_that_is_registered_for_the_project(tmp_path: Path) -> None:
    gemini = tmp_path / ".gemini"
    gemini.mkdir()
    (gemini / "projects.json").write_text(json.dumps({"projects": {"/home/me/work": "work-7"}}))
    assert place(tmp_path, Path("/home/me/work")).parent == gemini / "tmp" / "work-7" / "chats"


def test_a_session_goes_into_the_folder_whose_marker_names_the_project(tmp_path: Path) -> None:
    session_file(tmp_path, HEAD)
    (tmp_path / ".gemini" / "tmp" / "work").rename(tmp_path / ".gemini" / "tmp" / "other")
    assert place(tmp_path, Path("/home/me/work")).parents[1].name == "other"


def test_for_a_new_project_a_folder_is_made_that_is_nobody_elses(tmp_path: Path) -> None:
    session_file(tmp_path, HEAD)
    folder = place(tmp_path, Path("/somewhere/else/Work")).parents[1]
    assert folder.name == "work-1"
    assert (folder / ".project_root").read_text() == "/somewhere/else/Work"


def test_a_session_is_placed_once_and_taken_away_only_unchanged(tmp_path: Path) -> None:
    to = target(tmp_path, Path("/home/me/work"))
    draft = FORMAT.draft(COMMANDS, to)
    one = asyncio.run(FORMAT.place(draft, to))
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
    """What a request tells, without what the CLI says of itself."""
    told: list[Told] = []
    for content in body["contents"]:
        role = "assistant" if content["role"] == "model" else "user"
        for part in content["parts"]:
            if "functionCall" in part:
                call = part["functionCall"]
                told.append(("call", call["id"], call["name"], json.dumps(call["args"], sort_keys=True)))
            elif "functionResponse" in part:
                response = part["functionResponse"]["response"]
                told.append(("result", part["functionResponse"]["id"], *response.values()))
            elif "inlineData" in part:
                told.append(("picture",))
            elif not part["text"].startswith("<session_context>"):
                told.append((role, part["text"]))
    return told


def talk(server: ScriptedServer) -> list[Json]:
    return [received.body for received in server.requests if "streamGenerateContent" in received.path]


@pytest.mark.cli
def test_the_cli_resumes_a_written_session_again_and_again(tmp_path: Path) -> None:
    items: Sequence[Item] = (*CONVERSATION, *COMMANDS)
    with ScriptedServer(Script(default=Say("ok"))) as server:
        runs = Runs("gemini", tmp_path, server.url)
        path, to = runs.write(FORMAT, items)
        for number in range(3):
            assert isinstance(runs.ask(f"prompt {number}", to.native_id)[-1], Finished)
        bodies = talk(server)
    history = numbered(expected(items, name_of, result_pictures=True))
    asked = [("user", "prompt 0"), ("assistant", "ok"), ("user", "prompt 1"), ("assistant", "ok"), ("user", "prompt 2")]
    assert numbered(sent(bodies[0])) == [*history, *asked[:1]]
    assert numbered(sent(bodies[-1])) == [*history, *asked]
    (file,) = [file for file in FORMAT.find(to.home) if file.native_id == to.native_id]
    assert file.path == path
    names = [(item.role, item.text) for item in crossed(list(FORMAT.read(file))) if isinstance(item, Said)]
    assert names == [(item.role, item.text) for item in items if isinstance(item, Said)] + [*asked, ("assistant", "ok")]


@pytest.mark.cli
def test_a_session_of_the_cli_itself_is_read(tmp_path: Path) -> None:
    work = [
        (Think("hm"), Say("I look."), RunShell("echo ñandú"), RunShell("false")),
        (Tokens(900, 300, 50, 20), Say("done")),
    ]
    with ScriptedServer(
        Script([*work, WriteFile(str(tmp_path / "work" / "new.txt"), "line\n"), Say("made")])
    ) as server:
        runs = Runs("gemini", tmp_path, server.url)
        first = runs.ask("first «é»")
        native_id = next(event.native_id for event in first if isinstance(event, NativeSession))
        home = runs.launch().home
        assert home is not None
        (file,) = [file for file in FORMAT.find(home) if file.native_id == native_id]
        # Otherwise the CLI empties the file of a session that was begun in this minute.
        file.path.rename(file.path.with_name("session-2026-01-01T00-00-" + file.path.name[-14:]))
        runs.ask("second", native_id)
    (file,) = [file for file in FORMAT.find(home) if file.native_id == native_id]
    found = list(FORMAT.read(file))
    assert not [one for one in found if isinstance(one, SetAside)]
    told = messages_of(found)
    assert [
        (message.role, [part.text for part in message.parts if isinstance(part, TextPart)]) for message in told
    ] == [
        ("user", ["first «é»"]),
        ("assistant", ["I look."]),
        ("assistant", ["done"]),
        ("user", ["second"]),
        ("assistant", []),
        ("assistant", ["made"]),
    ]
    assert head_of(found) == told[-1].id
    assert [message.parent for message in told] == ["", *(message.id for message in told[:-1])]
    assert any(isinstance(part, ReasoningPart) and part.text == "hm" for part in told[1].parts)
    calls = [part for part in told[1].parts if isinstance(part, ToolCallPart)]
    assert [(call.kind, json.loads(call.arguments)["command"]) for call in calls] == [
        (ToolKind.SHELL, "echo ñandú"),
        (ToolKind.SHELL, "false"),
    ]
    results = [part for part in told[1].parts if isinstance(part, ToolResultPart)]
    assert [result.call_id for result in results] == [call.call_id for call in calls]
    assert "ñandú" in results[0].output
    assert FileChangePart("new.txt", "added", told[4].parts[0].call_id) in told[4].parts  # type: ignore[union-attr]
    assert told[2].usage == Usage("scripted-model", 600, 300, 0, 50, 20)
    assert [message.usage is not None for message in told] == [False, True, True, False, True, True]
    assert about_of(found).cwd == str(runs.cwd)
    assert about_of(found).started_at is not None


@pytest.mark.cli
def test_an_older_layout_is_taken_over_by_the_cli_before_anything_is_put_beside_it(tmp_path: Path) -> None:
    runs = Runs("gemini", tmp_path, "http://127.0.0.1:9")
    home = runs.launch().home
    assert home is not None
    older = home / ".gemini" / "tmp" / hashlib.sha256(str(runs.cwd).encode()).hexdigest() / "chats"
    older.mkdir(parents=True)
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    head = HEAD | {"startTime": now, "lastUpdated": now}
    lines = [head, person("u1", "old"), answer("a1", "hi")]
    (older / "session-2026-11-24T04-11-abcdefgh.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    path, to = runs.write(FORMAT, COMMANDS)
    assert {file.native_id for file in FORMAT.find(home)} == {"s1", to.native_id}
    assert any("session-2026-11-24T04-11-abcdefgh" in file.name for file in path.parent.iterdir())
