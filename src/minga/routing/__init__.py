"""Where a task goes: a plan with reasons from facts, and the memory of limits and failures those facts come from.
Where a call of a model goes, and when: the permit queue.

Must not start or send anything. Entries: `plan.plan` (pure), `health.Health` and `balance.Balancer`.
"""
