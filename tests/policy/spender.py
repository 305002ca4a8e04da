"""A process that spends: ``python spender.py STORE SEED CALLS``. STORE is that of `stores.Place`, as JSON.

It says ``ready`` on standard output and waits for a line. Then it makes CALLS calls, several at a time, of keys and
models by the SEED, says ``began`` once one of the first seed runs, and at its end how many were let through."""

import asyncio
import json
import random
import sys
from dataclasses import replace
from pathlib import Path

from counting import KEY

from minga.domain.budgets import Budget, BudgetAlert
from minga.domain.events import Usage
from minga.domain.model_calls import CallEntry, KeyId, Refused, VirtualKey
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.file_lock import FileLock
from minga.infrastructure.ids import uuid7_source
from minga.infrastructure.shared_counters import SharedCounters
from minga.ledger.calls import CallBook
from minga.policy.budgets import Budgets
from minga.policy.limits import Asked, Limits, Permit
from minga.storage.database import Database
from stores import Place

AT_ONCE = 4


def _key(user: str, team: str) -> VirtualKey:
    name, budget = f"{user}-{team}", 4_000 if team == "dev" else None
    made = replace(KEY, id=KeyId(name), name=name, user=user, team=team, project=team[:1])
    return replace(made, budget_micro_usd=budget, budget_window="total")


KEYS = [_key(user, team) for user in ("ana", "eva") for team in ("dev", "ops")]

MODELS = "gpt-5.1", "gpt-4o", "claude-haiku-4-5"

BUDGETS = [
    Budget("user", "ana", "ana", 6_000, "total"),
    Budget("team", "dev", "dev", 5_000, "total"),
    Budget("project", "o", "o", 4_500, "total"),
    Budget("model", "gpt-*", "gpt-*", 7_000, "total"),
    Budget("team", "ops", "ops", 500, "total", is_hard=False),
]


class Counting:
    """What `minga serve` wires, on a folder."""

    def __init__(self, place: Place) -> None:
        self.clock = SystemClock()
        self.new_id = uuid7_source(self.clock)
        self.database: Database = place.database()
        folder = place.file.parent / "counters"
        self.book = CallBook(self.database, FileLock(folder / "booking"))
        self.budgets = Budgets(self.database, self.clock)
        self.alerts: list[BudgetAlert] = []
        self.counters = SharedCounters(folder)
        self.limits = Limits(self.clock, self.counters, self.book.spent, self.budgets.in_force, self._alerted)

    async def _alerted(self, alert: BudgetAlert) -> None:
        if await self.budgets.note(alert):
            self.alerts.append(alert)

    def end(self, key: VirtualKey, model: str, permit: Permit, cost: int) -> None:
        permit.settle(cost, 0, model)
        used = Usage(model, 0, 0, 0, 0)
        owner = key.user, key.team, key.project
        entry = CallEntry(
            self.new_id(), permit.began, key.id, *owner, "p", "openai-chat", used, cost, "provider", 200, 1, 1
        )
        self.book.add(entry, permit.booked)

    async def close(self) -> None:
        await self.book.close()
        await self.limits.close()
        await self.database.close()


async def spend(place: Place, seed: int, calls: int) -> None:
    counting, chance, let_through = Counting(place), random.Random(seed), 0

    async def one() -> None:
        nonlocal let_through
        key, model, most = chance.choice(KEYS), chance.choice(MODELS), chance.randint(0, 200)
        try:
            permit = await counting.limits.begin(key, Asked((model,), most, 0))
        except Refused as refused:
            if refused.reason != "budget":
                raise
            return
        if not let_through and not seed:
            print("began", flush=True)
        let_through += 1
        await asyncio.sleep(chance.choice((0, 0, 0.001)))
        counting.end(key, model, permit, chance.randint(0, most))

    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(calls // AT_ONCE):
        await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    await counting.close()
    print(json.dumps({"let_through": let_through, "alerts": [alert.budget.name for alert in counting.alerts]}))


if __name__ == "__main__":
    kind, url, file = json.loads(sys.argv[1])
    asyncio.run(spend(Place(kind, url, Path(file)), int(sys.argv[2]), int(sys.argv[3])))
