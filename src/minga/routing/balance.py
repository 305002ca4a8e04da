"""(stand-in)"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "rate-limited", "overloaded", "failed", "unreachable", "abandoned"]


@dataclass(frozen=True, slots=True)
class Target:
    id: str
    rpm: float | None
    concurrent_max: int | None


class NoPermit(Exception):
    def __init__(self, retry_after_s: float | None) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


@dataclass
class Lease:
    target: Target

    def heard(self, status: int, headers: Sequence[tuple[str, str]]) -> None: ...
    def first_byte(self) -> None: ...
    def end(self, outcome: Outcome, retry_after_s: float | None = None) -> None: ...


class Balancer:
    async def acquire(
        self,
        groups: Sequence[Sequence[Target]],
        *,
        deadline_s: float,
        avoid: Collection[str] = (),
        sticky: str | None = None,
        cost: Mapping[str, float] | None = None,
        tenant: str = "",
    ) -> Lease:
        flat = [one for group in groups for one in group]
        if not flat:
            raise NoPermit(None)
        left = [one for one in flat if one.id not in avoid] or flat
        return Lease(next((one for one in left if one.id == sticky), left[0]))

    def retry_allowed(self) -> bool:
        return True
