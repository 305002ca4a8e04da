"""Answers and what they cost: verify, costs and limits left, standing rules."""

from typing import Annotated, Literal

import msgspec

from minga.entrypoints.mcp.tool import Tool

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500_000)]


class Verify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    question: Text
    answer: Text
    sources: Annotated[list[str], msgspec.Meta(max_length=20, description="Texts it quotes")] = []


class Check(msgspec.Struct, frozen=True):
    check: str
    state: str
    evidence: list[str]


class Verified(msgspec.Struct, frozen=True):
    """``judgement``: accepted, rejected or not-verifiable; nothing is accepted without proof."""

    judgement: str
    checks: list[Check]


class CostsOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    by: Literal["model", "agent", "project", "day", "user", "key", "provider"] = "model"
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 30


class Cost(msgspec.Struct, frozen=True):
    name: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float
    unpriced_calls: int


class Left(msgspec.Struct, frozen=True):
    budget: str
    usd_left: float
    usd: float


class CostsFound(msgspec.Struct, frozen=True):
    """Of the gateway's calls, by list price; a call without a price is counted as unpriced, never as free."""

    costs: list[Cost]
    budgets: list[Left]
    limits: list[str]


class RulesOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class RuleTold(msgspec.Struct, frozen=True):
    """``source``: where it stands, and whose word it is."""

    rule: str
    source: str


class Rules(msgspec.Struct, frozen=True):
    """Those of a project's file may be anybody's who can change it; those of the memory the person accepted."""

    rules: list[RuleTold]


TOOLS = (
    Tool(
        "answer_verify",
        "Verify an answer",
        "Check an answer with programs: RUTs, sums, dates, tax documents, quotations, code, JSON.",
        Verify,
        Verified,
        "answers.verify",
    ),
    Tool(
        "costs",
        "Costs and limits",
        "What AI calls cost, budgets left, agents at a limit.",
        CostsOf,
        CostsFound,
        "answers.costs",
    ),
    Tool(
        "rules",
        "Standing rules",
        "Rules in force here, each with its source: the project's file, or what this person accepted.",
        RulesOf,
        Rules,
        "answers.rules",
    ),
)
