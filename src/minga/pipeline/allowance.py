"""What agents may be asked by other programs in one process, all questions together: so many at once, for so much."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from minga.domain.errors import BadInput

AT_ONCE = 6
"""Questions; a panel is one."""

MILLION = 1_000_000

UNKNOWN_SHARE = 10
"""One in so many of a budget counts, where a cost is unknown."""


@dataclass(slots=True)
class Question:
    """What has come of one so far, in micro-USD."""

    cost: int = 0

    def add(self, cost_micro_usd: int | None, most_micro_usd: int | None) -> None:
        """A run has ended. Where nobody knows what it cost, as with a model of your own, it counts with a share of the
        most that it may have: not nothing, for it may have cost, and not all of it, for then ten would be the end."""
        self.cost += (most_micro_usd or 0) // UNKNOWN_SHARE if cost_micro_usd is None else cost_micro_usd


@dataclass(slots=True)
class Allowance:
    """``total_micro_usd`` None: no bound on the sum."""

    total_micro_usd: int | None = None
    at_once: int = AT_ONCE
    _taken: int = 0
    _running: int = 0

    @contextmanager
    def question(self, most_micro_usd: int | None) -> Iterator[Question]:
        """One that may cost so much. Raises BadInput where there is no room for it."""
        most, total = most_micro_usd or 0, self.total_micro_usd
        if self._running >= self.at_once:
            raise BadInput(detail=f"{self._running} questions run already: ask again when one has ended")
        if total is not None and self._taken + most > total:
            left = max(total - self._taken, 0) / MILLION
            raise BadInput(
                detail=f"agents that are asked here may cost ${total / MILLION:.2f} together (ten times"
                f" ask_budget_usd), ${left:.2f} are left: name a smaller budget, raise that setting, or give models"
                " without a price one in prices.toml"
            )
        asked = Question()
        self._running += 1
        self._taken += most
        try:
            yield asked
        finally:
            self._running -= 1
            self._taken += asked.cost - most
