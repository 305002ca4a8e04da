"""`minga memory export` and `import`: out into a file and in again, once and not twice, and all or nothing."""

import json
from pathlib import Path

import pytest
from program import Program

NOTE = "La base de pruebas de billing-service está en el servidor db2."
LONG = "El timeout de billing-service es 30 s.\n\nSegundo párrafo.\n- con un punto\n    y código"
RULE = "Nunca toques las migraciones."


@pytest.fixture
def knowing(minga: Program) -> Program:
    minga.environment["MINGA_MEMORY"] = "words"
    for text in (NOTE, LONG):
        assert minga.run("memory", "add", text).code == 0
    assert minga.run("memory", "rules", "add", "--everywhere", RULE).code == 0
    return minga


def other(minga: Program, folder: Path) -> Program:
    """Another Minga, that knows nothing."""
    return Program(folder, {"MINGA_MEMORY": "words"}, minga.warm)


def take_in(minga: Program, file: Path, *more: str) -> dict[str, int]:
    done = minga.run("memory", "import", str(file), "--json", *more)
    assert done.code == 0, done.err
    return dict(json.loads(done.out))


@pytest.mark.parametrize("name", ["memory.jsonl", "memory.md"])
def test_another_memory_knows_what_was_exported_and_taking_it_in_again_adds_nothing(
    knowing: Program, tmp_path: Path, name: str
) -> None:
    assert knowing.run("memory", "export", name).code == 0
    file = knowing.work / name
    assert file.stat().st_mode & 0o077 == 0
    assert take_in(knowing, file)["added"] == (0 if name.endswith("l") else 1), "Markdown does not say: everywhere"
    there = other(knowing, tmp_path / "other")
    assert take_in(there, file, "--here") == {"added": 3, "known": 0, "waiting": 0, "proposed": 0, "suspicious": 0}
    assert take_in(there, file, "--here") == {"added": 0, "known": 3, "waiting": 0, "proposed": 0, "suspicious": 0}
    [rule] = there.run("memory", "rules", "list", "--json").lines()
    assert (rule["text"], rule["state"]) == (RULE, "accepted")
    [fact] = there.run("memory", "facts", "timeout", "--json").lines()
    assert fact["value"] == "30 s"
    notes = [line for line in there.run("memory", "export", "-").lines() if line["kind"] == "note"]
    assert [one["text"] for one in notes] == [NOTE, LONG]


def test_passages_go_out_only_when_asked_and_no_file_is_written_over(knowing: Program) -> None:
    [fact] = knowing.run("memory", "facts", "timeout", "--json").lines()
    assert knowing.run("memory", "correct", fact["id"], "45").code == 0
    lines = knowing.run("memory", "export", "-").lines()
    assert [line["kind"] for line in lines] == ["minga-memory", *["note"] * 2, "correction", "rule", *["fact"] * 3]
    whole = knowing.run("memory", "export", "-", "--passages").lines()
    assert next(line["text"] for line in whole if line["kind"] == "passage") == NOTE
    assert knowing.run("memory", "export", "m.jsonl").code == 0
    knowing.run("memory", "export", "m.jsonl").refused(2, "'m.jsonl' exists already")


def standing(minga: Program) -> list[tuple[str, str, str, bool]]:
    """All facts, with when they became true, and whether they still are believed."""
    found = minga.run("memory", "facts", "--all", "--everywhere", "--json").lines()
    assert not any(one["disputed"] for one in found)
    return [(one["predicate"], one["value"], one["valid_from"], one["recorded_to"] is None) for one in found]


def corrected_by(minga: Program) -> dict[str, str]:
    """Which note takes the place of which, by what they say."""
    lines = minga.run("memory", "export", "-", "--everywhere", "--passages").lines()
    texts = {line["id"]: line.get("text") or f"{line['predicate']} {line['value']}" for line in lines if "id" in line}
    return {line["text"]: texts[line["about"]] for line in lines if line["kind"] == "correction"}


