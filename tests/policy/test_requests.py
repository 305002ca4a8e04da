"""What a key does beside calls of models counts in its limits and its budget."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from counting import KEY, START, Book, limits_in

from minga.domain.errors import BadInput
from minga.domain.model_calls import Refused
from minga.infrastructure.clock import FakeClock
from minga.policy.requests import Requests


def requests_in(folder: Path) -> Requests:
    return Requests(limits_in(folder, FakeClock(START), Book()))


def test_requests_count_in_the_limits_of_their_key_and_runs_do_not(tmp_path: Path) -> None:
    key = replace(KEY, requests_per_minute=2, concurrent_max=1)

    async def work(requests: Requests) -> None:
        async with requests.counted(key):
            with pytest.raises(Refused, match="run already"):
                async with requests.counted(key):
                    pass
            async with requests.spending(key, 10):
                pass
        async with requests.counted(key):
            pass
        with pytest.raises(Refused, match="2 requests a minute"):
            async with requests.counted(key):
                pass

    asyncio.run(work(requests_in(tmp_path)))


def test_what_runs_cost_counts_in_the_budget_of_their_key(tmp_path: Path) -> None:
    key = replace(KEY, budget_micro_usd=100)

    async def work(requests: Requests) -> None:
        async with requests.spending(key, 60) as spent:
            with pytest.raises(Refused, match="budget"):
                async with requests.spending(key, 60):
                    pass
            spent.cost(10)
        with pytest.raises(BadInput):
            async with requests.spending(key, 90):
                raise BadInput(detail="it does not begin")
        async with requests.spending(key, 90) as unknown:
            unknown.cost(None)
        with pytest.raises(Refused, match="budget"):
            async with requests.spending(key, 1):
                pass

    asyncio.run(work(requests_in(tmp_path)))
