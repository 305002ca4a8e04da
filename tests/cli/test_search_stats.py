"""`minga sessions search` and `stats`, as a person types them."""

import csv
import json

import pytest
from program import Program

PROOF = "valida el RUT 76.086.428-5"


@pytest.fixture
def worked(minga: Program) -> Program:
    assert minga.run("run", "-q", PROOF).code == 0
    return minga


def test_what_was_asked_is_found_with_its_session(worked: Program) -> None:
    done = worked.run("sessions", "search", "VALÍDA", "rut", "--json")
    [asked] = [one for one in done.lines() if one["role"] == "person"]
    assert done.code == 0
    assert asked["session_id"] == worked.sessions()[0]["id"]
    assert (asked["agent"], asked["excerpt"]) == ("builtin", PROOF)
    begin, end = asked["marks"][0]
    assert asked["excerpt"][begin:end] == "valida"


@pytest.mark.parametrize("words", ["nothing-of-it", '"rut valida"', "AND", "("])
def test_without_a_hit_the_exit_code_is_one(worked: Program, words: str) -> None:
    assert worked.run("sessions", "search", "--", words).code == 1


def test_bounds_alone_list_what_was_asked(worked: Program) -> None:
    for bounds in (("--agent", "builtin"), ("--project", str(worked.work)), ("--since", "7d"), ("--max-cost-usd", "1")):
        assert PROOF in worked.run("sessions", "search", *bounds).out, bounds
    for bounds in (("--agent", "codex"), ("--project", "/nowhere"), ("--until", "2020-01-01"), ("--file", "a.py")):
        assert worked.run("sessions", "search", *bounds).code == 1, bounds


def test_a_search_for_nothing_and_a_wrong_date_are_refused(minga: Program) -> None:
    minga.run("sessions", "search").refused(2)
    minga.run("sessions", "search", "x", "--since", "yesterday").refused(2, "yesterday")
    minga.run("sessions", "stats", "--until", "soon").refused(2, "soon")


def test_a_deleted_session_is_not_found_again(worked: Program) -> None:
    [session] = worked.sessions()
    assert worked.run("sessions", "search", "rut").code == 0
    assert worked.run("sessions", "delete", session["id"], "--yes").code == 0
    assert worked.run("sessions", "search", "rut").code == 1


def test_the_three_forms_of_the_statistics_say_the_same(worked: Program) -> None:
    [group] = json.loads(worked.run("sessions", "stats", "--by", "agent", "--format", "json").out)
    [row] = csv.DictReader(worked.run("sessions", "stats", "--by", "agent", "--format", "csv").out.splitlines())
    assert (group["agent"], group["sessions"], group["turns"], group["cost_micro_usd"]) == ("builtin", 1, 1, 0)
    assert {name: str(value) for name, value in group.items() if isinstance(value, int)}.items() <= row.items()
    table = worked.run("sessions", "stats", "--by", "agent").out
    assert "builtin" in table
    assert "$0.0000" in table