def test_corrections_of_notes_and_facts_come_in_at_once_and_once(knowing: Program, tmp_path: Path) -> None:
    [note] = [one for one in knowing.run("memory", "export", "-").lines() if one.get("text") == NOTE]
    assert knowing.run("memory", "correct", note["id"], "Está en db3.").code == 0
    for value in ("45 s", "El timeout de billing-service es 60 s."):  # each corrects what the one before put there
        [fact] = knowing.run("memory", "facts", "timeout", "--json").lines()
        assert knowing.run("memory", "correct", fact["id"], value).code == 0
    assert knowing.run("memory", "add", "--valid-from", "2026-03-01", "El puerto de staging es 5433.").code == 0
    known = standing(knowing)
    assert ("port", "5433", "2026-03-01T00:00:00Z", True) in known
    assert corrected_by(knowing) == {"Está en db3.": NOTE, "45 s": "timeout 30 s", "60 s": "timeout 45 s"}
    for name in ("memory.jsonl", "memory.md"):
        assert knowing.run("memory", "export", name).code == 0
        lines = (knowing.work / name).read_text().splitlines(keepends=True)
        there = other(knowing, tmp_path / name)
        order = [lines[0], *reversed(lines[1:])] if name.endswith("l") else lines
        (there.work / "mixed").write_text("".join(order))
        assert take_in(there, there.work / "mixed", "--here") == {
            "added": 7,
            "known": 0,
            "waiting": 0,
            "proposed": 0,
            "suspicious": 0,
        }
        assert standing(there) == known
        assert corrected_by(there) == corrected_by(knowing)
        assert take_in(there, there.work / "mixed", "--here") == {
            "added": 0,
            "known": 7,
            "waiting": 0,
            "proposed": 0,
            "suspicious": 0,
        }


def test_a_correction_of_what_comes_later_counts_then(knowing: Program, tmp_path: Path) -> None:
    [fact] = knowing.run("memory", "facts", "timeout", "--json").lines()
    assert knowing.run("memory", "correct", fact["id"], "45 s").code == 0
    lines = knowing.run("memory", "export", "-").out.splitlines(keepends=True)
    there = other(knowing, tmp_path / "other")
    there.environment["MINGA_LANGUAGE"] = "es"
    (there.work / "first").write_text(lines[0] + "".join(one for one in lines if '"correction"' in one))
    done = there.run("memory", "import", "first")
    assert (done.code, done.out) == (0, "Recibido: 1; ya sabido: 0.\n")
    assert done.err == "1 corrección es sobre algo que aquí aún no se sabe; vale desde que se sepa.\n"
    (there.work / "then").write_text("".join(lines))
    take_in(there, there.work / "then")
    assert standing(there) == standing(knowing)


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (b'{"kind":"minga-memory","version":2}\n', ["line 1: it was made by a newer Minga"]),
        (b'{"kind":"note","text":"a","project":""}\n', ["line 1: it does not begin as an export"]),
        (
            b'{"kind":"minga-memory","version":1}\n{"kind":"note","text":"good","project":""}\n{"kind":"note"}\n'
            b'{"kind":"note","text":" ","project":""}\n{"kind":"rule"\n',
            ["line 3: it is no note", "line 4: it says nothing", "line 5: it is no note"],
        ),
        (b"# Team\n\n- good\nstray\n", ["line 4: it is neither a heading nor a point of a list"]),
        (b"- good\n\n- \xff\n", ["line 3: it is no text in UTF-8"]),
    ],
    ids=["newer", "headless", "broken", "stray", "binary"],
)
def test_bad_lines_are_named_and_nothing_is_taken_in(minga: Program, content: bytes, faults: list[str]) -> None:
    (minga.work / "in").write_bytes(content)
    minga.run("memory", "import", "in").refused(2, "in: ", *faults)
    assert minga.run("memory", "export", "-").out == '{"kind":"minga-memory","version":1}\n'


def test_a_file_that_is_not_there_is_told(minga: Program) -> None:
    minga.run("memory", "import", "nowhere.md").refused(2, "'nowhere.md' cannot be read")


def test_a_folder_that_is_not_there_is_said_with_what_this_verb_can_do(minga: Program) -> None:
    refused = minga.run("memory", "export", "nowhere/m.jsonl")
    assert refused.code == 3
    assert "its folder does not exist" in refused.err
    assert "choose another place" in refused.err
    assert "--output" not in refused.err


def test_what_was_imported_is_taken_in_when_the_import_ends_so_that_no_run_waits_for_it(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    (minga.work / "many.md").write_text(
        "".join(f"- La máquina {number} está en la sala {number}.\n" for number in range(30))
    )
    assert minga.run("memory", "import", "many.md").code == 0
    assert "✓ All sessions are taken in" in minga.run("memory", "doctor").out


def test_a_box_that_an_older_version_took_in_is_known(minga: Program, tmp_path: Path) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    assert minga.run("memory", "add", "[ ] Pedir el CAF de guías.").code == 0
    listed = tmp_path / "list.md"
    listed.write_text("- [x] Pedir el CAF de guías.\n")
    assert take_in(minga, listed)["added"] == 0
