"""Fixtures of the tests of sessions."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from minga.storage.database import Database
from shelf import Play, Shelf


@pytest.fixture
def play(database: Database, tmp_path: Path) -> Play:
    def run(scene: Callable[[Shelf], Awaitable[None]]) -> None:
        async def whole() -> None:
            shelf = Shelf(database, tmp_path)
            try:
                await scene(shelf)
            finally:
                await shelf.search.close()

        asyncio.run(whole())

    return run
