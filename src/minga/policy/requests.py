"""What a key does beside calls of models: its requests count in its limits, and what its runs cost in its budget."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from minga.domain.errors import MingaError
from minga.domain.model_calls import VirtualKey
from minga.policy.limits import Asked, Limits

RUN = "minga-run"
"""The model of a run, for budgets: what really answers is booked by the run itself."""


@dataclass(slots=True)
class Spent:
    """Of what was reserved, in micro-USD; all of it until somebody knows better."""

    micro_usd: int

    def cost(self, micro_usd: int | None) -> None:
        if micro_usd is not None:
            self.micro_usd = micro_usd


@dataclass(frozen=True, slots=True)
class Requests:
    limits: Limits

    @asynccontextmanager
    async def counted(self, key: VirtualKey) -> AsyncIterator[None]:
        """One request, as long as it takes. Raises Refused where the key has too many of them."""
        permit = await self.limits.begin(key, Asked((), 0, 0))
        try:
            yield
        finally:
            permit.settle(0, 0, "")
            permit.booked()

    @asynccontextmanager
    async def spending(self, key: VirtualKey, most_micro_usd: int) -> AsyncIterator[Spent]:
        """A run for ``key``, which may cost so much. Raises Refused where that is not left of the key's own budget.

        The ledger has the run's cost under no key or another one, so this process holds it as long as it lives. The
        budgets of its user, team and project are the run's own affair: they would count it twice.
        """
        alone = replace(key, requests_per_minute=None, tokens_per_minute=None, concurrent_max=None)
        alone = replace(alone, user="", team="", project="")
        permit = await self.limits.begin(alone, Asked((RUN,), most_micro_usd, 0))
        spent = Spent(most_micro_usd)
        try:
            yield spent
        except MingaError:  # it did not begin
            spent.micro_usd = 0
            raise
        finally:
            permit.settle(spent.micro_usd, 0, RUN)
