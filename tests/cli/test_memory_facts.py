"""`minga memory facts`, `correct` and `why`: what is known since when, and from which words."""

import asyncio
import json

import pytest
from program import Program

from minga.bootstrap import build
from minga.settings import read
from minga.storage.database import Transaction

LIMIT = "El timeout de billing-service es 30 s."


@pytest.fixture
def knowing(minga: Program) -> Program:
    minga.environment["MINGA_MEMORY"] = "words"
    return minga


def add(minga: Program, *arguments: str) -> str:
    done = minga.run("memory", "add", *arguments)
    assert done.code == 0, done.err
    return done.out.split()[-1]


def falsify(minga: Program) -> None:
    """Make every stored digest wrong, as if the messages said something else."""
    built = build(read(minga.environment))

    def work(transaction: Transaction) -> None:
        transaction.execute("UPDATE passages SET digest = zeroblob(16)")

    async def write() -> None:
        await built.memory_file.write(work)
        await built.close()

    asyncio.run(write())


def test_a_fact_has_both_times_and_a_newer_value_ends_it(knowing: Program) -> None:
    first = add(knowing, "--valid-from", "2026-03-01", LIMIT)
    second = add(knowing, "El timeout de billing-service es 45 s.")
    [now] = knowing.run("memory", "facts", "billing-service", "--json").lines()
    assert (now["predicate"], now["value"], now["sources"]) == ("timeout", "45 s", [second])
    both = knowing.run("memory", "facts", "timeout", "--all", "--json").lines()
    assert [(one["value"], one["sources"]) for one in both] == [("30 s", [first]), ("45 s", [second])]
    assert both[0]["valid_to"] == both[1]["valid_from"]
    shown = knowing.run("memory", "facts", env={"MINGA_LANGUAGE": "es"}).out
    assert " · timeout · 45 s\n    cierto 20" in shown
    before = knowing.run("memory", "facts", "--known-by", "2020-01-01")
    assert (before.code, before.out, before.err) == (1, "", "Nothing known about that.\n")


def test_a_fact_is_corrected_by_its_id_and_why_tells_the_chain(knowing: Program) -> None:
    source = add(knowing, LIMIT)
    [wrong] = knowing.run("memory", "facts", "--json").lines()
    corrected = knowing.run("memory", "correct", wrong["id"][:8], "60")
    note = corrected.out.split()[-1]
    [right] = knowing.run("memory", "facts", "--json").lines()
    assert (right["value"], right["sources"]) == ("60", [note])
    why = json.loads(knowing.run("memory", "why", wrong["id"], "--json").out)
    assert why["superseded_by"] == note
    [cited] = why["evidence"]
    assert (cited["item"], cited["quote"], cited["standing"]) == (source, LIMIT.removesuffix("."), "verified")
    told = knowing.run("memory", "why", note)
    assert (told.code, told.err) == (0, "")
    assert f"    It corrects {wrong['id']}.\n" in told.out
    assert knowing.run("memory", "why", right["id"]).out.splitlines()[-1] == "    “timeout of billing-service: 60”"


def test_a_correction_is_found_by_what_it_is_about_and_comes_with_what_it_corrects(knowing: Program) -> None:
    said = "Pucatrihue tarda. El timeout de billing-service es 30 s."
    source = add(knowing, said)
    notes = []
    for text in ("45 s", "El timeout de billing-service es 60 s."):
        [fact] = knowing.run("memory", "facts", "--json").lines()
        wrong = fact["id"] if notes else source  # a passage that states one thing means that
        notes.append(knowing.run("memory", "correct", wrong, text).out.split()[-1])
    found = {one["passage"]["id"]: one for one in knowing.run("memory", "search", "timeout", "--json").lines()}
    assert {item: one["passage"]["text"] for item, one in found.items()} == {
        source: said,
        notes[0]: "timeout of billing-service: 45 s",
        notes[1]: "timeout of billing-service: 60 s",
    }
    assert [found[item]["superseded_by"] for item in (source, *notes)] == [notes[1], notes[1], None]
    asked = knowing.run("memory", "search", "Pucatrihue", "--json").lines()
    assert [one["passage"]["id"] for one in asked] == [notes[1], source]
    shown = knowing.run("memory", "search", "billing", env={"MINGA_LANGUAGE": "es"}).out
    assert f"timeout of billing-service: 60 s\n    corrige {fact['id']}\n" in shown


def test_why_of_a_session_names_it_and_says_what_has_changed(knowing: Program) -> None:
    assert knowing.run("run", "--agent", "builtin", "--no-memory", "validate RUT 12.345.678-5").code == 0
    found = knowing.run("memory", "search", "validate", "RUT", "--all", "--json").lines()
    asked = next(one["passage"]["id"] for one in found if one["passage"]["source"]["role"] == "user")
    done = knowing.run("memory", "why", asked)
    assert done.code == 0, done.err
    assert done.out.splitlines()[1].endswith("  verified")
    assert done.out.splitlines()[3] == "    session: validate RUT 12.345.678-5"
    falsify(knowing)
    changed = knowing.run("memory", "why", asked, env={"MINGA_LANGUAGE": "es"})
    assert changed.code == 1
    assert "  cambió desde entonces\n" in changed.out


def test_what_is_no_item_or_no_time_is_refused(knowing: Program) -> None:
    assert knowing.run("memory", "rules", "add", LIMIT).code == 0
    [rule] = knowing.run("memory", "rules", "list", "--json").lines()
    assert knowing.run("memory", "why", rule["id"][:6]).code == 0
    knowing.run("memory", "correct", rule["id"], "no").refused(2, "a rule is not corrected")
    knowing.run("memory", "why", "f00000").refused(2, "no item 'f00000'")
    knowing.run("memory", "facts", "--as-of", "someday").refused(2, "'someday' is no date")
    knowing.run("memory", "facts", "--all", "--as-of", "7d").refused(2, "--all shows every time")
