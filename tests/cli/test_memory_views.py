"""`minga memory timeline` and `graph`: what was said day by day, and the network of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from program import Program

INVOICE = "La factura de Aceros del Sur SpA, RUT 76.192.083-9, la revisa Rosa Pérez según la Ley 19.983."
SWITCH = "Decidimos usar PostgreSQL 16 en vez de MySQL."


@pytest.fixture
def knowing(minga: Program) -> Program:
    minga.environment["MINGA_MEMORY"] = "words"
    for text in (INVOICE, SWITCH):
        assert minga.run("memory", "add", text).code == 0
    return minga


def test_a_timeline_has_each_passage_under_its_day_in_order_and_says_where_it_was_cut(knowing: Program) -> None:
    done = knowing.run("memory", "timeline")
    day, *rows = done.out.splitlines()
    assert (done.code, done.err, len(rows)) == (0, "", 2)
    assert day.startswith("20")
    assert rows[1].endswith(f" note: {SWITCH}")
    found = knowing.run("memory", "search", "decidimos usar PostgreSQL", env={"MINGA_LANGUAGE": "es"})
    assert "  nota · persona  note-" in found.out
    [only] = knowing.run("memory", "timeline", "decidimos", "PostgreSQL", "--json").lines()
    assert only["text"] == SWITCH
    cut = knowing.run("memory", "timeline", "--limit", "1", env={"MINGA_LANGUAGE": "es"})
    assert cut.out.splitlines()[1:] == [rows[1].replace("note", "nota")]
    assert cut.err.startswith("Hay más antes de eso")
    nothing = knowing.run("memory", "timeline", "--until", "2020-01-01")
    assert (nothing.code, nothing.out, nothing.err) == (1, "", "Nothing known about that.\n")
    knowing.run("memory", "timeline", "--since", "soon").refused(2, "'soon' is no date")


def test_the_network_is_listed_and_written_as_a_page_or_as_dot(knowing: Program) -> None:
    nodes = knowing.run("memory", "graph", "--json").lines()
    assert {"Aceros del Sur SpA", "Ley 19983", "PostgreSQL"} <= {one["thing"]["name"] for one in nodes}
    near = {one["thing"]["name"] for one in knowing.run("memory", "graph", "--around", "aceros", "--json").lines()}
    assert "Aceros del Sur SpA" in near
    assert "PostgreSQL" not in near
    dot = knowing.run("memory", "graph", "--around", "aceros", "--dot")
    assert dot.out.startswith("digraph memory {\n")
    listed = knowing.run("memory", "graph")
    assert "law Ley 19983  (1 passage, " in listed.out
    assert knowing.run("memory", "graph", "--output", "g.html", env={"MINGA_LANGUAGE": "es"}).code == 0
    page = (knowing.work / "g.html").read_text("utf-8")
    assert '<html lang="es"' in page
    assert json.dumps("Aceros del Sur SpA") in page
    assert (knowing.work / "g.html").stat().st_mode & 0o077 == 0


def test_no_file_is_written_over_unasked_and_nothing_is_drawn_of_what_is_not_known(knowing: Program) -> None:
    (knowing.work / "g.html").write_text("mine")
    knowing.run("memory", "graph", "-o", "g.html").refused(2, "'g.html' exists already")
    assert knowing.run("memory", "graph", "-o", "g.html", "--force").code == 0
    knowing.run("memory", "graph", "-o", "no/g.html").refused(3, "its folder does not exist")
    knowing.run("memory", "graph", "--json", "--dot").refused(2, "--json excludes --output and --dot")
    for arguments in (("--around", "nobody"), ("--as-of", "2020-01-01")):
        done = knowing.run("memory", "graph", *arguments)
        assert (done.code, done.out, done.err) == (1, "", "Nothing known about that.\n")


def test_a_person_who_was_named_once_is_listed_among_many_files(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    files = [f"src/part_{number}/tax.py" for number in range(40)]
    for text in (" ".join(files[:20]), " ".join(files[20:]), "dice marcela que no"):
        assert minga.run("memory", "add", text).code == 0
    listed = minga.run("memory", "graph").out.splitlines()
    assert [one for one in listed if one.startswith("person")] == ["person Marcela  (1 passage, 0 facts, 0 beside it)"]
    assert len(listed) == 32
    assert listed[-1] == "… and 10 more"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("facts --known-by 2999-01-01", "--known-by '2999-01-01' has not come yet; leave it out"),
        ("graph --as-of 2999-01-01", "--as-of '2999-01-01' has not come yet; leave it out"),
        (
            "timeline --since 2026-03-02 --until 2026-03-01",
            "nothing lies between --since 2026-03-02 and --until 2026-03-01",
        ),
        ("search IVA --since 1d --until 2d", "nothing lies between"),
        ("forget --since 2026-03-02 --until 2026-03-01", "nothing lies between"),
    ],
    ids=["known", "graph", "timeline", "search", "forget"],
)
def test_a_time_that_has_not_come_or_runs_backwards_is_refused(minga: Program, command: str, told: str) -> None:
    minga.run("memory", *command.split()).refused(2, told)


def test_today_is_a_time_of_which_it_is_told_what_was_known(knowing: Program) -> None:
    today = f"{datetime.now().astimezone():%Y-%m-%d}"
    assert knowing.run("memory", "facts", "--known-by", today).code == 0
    assert knowing.run("memory", "graph", "--as-of", today).code == 0


def test_facts_and_things_have_spanish_names_in_spanish(minga: Program) -> None:
    minga.environment |= {"MINGA_MEMORY": "words", "MINGA_LANGUAGE": "es"}
    told = "La encargada de la bodega es Rosa Pérez, según Aceros del Sur SpA. El puerto de staging es 8069."
    assert minga.run("memory", "add", told).code == 0
    facts = minga.run("memory", "facts").out
    assert "tema bodega · a cargo · Rosa Pérez" in facts
    assert "tema staging · puerto · 8069" in facts
    assert "empresa Aceros del Sur SpA  (" in minga.run("memory", "graph").out


def test_a_day_that_is_written_is_a_day_of_ones_own_time_as_it_is_shown(minga: Program) -> None:
    now = datetime.now(UTC)
    ahead = now.hour >= 12
    minga.environment |= {"MINGA_MEMORY": "words", "TZ": "XXX-14" if ahead else "XXX+12"}
    here = f"{now + timedelta(hours=14 if ahead else -12):%Y-%m-%d}"
    assert minga.run("memory", "add", SWITCH, "--valid-from", "2026-03-01").code == 0
    assert minga.run("memory", "timeline").out.splitlines()[0] == here
    assert minga.run("memory", "timeline", "--since", here, "--until", here).code == 0
    assert "true 2026-03-01 –" in minga.run("memory", "facts").out
    elsewhere = f"{now:%Y-%m-%d}"
    assert elsewhere != here
    assert minga.run("memory", "timeline", "--since", elsewhere, "--until", elsewhere).code == 1
    assert minga.run("memory", "forget", "--since", elsewhere, "--until", elsewhere, "--yes").code == 1
    assert minga.run("memory", "forget", "--since", here, "--until", here, "--yes").code == 0
