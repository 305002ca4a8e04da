"""A first start in a home has it for itself, where the CLI's TOML file says so; later ones do not wait."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.acp_bench import facts_of
from minga.agents.drivers.first_start import LOCK, WAIT_S_MAX, alone_at_first
from minga.agents.launch import Installed, prepare
from minga.domain.agents import Launch
from minga.domain.ids import AttemptId
from minga.domain.task import Endpoint, Task
from minga.infrastructure import virtual_time
from minga.infrastructure.clock import FakeClock

OPENCODE = facts_of("opencode")
START_S = 5.0
MADE = ".local/share/opencode/opencode.db"


def launch(root: Path) -> Launch:
    return prepare(
        OPENCODE,
        Installed("opencode", "1"),
        Task("", root, endpoint=Endpoint("http://127.0.0.1:1", "key", "m")),
        attempt_id=AttemptId("a"),
        resume=None,
        inherited={},
        homes=root,
    )


def make(given: Launch) -> None:
    assert given.home
    (given.home / MADE).parent.mkdir(parents=True, exist_ok=True)
    (given.home / MADE).touch()


async def starting(given: Launch, makes: bool = True) -> tuple[float, float]:
    """A start of `START_S`, which makes the file at once and is over only later; when it began and ended."""
    async with alone_at_first(given, OPENCODE) as is_over:
        began = now()
        if makes:
            make(given)
        await asyncio.sleep(START_S)
        is_over()
        ended = now()
        await asyncio.sleep(1000)  # the conversation
    return began, ended


def now() -> float:
    return asyncio.get_running_loop().time()


def at_once(*begun: Callable[[], Coroutine[Any, Any, tuple[float, float]]]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []

    async def main() -> None:
        found.extend(await asyncio.gather(*(begin() for begin in begun)))

    virtual_time.run(main, FakeClock(datetime(2026, 1, 1, tzinfo=UTC)))
    return sorted(found)


def test_the_first_start_is_over_before_others_begin_which_do_not_wait_for_each_other(tmp_path: Path) -> None:
    given = launch(tmp_path)
    first, second, third = at_once(*[lambda: starting(given)] * 3)
    assert second[0] >= first[1]
    assert third[0] < second[1]


def test_a_first_start_that_made_nothing_is_followed_by_another_first_one(tmp_path: Path) -> None:
    given = launch(tmp_path)
    first, second, third = at_once(*[lambda: starting(given, makes=False)] * 3)
    assert second[0] >= first[1]
    assert third[0] >= second[1]


def test_a_start_that_hangs_keeps_no_other_for_ever(tmp_path: Path) -> None:
    given = launch(tmp_path)

    async def hanging() -> tuple[float, float]:
        async with alone_at_first(given, OPENCODE):
            await asyncio.sleep(100 * WAIT_S_MAX)
        return 0.0, now()

    _, (began, _) = at_once(hanging, lambda: starting(given))
    assert WAIT_S_MAX - 1 < began < 2 * WAIT_S_MAX


def test_in_a_home_that_takes_no_lock_the_cli_is_started_all_the_same(tmp_path: Path) -> None:
    given = launch(tmp_path)
    assert given.home
    (given.home / LOCK).mkdir()
    assert len(at_once(lambda: starting(given))) == 1


def test_in_the_persons_own_home_nothing_is_made(tmp_path: Path) -> None:
    at_once(lambda: starting(replace(launch(tmp_path), home=None), makes=False))
    assert not list(tmp_path.rglob(LOCK))
