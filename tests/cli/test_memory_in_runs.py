"""What a run was told of earlier sessions: live, explained, in the conversation as Markdown, and silent where quiet."""

import json

import pytest
from program import Program

RULE = "Respóndeme siempre en español."
NOTE = "The builtin agent validates the RUT 12.345.678-5 of the client in staging."
TASK = "validate RUT 12.345.678-5"


@pytest.fixture
def knowing(minga: Program) -> Program:
    minga.environment["MINGA_MEMORY"] = "words"
    assert minga.run("memory", "rules", "add", RULE).code == 0
    assert minga.run("memory", "add", NOTE).code == 0
    return minga


def test_a_run_says_in_one_line_that_it_remembers_and_explains_each_piece_when_asked(knowing: Program) -> None:
    explained = knowing.run("run", "--agent", "builtin", "--explain", TASK)
    assert explained.code == 0, explained.err
    assert "only words were compared, not meaning" in explained.out
    rule = next(line for line in explained.out.splitlines() if RULE in line)
    assert rule.strip().startswith("· r")
    assert "    standing rule\n" in explained.out
    assert "    passage" in explained.out
    assert "  ← 20" in explained.out
    plain = knowing.run("run", "--agent", "builtin", TASK, env={"MINGA_LANGUAGE": "es"})
    assert "  recuerda " in plain.out
    assert RULE not in plain.out


def test_a_quiet_run_says_nothing_of_it_and_the_shown_conversation_names_every_piece(knowing: Program) -> None:
    quiet = knowing.run("run", "--agent", "builtin", "--quiet", TASK)
    assert (quiet.code, quiet.err) == (0, "")
    assert "remember" not in quiet.out
    [session] = [one["id"] for one in knowing.sessions()]
    told = knowing.run("sessions", "show", session).out
    assert "*told of earlier sessions, " in told
    assert f"- {RULE} (`r" in told


def test_the_json_of_a_run_has_the_sources_and_without_memory_there_is_no_such_event(knowing: Program) -> None:
    lines = [json.loads(line) for line in knowing.run("run", "--agent", "builtin", "--json", TASK).out.splitlines()]
    [event] = [line["event"] for line in lines if line["kind"] == "remembered"]
    assert {piece["kind"] for piece in event["pieces"]} == {"rule", "passage"}
    [session] = [piece["session_id"] for piece in event["pieces"] if piece["kind"] == "passage"]
    assert session.startswith("note-")
    without = knowing.run("run", "--agent", "builtin", "--json", "--no-memory", TASK)
    assert '"remembered"' not in without.out
