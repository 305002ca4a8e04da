"""Changes of an example, by path: what the examples of rules and the mutants of the proof are made with."""

import copy
import re
from decimal import Decimal

from minga.dte.finding import Edits
from minga.dte.writing import Tree

_STEP = re.compile(r"(?P<name>\w+)(?:\[(?P<place>\d+)\])?")
_PLUS = re.compile(r"[+-]\d+(\.\d+)?")


def edited(tree: Tree, edits: Edits) -> Tree:
    """A copy with each edit made: ``False`` takes an element away, ``"+5"`` and ``"-5"`` add to the number that stands
    there, any other text takes its place; what is missing on the way is made. ``Detalle[2]`` is the second of its name,
    one more than there are makes a new one. Raises KeyError where a number is to be changed and none stands."""
    made = copy.deepcopy(tree)
    for path, value in edits.items():
        _edit(made, path.split("/"), value)
    return made


def _edit(tree: Tree, path: list[str], value: str | bool) -> None:
    step = _STEP.fullmatch(path[0])
    assert step is not None, f"{path[0]!r} is no step of a path"
    name, place = step["name"], int(step["place"] or 1) - 1
    present = tree.get(name)
    nodes: list[str | Tree] = list(present) if isinstance(present, list) else [] if present is None else [present]
    if len(path) > 1:
        while len(nodes) <= place:
            nodes.append({})
        inside = nodes[place]
        assert isinstance(inside, dict), f"{name} holds no elements"
        _edit(inside, path[1:], value)
    elif value is False:
        del nodes[place]
    else:
        new = _changed(nodes[place] if place < len(nodes) else None, str(value), name)
        nodes[place : place + 1] = [new]
    if nodes:
        tree[name] = nodes[0] if len(nodes) == 1 else nodes  # type: ignore[assignment]
    else:
        tree.pop(name, None)


def _changed(old: "str | Tree | None", value: str, name: str) -> str:
    if not _PLUS.fullmatch(value):
        return value
    if not isinstance(old, str):
        raise KeyError(name)
    return str(Decimal(old) + Decimal(value))
