"""Right documents of every type, and envelopes, messages and books, without stamp and signature: what
`minga dte explain` changes to show a rule broken.

Their companies are invented (RUTs with right check digits).
"""

import tomllib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from minga.dte.writing import Tree


@cache
def names() -> tuple[str, ...]:
    """Documents."""
    return _names(resources.files(__package__))


@cache
def container_names() -> tuple[str, ...]:
    """Envelopes, messages and books: the name of the outermost element, and the case."""
    return _names(_containers())


def example(name: str) -> Tree:
    """The body of a document, its type, as ``33``, or type and case, as ``33-gross``; or what is in the outermost
    element of an envelope, message or book, as ``EnvioDTE``. Raises KeyError."""
    if name not in names() and name not in container_names():
        raise KeyError(name)
    folder = resources.files(__package__) if name in names() else _containers()
    tree: Tree = tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8"))
    return tree


def _containers() -> Traversable:
    return resources.files(__package__).joinpath("containers")


def _names(folder: Traversable) -> tuple[str, ...]:
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))
