"""Who waits for a permit: one line for each choice of targets, fair between tenants, first come first served within."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from minga.routing.choice import Groups, Want
from minga.routing.permits import Gate

L = TypeVar("L")

NEVER = float("inf")


@dataclass(slots=True, eq=False)
class Waiter(Generic[L]):
    """``since`` and ``until`` are instants; ``future`` gets the lease."""

    future: "asyncio.Future[L]"
    tenant: str
    since: float
    until: float
    want: Want


@dataclass(slots=True, eq=False)
class Line(Generic[L]):
    """``told``: nobody here has less time than until that instant."""

    groups: Groups
    tenants: OrderedDict[str, OrderedDict[Waiter[L], None]] = field(default_factory=OrderedDict)
    told: float = NEVER

    def add(self, waiter: Waiter[L]) -> None:
        self.tenants.setdefault(waiter.tenant, OrderedDict())[waiter] = None
        self.told = min(self.told, waiter.until)
        for gate in self._gates():
            gate.waited_for += 1

    def remove(self, waiter: Waiter[L]) -> bool:
        """False if it is not here any more."""
        of_tenant = self.tenants.get(waiter.tenant)
        if of_tenant is None or waiter not in of_tenant:
            return False
        del of_tenant[waiter]
        if not of_tenant:
            del self.tenants[waiter.tenant]
        for gate in self._gates():
            gate.waited_for -= 1
        return True

    def served(self, waiter: Waiter[L]) -> None:
        """Take ``waiter`` out; its tenant's turn comes again after all others'."""
        self.tenants.move_to_end(waiter.tenant)
        self.remove(waiter)

    def heads(self) -> Iterator[Waiter[L]]:
        """The first of each tenant, in the order of their turns."""
        for of_tenant in self.tenants.values():
            yield next(iter(of_tenant))

    def waiters(self) -> Iterator[Waiter[L]]:
        for of_tenant in list(self.tenants.values()):
            yield from list(of_tenant)

    def soonest(self, now: float) -> float:
        """The earliest instant at which any of its targets may permit a call."""
        return min(gate.soonest(now) for gate in self._gates())

    def _gates(self) -> Iterator[Gate]:
        for gates in self.groups:
            yield from gates
