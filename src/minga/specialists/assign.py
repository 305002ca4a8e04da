"""A task done as a specialist: what it may do and cost becomes narrower, never wider."""

from dataclasses import replace

from minga.domain.task import NARROWEST_FIRST, Specialist, Task


def assign(task: Task, specialist: Specialist) -> Task:
    """``task`` as ``specialist``: the narrower permissions, the lower budget; checked where it demands checks."""
    budgets = [each for each in (task.budget_micro_usd, specialist.budget_micro_usd) if each is not None]
    return replace(
        task,
        specialist=specialist,
        permissions=min(task.permissions, specialist.permissions, key=NARROWEST_FIRST.index),
        budget_micro_usd=min(budgets, default=None),
        demands=replace(task.demands, checked=task.demands.checked or bool(specialist.checks)),
    )
