"""Answers and what they cost: verify, costs and limits left, standing rules."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from minga.domain.budgets import Budget
from minga.domain.model_calls import VirtualKey
from minga.domain.rules import StandingRule
from minga.domain.task import Document
from minga.domain.work import Work
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.tool import Told
from minga.entrypoints.mcp.tools.answers import (
    Check,
    Cost,
    CostsFound,
    CostsOf,
    Left,
    Rules,
    RulesOf,
    RuleTold,
    Verified,
    Verify,
)
from minga.gateway_wiring import budget_states
from minga.pipeline.standing import in_force
from minga.reports.costs import Costs

NOWHERE = Path("/nonexistent")
"""Where no working directory is known: no file that an answer names is there."""

RULES_MAX = 200

RULES_LENGTH = 20_000
"""Characters of all rules that are told."""

MILLION = 1_000_000


async def verify(place: Place, asked: Verify, told: Told) -> Verified:
    """Nothing that the answer holds is run, and no command of the project."""
    minga = await place.minga()
    judge = await asyncio.to_thread(minga.runner.verifying.judge)
    sources = tuple(Document(f"source {number}", text) for number, text in enumerate(asked.sources, start=1))
    work = Work(asked.question, asked.answer, place.cwd or NOWHERE, sources=sources, finds_commands=False)
    verdict = await judge.judge(work)
    checks = [Check(one.check, one.state.value, list(one.evidence)) for one in verdict.checks]
    return Verified(verdict.judgement.value, checks)


async def costs(place: Place, asked: CostsOf, told: Told) -> CostsFound:
    """All of them; to a key that is no admin's, what its own calls cost, and the budgets of those whose it is."""
    minga = await place.minga()
    key = None if place.key is None or "admin" in place.key.scopes else place.key
    since = place.now() - timedelta(days=asked.days)
    found = await Costs(minga.database).sums([asked.by], since, None, key.id if key else None)
    states = [one for one in await budget_states(minga).all() if key is None or _is_of(one.budget, key)]
    limits = await minga.runner.health.limits() if key is None else {}
    return CostsFound(
        [
            Cost(
                one.names[0],
                one.calls,
                one.input_tokens + one.cached_input_tokens + one.cache_write_tokens,
                one.output_tokens,
                one.cost_micro_usd / MILLION,
                one.unpriced,
            )
            for one in found
        ],
        [Left(str(one.budget), one.left_micro_usd / MILLION, one.budget.micro_usd / MILLION) for one in states],
        [
            f"{account or 'account'} ({family}): at its limit until {until.isoformat(timespec='minutes')}"
            for (account, family), until in limits.items()
        ],
    )


def _is_of(budget: Budget, key: VirtualKey) -> bool:
    owners = {"user": key.user, "team": key.team, "project": key.project, "key": key.id}
    return owners.get(budget.scope) == budget.subject


async def rules(place: Place, asked: RulesOf, told: Told) -> Rules:
    """Those of the project's file, and those accepted in the memory."""
    minga = await place.minga()
    if place.cwd is not None:
        return Rules(_bounded([RuleTold(one.told, _source(one)) for one in await in_force(minga.memory, place.cwd)]))
    await minga.memory.catch_up()
    known = [one for one in await minga.memory.rules(None) if one.state == "accepted" and not one.project]
    return Rules(_bounded([RuleTold(one.text, _source(StandingRule(one.text, "user", item=one.id))) for one in known]))


def _bounded(told: Sequence[RuleTold]) -> list[RuleTold]:
    """The first ones, and how many more there are: a file that somebody wrote must not fill the model's context."""
    kept: list[RuleTold] = []
    length = 0
    for one in told:
        length += len(one.rule)
        if len(kept) >= RULES_MAX or length > RULES_LENGTH:
            return [*kept, RuleTold(f"… and {len(told) - len(kept)} more", "minga rules shows all of them")]
        kept.append(one)
    return kept


def _source(rule: StandingRule) -> str:
    in_file = f"{rule.file}:{rule.line}: in the project's file, by whoever wrote it" if rule.file else ""
    return "; ".join(filter(None, (in_file, f"{rule.item}: accepted by this person" if rule.item else "")))
