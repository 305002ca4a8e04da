"""`minga specialists` and `minga run --as`, as a person types them."""

import json
from pathlib import Path

import pytest
from program import Program

BAD = '+++\ntitle = "T"\npurpose = "P"\nchecks = ["rutt"]\n+++\nx\n'


def own(minga: Program) -> Path:
    folder = minga.root / "config" / "specialists"
    folder.mkdir(exist_ok=True)
    return folder


def test_those_of_minga_are_listed_with_their_limits(minga: Program) -> None:
    told = minga.run("specialists", "list")
    assert told.code == 0, told.err
    assert [line.split("  ")[0] for line in told.out.splitlines() if not line.startswith(" ")] == [
        "dte",
        "law",
        "odoo",
        "reviewer",
        "tester",
    ]
    assert "permissions read-only; no tools of the kinds edit, shell, web, mcp; at most $2.00" in told.out
    law = minga.run("specialists", "show", "law", env={"MINGA_LANGUAGE": "es"}).out
    assert "debe pasar sources\n    de Minga\n\n" in law
    assert "Ley 19.983" in law
    [first, *_] = minga.run("specialists", "list", "--json").lines()
    assert (first["name"], first["checks"], first["budget_micro_usd"]) == ("dte", ["dte"], 2_000_000)


def test_a_new_one_is_written_once_checked_and_shown_in_the_place_of_another(minga: Program) -> None:
    path = minga.root / "config" / "specialists" / "reviewer.md"
    assert minga.run("specialists", "new", "reviewer").out == f"{path}\n"
    minga.run("specialists", "new", "reviewer").refused(2, "exists already")
    told = minga.run("specialists", "new", "law")
    assert told.out == f"{path.with_name('law.md')}\n"
    assert "takes the place of that from Minga: its rules, limits and checks (sources) count no more" in told.err
    told = minga.run("specialists", "new", "dte", "--project", env={"MINGA_LANGUAGE": "es"})
    assert "Ocupa el lugar del de Minga: cuenta su texto" in told.err
    minga.run("specialists", "new", "No Name").refused(2, "is no name")
    assert minga.run("specialists", "check", str(path)).code == 0
    assert f"from {path}, instead of that from Minga" in minga.run("specialists", "show", "reviewer").out
    assert minga.run("specialists", "new", "here", "--project").code == 0
    assert (minga.work / ".minga" / "specialists" / "here.md").exists()


def test_a_wrong_file_is_told_with_its_line_and_hides_no_other(minga: Program) -> None:
    path = own(minga) / "dte.md"
    path.write_text(BAD)
    told = minga.run("specialists", "list")
    assert (told.code, "law" in told.out, "\ndte " in told.out) == (1, True, False)
    assert "line 4: checks names 'rutt', which is none (did you mean 'rut'?)" in told.err
    for verb in (("specialists", "check", str(path)), ("specialists", "show", "dte"), ("run", "--as", "dte", "x")):
        minga.run(*verb).refused(2, "line 4")
    spanish = minga.run("specialists", "check", str(path), env={"MINGA_LANGUAGE": "es"})
    assert "línea 4: checks nombra 'rutt', que no existe (¿quisiste decir 'rut'?)" in spanish.err


