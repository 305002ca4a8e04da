"""What recall brings back for the questions of our corpus: what the reader is there to judge."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.memory.filled import Filled, turn_of
from benchmarks.memory.parts import Asked, turn_name
from benchmarks.memory.reading.examples import Example
from minga.domain.memory import LogMessage
from minga.memory.index import meaning

RECALLED = 20

CONFIDENCE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Brought:
    """A passage that was brought back, the best first."""

    example: Example
    confidence: float


@dataclass(frozen=True, slots=True)
class Question:
    """``project``: of its evidence as far as that was brought back, or else of what came first. ``is_known``: as recall
    says without a reader."""

    part: str
    asked: Asked
    project: str
    is_known: bool
    brought: tuple[Brought, ...]


async def questions(filled: Filled, limit: int | None) -> AsyncIterator[Question]:
    """Of a part all, or its first ``limit`` ones."""
    projects = {_name(entry): entry.project for entry in filled.part.log}
    for asked in filled.part.asked[:limit]:
        found = await filled.memory.recall(filled.part.question(asked, RECALLED))
        turns = [turn_of(one.passage) for one in found.recalled]
        project = _project(asked, turns, projects)
        group = f"o:{filled.part.name}:{project}"
        items = [one.passage.id for one in found.recalled]
        excerpts = await filled.memory.read(partial(meaning.excerpts, items=items))
        brought = tuple(
            Brought(
                Example(asked.words, excerpts[one.passage.id], turn in asked.evidence, None, group),
                round(one.confidence, CONFIDENCE_DIGITS),
            )
            for turn, one in zip(turns, found.recalled, strict=True)
        )
        yield Question(filled.part.name, asked, project, found.is_known, brought)


def _project(asked: Asked, turns: Sequence[str], projects: dict[str, str]) -> str:
    own = {projects[turn] for turn in turns if turn in asked.evidence}
    return min(own) if own else projects[turns[0]] if turns else ""


def _name(entry: LogMessage) -> str:
    return turn_name(entry.session_id, entry.message.id)
