"""What every verb shares: what it works with, and how it is run."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from minga.bootstrap import Minga, build
from minga.domain.errors import StoreFull, StoreUnwritable
from minga.entrypoints.cli.words import Words
from minga.settings import Settings

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a verb works with."""

    settings: Settings
    say: Words

    def build(self) -> Minga:
        return build(self.settings)

    def run(self, work: Callable[[Minga], Awaitable[Result]]) -> Result:
        """Build Minga, end what earlier processes left behind, do ``work``, close."""
        return asyncio.run(self._run(work))

    async def _run(self, work: Callable[[Minga], Awaitable[Result]]) -> Result:
        minga = self.build()
        try:
            with suppress(StoreFull, StoreUnwritable):  # what is stored can still be read; who must write is told then
                await minga.recover()
            return await work(minga)
        finally:
            await minga.close()