def test_a_run_as_a_specialist_is_narrower_and_says_so(minga: Program) -> None:
    minga.add_agent()
    told = minga.run("run", "--agent", "plain", "--as", "reviewer", "--permissions", "all", "--json", "say hello")
    lines = told.lines()
    [chosen] = [line["event"] for line in lines if line["kind"] == "specialist-chosen"]
    assert (chosen["name"], chosen["permissions"], chosen["source"]) == ("reviewer", "read-only", "Minga")
    [verified] = [line["event"] for line in lines if line["kind"] == "verified"]
    assert verified["judgement"] == "not-verifiable"
    [missing] = [each for each in verified["verdict"]["checks"] if each["required"]]
    assert (missing["check"], missing["state"]) == ("references", "unproven")
    receipt = lines[-1]["receipt"]
    assert (receipt["specialist"], receipt["unproven"]) == ("reviewer", ["references"])
    quiet = minga.run("run", "--agent", "plain", "--as", "reviewer", "-q", "say hello")
    assert "not verified: the specialist's checks did not prove it: references" in quiet.err
    live = minga.run("run", "--agent", "plain", "--as", "reviewer", "say hello", env={"MINGA_LANGUAGE": "es"}).out
    assert "como reviewer: Reviewer (de Minga)" in live
    assert "sin comprobar por references" in " ".join(live.split())
    session = lines[0]["session_id"]
    assert "minga-specialist" not in minga.run("sessions", "show", session).out.split("You said")[0]


def test_what_contradicts_a_specialist_or_is_unknown_is_refused_before_anything_runs(minga: Program) -> None:
    minga.run("run", "--as", "reviewr", "x").refused(2, "Did you mean 'reviewer'?")
    minga.run("run", "--as", "", "x").refused(2, "no specialist named ''")
    minga.run("run", "--as", "dte", "--no-verify", "x").refused(2, "--no-verify excludes --as dte")
    assert not minga.store.exists()


def test_sub_agents_are_written_kept_where_changed_and_taken_away(minga: Program) -> None:
    asked = ("--for", "claude,codex", "reviewer")
    dry = minga.run("specialists", "render", *asked, "--dry-run")
    assert dry.out.count(": would be written") == 2
    assert not (minga.work / ".claude").exists()
    done = minga.run("specialists", "render", *asked)
    assert (done.code, done.out) == (0, dry.out.replace("would be written", "written"))
    assert "no means to withhold tools of the kinds edit, shell, web, mcp" in done.out
    mine = minga.work / ".claude" / "agents" / "reviewer.md"
    mine.write_text(mine.read_text() + "And mine.\n")
    again = minga.run("specialists", "render", *asked)
    assert (again.code, "changed by hand: left as it is" in again.out, ": unchanged" in again.out) == (1, True, True)
    (minga.work / ".claude" / "agents" / "other.md").write_text("of a person")
    gone = minga.run("specialists", "remove", "--for", "all")
    assert (gone.code, gone.out.count("\n"), gone.out.count(": removed")) == (1, 2, 1)
    assert sorted(path.name for path in minga.work.rglob("*") if path.is_file()) == ["other.md", "reviewer.md"]
    for unknown in ("vim", "", ","):
        minga.run("specialists", "render", "--for", unknown).refused(2, "no sub-agents that Minga knows")


def test_no_text_of_a_project_gets_into_the_persons_own_folders(minga: Program) -> None:
    folder = minga.work / ".minga" / "specialists"
    folder.mkdir(parents=True)
    (folder / "dte.md").write_text('+++\ntitle = "T"\npurpose = "P"\n+++\nTHEIRS\n')
    minga.run("specialists", "render", "--for", "claude", "--user")
    written = (minga.root / "person" / ".claude" / "agents" / "dte.md").read_text()
    assert "THEIRS" not in written
    shown = json.loads(minga.run("specialists", "show", "dte", "--json").out)
    assert (shown["rules"], shown["checks"], shown["budget_micro_usd"]) == ("THEIRS", ["dte"], 2_000_000)
    minga.run("specialists", "remove", "--for", "claude", "--user", "dte")
    assert not (minga.root / "person" / ".claude" / "agents" / "dte.md").exists()


@pytest.mark.parametrize("text", ["\x1b[31mred", "x" * 301])
def test_a_title_that_a_terminal_would_obey_is_refused(minga: Program, text: str) -> None:
    (own(minga) / "odd.md").write_text(BAD.replace('"T"', json.dumps(text)))
    minga.run("specialists", "show", "odd").refused(2, "printable line")
