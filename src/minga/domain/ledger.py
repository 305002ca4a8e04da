"""What a turn cost and what it did, in figures."""

from dataclasses import dataclass

from minga.domain.failure import Failure
from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.verdict import Judgement
from minga.domain.ways import Through


@dataclass(frozen=True, slots=True)
class AttemptCost:
    """One attempt. Tokens as in `events.Usage`. ``cost_micro_usd`` None: neither a price nor a claim of the CLI's is
    known; ``cost_source`` says which: ``list price``, ``claimed by the CLI``, ``no model``, ``unknown``, or that the
    gateway booked it. ``through``: which way its model calls went; empty without a model, and where it is not kept.
    ``judgement``: what the checks made of its answer, None without one, and where it is not kept."""

    attempt_id: AttemptId
    agent: AgentName
    model: str
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost_micro_usd: int | None
    cost_source: str
    failure: Failure | None
    cancelled: bool = False
    through: Through = ""
    judgement: Judgement | None = None

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.cached_input_tokens + self.cache_write_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the same answer would have cost without a cascade: an estimate. ``cost_micro_usd`` is the list price of
    ``model`` for the tokens of the attempt that answered; ``agent`` is the one that a person would have asked alone."""

    agent: AgentName
    model: str
    cost_micro_usd: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the person gets beside the answer. ``ended`` is ``finished``, ``failed`` or ``cancelled``. ``baseline`` is
    there where an answer was accepted in a cascade and both prices are known. ``specialist``: as whom the agents
    worked; ``unproven``: the checks that it demands and that did not prove the answer that was given."""

    session_id: SessionId
    turn_id: TurnId
    ended: str
    attempts: tuple[AttemptCost, ...]
    files_changed: tuple[str, ...]
    duration_ms: int
    baseline: Baseline | None = None
    specialist: str = ""
    unproven: tuple[str, ...] = ()

    @property
    def saving(self) -> float | None:
        """Share of the baseline's cost that was saved; negative where the cascade cost more."""
        if self.baseline is None or self.cost_micro_usd is None or not self.baseline.cost_micro_usd:
            return None
        return 1 - self.cost_micro_usd / self.baseline.cost_micro_usd

    @property
    def cost_micro_usd(self) -> int | None:
        """The sum, or None if the cost of any attempt that used a model is unknown."""
        costs = [attempt.cost_micro_usd for attempt in self.attempts]
        return None if any(cost is None for cost in costs) else sum(cost or 0 for cost in costs)
