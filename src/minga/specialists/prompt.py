"""What an agent is told of the specialist as which it works."""

from minga.domain.events import SpecialistChosen, ToolKind
from minga.domain.task import Specialist, Task
from minga.specialists.reading import BLOCK


def block(specialist: Specialist) -> str:
    """Goes before the task; the same specialist gives the same bytes. Marked, so that it is never taken for the
    person's own words: in a CLI's own session file it stands in the person's message."""
    source = specialist.source.translate(str.maketrans("", "", '<>"\n'))
    return f'<{BLOCK} name="{specialist.name}" source="{source}">\n{body(specialist, checked=True)}\n</{BLOCK}>\n\n'


def body(specialist: Specialist, *, checked: bool) -> str:
    """Purpose, limits and rules, without a mark. ``checked``: Minga checks the answer to it."""
    lines = [f"You work as a specialist: {specialist.title}. {specialist.purpose}"]
    lines += _limits(specialist, checked=checked)
    return "\n".join([*lines, "", specialist.rules])


def prompt(specialist: Specialist, task: str) -> str:
    """A whole prompt, for whoever has no place of its own for the specialist (an MCP prompt). Its answer is not
    checked by Minga."""
    said = body(specialist, checked=False)
    return f"{said}\n\nTask:\n{task.strip()}" if task.strip() else said


def chosen_event(specialist: Specialist, task: Task) -> SpecialistChosen:
    """``task`` is the one that was narrowed to it."""
    return SpecialistChosen(
        name=specialist.name,
        title=specialist.title,
        source=specialist.source,
        instead_of=specialist.instead_of,
        permissions=task.permissions,
        tools=specialist.tools,
        checks=specialist.checks,
        budget_micro_usd=task.budget_micro_usd,
    )


def _limits(specialist: Specialist, *, checked: bool) -> list[str]:
    told: list[str] = []
    withheld = [kind.value for kind in ToolKind if kind not in specialist.tools]
    if withheld:
        told.append(f"You may not use tools of these kinds: {', '.join(withheld)}.")
    checks = ", ".join(specialist.checks)
    if checks and checked:
        told.append(f"Programs check your answer ({checks}); what they cannot prove is labelled as not verified.")
    elif checks:
        told.append(f"Answers need a proof ({checks}): have Minga's tool answer_verify look, or call yours unverified.")
    return told
