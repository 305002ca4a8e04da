"""`minga sessions search` and `stats`, as a person types them."""

import csv
import json
from pathlib import Path

import pytest
from program import Program

UUID = "33333333-3333-4333-8333-333333333333"
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


@pytest.mark.parametrize("usd", ["nan", "inf", "-1", "1e300"])
@pytest.mark.parametrize("option", ["--min-cost-usd", "--max-cost-usd"])
def test_what_is_no_amount_of_money_is_refused(minga: Program, option: str, usd: str) -> None:
    minga.run("sessions", "search", "ley", option, usd).refused(2, option)
    minga.run("virtual-keys", "add", "ci", "--budget-usd", usd).refused(2, "--budget-usd")


def test_an_agent_that_nobody_knows_is_refused_with_the_nearest_name(worked: Program) -> None:
    worked.run("sessions", "search", "rut", "--agent", "nope").refused(2, "nope")
    worked.run("sessions", "search", "--agent", "claud").refused(2, "claude")
    assert worked.run("sessions", "search", "rut", "--agent", "claude").code == 1


def test_an_agent_that_only_the_store_knows_can_be_searched(minga: Program) -> None:
    minga.add_agent()
    assert minga.run("run", "-q", "--agent", "plain", "valida el RUT").code == 0
    (minga.root / "config" / "agents" / "plain.toml").unlink()
    assert minga.run("sessions", "search", "rut", "--agent", "plain").code == 0
    assert minga.run("sessions", "search", "nothing-of-it", "--agent", "plain").code == 1


def test_a_deleted_session_is_not_found_again(worked: Program) -> None:
    [session] = worked.sessions()
    assert worked.run("sessions", "search", "rut").code == 0
    assert worked.run("sessions", "delete", session["id"], "--yes").code == 0
    assert worked.run("sessions", "search", "rut").code == 1


def test_if_more_fit_than_are_compared_it_is_said_in_the_persons_language(minga: Program) -> None:
    file = Path(minga.environment["HOME"]) / ".claude" / "projects" / "-work" / f"{UUID}.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("".join(_claude_line(number) for number in range(301)))
    assert minga.run("sessions", "import", "--all").code == 0
    done = minga.run("sessions", "search", "despliegue", "--json")
    assert len(done.lines()) == 20
    assert "More than 300 messages fit" in done.err
    spanish = minga.run("sessions", "search", "despliegue", env={"LANG": "es_CL.UTF-8"})
    assert "Coinciden más de 300 mensajes" in spanish.err
    whole = minga.run("sessions", "search", "despliegue", "--limit", "400")
    assert (len(whole.out.splitlines()), whole.err) == (301, "")


def _claude_line(number: int) -> str:
    line = {
        "type": "user",
        "uuid": f"{number:08}-0000-4000-8000-000000000000",
        "parentUuid": f"{number - 1:08}-0000-4000-8000-000000000000" if number else None,
        "sessionId": UUID,
        "cwd": "/work",
        "version": "2.1.330",
        "isSidechain": False,
        "timestamp": f"2026-11-22T12:{number // 60:02}:{number % 60:02}.000Z",
        "message": {"role": "user", "content": f"el despliegue {number}"},
    }
    return json.dumps(line) + "\n"


def test_the_three_forms_of_the_statistics_say_the_same(worked: Program) -> None:
    [group] = json.loads(worked.run("sessions", "stats", "--by", "agent", "--format", "json").out)
    [row] = csv.DictReader(worked.run("sessions", "stats", "--by", "agent", "--format", "csv").out.splitlines())
    assert (group["agent"], group["sessions"], group["turns"], group["cost_micro_usd"]) == ("builtin", 1, 1, 0)
    assert {name: str(value) for name, value in group.items() if isinstance(value, int)}.items() <= row.items()
    table = worked.run("sessions", "stats", "--by", "agent").out
    assert "builtin" in table
    assert "$0.0000" in table


def test_the_statistics_are_in_one_language(worked: Program) -> None:
    spanish = worked.run("sessions", "stats", "--by", "user", "--by", "day", env={"LANG": "es_CL.UTF-8"})
    head = " ".join(spanish.out.splitlines()[0].split())
    assert head == (
        "usuario día Sesiones Turnos Entrada En caché Escritos en caché Salida Costo Duración Espera Herramientas"
        " Errores Reemplazos Líneas"
    )
