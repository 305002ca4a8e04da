"""Labels: verdicts and outcomes are kept per user, on both engines, and the person's word counts first."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.secrecy import UserName
from minga.domain.task import Strategy
from minga.domain.verdict import CheckState, Judgement
from minga.infrastructure.clock import FakeClock
from minga.storage.database import Database
from minga.verification.kinds import kind_of
from minga.verification.labels import Judged, Label, Labels, Outcome, Source

ANSWER = Judged(
    AttemptId("a1"),
    TurnId("t1"),
    SessionId("s1"),
    AgentName("codex"),
    "gpt-5.1",
    "gpt",
    "code",
    Strategy.CASCADE,
    1,
    0.95,
    Judgement.REJECTED,
    (("command: pytest -q", CheckState.FAILED), ("rut", CheckState.PASSED)),
    1200,
)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_a_verdict_comes_back_as_it_was_noted_and_only_once(database: Database) -> None:
    async def work() -> list[Label]:
        labels = Labels(database, FakeClock(NOW), UserName("ana"))
        await labels.note(ANSWER)
        await labels.note(replace(ANSWER, judgement=Judgement.ACCEPTED))
        await Labels(database, FakeClock(NOW), UserName("eva")).note(replace(ANSWER, attempt_id=AttemptId("a2")))
        return await labels.all()

    assert asyncio.run(work()) == [Label(ANSWER, NOW, ())]


def test_the_persons_word_counts_before_git_and_may_change(database: Database) -> None:
    async def work() -> list[Outcome | None]:
        labels = Labels(database, FakeClock(NOW), UserName("ana"))
        await labels.note(ANSWER)
        seen = [(await labels.of_turn(ANSWER.turn_id))[0].outcome]
        for source, outcome in (
            (Source.GIT, Outcome.REVERTED),
            (Source.PERSON, Outcome.BAD),
            (Source.PERSON, Outcome.GOOD),
            (Source.GIT, Outcome.BROKE),
        ):
            await labels.note_outcome([ANSWER.attempt_id], source, outcome)
            seen.append((await labels.of_turn(ANSWER.turn_id))[0].outcome)
        return seen

    assert asyncio.run(work()) == [None, Outcome.REVERTED, Outcome.BAD, Outcome.GOOD, Outcome.GOOD]


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("¿Está correcta esta factura?", "tax"),
        ("Arregla el test que falla", "code"),
        ("Calcula el promedio de 3, 4 y 5", "numbers"),
        ("¿Qué es una minga?", "text"),
        ("", "text"),
    ],
)
def test_a_task_is_labelled_by_its_words(prompt: str, kind: str) -> None:
    assert kind_of(prompt) == kind
