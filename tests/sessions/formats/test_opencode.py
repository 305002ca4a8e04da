"""Sessions of OpenCode: what is written is what it sends and what is read; its database is never touched."""

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from codex_opencode_items import (
    AT,
    DOT,
    HISTORY,
    NATIVE_ID,
    called,
    comparable,
    conversation,
    deterministic,
    histories,
    joined,
    target,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from opencode_store import fill

from agents.acp_bench import Bench, cli_path, facts_of, native_id
from minga.domain.errors import MigrationFailed
from minga.domain.events import ToolKind, Usage
from minga.domain.ids import NativeId
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
)
from minga.sessions.formats.fitting import data_url
from minga.sessions.formats.format import About, Draft, NativeFile, SetAside
from minga.sessions.formats.opencode import DATABASE, OpenCodeFormat
from minga.sessions.formats.opencode_parts import unquoted
from minga.testing import RunShell, Say, Script, ScriptedServer, Think, Tokens, WriteFile

OPENCODE = OpenCodeFormat()
Json = dict[str, Any]


@contextmanager
def home_with(*messages: Json, **columns: object) -> Iterator[Path]:
    """A home whose database holds one session of these messages."""
    with tempfile.TemporaryDirectory() as folder:
        empty: Json = json.loads(OPENCODE.draft([], target(Path(folder), Path("/work"))).content)
        fill(Path(folder), {**empty, "messages": list(messages)}, **columns)
        yield Path(folder)


def message(key: str, role: str, *parts: Json, **fields: object) -> Json:
    """The times are those of the keys in their alphabetical order."""
    at = int.from_bytes(key.encode()[:4].ljust(4, b"\0"))
    numbered = [{"id": f"prt_{key}_{number}", **part} for number, part in enumerate(parts)]
    return {"info": {"id": key, "role": role, "time": {"created": at}, **fields}, "parts": numbered}


def text(words: str, **fields: object) -> Json:
    return {"type": "text", "text": words, **fields}


def tool(name: str, state: Json) -> Json:
    return {"type": "tool", "tool": name, "callID": f"call_{name}", "state": {"input": {}, **state}}


def reading(*messages: Json, **columns: object) -> tuple[list[Message], list[Item], list[SetAside]]:
    with home_with(*messages, **columns) as home:
        (file,) = OPENCODE.find(home)
        return conversation(OPENCODE, file)


def texts_of(items: Sequence[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, Said)]


def sent(request: Json) -> list[tuple[object, ...]]:
    """The history in a chat request, in the form of `comparable`; every call is followed by its result."""
    outputs = {one["tool_call_id"]: one["content"] for one in request["messages"] if one["role"] == "tool"}
    found: list[tuple[object, ...]] = []
    for one in request["messages"]:
        if one["role"] in ("system", "tool"):
            continue
        contents = one["content"] if isinstance(one["content"], list) else [{"type": "text", "text": one["content"]}]
        words = "\n\n".join(content["text"] for content in contents if content["type"] == "text")
        images = tuple(DOT for content in contents if content.get("image_url") == {"url": data_url(DOT)})
        if words or images:
            found.append((one["role"], words, images))
        for call in one.get("tool_calls", ()):
            function = call["function"]
            found.append((function["name"], json.loads(function["arguments"]), outputs.pop(call["id"])))
    assert not outputs
    return found


@pytest.mark.cli
def test_opencode_sends_the_whole_history_of_a_placed_session_which_can_be_removed_until_it_goes_on(
    tmp_path: Path,
) -> None:
    with ScriptedServer(Script(default=Say("I go on."))) as server:
        bench = Bench(tmp_path, facts_of("opencode"), cli_path("opencode"), server.url)
        environment = dict(bench.launch().environment)
        home = tmp_path / "homes" / "opencode"
        where = target(home, bench.cwd, program=cli_path("opencode"), version="1.18.33", environment=environment)
        draft = OPENCODE.draft(HISTORY, where)
        placed = asyncio.run(OPENCODE.place(draft, where))
        with pytest.raises(MigrationFailed, match="already"):
            asyncio.run(OPENCODE.place(draft, where))
        (file,) = OPENCODE.find(home)
        assert file.native_id == placed.native_id
        exported = b"".join(OPENCODE.raw(file))
        asyncio.run(OPENCODE.remove(placed, where))
        assert list(OPENCODE.find(home)) == []
        again = asyncio.run(OPENCODE.place(Draft("", exported), where))
        assert again.sha256 == placed.sha256
        assert native_id(bench.ask(bench.launch(resume=placed.native_id), "please go on")) == placed.native_id
        history = [(*one[:2], one[3]) if len(one) == 5 else one for one in comparable(HISTORY, free_text=False)]
        assert sent(server.requests[-1].body) == [*history, ("user", "please go on", ())]
        with pytest.raises(MigrationFailed, match="changed"):
            asyncio.run(OPENCODE.remove(placed, where))
    (file,) = OPENCODE.find(home)
    _, items, aside = conversation(OPENCODE, file)
    assert comparable(items[:-2], free_text=False) == comparable(HISTORY, free_text=False)
    assert texts_of(items[-2:]) == ["please go on", "I go on."]
    assert not aside


