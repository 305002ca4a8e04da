"""Settings -> the task of an agent that was asked by another program: bounded, and reading only."""

import re
from dataclasses import replace
from pathlib import Path

from minga.domain.ids import AgentName
from minga.domain.task import COMMANDS, GatewayUse, OnLimit, Permissions, Task
from minga.pipeline.allowance import Allowance
from minga.settings import Settings, named_agents

BUDGET_USD = 0.50
"""Of one question, where no other is set: whoever asks may take less, and never more."""

QUESTIONS = 10
"""So many may cost that much in one process."""

TIMEOUT_S = 900.0

MILLION = 1_000_000

_COMMAND = re.compile(rf"[\s\ufeff]*[{re.escape(''.join(COMMANDS))}]")
"""CLIs leave out what is blank before it, a byte order mark too."""


def allowance(settings: Settings) -> Allowance:
    """Raises BadSetting."""
    return Allowance(round(QUESTIONS * settings.number("ask_budget_usd", BUDGET_USD) * MILLION))


def asked_task(settings: Settings, cwd: Path, prompt: str, budget_usd: float | None = None) -> Task:
    """As the person's settings say, with a prompt that no CLI takes for a command of its own. Raises BadSetting."""
    most_usd = settings.number("ask_budget_usd", BUDGET_USD)
    return Task(
        prompt=f"Task: {prompt}" if _COMMAND.match(prompt) else prompt,
        cwd=cwd,
        agents=tuple(AgentName(name) for name in named_agents(settings.text("agents"))),
        permissions=Permissions.READ_ONLY,
        timeout_s=min(settings.number("timeout_s", TIMEOUT_S), TIMEOUT_S),
        budget_micro_usd=round(min(most_usd, budget_usd or most_usd) * MILLION),
        endpoint=settings.endpoint,
        on_limit=OnLimit(settings.text("on_limit") or OnLimit.SWITCH),
        gateway=GatewayUse(settings.text("gateway") or GatewayUse.AUTO),
        remembers=settings.text("memory") != "off",
        by="agent",
    )


def task_of_others(settings: Settings, cwd: Path, prompt: str) -> Task:
    """One that somebody else's agent gave: without the person's configuration of the agents, in which their servers
    stand, their memory and their sessions. Raises BadSetting."""
    return replace(asked_task(settings, cwd, prompt), isolated=True, for_others=True, remembers=False, by="stranger")
