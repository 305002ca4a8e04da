"""What agents may be asked by other programs in one process, all questions together: so many at once, for so much."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from minga.domain.errors import BadInput

AT_ONCE = 6
"""Questions; a panel is one."""

MILLION = 1_000_000


@dataclass(slots=True)
class Question:
    """What has come of one so far, in micro-USD."""

    cost: int = 0

    def add(self, cost_micro_usd: int | None, most_micro_usd: int | None) -> None:
        """A run has ended. Where nobody knows what it cost, it counts with the most that it may have."""
        self.cost += (most_micro_usd or 0) if cost_micro_usd is None else cost_micro_usd


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
                f" ask_budget_usd), ${left:.2f} are left: name a smaller budget, or raise that setting"
            )
        asked = Question()
        self._running += 1
        self._taken += most
        try:
            yield asked
        finally:
            self._running -= 1
            self._taken += asked.cost - most
