"""One built-in agent on a known day, asked through its driver."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from minga.agents.builtin import (
    BuiltinDriver,
    DteCompareSkill,
    DteMakeSkill,
    DteSkill,
    InvoiceSkill,
    RutSkill,
    SessionsSkill,
)
from minga.agents.builtin.question import fold
from minga.domain.agents import Launch, Prompt
from minga.domain.events import Event, Failed, Finished, PermissionAnswered, PermissionRequested, Text
from minga.domain.failure import Failure
from minga.domain.ids import AgentName, AttemptId, SessionId
from minga.domain.sessions import Found
from minga.domain.task import Image, Permissions
from minga.dte.engine import Engine
from minga.dte.schemas import Schemas
from minga.infrastructure.clock import FakeClock

REMEDIES = ("minga agents install codex", "minga agents login codex", 'minga run --endpoint URL --api-key-env NAME "…"')
NOON = datetime(2026, 11, 4, 15, 0, tzinfo=UTC)
"""Wednesday, November 4, 2026, noon in Chile."""


class NoBroker:
    async def decide(self, request: PermissionRequested) -> PermissionAnswered:
        raise AssertionError(f"the built-in agent asked for permission: {request}")


class Shelf:
    """A session search over what it was given: every word must be in the excerpt, whatever case and accents."""

    def __init__(self, *excerpts: str) -> None:
        self.asked: list[str] = []
        self._excerpts = excerpts

    async def search(self, words: str, limit: int) -> Sequence[Found]:
        self.asked.append(words)
        hits = [text for text in self._excerpts if all(word in fold(text) for word in fold(words).split())]
        return [
            Found(SessionId(f"s{place}"), f"m{place}", NOON, AgentName("codex"), "person", text)
            for place, text in enumerate(hits)
        ][:limit]


@dataclass
class Asked:
    """What one prompt yielded."""

    events: list[Event]

    @property
    def answer(self) -> str:
        last = self.events[-1]
        assert isinstance(last, Finished), last
        assert "".join(event.text for event in self.events if isinstance(event, Text)) == last.answer
        return last.answer

    @property
    def refusal(self) -> Failure:
        last = self.events[-1]
        assert isinstance(last, Failed), last
        assert not any(isinstance(event, Text) for event in self.events)
        return last.failure


Ask = Callable[..., Asked]


def asker(shelf: Shelf) -> Ask:
    """A function that puts one prompt to an agent with every skill, whose past sessions are those of ``shelf``."""
    engine = Engine(Schemas(()), takes_trials=True)
    dte = (DteSkill(engine), DteMakeSkill(engine), DteCompareSkill(engine))
    skills = (RutSkill(), InvoiceSkill(), *dte, SessionsSkill(shelf))

    def one(
        text: str, *, at: datetime = NOON, lang: str = "en_US.UTF-8", images: tuple[Image, ...] = (), model: str = ""
    ) -> Asked:
        driver = BuiltinDriver(skills, REMEDIES, FakeClock(at))
        launch = Launch(
            agent=AgentName("builtin"),
            attempt_id=AttemptId("a1"),
            version="1",
            command=(),
            environment={"LANG": lang},
            cwd=Path(),
            home=None,
            model=model,
            permissions=Permissions.ASK,
            mcp_servers=(),
            resume=None,
            uses_endpoint=False,
        )

        async def talk() -> Asked:
            async with driver.open(launch, NoBroker()) as conversation:
                return Asked([event async for event in conversation.prompt(Prompt(text, images))])

        return asyncio.run(talk())

    return one
