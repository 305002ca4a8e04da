"""What the built-in agent says of earlier sessions, and that it looks nothing up where the memory is switched off."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from minga.agents.builtin import Answered, Declined, MemorySkill, Question
from minga.agents.builtin.question import Language, fold
from minga.domain.memory import Recollection

ASKED: dict[Language, str] = {
    "es": "¿Qué decidimos sobre el IVA de la guía?",
    "en": "What did we decide about the release date?",
}


class Kept:
    """A memory that holds nothing, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def recall(self, words: str, cwd: Path) -> Recollection:
        self.asked += 1
        return Recollection((), is_known=False, by_meaning=False)


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
