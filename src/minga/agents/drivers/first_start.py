"""The first start of a CLI in a home of Minga's making, alone where the CLI does not bear another beside it.

Option ``first_start`` names a file, relative to the home, that such a start makes: until it is there, one start in the
home waits for the other. OpenCode makes the tables of its database one by one, and of two first starts at once one may
end with an error.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from minga.agents.facts import Facts
from minga.domain.agents import Launch
from minga.domain.errors import StoreError
from minga.infrastructure.file_lock import FileLock

LOCK = ".first-start.lock"
WAIT_S_MAX = 30.0
"""A start that hangs keeps no other for longer."""


@asynccontextmanager
async def alone_at_first(launch: Launch, facts: Facts) -> AsyncIterator[Callable[[], None]]:
    """Wait for the first start that is under way in the home of ``launch``. Gives what says that this one is over, so
    that the next may begin; the end of the block says it, too."""
    made = facts.options.get("first_start", "")
    if launch.home is None or not made:
        yield lambda: None
        return
    lock = FileLock(launch.home / LOCK)
    try:
        await _take(lock, launch.home / made)
        yield lock.close
    finally:
        lock.close()


async def _take(lock: FileLock, made: Path) -> None:
    """Hold the lock only where ``made`` is missing: who finds it there is no first start. Where there can be no lock,
    or one start holds it for long, the CLI is started all the same, and tells itself what is wrong."""
    with contextlib.suppress(TimeoutError, StoreError):
        async with asyncio.timeout(WAIT_S_MAX):
            await lock.take()
    if made.exists():
        lock.close()
