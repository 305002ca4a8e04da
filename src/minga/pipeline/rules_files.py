"""Rules on their way into the files of CLIs, and out of them: the project's file, the memory and the files together."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from minga.agents.facts import Facts
from minga.agents.login import person_place
from minga.domain.errors import SecretInRule
from minga.domain.rules import StandingRule
from minga.infrastructure.file_lock import FileLock
from minga.memory.memory import Memory
from minga.pipeline.project_rules import holds_secret
from minga.pipeline.standing import accepted_at
from minga.rules import changes, importing, rendering, skills, source
from minga.rules.documents import Change
from minga.rules.importing import Import
from minga.rules.markdown import Piece
from minga.rules.readers import readers
from minga.rules.rendering import Plan
from minga.rules.skills import SkillPlan


@dataclass(frozen=True, slots=True)
class Rendering:
    """What `minga rules render` would write. ``taken``: rules of the memory that `.minga/rules.md` does not say yet;
    ``source``: the file with them, None where nothing is to be added. ``left``: those that Markdown would read as
    something else."""

    root: Path
    taken: tuple[StandingRule, ...]
    source: Change | None
    plan: Plan
    skills: SkillPlan
    left: tuple[StandingRule, ...] = ()

    @property
    def changes(self) -> list[Change]:
        own = [self.source] if self.source else []
        return [*own, *self.plan.changes, *self.skills.changes]

    @property
    def edited(self) -> list[str]:
        return [*self.plan.edited, *self.skills.edited]


def rendering_of(
    cwd: Path, clis: Collection[str] | None = None, more: Sequence[str] = (), taken: Sequence[StandingRule] = ()
) -> Rendering:
    """What would be written for ``clis`` and into the files ``more``; see `rendering.plan`. ``taken``: rules that the
    memory holds for this project (`standing.not_in_file`); they are written into its file first, so that all who share
    it render the same.

    Raises SecretInRule, RulesUnreadable, RulesElsewhere, BlockDamaged, FileUnwritable.
    """
    root = source.root_of(cwd)
    own = source.read(root)
    more_rules, left = source.pieces_told(taken)
    rules = [*own.pieces, *more_rules]
    _without_secrets(rules)
    read = skills.read(root)
    _without_secrets([Piece((one.description, *one.content), 0, one.name) for one in read])
    planned = rendering.plan(root, rules, clis, more)
    told = [name for name, one in readers().items() if one.read(planned.files) or name in (clis or ())]
    change = own.added(more_rules) if more_rules else None
    kept = tuple(one for one in taken if one not in left)
    return Rendering(root, kept, change, planned, skills.plan(root, read, told or readers()), tuple(left))


def has_rules(cwd: Path) -> bool:
    """Whether the project at ``cwd`` keeps rules or skills of its own. Raises as `rendering_of`."""
    root = source.root_of(cwd)
    return (root / source.NAME).exists() or bool(skills.read(root))


def told_otherwise(found: Rendering) -> dict[str, tuple[str, ...]]:
    """The CLIs with the files in which each is told something else than the rules say, or nothing yet."""
    changed = [*found.plan.changes, *found.skills.changes]
    names = {*found.plan.files, *(one.document.name for one in changed)}
    wrong = {}
    for cli, reader in readers().items():
        read = {os.path.realpath(found.root / name) for name in reader.read(names)}
        wrong[cli] = tuple(
            one.document.name
            for one in changed
            if str(one.document.real) in read or one.document.name.startswith(tuple(f"{at}/" for at in reader.skills))
        )
    return {cli: files for cli, files in wrong.items() if files}


def removal(cwd: Path, clis: Collection[str] = ()) -> Rendering:
    """What would be taken out again: the blocks in the files of ``clis``, or everything that Minga rendered. Raises as
    `rendering_of`."""
    root = source.root_of(cwd)
    kept = skills.read(root) if clis else []
    return Rendering(root, (), None, rendering.plan_without(root, clis), skills.plan(root, kept, ()))


def imported(cwd: Path, *, moves: bool) -> tuple[Import, list[Change]]:
    """What people wrote into the files of single CLIs, and what taking it over would change: `.minga/rules.md`, and
    blocks of Minga's that were changed by hand. ``moves``: it is taken out there, and stands in Minga's block of the
    same file. Raises as `rendering_of`."""
    root = source.root_of(cwd)
    own = source.read(root)
    found = importing.found(root, own.pieces, holds_secret)
    taken = [one.piece for one in found.taken]
    gone = {one.piece.said for one in found.gone}
    change = own.added(taken, gone) if taken or gone else None
    rules = source.pieces_of(replace(own.document, content=change.after)) if change else own.pieces
    left = importing.left_by_hand(root, {one.said for one in rules}) if moves else {}
    plan = rendering.plan(root, rules, (), tuple(left), left)
    blocks = [
        one
        for one in plan.changes
        if (one.document.name in plan.edited or moves) and one.document.name not in found.stuck
    ]
    return found, [*([change] if change else []), *blocks]


async def personal_plans(
    memory: Memory, cwd: Path, homes: Mapping[str, Path], *, keeps: bool
) -> tuple[list[Plan], list[StandingRule]]:
    """What would be written into the files in a person's own ``homes`` of CLIs: rules that hold wherever they work; not
    ``keeps``: what would be taken out again. And rules that are left out, as in `Rendering`. Raises as `rendering_of`,
    and StoreError."""
    accepted = await accepted_at(memory, cwd) if keeps else []
    rules, left = source.pieces_told(one for one in accepted if one.scope == "user")
    _without_secrets(rules)
    return rendering.plan_personal(homes.values(), rules), left


def homes_of(catalogue: Iterable[Facts], environment: Mapping[str, str], clis: Collection[str]) -> dict[str, Path]:
    """The instruction files in a person's own homes of ``clis``; of those that they have used."""
    found = {}
    for facts in catalogue:
        if facts.name in clis and facts.name in readers():
            path = Path(*person_place(facts, environment, readers()[facts.name].home))
            if path.parent.is_dir():
                found[facts.name] = path
    return found


def added(cwd: Path, text: str) -> Change | None:
    """What adds a rule to the project's file; None where it says so already. Raises BadInput, SecretInRule,
    RulesUnreadable."""
    own = source.read(source.root_of(cwd))
    piece = source.piece_of(text)
    _without_secrets([piece])
    return None if piece.said in {one.said for one in own.pieces} else own.added([piece])


async def write(lock: FileLock, planned: Iterable[Change]) -> None:
    """Raises ChangedMeanwhile, FileUnwritable, StoreError."""
    await changes.apply(planned, lock)


def _without_secrets(pieces: Iterable[Piece]) -> None:
    """Raises SecretInRule."""
    for piece in pieces:
        if holds_secret("\n".join(piece.markdown)):
            raise SecretInRule(place=f"{source.NAME}:{piece.line}" if piece.line else repr(piece.section or "…"))
