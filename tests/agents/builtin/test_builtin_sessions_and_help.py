"""Past sessions, the list of skills, and the remedies that come from the catalogue."""

import asyncio
from collections.abc import Sequence
from datetime import date

import pytest
from builtin_asking import REMEDIES, Ask, Shelf

from minga.agents.builtin import SessionsSkill, remedies
from minga.agents.builtin.question import Question, fold
from minga.agents.facts import parse
from minga.domain.errors import StoreDamaged
from minga.domain.events import ToolCall, ToolKind
from minga.domain.sessions import Found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("busca en mis sesiones migracion", "migracion"),
        ("¿Qué hablamos de la migración?", "migración"),
        ("¿Cuándo hablamos sobre PostgreSQL?", "PostgreSQL"),
        ("find in past sessions migración", "migración"),
        ("search my past sessions for postgresql", "postgresql"),
        ("find in past sessions: 'postgresql'", "postgresql"),
    ],
)
def test_a_past_turn_is_found_and_named(ask: Ask, shelf: Shelf, text: str, words: str) -> None:
    asked = ask(text)
    assert shelf.asked == [words]
    assert "2026-11-04 15:00 UTC · person · s0: Hablamos de la migración a PostgreSQL" in asked.answer
    call = asked.events[0]
    assert isinstance(call, ToolCall)
    assert call.kind is ToolKind.SEARCH


def test_quoted_words_are_searched_whole_whatever_they_say(ask: Ask, shelf: Shelf) -> None:
    assert "deploy and rollback" in ask('when did we discuss "deploy and rollback"?').answer
    assert shelf.asked == ["deploy and rollback"]


def test_words_of_another_skill_can_be_searched(ask: Ask, shelf: Shelf) -> None:
    assert ask("find in past sessions RUT 12.345.678-5").answer
    assert ask("when did we discuss the invoice received on 2026-11-02?").answer
    assert shelf.asked == ["RUT 12.345.678-5", "invoice received on 2026-11-02"]


def test_nothing_found_is_said_so(ask: Ask) -> None:
    assert "Nothing about «kubernetes» was found" in ask("when did we discuss kubernetes?").answer
    assert "No encontré nada sobre «kubernetes»" in ask("qué hablamos de kubernetes").answer


def test_a_list_that_was_cut_short_says_so() -> None:
    question = Question("find in past sessions deploy", "find in past sessions deploy", "en", date(2026, 11, 4))
    said = asyncio.run(SessionsSkill(Shelf(*["deploy"] * 30)).answer(question))
    assert said is not None
    assert "10 messages of stored sessions (the first 10; there are more)" in getattr(said, "text", "")


@pytest.mark.parametrize(
    "text",
    ["qué puedes hacer", "¿Qué sabes hacer?", "ayuda", "what can you do?", "help", "Who are you?", "are you a model?"],
)
def test_the_list_of_skills_has_an_example_each_and_denies_being_a_model(ask: Ask, text: str) -> None:
    answer = ask(text).answer
    assert "no language model" in answer or "No soy un modelo" in answer
    assert answer.count("RUT 12.345.678-5") == 1
    assert "2026-11-02" in answer
    assert all(command in answer for command in REMEDIES)


@pytest.mark.parametrize(
    "text",
    [
        "validate RUT 12.345.678-5",
        "valida el RUT 12.345.678-5",
        "deadlines of the invoice received on 2026-11-02",
        "plazos de la factura recibida el 2026-11-02",
        "find in past sessions 'migration'",
        "busca en mis sesiones 'migración'",
    ],
)
def test_every_example_of_the_list_works(ask: Ask, text: str) -> None:
    language = "qué puedes hacer" if ask(text).answer.endswith("ningún modelo.") else "what can you do"
    assert text in ask(language).answer


class Broken:
    async def search(self, words: str, limit: int) -> Sequence[Found]:
        raise StoreDamaged(store="minga.db", detail="bad page")


def test_a_store_that_cannot_be_read_is_a_failure_with_its_remedy(
    ask: Ask, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "search", Broken().search)
    refusal = ask("find in past sessions deploy").refusal
    assert "minga.db" in refusal.message
    assert "Move it and keys.db away" in refusal.remedy


FACTS = """
name = "codex"
title = "Codex CLI"
vendor = "openai"
model_family = "gpt"
model = "m"
command = "codex"
driver = "app-server"
arguments = []
package = { npm = "@openai/codex", version = "1.0.0" }
home = { default = ".codex", variables = {} }
login = { command = "codex login" }
proven = { min = "1.0.0", max = "1.0.0" }
"""


def test_the_remedies_are_to_install_log_in_or_set_an_endpoint() -> None:
    codex = parse(FACTS, "codex.toml")
    assert remedies([codex], ()) == REMEDIES
    assert remedies([codex], ("codex",)) == REMEDIES[1:]
    assert remedies([], ()) == REMEDIES[2:]


def test_folding_drops_case_and_accents() -> None:
    assert fold("MIGRACIÓN ñandú １") == "migracion nandu 1"
