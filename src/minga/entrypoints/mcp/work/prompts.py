"""Specialists as prompts."""

from minga import bootstrap
from minga.domain.task import Specialist
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.prompts import SPECIALIST, Prompt
from minga.specialists.prompt import block

_TASK = {"task": ("What is to be done", False)}


def specialists(place: Place) -> list[Prompt]:
    """One whose file cannot be read is left out: `minga specialists list` says why."""
    found = bootstrap.shelf(place.settings).all_at(place.cwd)
    return [_of(one) for one in found if isinstance(one, Specialist)]


def specialist(place: Place, name: str) -> Prompt:
    """Raises UnknownSpecialist, BadSpecialist."""
    return _of(bootstrap.shelf(place.settings).get(name, place.cwd))


def _of(one: Specialist) -> Prompt:
    """Its answer goes to the person's CLI: Minga does not check it."""
    text = block(one, checked=False).replace("{", "{{").replace("}", "}}") + "{task}"
    return Prompt(f"{SPECIALIST}{one.name}", one.title, one.purpose, text, _TASK)
