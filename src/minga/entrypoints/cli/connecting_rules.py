"""The rules of the project that one is in, for the CLIs that `minga connect` connects: as `minga rules render` does it.

`minga disconnect` leaves them: they are files of the project, which others share.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from minga.bootstrap import Minga
from minga.domain.errors import ChangedMeanwhile, MingaError
from minga.domain.rules import StandingRule
from minga.entrypoints.cli.rules_writing import lock_of, remarks_of
from minga.entrypoints.cli.verb import Desk
from minga.pipeline.rules_files import Rendering, has_rules, removal, rendering_of, write
from minga.pipeline.standing import not_in_file
from minga.rules import documents
from minga.rules.differences import diff
from minga.rules.documents import Change

RulesOutcome = Literal["written", "already written", "left", "would change", "failed"]


@dataclass(slots=True)
class ProjectRules:
    """``stay``: files in which they are left. ``found`` is None where ``error`` says why, or they only stay."""

    root: Path
    found: Rendering | None = None
    stay: tuple[str, ...] = ()
    error: MingaError | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def changes(self) -> list[Change]:
        """Without those that would lose what was changed by hand."""
        changes = self.found.changes if self.found else []
        return [one for one in changes if self.found and one.document.name not in self.found.edited]

    def outcome(self, *, is_dry: bool) -> RulesOutcome:
        if self.error is not None:
            return "failed"
        if self.changes:
            return "would change" if is_dry else "written"
        return "already written" if self.found and not self.found.edited else "left"


def plan_rules(desk: Desk, agents: Sequence[str]) -> ProjectRules | None:
    """None where there are no rules for the project that one is in."""
    cwd = Path.cwd()
    try:
        taken = _taken(desk)
        if not (taken or has_rules(cwd)):
            return None
        found = rendering_of(cwd, agents, (), taken)
    except MingaError as wrong:
        return ProjectRules(cwd, error=wrong)
    by_hand = desk.say("changed by hand: left as it is") + " → minga rules diff"
    edited = [f"{name}: {by_hand}" for name in found.edited]
    return ProjectRules(found.root, found, notes=[*remarks_of(desk, found), *edited])


def rules_that_stay(agents: Sequence[str]) -> ProjectRules | None:
    """None where none are written for these CLIs, or where that cannot be told."""
    try:
        found = removal(Path.cwd(), agents)
    except MingaError:
        return None
    names = tuple(one.document.name for one in found.changes)
    return ProjectRules(found.root, stay=names) if names else None


def write_rules(desk: Desk, rules: ProjectRules) -> None:
    """What goes wrong is kept in ``rules``."""
    try:
        _write(desk, rules.changes)
    except MingaError as wrong:
        rules.error = wrong


def rules_difference(change: Change) -> str:
    """Lines end in a newline."""
    return "".join(f"{line}\n" for line in diff(change))


def _write(desk: Desk, changes: Sequence[Change]) -> None:
    """Raises ChangedMeanwhile, unless another one wrote the very same; and as `rules_files.write`."""
    try:
        asyncio.run(write(lock_of(desk), changes))
    except ChangedMeanwhile:
        if any(documents.read(one.document.root, one.document.name).content != one.after for one in changes):
            raise


def _taken(desk: Desk) -> Sequence[StandingRule]:
    """Rules that the memory holds for the project and its file does not say. No store is made to look for them."""
    if not (desk.settings.text("database_url") or desk.settings.store.exists()):
        return ()

    async def work(minga: Minga) -> list[StandingRule]:
        return await not_in_file(minga.memory, Path.cwd())

    return desk.run(work)
