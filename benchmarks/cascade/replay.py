"""Agents in turn, each answer checked, the next only for what was rejected: what that costs and how good it is.

The accounting is exact in the check's errors: an agent's right answer is accepted with chance ``tpr``, a wrong one with
``fpr``; the last agent's answer is delivered as it is. Which agents, in which order, is chosen on one half of the tasks
and told of the other.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from operator import mul
from statistics import fmean, pstdev
from typing import NamedTuple

from benchmarks.cascade.tables import Agents

SPLITS = 10

BASELINES = {
    "Claude 4.5 Opus": "Claude 4.5 Opus medium (20251101)",
    "Gemini 3 Pro": "Gemini 3 Pro Preview (2025-11-18)",
    "Claude 4.5 Sonnet": "Claude 4.5 Sonnet (20250929)",
    "GPT-5.1": "GPT-5.1 (2025-11-13) (medium reasoning)",
}

BEST = "best on the first half"
"""The name of a baseline that is another model in some splits."""

RIGHT_MIN = 1 / 3
"""A candidate solves more of the first half."""


class Check(NamedTuple):
    """How often right and wrong answers are accepted."""

    tpr: float
    fpr: float

    def __str__(self) -> str:
        return f"{self.tpr:.2f}/{self.fpr:.2f}"


class Outcome(NamedTuple):
    """A task: the chance that what is delivered is right, and dollars."""

    quality: float
    cost: float


Order = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Against a baseline, on the second half: the share of cost saved, and quality gained."""

    order: Order
    saving: float
    quality: float


@dataclass(frozen=True, slots=True)
class Row:
    """Over the splits: means, and the standard deviation of the saving."""

    baseline: str
    changes: Sequence[Change]

    @property
    def saving(self) -> float:
        return fmean(one.saving for one in self.changes)

    @property
    def saving_sd(self) -> float:
        return pstdev(one.saving for one in self.changes)

    @property
    def quality(self) -> float:
        return fmean(one.quality for one in self.changes)

    @property
    def quality_sd(self) -> float:
        return pstdev(one.quality for one in self.changes)

    @property
    def orders(self) -> list[tuple[Order, int]]:
        """The most chosen first."""
        return Counter(one.order for one in self.changes).most_common()


def replay(agents: Agents, check: Check, stages: int, splits: int = SPLITS) -> dict[str, Row]:
    """A row for each baseline; orders of at most ``stages`` agents."""
    changes: dict[str, list[Change]] = {name: [] for name in (*BASELINES, BEST)}
    for seed in range(splits):
        first, second = _halves(agents, seed)
        candidates = [model for model in agents.right if fmean(first.right[model]) > RIGHT_MIN]
        known = evaluate_all(first, candidates, check, stages)
        alone = {model: evaluate(first, (model,), check) for model in agents.right}
        best = max(alone, key=lambda model: alone[model].quality)
        for name, model in (*BASELINES.items(), (BEST, best)):
            order = _choose(known, alone[model], model)
            changes[name].append(_change(second, order, model, check))
    return {name: Row(name, each) for name, each in changes.items()}


def evaluate(agents: Agents, order: Order, check: Check) -> Outcome:
    """Of ``order``, on all tasks of ``agents``."""
    reach = [1.0] * agents.tasks
    quality = cost = 0.0
    for stage, model in enumerate(order):
        cost += sum(map(mul, reach, agents.cost[model]))
        delivered = [1.0] * agents.tasks if stage == len(order) - 1 else _accepted(agents, model, check)
        quality += sum(map(mul, map(mul, reach, delivered), agents.right[model]))
        reach = [left * (1 - taken) for left, taken in zip(reach, delivered, strict=True)]
    return Outcome(quality / agents.tasks, cost / agents.tasks)


def evaluate_all(agents: Agents, candidates: Sequence[str], check: Check, stages: int) -> dict[Order, Outcome]:
    """Every order of one to ``stages`` agents; what orders share in their beginning is computed once."""
    accepted = {model: _accepted(agents, model, check) for model in candidates}
    found: dict[Order, Outcome] = {}
    for length in range(stages):
        for begin in permutations(candidates, length):
            reach = [1.0] * agents.tasks
            quality = cost = 0.0
            for model in begin:
                cost += sum(map(mul, reach, agents.cost[model]))
                quality += sum(map(mul, map(mul, reach, accepted[model]), agents.right[model]))
                reach = [left * (1 - taken) for left, taken in zip(reach, accepted[model], strict=True)]
            for last in candidates:
                if last not in begin:
                    end_quality = quality + sum(map(mul, reach, agents.right[last]))
                    end_cost = cost + sum(map(mul, reach, agents.cost[last]))
                    found[(*begin, last)] = Outcome(end_quality / agents.tasks, end_cost / agents.tasks)
    return found


def _choose(known: dict[Order, Outcome], baseline: Outcome, model: str) -> Order:
    """The cheapest that is as good as the baseline; the baseline itself if there is none."""
    enough = [order for order, outcome in known.items() if outcome.quality >= baseline.quality]
    return min(enough, key=lambda order: known[order].cost, default=(model,))


def _change(half: Agents, order: Order, model: str, check: Check) -> Change:
    ours, theirs = evaluate(half, order, check), evaluate(half, (model,), check)
    return Change(order, 1 - ours.cost / theirs.cost, ours.quality - theirs.quality)


def _accepted(agents: Agents, model: str, check: Check) -> list[float]:
    return [check.tpr if right else check.fpr for right in agents.right[model]]


def _halves(agents: Agents, seed: int) -> tuple[Agents, Agents]:
    tasks = list(range(agents.tasks))
    random.Random(seed).shuffle(tasks)
    middle = len(tasks) // 2
    return _of(agents, tasks[:middle]), _of(agents, tasks[middle:])


def _of(agents: Agents, tasks: Iterable[int]) -> Agents:
    kept = list(tasks)
    return Agents(
        {model: [right[task] for task in kept] for model, right in agents.right.items()},
        {model: [cost[task] for task in kept] for model, cost in agents.cost.items()},
    )
