"""Where a server works: its Minga, opened at the first use, its directory and its language."""

import asyncio
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from minga.asking_wiring import allowance
from minga.domain.errors import StoreFull, StoreUnwritable
from minga.domain.model_calls import VirtualKey
from minga.domain.saying import InEnglish, Say
from minga.domain.tax_documents import Language
from minga.infrastructure.clock import Clock
from minga.pipeline.allowance import Allowance
from minga.settings import Settings

if TYPE_CHECKING:  # what it imports takes a third of a second, and three CLIs do not wait for their tools
    from minga.bootstrap import Minga


@dataclass(slots=True)
class Place:
    """``cwd`` None: none is known (over HTTP), so questions go to all projects and no file can be named. ``opened``
    gives a Minga that somebody else closes; else one is built here. ``key``: whose request it is, over HTTP.
    ``say`` puts what is refused, and what a person is asked, into their language."""

    settings: Settings
    clock: Clock
    language: Language = "en"
    cwd: Path | None = None
    opened: "Callable[[], Minga] | None" = None
    key: VirtualKey | None = None
    say: Say = field(default_factory=InEnglish)
    _minga: "Minga | None" = None
    _allowance: Allowance | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def minga(self) -> "Minga":
        """The one that every call shares. Raises BadSetting."""
        if self.opened is not None:
            return self.opened()
        async with self._opening:
            if self._minga is None:
                bootstrap = await asyncio.to_thread(importlib.import_module, "minga.bootstrap")
                made: Minga = bootstrap.build(self.settings)
                try:
                    await made.recover()
                except (StoreFull, StoreUnwritable):
                    pass  # what is stored can still be read; who must write is told then
                except BaseException:
                    await made.close()
                    raise
                self._minga = made
            return self._minga

    def allowance(self) -> Allowance:
        """For all agents that are asked here. Raises BadSetting."""
        if self._allowance is None:
            self._allowance = allowance(self.settings)
        return self._allowance

    def now(self) -> datetime:
        return self.clock.now()

    async def close(self) -> None:
        async with self._opening:
            made, self._minga = self._minga, None
        if made is not None:
            await made.close()
