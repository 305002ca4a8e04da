"""`minga memory` where something is wrong with where it keeps things, or with what it is given."""

from program import Program


def test_what_is_in_the_way_is_named_with_what_to_do_and_a_run_goes_on(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    (minga.root / "home" / "memory").write_text("mine")
    for verb in (("search", "puerto"), ("doctor",), ("forget", "--topic", "puerto", "--yes")):
        minga.run("memory", *verb).refused(4, "memory' is no directory", "Move it away")
    assert minga.run("run", "-q", "valida el RUT 76.086.428-5").code == 0
    (minga.root / "home" / "memory").unlink()
    assert minga.run("memory", "add", "La base está en el puerto 5433.").code == 0
    found = minga.run("memory", "search", "puerto")
    assert (found.code, found.err) == (0, "")  # asked for words only: that there are no vectors is no news


def test_a_span_that_ends_before_it_begins_is_refused(minga: Program) -> None:
    span = ("--since", "2026-05-02", "--until", "2026-05-01")
    for verb in (("memory", "search", "x"), ("memory", "timeline"), ("memory", "forget"), ("sessions", "search", "x")):
        minga.run(*verb, *span).refused(2, "nothing lies between --since 2026-05-02 and --until 2026-05-01")
    one_day = minga.run("memory", "timeline", "--since", "2026-05-02", "--until", "2026-05-02")
    assert (one_day.code, one_day.err) == (1, "Nothing known about that.\n")


def test_a_user_that_there_is_not_leaves_nothing_behind(minga: Program) -> None:
    assert minga.run("users", "list").code == 0
    for verb in (("memory", "search", "x"), ("memory", "stats"), ("sessions", "search", "x")):
        minga.run(*verb, env={"MINGA_USER": "nobody-here"}).refused(2, "There is no user 'nobody-here'", "users add")
    assert not list((minga.root / "home").glob("*/nobody-here*"))


def test_a_file_that_is_no_export_is_refused_whole(minga: Program) -> None:
    assert minga.run("memory", "add", "La base está en el puerto 5433.").code == 0
    assert minga.run("memory", "export", "whole.jsonl").code == 0
    whole = (minga.work / "whole.jsonl").read_bytes()
    (minga.work / "half.jsonl").write_bytes(whole[:-40])
    (minga.work / "other.json").write_text('{"memories": [{"id": 1, "memory": "likes tea"}]}')
    (minga.work / "large.md").write_bytes(b"- " + b"palabra " * (100_000_000 // 8))
    for name, fault in (("half", f"line {whole.count(10)}"), ("other", "does not begin as an export")):
        file = next(minga.work.glob(f"{name}.*")).name
        minga.run("memory", "import", file).refused(2, fault)
    minga.run("memory", "import", "large.md").refused(2, "it is larger than 64 MB")
    assert len(minga.run("memory", "timeline", "--json").lines()) == 1


def test_what_was_said_again_in_the_same_words_is_shown_with_all_its_places(minga: Program) -> None:
    asked = "valida el RUT 76.086.428-5 y el RUT 12.345.678-5"
    for _ in range(2):
        assert minga.run("run", "-q", asked).code == 0
    [first, again] = [one for one in minga.run("memory", "timeline", "--json").lines() if one["text"] == asked]
    shown = minga.run("memory", "show", again["id"], "--around", "0").out.splitlines()
    assert "Said 2 times in these words:" in shown
    assert [line.split()[0] for line in shown[-2:]] == [first["id"], again["id"]]
    assert len(minga.run("memory", "why", first["id"], "--json").lines()[0]["evidence"]) == 2


def test_what_was_said_in_nearly_the_same_words_is_one_memory_until_it_is_forgotten(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    said = "la base de pruebas del cliente está en el puerto 5433 y se abre de día"
    one, other, third = (
        minga.run("memory", "add", text).out.split()[-1]
        for text in (said, f"{said}, ojo", said.replace("5433", "5434"))
    )
    found = minga.run("memory", "search", "puerto de la base de pruebas", "--json").lines()
    assert sorted(sorted([each["passage"]["id"], *each["again"]]) for each in found) == sorted(
        [sorted([one, other]), [third]]
    )
    assert "also in nearly these words" in minga.run("memory", "search", "puerto de la base de pruebas").out
    shown = minga.run("memory", "show", one, "--around", "0", env={"MINGA_LANGUAGE": "es"}).out.splitlines()
    place = shown.index("Dicho también casi con estas palabras:")
    assert shown[place + 1].split()[0] == other
    assert shown[place + 2].endswith(", ojo")
    assert minga.run("memory", "forget", other, "--yes").code == 0
    assert "nearly" not in minga.run("memory", "show", one).out
    assert [each["item"] for each in minga.run("memory", "why", one, "--json").lines()[0]["evidence"]] == [one]
