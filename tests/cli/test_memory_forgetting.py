"""`minga memory forget` and `show` with a fact's id: what it rests on, and what else goes with that."""

import json
import os
import pty
import subprocess

import pytest
from program import Program

PORT = "El puerto de staging es 5433 y la encargada de la bodega es Ruth Soto."


@pytest.fixture
def knowing(minga: Program) -> Program:
    """The fact that it is asked to forget was corrected."""
    minga.environment["MINGA_MEMORY"] = "words"
    assert minga.run("memory", "add", PORT).code == 0
    assert minga.run("memory", "correct", fact(minga, "5433"), "5434").code == 0
    return minga


def fact(minga: Program, value: str) -> str:
    lines = minga.run("memory", "facts", "--all", "--json").lines()
    return next(str(line["id"]) for line in lines if line["value"] == value)


def refused(minga: Program, *chosen: str) -> tuple[int, list[str]]:
    """What a person is shown who then says no."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*minga.command, "memory", "forget", *chosen],
        cwd=minga.work,
        env=minga.environment,
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(slave)
        os.write(master, b"n\n")
        _, err = process.communicate(timeout=60)
    os.close(master)
    return process.returncode, err.decode().splitlines()


def test_what_a_fact_rests_on_and_what_goes_with_it_is_shown_and_only_a_yes_forgets_it(knowing: Program) -> None:
    shown = knowing.run("memory", "show", fact(knowing, "5433")[:10]).out
    assert " topic staging · port · 5433  (corrected)\n" in shown
    assert shown.rstrip().endswith(PORT)
    [passage] = knowing.run("memory", "show", fact(knowing, "5434"), "--json").lines()
    assert passage["text"] == "port of staging: 5434"
    assert knowing.run("memory", "show", passage["id"]).out.rstrip().endswith(f"\ncorrects {fact(knowing, '5433')}")
    code, lines = refused(knowing, fact(knowing, "5433"))
    first, head, *facts = lines[:5]
    assert first.endswith(PORT)
    assert head == "With them go, as they rest on nothing else:"
    assert sorted(one.split("  ")[1] for one in facts) == [
        "topic bodega · in charge · Ruth Soto",
        "topic staging · port · 5433",
        "topic staging · port · 5434",
    ]
    assert code == 2
    assert len(knowing.run("memory", "facts", "--all", "--json").lines()) == 3


def test_a_forgotten_correction_gives_way_and_a_fact_is_forgotten_with_what_it_rests_on(knowing: Program) -> None:
    assert knowing.run("memory", "forget", fact(knowing, "5434"), "--yes").code == 0
    [port] = knowing.run("memory", "facts", "staging", "--json").lines()
    assert (port["value"], port["recorded_to"]) == ("5433", None)
    done = knowing.run("memory", "forget", port["id"], "--yes", "--json")
    assert done.code == 0, done.err
    proof = json.loads(done.out)
    assert (proof["forgotten"], len(proof["facts"])) == (1, 2)
    assert port["id"] in proof["facts"]
    assert knowing.run("memory", "facts", "--all").code == 1
    knowing.run("memory", "show", port["id"]).refused(2, "has no item")


SECRET = "Sup3rS3creta!2026"


def test_a_password_is_forgotten_by_itself_wherever_it_was_typed_though_no_passage_shows_it(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    minga.run("run", "--agent", "builtin", f"La contraseña del wifi es {SECRET}", "--no-memory")
    minga.run("run", "--agent", "builtin", f"escribe un validador para {SECRET} y otras claves", "--no-memory")
    assert minga.run("memory", "add", f"La clave del router: {SECRET}").code == 0
    assert minga.run("memory", "add", f"La clave del otro router: {SECRET}x").code == 0
    assert minga.run("sessions", "search", SECRET).code == 0
    done = minga.run("memory", "forget", "--topic", SECRET, "--yes", "--json")
    assert json.loads(done.out)["forgotten"] >= 3, done.err
    assert minga.run("sessions", "search", SECRET).code == 1
    assert SECRET not in minga.run("sessions", "list").out
    notes = [line["text"] for line in minga.run("memory", "export", "-").lines() if line["kind"] == "note"]
    assert notes == ["La clave del otro router: [secret]"]


def test_the_proof_of_a_forgotten_passage_finds_a_copy_of_the_password_that_it_hides(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    minga.run("run", "--agent", "builtin", f"La contraseña del wifi es {SECRET}", "--no-memory")
    minga.run("memory", "add", f"Anota esto: La contraseña del wifi es {SECRET} y nada más")
    [one] = [line for line in minga.run("memory", "timeline", "wifi", "--json").lines() if line["kind"] == "turn"]
    assert SECRET not in one["text"]
    done = minga.run("memory", "forget", one["id"], "--yes", "--json")
    assert done.code == 1
    [(words, proof)] = json.loads(done.out)["proofs"].items()
    assert words == "La contraseña del wifi es [secret]"  # it was looked for as it was typed
    assert any(place["found"] for place in proof["places"] if place["name"] == "sessions")


def test_of_two_places_with_the_same_words_the_one_is_forgotten_that_was_chosen_and_the_other_is_shown(
    minga: Program,
) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    other = minga.root / "other"
    for folder in (minga.work, other):
        subprocess.run(["git", "init", "-q", folder], check=True)
    for folder in (minga.work, other):
        assert minga.run("memory", "add", PORT, cwd=folder).code == 0
    here, there = (
        [str(one["id"]) for one in minga.run("memory", "timeline", "--json", cwd=cwd).lines()]
        for cwd in (minga.work, other)
    )
    _, lines = refused(minga, *here)
    place = lines.index("Said in the same words here too, and kept unless you add --everywhere:")
    assert [line.split()[0] for line in lines[:place] if PORT in line] == here
    assert lines[place + 1] == f"{there[0]}  {other}"
    done = minga.run("memory", "forget", *here, "--yes", "--json")
    assert (done.code, json.loads(done.out)["forgotten"]) == (1, 1), "it still stands there"
    assert minga.run("memory", "show", *there).code == 0
    assert minga.run("memory", "add", PORT).code == 0
    done = minga.run("memory", "forget", *there, "--everywhere", "--yes", "--json")
    assert (done.code, json.loads(done.out)["forgotten"]) == (0, 2)


def test_a_correction_outlives_the_forgetting_of_another_message_and_goes_where_itself_is_chosen(
    minga: Program,
) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    minga.run("run", "--agent", "builtin", "El puerto de staging es 5433.", "--no-memory")
    [session] = minga.sessions()
    minga.run(
        "run", "--agent", "builtin", "--session", session["id"], "Zacarías gana 4711 pesos en la bodega", "--no-memory"
    )
    [wrong] = minga.run("memory", "timeline", "5433", "--json").lines()[:1]
    assert minga.run("memory", "correct", wrong["id"], "El puerto de staging es 5434, no el de Zulema.").code == 0
    assert minga.run("memory", "forget", "--topic", "Zacarías", "--yes").code == 0
    [left] = minga.run("memory", "timeline", "5433", "--json").lines()[:1]
    assert left["id"] != wrong["id"]
    assert "\ncorrected by n" in minga.run("memory", "show", left["id"]).out
    held = {line["value"]: line["recorded_to"] for line in minga.run("memory", "facts", "--all", "--json").lines()}
    assert held["5433"] is not None
    assert held["5434"] is None
    [session] = minga.sessions()
    minga.run("run", "--agent", "builtin", "--session", session["id"], "Zulema cría ovejas en Talca", "--no-memory")
    assert minga.run("memory", "forget", "--topic", "Zulema", "--yes").code == 0
    assert minga.run("memory", "timeline", "Zulema").code == 1
    assert minga.run("memory", "timeline", "5433").code == 0


def test_what_was_said_of_others_is_not_forgotten_with_a_person_and_their_name_is_looked_for_as_chosen(
    minga: Program,
) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    others = ["Rosa Soto y Juan Pérez revisan el inventario.", "Mañana viene Susana con la guía."]
    for text in ("Pérez, Rosa: debe 3 UF.", "Rosa María Pérez pidió la guía.", *others):
        assert minga.run("memory", "add", text).code == 0
    gone = minga.run("memory", "forget", "--person", "Rosa Pérez", "--yes")
    assert (gone.code, gone.out.splitlines()[0]) == (0, "Forgotten: 2 passages.")
    assert minga.run("memory", "add", "Ana firmó.").code == 0
    assert minga.run("memory", "forget", "--person", "Ana", "--yes").code == 0
    assert [one["text"] for one in minga.run("memory", "timeline", "--json").lines()] == others


def test_a_topic_that_stands_elsewhere_in_another_order_is_not_told_to_be_gone(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    assert minga.run("memory", "add", "Ximena Huenchumilla es la encargada.").code == 0
    other = minga.root / "other"
    subprocess.run(["git", "init", "--quiet", other], check=True)
    assert minga.run("memory", "add", "Ojo con Huenchumilla, Ximena.", cwd=other).code == 0
    shown = minga.run("memory", "forget", "--topic", "Ximena Huenchumilla", "--yes", cwd=other)
    assert "Forgotten: 1 passage." in shown.out
    assert shown.code == 1
    assert "found: " in shown.out


@pytest.mark.parametrize(("option", "name"), [("--topic", "C++"), ("--topic", ".NET"), ("--person", "@luis")])
def test_signs_of_a_name_count_where_it_is_chosen_by(minga: Program, option: str, name: str) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    others = ["El plan C es vender.", "La red net de la bodega.", "Luis revisa los pagos."]
    for text in (*others, f"Lo nuevo se hace con {name} desde marzo."):
        assert minga.run("memory", "add", text).code == 0
    gone = minga.run("memory", "forget", option, name, "--yes")
    assert (gone.code, gone.out.splitlines()[0]) == (0, "Forgotten: 1 passage.")
    assert [one["text"] for one in minga.run("memory", "timeline", "--json").lines()] == others


def test_a_file_whose_name_goes_on_behind_a_letter_is_not_left_of_that_topic(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    for text in ("El plan C es vender.", "Compila main.c++ primero."):
        assert minga.run("memory", "add", text).code == 0
    gone = minga.run("memory", "forget", "--topic", "C", "--yes")
    assert (gone.code, gone.out.splitlines()[0]) == (0, "Forgotten: 1 passage."), gone.out


@pytest.mark.parametrize("person", ["luis99", "@luis_99", "8.765.432-K"])
def test_what_is_no_name_is_nobody_but_as_it_is_written(minga: Program, person: str) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    for text in ("Luis revisa los pagos.", "La opción K del menú de reportes."):
        assert minga.run("memory", "add", text).code == 0
    assert minga.run("memory", "forget", "--person", person, "--yes").code == 1
    assert minga.run("memory", "add", f"Escribe a {person} por las guías.").code == 0
    gone = minga.run("memory", "forget", "--person", person, "--yes")
    assert (gone.code, gone.out.splitlines()[0]) == (0, "Forgotten: 1 passage.")
    assert len(minga.run("memory", "timeline", "--json").lines()) == 2


def test_an_address_is_a_person_as_it_is_written(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    assert minga.run("memory", "add", "Escribe a rosa.perez@acme.cl por las guías.").code == 0
    assert minga.run("memory", "forget", "--person", "rosa.perez@acme.cl", "--yes").code == 0
    assert minga.run("memory", "timeline").code == 1


def test_the_proof_of_an_item_shows_no_password_and_looks_for_it(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    password = "Camanchaca2026"
    text = f"La contraseña del wifi de la bodega norte de Quilicura es {password}"
    assert minga.run("memory", "add", text).code == 0
    [note] = minga.run("memory", "timeline", "--json").lines()
    shown = minga.run("memory", "forget", note["id"], "--yes", "--json")
    assert shown.code == 0
    assert password not in shown.out
    assert "Quilicura es [secret]" in shown.out


def test_of_two_passages_that_look_the_same_each_is_proven(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    for password in ("Camanchaca2026", "Garua2027"):
        assert minga.run("memory", "add", f"La contraseña del wifi es {password}").code == 0
    notes = [one["id"] for one in minga.run("memory", "timeline", "--json").lines()]
    shown = minga.run("memory", "forget", *notes, "--yes", "--json")
    shown_as = "La contraseña del wifi es [secret]"
    assert list(json.loads(shown.out)["proofs"]) == [shown_as, f"{shown_as} (2)"]
