"""What every verb shares: what it works with, and how it is run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from minga.bootstrap import Minga, build
from minga.domain.errors import MingaError, StoreFull, StoreUnwritable
from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.receipt import keep
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

    def run(
        self,
        work: Callable[[Minga], Awaitable[Result]],
        runner: Callable[[Coroutine[Any, Any, Result]], Result] = asyncio.run,
    ) -> Result:
        """Build Minga, end what earlier processes left behind, do ``work``, close, back up the store if it is time."""
        return runner(self._run(work))

    async def _run(self, work: Callable[[Minga], Awaitable[Result]]) -> Result:
        async with self.opened() as minga:
            return await work(minga)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Minga]:
        """Minga, as `run` gives it to its work."""
        minga = self.build()
        try:
            with suppress(StoreFull, StoreUnwritable):  # what is stored can still be read; who must write is told then
                await minga.recover()
            yield minga
            with suppress(StoreFull, StoreUnwritable):
                await minga.retention.enforce(lambda receipt: keep(self.settings, receipt))
        finally:
            is_unwritable = minga.database.unwritable is not None
            await minga.close()
        self._back_up(minga, is_unwritable=is_unwritable)

    def _back_up(self, minga: Minga, *, is_unwritable: bool) -> None:
        """The work is done: what goes wrong now is told, and changes nothing of how the command ends. A store that
        could not be written has nothing new."""
        if is_unwritable:
            return
        try:
            minga.backups.make_if_due()
        except MingaError as wrong:
            message, remedy = self.say.error(wrong)
            complain(self.say("The automatic backup was not made: {reason}", reason=message), remedy)
