"""Warm conversations: one idle one a key, used again only after an answer, all ended at the close."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from minga.agents.pool import Pool
from minga.domain.agents import Conversation, Prompt
from minga.domain.events import Event, Failed, Finished, Text
from minga.domain.failure import Failure, FailureCode

FAILED = Failed(Failure(FailureCode.OVERLOADED, "down"))


class Talk:
    """Answers each prompt with the event that was put in for it."""

    def __init__(self, end: Event) -> None:
        self.end = end
        self.cancelled = False

    async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
        yield Text("x")
        yield self.end

    async def cancel(self) -> None:
        self.cancelled = True


class Desk:
    def __init__(self) -> None:
        self.opened: list[Talk] = []
        self.closed = 0
        self.end: Event = Finished("x")

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Conversation]:
        talk = Talk(self.end)
        self.opened.append(talk)
        try:
            yield talk
        finally:
            self.closed += 1

    def cold(self) -> AbstractAsyncContextManager[Conversation]:
        return self._open()


async def ask(pool: Pool, desk: Desk, key: str = "k") -> list[Event]:
    async with pool.opener(key, desk.cold)() as conversation:
        return [event async for event in conversation.prompt(Prompt("x"))]


def test_an_answered_conversation_is_used_again_for_its_key_only() -> None:
    async def run() -> None:
        pool, desk = Pool(), Desk()
        await ask(pool, desk)
        assert pool.is_warm("k")
        await ask(pool, desk)
        assert (len(desk.opened), desk.closed) == (1, 0)
        await ask(pool, desk, "other")
        assert len(desk.opened) == 2
        await pool.close()
        assert (desk.closed, pool.is_warm("k")) == (2, False)

    asyncio.run(run())


def test_a_conversation_whose_prompt_failed_is_ended() -> None:
    async def run() -> None:
        pool, desk = Pool(), Desk()
        desk.end = FAILED
        assert (await ask(pool, desk))[-1] == FAILED
        assert (pool.is_warm("k"), desk.closed) == (False, 1)

    asyncio.run(run())


def test_a_prompt_that_was_left_early_ends_its_conversation() -> None:
    async def run() -> None:
        pool, desk = Pool(), Desk()
        async with pool.opener("k", desk.cold)() as conversation:
            async for _ in conversation.prompt(Prompt("x")):
                break
        assert (pool.is_warm("k"), desk.closed) == (False, 1)

    asyncio.run(run())


def test_two_at_once_get_conversations_of_their_own_and_one_is_kept() -> None:
    async def run() -> None:
        pool, desk = Pool(), Desk()
        await asyncio.gather(ask(pool, desk), ask(pool, desk))
        assert len(desk.opened) - desk.closed == 1
        await pool.close()
        assert desk.closed == len(desk.opened)

    asyncio.run(run())


def test_a_cancel_reaches_the_conversation_behind() -> None:
    async def run() -> None:
        pool, desk = Pool(), Desk()
        async with pool.opener("k", desk.cold)() as conversation:
            await conversation.cancel()
        assert desk.opened[0].cancelled

    asyncio.run(run())
