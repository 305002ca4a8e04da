"""Which of the targets that may be called is called: by priority, then the better of two that are drawn."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from minga.routing.permits import Gate

PATIENCE_S = 1.0
"""A later group is used once the earlier ones have made a call wait so long, or certainly will."""

STICKY = 1.2
"""How much longer than the chosen target the one with the prompt cache may take, and is still kept."""

SLOW = 4.0
"""A target that takes so many times as long as the quickest beside it gets no more calls while it is busy."""

Groups: TypeAlias = Sequence[Sequence[Gate]]
"""By priority, the first first."""


@dataclass(slots=True)
class Want:
    """What a call asks for beside its targets: see `Balancer.acquire`."""

    avoid: Collection[str] = ()
    sticky: str | None = None


def choose(groups: Groups, want: Want, now: float, waited_s: float, chance: random.Random) -> Gate | None:
    """None where nothing may be called now. A target to avoid is used where nothing else is permitted."""
    spare: list[Gate] = []
    for gates in groups:
        free = [gate for gate in gates if gate.permits(now) and not (gate.is_busy() and _is_slow(gate, gates, now))]
        if want.avoid:
            spare = spare or [gate for gate in free if gate.target.id in want.avoid]
            free = [gate for gate in free if gate.target.id not in want.avoid]
        if free:
            return free[0] if len(free) == 1 else _draw(free, want, now, chance)
        if waited_s < PATIENCE_S and _soon(gates, want.avoid, now):
            break
    return _draw(spare, want, now, chance) if spare else None


def _draw(free: Sequence[Gate], want: Want, now: float, chance: random.Random) -> Gate:
    """The better of two that are drawn, or the sticky one if it is about as quick."""
    at = int(chance.random() * len(free))
    first, second = free[at], free[at - 1 - (int(chance.random() * (len(free) - 1)) if len(free) > 2 else 0)]
    one, other = first.load(now), second.load(now)
    best = second if other < one else first
    if want.sticky is not None and best.target.id != want.sticky:
        for gate in free:
            if gate.target.id == want.sticky and gate.expected_s(now) <= STICKY * best.expected_s(now):
                return gate
    return best


def _is_slow(gate: Gate, gates: Sequence[Gate], now: float) -> bool:
    """Much slower than the quickest beside it that is up."""
    return gate.latency_s > SLOW * min(one.latency_s for one in gates if one is gate or one.is_up(now))


def _soon(gates: Sequence[Gate], avoid: Collection[str], now: float) -> bool:
    """Whether one that was not tried may give a permit soon."""
    return any(gate.target.id not in avoid and gate.soonest(now) - now <= PATIENCE_S for gate in gates)
