"""Whether the budget of a run is spent, and whether it can be watched at all."""

from minga.agents.facts import Facts
from minga.domain.events import Failed, Notice
from minga.domain.failure import Failure, FailureCode
from minga.domain.ledger import AttemptCost

_TOLD_PER_CALL = ("meta-chunk", "record")
"""Values of option ``usage`` of the ACP driver by which tokens are told while a prompt runs."""


class Budget:
    """Micro-USD for all attempts of one turn together; ``limit`` None means none was given."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._warned = False

    def begin(self, facts: Facts | None) -> Notice | None:
        """An attempt begins. What to tell at once of an agent that tells its tokens only with its answer."""
        self._warned = False
        if self._limit is None or facts is None or facts.driver != "acp":
            return None
        if facts.options.get("usage", "turn") in _TOLD_PER_CALL:
            return None
        return Notice(
            f"{facts.name} tells its tokens only with its answer: the budget of ${self._shown} is checked then"
        )

    def warning(self, cost: AttemptCost) -> Notice | None:
        """What to tell, once an attempt, when ``cost`` (so far) has tokens and no price."""
        spent = cost.input_tokens or cost.cached_input_tokens or cost.output_tokens
        if self._limit is None or self._warned or not spent or cost.cost_micro_usd is not None:
            return None
        self._warned = True
        return Notice(f"no list price for {cost.model or '?'}: the budget of ${self._shown} cannot be watched")

    def left(self, costs: list[AttemptCost]) -> int | None:
        """What the next attempt may spend; None where there is no bound."""
        return None if self._limit is None else max(1, self._limit - sum(cost.cost_micro_usd or 0 for cost in costs))

    def overspent(self, costs: list[AttemptCost]) -> Failed | None:
        """How the run ends, once nothing is left."""
        spent = sum(cost.cost_micro_usd or 0 for cost in costs)
        if self._limit is None or spent < self._limit:
            return None
        message = f"${spent / 1e6:.4f} of ${self._shown} is spent"
        return Failed(Failure(FailureCode.BUDGET_SPENT, message, "Raise --budget-usd."))

    @property
    def _shown(self) -> str:
        return f"{(self._limit or 0) / 1e6:.4f}"
