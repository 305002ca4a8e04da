"""Keeps CLI processes warm between prompts of one Minga process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from minga.agents.attempt import Opener, closing
from minga.domain.agents import Conversation, Prompt
from minga.domain.events import Event, Finished


class _Kept:
    """A warm conversation. ``well`` is true when its last prompt ended with an answer: only then it is used again."""

    def __init__(self, context: AbstractAsyncContextManager[Conversation], conversation: Conversation) -> None:
        self.context = context
        self.well = False
        self._conversation = conversation

    async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
        self.well = False
        async with closing(self._conversation.prompt(prompt)) as events:
            async for event in events:
                self.well = isinstance(event, Finished)
                yield event

    async def cancel(self) -> None:
        await self._conversation.cancel()


class Pool:
    """At most one idle conversation per key; a key is everything that would make two conversations differ."""

    def __init__(self) -> None:
        self._idle: dict[Hashable, _Kept] = {}

    def opener(self, key: Hashable, cold: Opener) -> Opener:
        """Return an opener that takes the idle conversation of ``key``, or opens one with ``cold`` and keeps it."""
        return lambda: self._use(key, cold)

    def is_warm(self, key: Hashable) -> bool:
        return key in self._idle

    async def end(self, key: Hashable) -> None:
        """End the idle conversation of ``key``, if there is one."""
        if kept := self._idle.pop(key, None):
            await _end(kept)

    async def close(self) -> None:
        """End every idle conversation and its process tree."""
        idle, self._idle = self._idle, {}
        await asyncio.gather(*(_end(kept) for kept in idle.values()))

    @asynccontextmanager
    async def _use(self, key: Hashable, cold: Opener) -> AsyncIterator[Conversation]:
        kept = self._idle.pop(key, None)
        if kept is None:
            context = cold()
            kept = _Kept(context, await context.__aenter__())
        try:
            yield kept
        finally:
            if kept.well and key not in self._idle:
                self._idle[key] = kept
            else:
                await _end(kept)


async def _end(kept: _Kept) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await kept.context.__aexit__(None, None, None)
