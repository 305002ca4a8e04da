"""`minga memory ask`: an answer with the words that say so, or none."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from asking_a_model import let_ask
from program import Program

from minga.testing import Fail, Say, Script, ScriptedServer

SAID = "Marcela confirmó que el arriendo de la bodega de Quillay queda en 11 UF al mes desde abril."
QUESTION = "¿en cuánto quedó el arriendo de la bodega de Quillay?"
QUOTE = {"turn": 1, "quote": "el arriendo de la bodega de Quillay queda en 11 UF"}


@pytest.fixture
def provider() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def knowing(minga: Program, provider: ScriptedServer) -> Program:
    let_ask(minga, provider.url)
    assert minga.run("memory", "add", SAID).code == 0
    return minga


def says(provider: ScriptedServer, answer: str | None, *quotes: dict[str, Any]) -> None:
    provider.script = Script(default=Say(json.dumps({"answer": answer, "quotes": quotes})))


def test_a_question_is_answered_with_the_words_that_say_so(knowing: Program, provider: ScriptedServer) -> None:
    says(provider, "Quedó en 11 UF.", QUOTE)
    done = knowing.run("memory", "ask", QUESTION)
    assert done.code == 0, done.err
    answer, quote, source = done.out.splitlines()
    assert (answer, quote.strip()) == ("Quedó en 11 UF.", f"“{QUOTE['quote']}”")
    assert source.strip().startswith("n")
    assert done.err.startswith("1 passage read, $0.0")
    [asked] = provider.requests
    assert SAID in json.dumps(asked.body, ensure_ascii=False)
    [cost] = knowing.run("costs", "--by", "agent", "--json").lines()
    assert (cost["agent"], cost["calls"]) == ("minga-memory", 1)
    item = source.split()[0]
    [told] = knowing.run("memory", "ask", "--json", QUESTION).lines()
    assert (told["answer"], told["refusal"], told["read"]) == ("Quedó en 11 UF.", None, 1)
    assert [(one["quote"], one["item"]) for one in told["quotes"]] == [(QUOTE["quote"], item)]


def test_what_nothing_says_is_not_known_and_why_is_told(knowing: Program, provider: ScriptedServer) -> None:
    says(provider, None)
    done = knowing.run("memory", "ask", QUESTION, env={"MINGA_LANGUAGE": "es"})
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("No se sabe nada de eso: se leyó 1 pasaje y no lo dice.\n1 pasaje leído, $0.0")
    says(provider, "Quedó en 13 UF.", QUOTE)
    done = knowing.run("memory", "ask", QUESTION)
    assert (done.code, done.out) == (1, "")
    assert "figures or names that its quotes do not have" in done.err
    told = json.loads(knowing.run("memory", "ask", "--json", QUESTION).out)
    assert (told["answer"], told["refusal"], told["quotes"]) == (None, "invented", [])


def test_where_nothing_is_remembered_no_model_is_asked(minga: Program, provider: ScriptedServer) -> None:
    let_ask(minga, provider.url)
    done = minga.run("memory", "ask", QUESTION)
    assert (done.code, done.out) == (1, "")
    assert done.err == "Nothing known about that: nothing was found that could answer.\n"
    assert provider.requests == ()


def test_what_cannot_be_asked_is_said_with_a_remedy(minga: Program, provider: ScriptedServer) -> None:
    done = minga.run("memory", "ask", QUESTION)
    assert done.code == 2
    assert "memory_model" in done.err
    assert minga.run("memory", "ask", " ").code == 2
    let_ask(minga, provider.url)
    minga.run("memory", "add", SAID)
    provider.script = Script(default=Fail(400, "no such model"))
    done = minga.run("memory", "ask", QUESTION)
    assert done.code not in (0, 1)
    assert done.out == ""
    assert "Traceback" not in done.err


def test_a_budget_that_is_spent_is_not_overrun(knowing: Program, provider: ScriptedServer) -> None:
    says(provider, "Quedó en 11 UF.", QUOTE)
    done = knowing.run("memory", "ask", QUESTION, env={"MINGA_MEMORY_BUDGET_USD": "0.000001"})
    assert done.code not in (0, 1)
    assert provider.requests == ()


def test_what_the_terminal_could_not_decode_or_no_question_is_as_long_as_is_no_crash(
    knowing: Program, provider: ScriptedServer
) -> None:
    says(provider, "Quedó en 11 UF.", QUOTE)
    done = knowing.run("memory", "ask", b"\xff " + QUESTION.encode())
    assert done.code == 0, done.err
    asked = len(provider.requests)
    done = knowing.run("memory", "ask", "arriendo " * 1000)
    assert done.code == 2
    assert "at most 4000 characters" in done.err
    assert len(provider.requests) == asked


def test_an_answer_that_rests_on_what_no_longer_holds_tells_so(knowing: Program, provider: ScriptedServer) -> None:
    says(provider, "Quedó en 11 UF.", QUOTE)
    [told] = json.loads(knowing.run("memory", "ask", "--json", QUESTION).out)["quotes"]
    assert not told["no_longer_so"]
    corrected = SAID.replace("11 UF", "12 UF")
    assert knowing.run("memory", "correct", told["item"], corrected).code == 0
    turns = [(turn, "11 UF") for turn in (1, 2)] + [(turn, "12 UF") for turn in (1, 2)]
    quotes = [{"turn": turn, "quote": str(QUOTE["quote"]).replace("11 UF", rent)} for turn, rent in turns]
    says(provider, "Quedó en 12 UF, antes en 11 UF.", *quotes)
    done = knowing.run("memory", "ask", "--json", QUESTION)
    assert {one["quote"][-5:]: one["no_longer_so"] for one in json.loads(done.out)["quotes"]} == {
        "11 UF": True,
        "12 UF": False,
    }
    over = [line for line in knowing.run("memory", "ask", QUESTION).out.splitlines() if line.endswith("(no longer so)")]
    assert len(over) == 1
    assert "11 UF" in over[0]
