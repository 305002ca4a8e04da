"""What a skill is, and what it may say."""

from dataclasses import dataclass
from typing import Protocol

from minga.agents.builtin.question import Language, Question
from minga.domain.events import ToolKind


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the answer rests on. ``statement`` is the source's exact wording where ``citation`` is a norm."""

    statement: str
    citation: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A proved answer to the whole task. ``input`` is what the skill took from the task, as JSON text."""

    text: str
    input: str
    facts: tuple[Fact, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declined:
    """The task touches the skill's subject but cannot be proved as it is written. ``reason`` says why, or asks what is
    missing; ``remedy`` shows a wording that would do."""

    reason: str
    remedy: str


class Skill(Protocol):
    """Knows one kind of task. ``name`` and ``kind`` stand in the tool call that shows its use."""

    name: str
    kind: ToolKind

    def describe(self, language: Language) -> str:
        """One line for the list of skills: what it does, with an example in quotation marks."""
        ...

    async def answer(self, question: Question) -> Answered | Declined | None:
        """None if the task is none of this skill's. May raise `MingaError` if a store cannot be read."""
        ...
