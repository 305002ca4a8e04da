"""What the built-in agent says of earlier sessions, and that it looks nothing up where the memory is switched off."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from minga.agents.builtin import Answered, Declined, MemorySkill, Question
from minga.agents.builtin.question import Language, fold
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, Passage, Recalled, Recollection, Source
from minga.domain.secrecy import UserName

ASKED: dict[Language, str] = {
    "es": "¿Qué decidimos sobre el IVA de la guía?",
    "en": "What did we decide about the release date?",
}


def recalled(item: str, text: str, by: str = "", ended: datetime | None = None) -> Recalled:
    source = Source(SessionId("s1"), item, 0, None, AgentName("claude"), "user")
    passage = Passage(ItemId(item), "turn", text, "", source, "p", "es", UserName("u"))
    return Recalled(passage, 1.0, 0.9, (), ItemId(by) if by else None, ended=ended)


class Kept:
    """A memory that holds what it is given, and counts how often it is asked."""

    def __init__(self, *found: Recalled, is_sure: bool = True) -> None:
        self._is_sure = is_sure
        self.asked = 0
        self._found = found

    async def recall(self, words: str, cwd: Path) -> Recollection:
        self.asked += 1
        return Recollection(self._found, bool(self._found), by_meaning=False, is_sure=self._is_sure)


def answer(kept: Kept, language: Language, *, remembers: bool) -> Answered | Declined | None:
    text = ASKED[language]
    question = Question(text, fold(text), language, date(2026, 11, 4), remembers=remembers)
    return asyncio.run(MemorySkill(kept.recall).answer(question))


@pytest.mark.parametrize(
    ("language", "said"), [("es", "La memoria está apagada"), ("en", "The memory is switched off")]
)
def test_where_the_memory_is_switched_off_it_is_not_asked_and_that_is_said(language: Language, said: str) -> None:
    kept = Kept()
    told = answer(kept, language, remembers=False)
    assert isinstance(told, Declined)
    assert said in told.reason
    assert "--no-memory" in told.remedy
    assert kept.asked == 0


def test_where_it_is_on_it_is_asked() -> None:
    kept = Kept()
    told = answer(kept, "es", remembers=True)
    assert isinstance(told, Answered)
    assert told.text == "Nada se sabe de eso en este proyecto."
    assert kept.asked == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "Nada de esto lo responde con seguridad; puede que solo se acerque:"),
        ("en", "None of this answers it for sure; it may only come near:"),
    ],
)
def test_what_may_only_come_near_is_told_as_such(language: Language, said: str) -> None:
    told = answer(Kept(recalled("t1", "La guía lleva IVA."), is_sure=False), language, remembers=True)
    assert isinstance(told, Answered)
    assert told.text == said
    assert [one.statement for one in told.facts] == ["La guía lleva IVA."]


@pytest.mark.parametrize(
    ("language", "marks"),
    [
        ("es", ("(hasta el 2026-03-01; después t3)", "(corregido por t3)")),
        ("en", ("(until 2026-03-01; then t3)", "(corrected by t3)")),
    ],
)
def test_what_holds_no_more_is_marked_and_stands_last_and_a_question_is_no_evidence(
    language: Language, marks: tuple[str, str]
) -> None:
    kept = Kept(
        recalled("t0", "¿Qué decidimos sobre el IVA de la guía?"),
        recalled("t1", "El IVA de la guía es 18 %.", "t3", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        recalled("t2", "El IVA de la guía es 17 %.", "t3"),
        recalled("t3", "El IVA de la guía es 19 %. ¿Te parece?"),
        recalled("t4", "qué decidimos sobre el IVA"),
    )
    told = answer(kept, language, remembers=True)
    assert isinstance(told, Answered)
    assert [one.statement for one in told.facts] == [
        "El IVA de la guía es 19 %. ¿Te parece?",
        f"El IVA de la guía es 18 %. {marks[0]}",
        f"El IVA de la guía es 17 %. {marks[1]}",
    ]
