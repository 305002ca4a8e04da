"""`minga doctor` on the rules of the project that one is in: what is each CLI told, and is it what the rules say?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from minga.domain.errors import MingaError
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.pipeline.rules_files import rendering_of, told_otherwise


@dataclass(frozen=True, slots=True)
class Drift:
    """``files``: by CLI, those that do not say the rules. ``wrong``: why that cannot be told."""

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wrong: MingaError | None = None


def drift_at(cwd: Path) -> Drift:
    """As `minga rules diff` sees it: files only."""
    try:
        return Drift(told_otherwise(rendering_of(cwd)))
    except MingaError as wrong:
        return Drift(wrong=wrong)


def say_drift(desk: Desk, found: Drift) -> None:
    """A line for each CLI that is told something else, or nothing yet."""
    if found.wrong:
        print(visible(f"  {desk.say('rules')}: {drift_problem(desk, found)}"))
    for name, files in found.files.items():
        said = desk.say("not as the project's rules say: {files}", files=", ".join(files))
        print(visible(f"  {name}: {said} → minga rules diff"))


def drift_problem(desk: Desk, found: Drift) -> str:
    """Why it cannot be told, or an empty text."""
    return " → ".join(desk.say.error(found.wrong)) if found.wrong else ""


def drift_fields(found: Drift, agent: str) -> dict[str, object]:
    """What a program is told of one CLI: nothing where it is told the rules, or there are none."""
    return {"rules_differ": found.files[agent]} if agent in found.files else {}
