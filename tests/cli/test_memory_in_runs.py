"""What a run was told of earlier sessions: live, explained, in the stored conversation by name, silent where quiet."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from program import Program

from minga.domain.events import Recorded, Remembered, Told
from minga.domain.ids import AgentName, SessionId, TurnId
from minga.domain.sessions import PastTurn, Turn
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.export import as_markdown
from minga.entrypoints.cli.remembered import remembered
from minga.entrypoints.cli.rich_view import RichView
from minga.entrypoints.cli.view import QuietView
from minga.entrypoints.cli.words import Language, load
from minga.pipeline.remembering import unquoted

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
SESSION = SessionId("01a21736-c684-7e69-a2ac-b584c6d83832")
RULE = Told("rabc234", "rule", "Respóndeme siempre en español.", None, None, AgentName(""), ())
PIECE = Told("tabc234", "passage", "El puerto es 5433.", SESSION, NOON, AgentName("claude"), ("words",))
EVENT = Remembered((RULE, PIECE), 123, by_meaning=False)


def shown(language: Language, *, explain: bool) -> str:
    out = io.StringIO()
    view = RichView(Console(file=out, width=200, highlight=False), load(language), explain=explain)
    view.show(Recorded(SESSION, TurnId("t"), 1, NOON, None, EVENT))
    return out.getvalue()


def test_a_run_says_in_one_line_that_it_remembers_and_explains_each_piece_when_asked() -> None:
    assert shown("es", explain=False).startswith("  recuerda 2 cosas (123 tokens)")
    assert RULE.text not in shown("es", explain=False)
    explained = shown("en", explain=True)
    assert "remembers 2 things (123 tokens): only words were compared, not meaning" in explained
    assert f"· rabc234  {RULE.text}" in explained
    assert f"· tabc234  {PIECE.text}" in explained
    assert "passage; words  ← 2026-11-26" in explained
    assert SESSION[:13] in explained


def test_a_run_says_how_many_rules_did_not_fit() -> None:
    told = remembered(replace(EVENT, left_out=4), load("en"), explain=False)
    assert told[1:] == ["4 accepted rules did not fit: more tokens for them with MINGA_MEMORY_TOKENS"]
    assert remembered(replace(EVENT, left_out=4), load("en"), explain=True)[-1] == told[-1]
    assert "4 reglas aceptadas no cupieron" in remembered(replace(EVENT, left_out=4), load("es"), explain=False)[1]


def test_a_quiet_run_says_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    QuietView(load("en")).show(Recorded(SESSION, TurnId("t"), 1, NOON, None, EVENT))
    assert capsys.readouterr() == ("", "")


def test_the_stored_conversation_names_every_piece_and_holds_no_word_of_it() -> None:
    stored = unquoted(EVENT)
    turn = Turn(TurnId("t"), SESSION, 1, "go on", Path("/src"))
    past = PastTurn(turn, "finished", NOON, NOON, (Recorded(SESSION, turn.id, 1, NOON, None, stored),))
    told = as_markdown([(past, [])])
    assert "*told of earlier sessions, 123 tokens:*\n- rule `rabc234`\n- passage `tabc234`" in told
    assert "5433" not in told


def test_without_memory_the_built_in_agent_tells_nothing_of_earlier_sessions(minga: Program) -> None:
    assert minga.run("memory", "add", "El IVA de la guía va en cero.").code == 0
    asked = ("run", "--agent", "builtin", "¿qué decidimos sobre el IVA de la guía?")
    assert "va en cero" in minga.run(*asked).out
    for given, environment in (("--no-memory",), {}), ((), {"MINGA_MEMORY": "off"}):
        told = minga.run(*asked[:1], *given, *asked[1:], env=environment)
        assert told.code != 0
        assert "va en cero" not in told.out + told.err
        assert "La memoria está apagada" in told.out


def test_the_built_in_agent_says_of_a_small_memory_that_nothing_answers_and_learns_nothing_of_saying_it(
    minga: Program,
) -> None:
    pytest.importorskip("onnxruntime", reason="minga[memory] is not installed")
    for noted in ("Decidimos usar PostgreSQL 16 para las facturas.", "La bodega norte abre a las nueve."):
        assert minga.run("memory", "add", noted).code == 0
    said = {
        asked: minga.run("run", "-q", "-a", "builtin", asked).out.splitlines()[0]
        for asked in (
            "What did we decide about the hiring of a designer?",
            "¿Qué decidimos sobre las facturas de compra?",
            "¿Qué decidimos sobre PostgreSQL y las facturas?",
        )
    }
    assert [*said.values()] == [
        "Nothing is known about that in this project.",
        "Nada de esto lo responde con seguridad; puede que solo se acerque:",
        "Esto se recuerda, lo más probable primero:",
    ]
    kept = [one["text"] for one in minga.run("memory", "timeline", "--json").lines()]
    assert not [one for one in kept if any(line in one for line in said.values())]
