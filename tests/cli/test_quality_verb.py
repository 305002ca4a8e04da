"""`minga quality`: what it prints of labels, in both languages, and as JSON."""

import asyncio
import json

import pytest
from program import Program

from minga.bootstrap import build
from minga.settings import read
from minga.storage.database import Transaction

BASELINE = ("quality", "--wrong-max", "10", "--baseline", "codex")


def fill(minga: Program, count: int) -> None:
    """Three of four answers are accepted, and right; of the others, which nobody could prove, each second is wrong. The
    lot let two agents begin, each in its turn."""
    built = build(read(minga.environment))

    def work(transaction: Transaction) -> None:
        for number in range(count):
            proven = number % 4 != 3
            verdict = ("accepted", '[["rut","passed"]]') if proven else ("not-verifiable", "[]")
            agent, cost = (("codex", 2000), ("claude", 1000))[number % 2]
            ids = (f"a{number:05}", f"t{number}", f"s{number}")
            row = (*ids, built.labels.user, agent, "m", "f", "tax", "cascade", 1, 0.5, *verdict, cost, number)
            transaction.insert("verdicts", [row])
            outcome = "good" if proven or number % 8 == 3 else "bad"
            transaction.insert("verdict_outcomes", [(ids[0], "person", outcome, number)])

    async def write() -> None:
        await built.database.write(work)
        await built.close()

    asyncio.run(write())


def test_it_says_what_may_be_promised_and_what_was_saved_in_both_languages(minga: Program) -> None:
    fill(minga, 400)
    english = minga.run(*BASELINE)
    assert (english.code, english.err) == (0, "")
    assert [line.split() for line in english.out.splitlines()[:2]] == [
        ["Kind", "Answers", "Accepted", "Rejected", "Not", "verified", "Known", "Right", "Turns", "Abstained"],
        ["tax", "400", "300", "0", "100", "400", "350", "400", "0"],
    ]
    assert "300/300 (0.99–1.00)" in english.out
    assert (
        "tax: of the answers that are accepted, at most 10 % are wrong (95 % sure, on work like that of" in english.out
    )
    assert "saved against always codex: 25% of the cost (" in english.out
    spanish = minga.run(*BASELINE, env={"MINGA_LANGUAGE": "es"})
    assert "impuestos: de las respuestas con veredicto aceptada, a lo más 10 % están mal (con 95 % de" in spanish.out
    assert "ahorro frente a siempre codex: 25% del costo (" in spanish.out


def test_json_holds_it_all_and_is_the_same_each_time(minga: Program) -> None:
    fill(minga, 100)
    shown = minga.run("quality", "--json", "--baseline", "gemini")
    assert minga.run("quality", "--json", "--baseline", "gemini").out == shown.out
    told = json.loads(shown.out)
    assert list(told) == ["kinds", "checks", "saving", "no_saving"]
    [kind] = told["kinds"]
    fields = ["kind", "answers", "judgements", "outcomes", "known", "right", "turns", "abstained", "guarantee"]
    assert list(kind) == fields
    assert kind["outcomes"] == {"good": 88, "bad": 12}
    assert list(kind["guarantee"]) == [
        *("alpha", "threshold", "why_none", "confidences", "watched", "watched_wrong", "alarm"),
    ]
    assert kind["guarantee"]["why_none"].startswith("not enough labels: 80 right answers in a row are needed for 5 %")
    assert list(told["checks"]) == ["rut", "verdict"]
    assert told["checks"]["rut"]["tpr"]["count"] == 75
    assert (told["saving"], told["no_saving"]) == (
        None,
        "no number: 'gemini' was never chosen, so what it would cost is not known",
    )


@pytest.mark.parametrize("percent", ["0", "100", "-1", "nan"])
def test_a_share_that_cannot_be_promised_is_refused(minga: Program, percent: str) -> None:
    minga.run("quality", "--wrong-max", percent).refused(2, "--wrong-max must be above 0 and below 100")


def test_other_users_do_not_see_them(minga: Program) -> None:
    fill(minga, 8)
    assert minga.run("users", "add", "bea").code == 0
    done = minga.run("quality", env={"MINGA_USER": "bea"})
    assert (done.code, done.out, done.err) == (0, "", "No answer was checked yet.\n")


@pytest.mark.parametrize(("name", "value"), [("WRONG_MAX_PERCENT", "100"), ("EXPLORE_PERCENT", "101")])
def test_settings_beyond_their_bounds_are_refused(minga: Program, name: str, value: str) -> None:
    minga.run("quality", env={f"MINGA_{name}": value}).refused(2, f"'{name.lower()}'", f"MINGA_{name}")
