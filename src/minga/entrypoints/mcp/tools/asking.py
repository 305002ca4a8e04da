"""Other agents: ask one, go on with a session in one, ask a panel."""

from typing import Annotated, Literal

import msgspec

from minga.entrypoints.mcp.fields import Session, told_of
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.tool import Tool

Prompt = Annotated[str, msgspec.Meta(min_length=1, max_length=100_000, description="Whole task; it sees nothing else")]
Agents = Annotated[
    list[Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,40}$")]],
    msgspec.Meta(max_length=6, description="codex, claude, gemini, copilot, opencode, qwen; else the router chooses"),
]
May = Annotated[Literal["read-only", "edits"], msgspec.Meta(description="edits: asks the person first")]
BudgetUsd = Annotated[float, msgspec.Meta(gt=0, le=1000)]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: Prompt
    agents: Agents = msgspec.field(default_factory=list)
    may: May = "read-only"
    budget_usd: BudgetUsd | msgspec.UnsetType = msgspec.UNSET


class GoOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    session: Session
    task: Prompt
    agents: Agents = msgspec.field(default_factory=list)
    may: May = "read-only"
    budget_usd: BudgetUsd | msgspec.UnsetType = msgspec.UNSET


class AskPanel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: Prompt
    budget_usd: BudgetUsd | msgspec.UnsetType = msgspec.UNSET


class Answered(msgspec.Struct, frozen=True, omit_defaults=True):
    """``checks``: what Minga's checks say of the answer."""

    ended: str
    about: str
    answer: str
    agent: str
    session: str
    checks: str = ""
    reasons: list[str] = []
    cost_usd: float | None = None
    files_changed: list[str] = []


class Agreed(msgspec.Struct, frozen=True, omit_defaults=True):
    """``standing``: agreed, majority, proven, undecided or none; ``answer`` is the one that was selected."""

    standing: str
    about: str
    answer: str
    agent: str
    answers: list[Answered]


async def _asks(asked: Ask | GoOn, place: Place) -> str | None:
    if asked.may == "read-only":
        return None
    say = place.say
    agents = f" {say('or')} ".join(asked.agents) or say("another agent")
    return say("Let {agents} change files here for: {task}?", agents=agents, task=told_of(say, asked.task))


TOOLS = (
    Tool(
        "agent_ask",
        "Ask another agent",
        "Give a task to another AI CLI here, with fallback and checks of its answer; it costs money.",
        Ask,
        Answered,
        "asking.ask",
        effect="changes",
        open_world=True,
        here_only=True,
        consent=_asks,
    ),
    Tool(
        "session_continue",
        "Go on with a session",
        "Let an agent go on with an earlier session, whole history carried over.",
        GoOn,
        Answered,
        "asking.go_on",
        effect="changes",
        open_world=True,
        here_only=True,
        consent=_asks,
    ),
    Tool(
        "panel_ask",
        "Ask a panel",
        "Two or three agents of different families answer side by side, reading only; one answer is selected.",
        AskPanel,
        Agreed,
        "asking.ask_panel",
        effect="adds",
        open_world=True,
        here_only=True,
    ),
)
