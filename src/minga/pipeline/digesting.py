"""Sessions that were quiet for a while are read by a model, and what their words bear out is kept as digests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from minga.domain.digests import Digest
from minga.domain.errors import ModelRefused
from minga.domain.ids import SessionId
from minga.infrastructure.clock import Clock
from minga.infrastructure.file_lock import FileLock
from minga.memory.digests import answers, asking
from minga.memory.digests.stretches import QUIET, Stretch, due, is_quiet
from minga.memory.index import digested, reading
from minga.memory.memory import Memory
from minga.pipeline.own_calls import Ask
from minga.sessions.digests import Digests
from minga.storage.database import Transaction
from minga.storage.instants import to_micros

EVERY_S = 600
"""How often `minga serve` looks for sessions that have ended."""


@dataclass(frozen=True, slots=True)
class Made:
    """``cost_micro_usd`` None: no price is known."""

    digest: Digest
    cost_micro_usd: int | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Digesting:
    """Of the user's own sessions. ``turn`` is held by whoever reads: what two processes find due is paid for once."""

    memory: Memory
    digests: Digests
    clock: Clock
    turn: FileLock

    async def due(self, places: Sequence[str] | None, *, again: bool = False) -> list[SessionId]:
        """The quiet sessions of which enough has no digest yet, the newest first. ``again``: also where the answer was
        refused. Raises StoreError."""
        await self.memory.catch_up()
        return await self.memory.read(partial(self._due, places=places, again=again))

    async def make(self, ask: Ask, model: str, session_id: SessionId, *, again: bool = False) -> AsyncIterator[Made]:
        """Have what of a session has no digest yet read, stretch by stretch; each digest is durable when it is yielded.
        ``again``: also while the session goes on, and what was refused. Raises ModelRefused, StoreError."""
        async with self.turn:
            await self.memory.catch_up()
            for one in await self.memory.read(partial(self._stretches, session_id=session_id, again=again)):
                told = await ask(asking.SYSTEM, asking.request(one), asking.ANSWER_TOKENS)
                digest = answers.read(told.text, one, model)
                if await self.digests.add(digest):
                    yield Made(digest, told.cost_micro_usd, told.tokens)

    async def keep(self, ask: Ask, model: str, told: Callable[[Exception], object]) -> None:
        """Have what is due read, again and again, until cancelled. ``told`` hears once what goes wrong, until it goes
        well again."""
        before: dict[SessionId | None, str] = {}
        while True:
            wrong: dict[SessionId | None, str] = {}
            async for session_id, one in self._round(ask, model, before):
                if str(one) not in {*before.values(), *wrong.values()}:
                    told(one)
                wrong[session_id] = str(one)
            before = wrong
            await asyncio.sleep(EVERY_S)

    async def _round(
        self, ask: Ask, model: str, last: Collection[SessionId | None]
    ) -> AsyncIterator[tuple[SessionId | None, Exception]]:
        """Have what is due read, those ``last`` with which something went wrong before; yield what goes wrong, and with
        which session: it keeps no other one from being read."""
        try:
            due = await self.due(None)
        except Exception as wrong:  # noqa: BLE001 - a broken disk, a key that has just gone: nobody would hear of it
            yield None, wrong
            return
        for session_id in sorted(due, key=lambda one: one in last):
            try:
                async for _ in self.make(ask, model, session_id):
                    pass
            except Exception as wrong:  # noqa: BLE001 - as above
                yield session_id, wrong
                if isinstance(wrong, ModelRefused) and wrong.is_final:
                    return

    def _due(self, transaction: Transaction, places: Sequence[str] | None, *, again: bool) -> list[SessionId]:
        until = to_micros(self.clock.now() - QUIET)
        found = digested.sessions_due(transaction, places, until, again=again)
        return [one for one in found if self._stretches(transaction, one, again=again)]

    def _stretches(self, transaction: Transaction, session_id: SessionId, *, again: bool) -> list[Stretch]:
        passages = reading.of_session(transaction, session_id)
        if not self.digests.is_own(session_id) or not (again or is_quiet(passages, self.clock.now())):
            return []
        return due(passages, digested.of_session(transaction, session_id), again=again)
