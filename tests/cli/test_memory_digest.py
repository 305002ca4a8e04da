"""`minga memory digest`: a model reads sessions when it is told to, and what it cost and made is shown."""

import json
from collections.abc import Iterator

import pytest
from asking_a_model import let_ask
from program import Program

from minga.entrypoints.cli.memory_digest import told
from minga.entrypoints.cli.words import load
from minga.testing import Say, Script, ScriptedServer

TASK = (
    "El plazo para ceder una factura en Quillay es de 8 días, lo confirmó Marcela en la reunión de hoy. Además hay que "
    "revisar que los montos netos de las guías calcen con los del libro, que la exportación a CSV salga ordenada por "
    "folio, y que el panel de cobranza muestre las facturas cedibles en verde y las demás en gris, como se acordó con "
    "el equipo de contabilidad; el color sale de la columna estado_cesion, que ya existe en la base."
)
SAID = {"turn": 1, "quote": "El plazo para ceder una factura en Quillay es de 8 días", "subject": "ceder una factura"}
ANSWER = {
    "headline": "Se fijó el plazo para ceder facturas",
    "summary": "Marcela confirmó que el plazo para ceder una factura es de 8 días.",
    "statements": [
        {**SAID, "predicate": "plazo", "value": "8 días"},
        {**SAID, "predicate": "plazo", "value": "9 días"},
    ],
}


@pytest.fixture
def provider() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(default=Say(json.dumps(ANSWER)))) as server:
        yield server


@pytest.fixture
def knowing(minga: Program, provider: ScriptedServer) -> Program:
    let_ask(minga, provider.url)
    minga.run("run", "--agent", "builtin", "--no-memory", TASK)  # it cannot do that; what was said is stored
    return minga


def test_a_session_is_read_and_shown_with_what_it_cost(knowing: Program, provider: ScriptedServer) -> None:
    none = knowing.run("memory", "digest")
    assert (none.code, none.out, none.err) == (0, "", "0 digests for $0.0000.\n")  # it was not quiet for an hour yet
    assert provider.requests == ()
    [session] = knowing.run("sessions", "list", "--json").lines()
    done = knowing.run("memory", "digest", "--session", session["id"])
    assert done.code == 0, done.err
    assert done.out == f"{session['id'][:13]}  {ANSWER['headline']}\n    1 statement, 1 dropped\n"
    assert done.err.startswith("1 digest for $0.0")
    counted = json.loads(knowing.run("memory", "stats", "--json").out)
    assert (counted["digests"], counted["claims"], counted["dropped"], counted["refused"]) == (1, 1, 1, 0)
    [fact] = knowing.run("memory", "facts", "plazo", "--json").lines()
    assert (fact["value"], fact["subject"]["name"]) == ("8 días", "ceder una factura")
    shown = knowing.run("memory", "show", fact["sources"][0])
    assert f"In short, by gpt-5-mini: {ANSWER['summary']}\n" in shown.out
    [cost] = knowing.run("costs", "--by", "agent", "--json").lines()
    assert (cost["agent"], cost["calls"]) == ("minga-memory", 1)
    assert knowing.run("memory", "digest", "--session", session["id"]).out == ""


def test_what_is_refused_is_told_with_its_reason(knowing: Program, provider: ScriptedServer) -> None:
    [session] = knowing.run("sessions", "list", "--json").lines()
    provider.script = Script(default=Say("no"))
    done = knowing.run("memory", "digest", "--session", session["id"], env={"MINGA_LANGUAGE": "es"})
    assert done.out.endswith("\n    rechazada: no es el JSON pedido\n")
    provider.script = Script(default=Say(json.dumps(ANSWER)))
    [again] = knowing.run("memory", "digest", "--session", session["id"], "--json").lines()
    assert again["digest"]["headline"] == ANSWER["headline"]
    assert again["cost_micro_usd"] > 0


def test_words_that_only_a_digest_holds_are_forgotten_with_it(knowing: Program) -> None:
    [session] = knowing.run("sessions", "list", "--json").lines()
    assert knowing.run("memory", "digest", "--session", session["id"]).code == 0
    words = "Se fijó el plazo para ceder facturas"
    done = knowing.run("memory", "forget", "--topic", words, "--yes", "--json")
    assert done.code == 0, done.out
    assert json.loads(done.out)["forgotten"] == 0
    assert json.loads(knowing.run("memory", "stats", "--json").out)["digests"] == 0
    assert [one["id"] for one in knowing.run("sessions", "list", "--json").lines()] == [session["id"]]


def test_without_a_model_it_says_which_setting_is_missing(minga: Program) -> None:
    done = minga.run("memory", "digest")
    assert done.code == 2
    assert "memory_model" in done.err


def test_a_price_that_is_not_known_is_said_and_is_not_nothing() -> None:
    assert told(load("en"), [1500, 500]) == "2 digests for $0.0020."
    assert told(load("es"), [1500, None, None]) == "3 resúmenes por $0.0015. De 2 no se conoce el precio."
