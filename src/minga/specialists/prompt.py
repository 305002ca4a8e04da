"""What an agent is told of the specialist as which it works."""

from minga.domain.events import SpecialistChosen, ToolKind
from minga.domain.task import Specialist, Task
from minga.specialists.reading import BLOCK

SOURCE_LENGTH = 300
"""Characters of a path: a longer tag is not known as one."""


def block(specialist: Specialist, *, checked: bool = True) -> str:
    """Goes before the task; the same specialist gives the same bytes. Marked, so that it is never taken for the
    person's own words: in a CLI's own session file it stands in the person's message. ``checked``: Minga checks the
    answer to it."""
    source = specialist.source.translate(str.maketrans("", "", '<>"\n'))[-SOURCE_LENGTH:]
    said = body(specialist, checked=checked)
    return f'<{BLOCK} name="{specialist.name}" source="{source}">\n{said}\n</{BLOCK}>\n\n'


def body(specialist: Specialist, *, checked: bool) -> str:
    """Purpose, limits and rules, without a mark. ``checked``: Minga checks the answer to it."""
    lines = [f"You work as a specialist: {specialist.title}. {specialist.purpose}"]
    lines += _limits(specialist, checked=checked)
    return "\n".join([*lines, "", specialist.rules])


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
    withheld = [kind.value for kind in ToolKind if kind not in specialist.tools and kind is not ToolKind.OTHER]
    if withheld:
        told.append(f"You may not use tools of these kinds: {', '.join(withheld)}.")
    checks = ", ".join(specialist.checks)
    if checks and checked:
        told.append(f"Programs check your answer ({checks}); what they cannot prove is labelled as not verified.")
    elif checks:
        told.append(f"Answers need a proof ({checks}): have Minga's tool answer_verify look, or call yours unverified.")
    return told
