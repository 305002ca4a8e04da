"""Where specialists lie: those of Minga, over them the person's own, over them the project's."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from minga.domain.errors import BadSpecialist, UnknownSpecialist
from minga.domain.task import NARROWEST_FIRST, Specialist
from minga.specialists.reading import read

SHIPPED = Path(__file__).with_name("shipped")

TEMPLATE = Path(__file__).with_name("template.md")

OF_MINGA = "Minga"
"""The source of what is shipped; that of another is its file."""

IN_PROJECT = Path(".minga", "specialists")


@dataclass(frozen=True, slots=True)
class Shelf:
    """``own``: the person's folder. ``agents``: names in the catalogue, which a file may name."""

    own: Path
    agents: Collection[str]

    def names(self, cwd: Path | None) -> list[str]:
        found = {file.stem for folder in self._folders(cwd) for file in folder.glob("*.md") if file.is_file()}
        return sorted(found)

    def get(self, name: str, cwd: Path | None) -> Specialist:
        """The specialist as it counts at ``cwd``; None: in no project. The person's file takes the place of Minga's; of
        a project's file the text counts, and what it allows only where the one below does too.

        Raises UnknownSpecialist, BadSpecialist."""
        known = self.names(cwd)
        found: Specialist | None = None
        for place, folder in enumerate(self._folders(cwd) if name in known else []):
            path = folder / f"{name}.md"
            if path.is_file():
                over = read(path, OF_MINGA if folder == SHIPPED else str(path), self.agents)
                found = _over(found, over, narrows=place > 1) if found else over  # the third folder is a project's
        if found is None:
            near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
            raise UnknownSpecialist(name=name, suggestion=f"Did you mean {near[0]!r}? " if near else "")
        return found

    def all_at(self, cwd: Path | None) -> Iterator[Specialist | BadSpecialist]:
        """Every one in the order of names; what cannot be read as the error that it is."""
        for name in self.names(cwd):
            try:
                yield self.get(name, cwd)
            except BadSpecialist as wrong:
                yield wrong

    def _folders(self, cwd: Path | None) -> list[Path]:
        """The weakest first; a project's folder is looked for up to its repository's root."""
        return [SHIPPED, self.own, *(_of_project(cwd) if cwd else [])]


def template(name: str) -> str:
    """The text of a new specialist's file, with every key explained."""
    return TEMPLATE.read_text("utf-8").replace("{title}", name.replace("-", " ").capitalize())


def _of_project(cwd: Path) -> list[Path]:
    above = [cwd, *cwd.parents]
    root = next((place for place, folder in enumerate(above) if (folder / ".git").exists()), 0)
    return [folder / IN_PROJECT for folder in above[: root + 1] if (folder / IN_PROJECT).is_dir()][:1]


def _over(below: Specialist, over: Specialist, *, narrows: bool) -> Specialist:
    instead_of = (*below.instead_of, below.source)
    if not narrows:
        return replace(over, instead_of=instead_of)
    budgets = [each for each in (below.budget_micro_usd, over.budget_micro_usd) if each is not None]
    return replace(
        over,
        permissions=min(below.permissions, over.permissions, key=NARROWEST_FIRST.index),
        tools=tuple(kind for kind in over.tools if kind in below.tools),
        checks=tuple(dict.fromkeys((*below.checks, *over.checks))),
        agents=over.agents or below.agents,
        budget_micro_usd=min(budgets, default=None),
        instead_of=instead_of,
    )
