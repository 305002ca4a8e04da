"""Where a task goes: a plan with reasons from facts, and the memory of limits and failures those facts come from.

Must not start anything. Entries: `plan.plan` (pure) and `health.Health`.
"""