@pytest.mark.cli
def test_what_opencode_wrote_is_read_whole_and_its_raw_form_is_its_own_export(tmp_path: Path) -> None:
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
        bench = Bench(tmp_path, facts_of("opencode"), cli_path("opencode"), server.url)
        launch = bench.launch(Permissions.ALL)
        session = native_id(bench.ask(launch, "the first task", images=[Image(picture, "image/png")]))
        server.script = Script([Say("Nothing more.")])
        bench.ask(bench.launch(Permissions.ALL, resume=session), "the second task")
    home = tmp_path / "homes" / "opencode"
    (file,) = OPENCODE.find(home)
    before = _folder(home)
    messages, items, aside = conversation(OPENCODE, file)
    raw = json.loads(b"".join(OPENCODE.raw(file)))
    assert _folder(home) == before
    assert not aside
    (about,) = [one for one in OPENCODE.read(file) if isinstance(one, About)]
    assert (about.native_id, about.cwd, about.version, about.model) == (
        session,
        str(bench.cwd),
        "1.18.33",
        "scripted-model",
    )
    assert texts_of(items) == ["the first task", "I look.", "It is done.", "the second task", "Nothing more."]
    assert isinstance(items[0], Said)
    assert items[0].images == (DOT,)
    calls = [one for one in items if isinstance(one, Called)]
    assert [(one.call.name, one.call.kind, one.result.ok, one.joins) for one in calls] == [
        ("bash", ToolKind.SHELL, True, True),
        ("bash", ToolKind.SHELL, False, True),
        ("write", ToolKind.EDIT, True, False),
    ]
    assert calls[0].result.output == "é\n"
    parts = [part for message in messages for part in message.parts]
    assert FileChangePart("made.txt", "added", calls[2].call.call_id) in parts
    assert [(part.text, part.origin) for part in parts if isinstance(part, ReasoningPart)] == [("I wonder", "opencode")]
    assert [message.usage for message in messages if message.usage] == [
        Usage("scripted-model", 60, 40, 0, 20, 5),
        Usage("scripted-model", 50, 150, 0, 10),
        Usage("scripted-model", 300, 0, 0, 30),
        Usage("scripted-model", 60, 40, 0, 10),
    ]
    command = [cli_path("opencode"), "export", session]
    environment = dict(launch.environment)
    done = subprocess.run(command, cwd=bench.cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    assert raw == json.loads(done.stdout)


def _folder(home: Path) -> dict[str, bytes]:
    """The database and what lies beside it; of the index of its log only that it is there."""
    files = (home / DATABASE).parent.glob(f"{DATABASE.name}*")
    return {file.name: b"" if file.name.endswith("-shm") else file.read_bytes() for file in files}


@settings(max_examples=60, deadline=None)
@given(histories())
def test_what_is_written_is_read_as_it_was(items: list[Item]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        draft = deterministic(OPENCODE, items, target(Path(folder), Path("/work")))
        fill(Path(folder), json.loads(draft.content))
        (file,) = OPENCODE.find(Path(folder))
        _, found, aside = conversation(OPENCODE, file)
        assert json.loads(b"".join(OPENCODE.raw(file)))["messages"] == json.loads(draft.content)["messages"]
    assert not aside
    assert comparable(found, free_text=False) == [_kept(one) for one in comparable(items, free_text=False)]
    assert joined(found) == [
        place > 0 and one.joins and not _is_persons(items[place - 1])
        for place, one in enumerate(items)
        if isinstance(one, Called)
    ]
    failed = sum(len(one.result.images) for one in items if isinstance(one, Called) and not one.result.ok)
    assert bool(draft.lost) == bool(failed)


def _kept(one: tuple[object, ...]) -> tuple[object, ...]:
    """Without the pictures of a failed call, which have no place; a quoted prompt loses its marks."""
    if len(one) == 5:
        return (*one[:4], one[4] if one[2] else ())
    return (one[0], unquoted(str(one[1])), one[2]) if one[0] == "user" else one


def _is_persons(item: Item) -> bool:
    return isinstance(item, Said) and item.role == "user"


def test_ids_and_times_rise_and_are_older_than_what_is_said_next() -> None:
    old = AT.replace(year=2020)
    items: list[Item] = [Said("user", "late", AT), Said("assistant", "early", old), called("c", "x", {}, "out")]
    draft = json.loads(OPENCODE.draft(items, target(Path("/home"), Path("/work"))).content)
    ids = [one["info"]["id"] for one in draft["messages"]]
    times = [one["info"]["time"]["created"] for one in draft["messages"]]
    next_id = f"msg_{int(AT.timestamp() * 1000) << 12 & 0xFFFFFFFFFFFF:012x}"
    assert ids == sorted(ids)
    assert ids[-1] < next_id
    assert times == sorted(times)
    assert times[-1] <= AT.timestamp() * 1000


def test_a_home_without_a_database_holds_nothing_and_one_with_something_else_is_told(tmp_path: Path) -> None:
    assert list(OPENCODE.find(tmp_path)) == []
    path = tmp_path / DATABASE
    path.parent.mkdir(parents=True)
    path.touch()
    assert list(OPENCODE.find(tmp_path)) == []
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(OSError, match="damaged"):
        list(OPENCODE.find(tmp_path))
    file = NativeFile(OPENCODE.agent, NATIVE_ID, path, 1, 1)
    assert [type(one) for one in OPENCODE.read(file)] == [SetAside]
    path.unlink()
    with pytest.raises(FileNotFoundError):
        list(OPENCODE.read(file))


def test_sessions_are_found_newest_first_and_sub_agents_name_theirs(tmp_path: Path) -> None:
    for number in (1, 2):
        draft = json.loads(OPENCODE.draft([], target(tmp_path, tmp_path)).content)
        draft["info"]["id"] = f"ses_{number}"
        fill(tmp_path, draft, time_updated=number, parent_id="ses_1" if number == 2 else None)
    files = list(OPENCODE.find(tmp_path))
    assert [file.native_id for file in files] == ["ses_2", "ses_1"]
    (about,) = [one for one in OPENCODE.read(files[0]) if isinstance(one, About)]
    assert about.parent == "ses_1"


def test_reading_leaves_no_file_beside_the_database(tmp_path: Path) -> None:
    draft = OPENCODE.draft(HISTORY[:3], target(tmp_path, tmp_path))
    path = fill(tmp_path, json.loads(draft.content))
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
    assert sorted(file.name for file in path.parent.iterdir()) == ["opencode.db"]
    (file,) = OPENCODE.find(tmp_path)
    assert len(conversation(OPENCODE, file)[1]) == 3
    assert sorted(one.name for one in path.parent.iterdir()) == ["opencode.db"]


def test_what_stands_in_the_log_of_the_database_only_is_read_with_and_without_its_index(tmp_path: Path) -> None:
    draft = json.loads(OPENCODE.draft(HISTORY[:3], target(tmp_path, tmp_path)).content)
    path = fill(tmp_path, {**draft, "messages": []})
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA wal_autocheckpoint=0")
        data = '{"role": "user"}'
        database.execute("INSERT INTO message VALUES ('m', ?, 1, 1, ?)", (draft["info"]["id"], data))
        database.execute(
            "INSERT INTO part VALUES ('p', 'm', ?, 1, 1, ?)", (draft["info"]["id"], '{"type": "text", "text": "new"}')
        )
        database.commit()
        copy = tmp_path / "copy" / DATABASE
        copy.parent.mkdir(parents=True)
        for end in ("", "-wal"):
            Path(f"{copy}{end}").write_bytes(Path(f"{path}{end}").read_bytes())
        for home in (tmp_path, tmp_path / "copy"):
            (file,) = OPENCODE.find(home)
            assert texts_of(conversation(OPENCODE, file)[1]) == ["new"]
    assert sorted(one.name for one in copy.parent.iterdir()) == ["opencode.db", "opencode.db-wal"]


def test_what_opencode_puts_beside_the_words_of_a_person_is_not_theirs() -> None:
    _, items, aside = reading(
        message(
            "m1",
            "user",
            text('"two words"'),
            text("Called the Read tool", synthetic=True),
            {"type": "file", "mime": "text/plain", "url": "file:///a"},
            {"type": "agent", "name": "plan"},
            text("unseen", ignored=True),
        )
    )
    assert texts_of(items) == ["two words"]
    assert not aside
    assert unquoted('"said \\"so\\" twice"') == 'said "so" twice'
    assert unquoted('"one"') == '"one"'
    assert unquoted('"a" and "b c"') == '"a" and "b c"'


def test_from_a_summary_on_the_model_sees_it_and_the_messages_that_were_kept() -> None:
    used = {"tokens": {"input": 5}}
    messages, items, _ = reading(
        message("m1", "user", text("old")),
        message("m2", "assistant", text("older answer"), **used),
        message("m3", "user", text("kept")),
        message("m4", "assistant", text("kept answer"), **used),
        message("m5", "user", {"type": "compaction", "auto": True, "tail_start_id": "m3"}),
        message("m6", "assistant", text("all in short"), summary=True, finish="stop", parentID="m5"),
        message("m7", "user", text("new")),
    )
    assert CompactionPart("all in short") in [part for one in messages for part in one.parts]
    assert [words.rpartition("\n")[2] for words in texts_of(items)] == ["all in short", "kept", "kept answer", "new"]
    assert sum(one.usage.input_tokens for one in messages if one.usage) == 10


def test_what_was_reverted_is_a_dead_end() -> None:
    messages, items, _ = reading(
        message("m1", "user", text("one")),
        message("m2", "assistant", text("two")),
        message("m3", "user", text("three")),
        revert='{"messageID": "m3"}',
    )
    assert texts_of(items) == ["one", "two"]
    assert len(messages) == 3


def test_a_failed_an_interrupted_a_pruned_and_a_running_call_are_told_apart() -> None:
    ended = {"time": {"start": 1, "end": 2}}
    pruned = {"time": {"start": 1, "end": 2, "compacted": 3}}
    _, items, aside = reading(
        message(
            "m1",
            "assistant",
            tool("a", {"status": "error", "error": "no", **ended}),
            tool("b", {"status": "error", "error": "x", "metadata": {"interrupted": True, "output": "half"}, **ended}),
            tool("c", {"status": "completed", "output": "long", **pruned}),
            tool("d", {"status": "running"}),
        )
    )
    results = [(item.result.ok, item.result.output) for item in items if isinstance(item, Called)]
    assert results[:3] == [(False, "no"), (False, "half"), (True, "[Old tool result content cleared]")]
    assert not results[3][0]
    assert not aside


def test_what_is_not_understood_is_set_aside_with_its_place() -> None:
    _, items, aside = reading(
        message("m1", "ghost", text("boo")),
        message("m2", "user", {"type": "video"}, {"type": "file", "mime": "application/pdf", "url": "data:,"}),
        message("m3", "assistant", {"type": "tool", "tool": 3}, text("words")),
    )
    assert texts_of(items) == ["words"]
    assert [one.place for one in aside] == ["m1", "prt_m2_0", "prt_m2_1", "prt_m3_0"]
    assert all(one.reason and one.raw for one in aside)


_odd = st.sampled_from(["null", "3", '"x"', "[]", "{}", '{"role": []}', '{"type": {}}', "{", ""])


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_change_of_the_database_breaks_the_reading(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        path = fill(home, json.loads(OPENCODE.draft(HISTORY[:5], target(home, home)).content))
        with closing(sqlite3.connect(path)) as database, database:
            rows = st.tuples(st.sampled_from(["message", "part"]), st.integers(1, 3))
            for table, row in data.draw(st.lists(rows, max_size=3, unique=True)):
                (old,) = database.execute(f"SELECT CAST(data AS BLOB) FROM {table} WHERE rowid = ?", (row,)).fetchone()
                database.execute(f"UPDATE {table} SET data = ? WHERE rowid = ?", (_changed(data, old), row))
        raw = bytearray(path.read_bytes())
        for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=3)):
            raw[place] = data.draw(st.integers(0, 255))
        if data.draw(st.integers(0, 4)) == 0:
            del raw[data.draw(st.integers(0, len(raw))) :]
        path.write_bytes(raw)
        found: list[NativeFile] = []
        with contextlib.suppress(OSError):
            found.extend(OPENCODE.find(home))
        for file in [*found, NativeFile(OPENCODE.agent, NativeId("ses_x"), path, 0, 0)]:
            list(OPENCODE.read(file))


def _changed(data: st.DataObject, old: bytes) -> object:
    """Another value, or the old JSON with a field of another type, or with a byte changed."""
    match data.draw(st.integers(0, 2)):
        case 0:
            return data.draw(st.integers(-5, 5) | st.binary(max_size=5) | _odd)
        case 1:
            value = json.loads(old)
            value[data.draw(st.sampled_from(sorted(value)))] = data.draw(st.sampled_from([None, 3, -1, [], {}, "x"]))
            return json.dumps(value)
        case _:
            raw = bytearray(old)
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
            return bytes(raw)


def test_every_row_that_is_not_read_is_set_aside() -> None:
    good = message("m1", "user", text("one"))
    with home_with(good, message("m2", "user", text("two"))) as home:
        with closing(sqlite3.connect(home / DATABASE)) as database, database:
            database.execute("UPDATE part SET data = CAST(x'ff7b' AS TEXT) WHERE message_id = 'm2'")
            database.execute("INSERT INTO message VALUES ('m3', (SELECT id FROM session), 1, 1, 7)")
        (file,) = OPENCODE.find(home)
        messages, _, aside = conversation(OPENCODE, file)
    assert [part for one in messages for part in one.parts] == [TextPart("one")]
    assert {one.place for one in aside} == {"prt_m2_0", "m3"}
