"""What the router looks at and what it decides. `routing.plan` is a pure function from the one to the other."""

from dataclasses import dataclass
from datetime import datetime

from minga.domain.ids import AgentName


@dataclass(frozen=True, slots=True)
class AgentState:
    """What is known of one agent at this moment.

    ``ready`` is empty if the agent can be started, else why not (not installed, not logged in, no endpoint).
    ``limited_until``: its account and model family are rate-limited until then. ``recent_failures`` counts attempts in
    the last hour that ended in a failure of the agent's own, limits apart. ``expected_micro_usd``: estimate for this
    task by list price, None where no price is known. ``start_ms`` is how long it takes until it can work.
    ``on_key``: it has no login, only a provider's key that is paid by use.
    """

    agent: AgentName
    ready: str
    images: bool
    mcp: bool
    deterministic: bool
    limited_until: datetime | None
    recent_failures: int
    expected_micro_usd: int | None
    start_ms: int
    on_key: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """What the task asks of an agent. ``explicit``: agents the person named, in that order; ``began``: the one that
    began the session, None for a new one. ``cheapest_first``: cost counts before all but what cannot work now.
    ``preferred`` by the specialist: they come first among those that can work and cost no key's money."""

    explicit: tuple[AgentName, ...]
    images: bool
    mcp: bool
    now: datetime
    began: AgentName | None = None
    cheapest_first: bool = False
    preferred: tuple[AgentName, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    agent: AgentName
    reason: str
    limited_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Agents in the order in which they are tried, and the others with why they are not."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[Candidate, ...]
