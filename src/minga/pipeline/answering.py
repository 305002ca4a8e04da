"""A question of the memory that is answered: what is recalled is read by a model, and its answer is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from minga.domain.answers import Answer, Refusal
from minga.domain.memory import Question, Recalled
from minga.memory.answers import asking, checking
from minga.memory.extraction.poison import suspicious
from minga.memory.memory import Memory
from minga.pipeline.own_calls import Ask

PASSAGES = 20
"""That are recalled for it: of our corpus nine of ten questions have what answers them among so many."""


@dataclass(frozen=True, slots=True)
class Answered:
    """``cost_micro_usd`` None: no price is known. ``read``: how many passages the model was told."""

    answer: Answer
    cost_micro_usd: int | None = 0
    read: int = 0


async def answer(memory: Memory, ask: Ask, question: Question) -> Answered:
    """Raises ModelRefused, StoreError."""
    found = await memory.recall(replace(question, limit=PASSAGES))
    told = await _told(memory, asking.chosen(found.recalled))
    if not told:
        return Answered(Answer(refusal=Refusal.NOT_FOUND))
    reply = await ask(asking.SYSTEM, asking.request(question.words, told), asking.ANSWER_TOKENS)
    return Answered(checking.read(reply.text, question.words, told), reply.cost_micro_usd, len(told))


async def _told(memory: Memory, recalled: Sequence[Recalled]) -> list[asking.Told]:
    return [asking.Told(one.passage, await _before(memory, one), one.superseded_by is not None) for one in recalled]


async def _before(memory: Memory, one: Recalled) -> str:
    """What was said just before it in its session, unless that tries to instruct."""
    around = await memory.around(one.passage.id, 1)
    before = around[0].text if around and around[0].id != one.passage.id else ""
    return "" if suspicious(before) else before
