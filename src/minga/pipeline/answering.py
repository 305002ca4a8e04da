"""A question of the memory that is answered: what is recalled is read by a model, and its answer is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from minga.domain.answers import Answer, Refusal
from minga.domain.memory import Passage, Question, Recalled
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
    told = await _told(memory, asking.chosen(found.recalled), question)
    if not told:
        return Answered(Answer(refusal=Refusal.NOT_FOUND))
    reply = await ask(asking.SYSTEM, asking.request(question.words, told), asking.ANSWER_TOKENS)
    return Answered(checking.read(reply.text, question.words, told), reply.cost_micro_usd, len(told))


async def _told(memory: Memory, recalled: Sequence[Recalled], question: Question) -> list[asking.Told]:
    before = {one.passage.id: await _before(memory, one.passage, question.since) for one in recalled}
    over = await memory.over([one.id for one in before.values() if one], question)
    heard = {of: asking.Told(one, over=one.id in over) if one else None for of, one in before.items()}
    told = (asking.Told(one.passage, heard[one.passage.id], one.superseded_by is not None) for one in recalled)
    return list(asking.each_once(told))


async def _before(memory: Memory, passage: Passage, since: datetime | None) -> Passage | None:
    """What was said just before it in its session, unless that tries to instruct, or was said before the time that is
    asked about."""
    around = await memory.around(passage.id, 1)
    before = around[0] if around and around[0].id != passage.id else None
    if before is None or suspicious(before.text):
        return None
    return None if since and before.source.at and before.source.at < since else before
