"""`minga sessions import` and `watch` where what the CLIs have stored is damaged, half-written or strangely named."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from program import Program

ID = "33333333-3333-4333-8333-333333333333"


def claude_lines(*texts: str) -> list[str]:
    """Lines of Claude Code, in turn the person's and the assistant's."""
    return [_claude_line(number, text) for number, text in enumerate(texts)]


def _claude_line(number: int, text: str) -> str:
    role = "assistant" if number % 2 else "user"
    message: dict[str, Any] = {"role": role, "content": text}
    if role == "assistant":
        message = {**message, "id": f"msg_{number}", "model": "m", "content": [{"type": "text", "text": text}]}
    line = {
        "type": role,
        "uuid": f"{number:08}-0000-4000-8000-000000000000",
        "parentUuid": f"{number - 1:08}-0000-4000-8000-000000000000" if number else None,
        "sessionId": ID,
        "cwd": "/work",
        "version": "2.1.330",
        "isSidechain": False,
        "timestamp": f"2026-11-22T12:00:{number:02}.000Z",
        "message": message,
    }
    return json.dumps(line) + "\n"


def put(minga: Program, lines: Sequence[str], name: str | bytes = f"{ID}.jsonl") -> Path:
    folder = Path(minga.environment["HOME"]) / ".claude" / "projects" / "-work"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / os.fsdecode(name)
    path.write_text("".join(lines), "utf-8")
    return path


@pytest.fixture
def whole(minga: Program) -> Program:
    """With one session that nothing is wrong with."""
    put(minga, claude_lines("what is here", "a file"))
    return minga


def test_a_file_whose_name_is_no_utf8_comes_in_under_the_same_id_each_time(whole: Program) -> None:
    put(whole, claude_lines("with an odd name", "indeed"), b"lat\xf1n.jsonl")
    [named] = [one for one in whole.run("sessions", "import", "--json").lines() if one["native_id"] != ID]
    assert named["native_id"] == "lat\\xf1n"
    done = whole.run("sessions", "import", "--all")
    assert (done.code, done.err) == (0, "")
    assert {one["title"] for one in whole.sessions()} == {"what is here", "with an odd name"}
    assert [one["state"] for one in whole.run("sessions", "import", "--json").lines()] == ["known", "known"]


def test_a_broken_line_in_the_middle_hides_nothing_of_what_came_before_it(minga: Program) -> None:
    lines = claude_lines("one", "two", "three", "four", "five", "six")
    put(minga, [*lines[:3], lines[3][:40] + "\n", *lines[4:]])
    assert "5 new messages, 1 piece set aside" in minga.run("sessions", "import", "--all").out
    [session] = minga.sessions()
    shown = minga.run("sessions", "show", session["id"]).out
    for text in ("one", "two", "three", "five", "six"):
        assert text in shown


def test_an_empty_file_is_no_session_and_a_broken_one_is_listed_by_its_name(whole: Program) -> None:
    put(whole, [], "44444444-4444-4444-8444-444444444444.jsonl")
    put(whole, ["no json\n"], "55555555-5555-4555-8555-555555555555.jsonl")
    assert whole.run("sessions", "import", "--all").code == 0
    titles = {one["title"] for one in whole.sessions()}
    assert titles == {"what is here", "-work/55555555-5555-4555-8555-555555555555.jsonl"}
    assert whole.run("sessions", "import").err == "All of it is brought in.\n"


@pytest.mark.parametrize("content", [bytes(8192), b"overwritten" * 100])
def test_a_damaged_database_of_opencode_is_told_and_the_others_come_in(whole: Program, content: bytes) -> None:
    database = Path(whole.environment["HOME"]) / ".local/share/opencode/opencode.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(content)
    for arguments in ((), ("--all",), ("--agent", "opencode"), ("--all", "--quiet")):
        done = whole.run("sessions", "import", *arguments)
        assert done.code == 1
        assert "opencode: " in done.err
        assert "opencode.db" in done.err
        assert "No CLI has stored" not in done.err
    assert [one["title"] for one in whole.sessions()] == ["what is here"]


def test_a_backup_that_is_older_than_a_forgetting_keeps_nothing_else_from_being_brought_in(minga: Program) -> None:
    forgotten = "66666666-6666-4666-8666-666666666666"
    put(minga, claude_lines("the blue key", "noted"), f"{forgotten}.jsonl")
    assert minga.run("sessions", "import", "--all").code == 0
    name = minga.run("backup", "now").out.split()[0]
    [session] = minga.sessions()
    assert minga.run("sessions", "delete", str(session["id"]), "--yes").code == 0
    put(minga, claude_lines("the blue key", "noted"), f"{forgotten}.jsonl")
    assert minga.run("backup", "restore", name).code == 0
    put(minga, claude_lines("something new", "indeed"))
    for _ in range(2):
        done = minga.run("sessions", "import", "--all")
        assert done.code == 0, done.err
        assert "1 session not read" in done.err
        assert [one["title"] for one in minga.sessions()] == ["something new"]
    named = minga.run("sessions", "import", forgotten)
    assert (named.code, "was forgotten" in named.err) == (1, True)
