"""Right documents of every type, without stamp and signature: what `minga dte explain` changes to show a rule broken.

Their companies are invented (RUTs with right check digits).
"""

import tomllib
from functools import cache
from importlib import resources

from minga.dte.writing import Tree


@cache
def names() -> tuple[str, ...]:
    files = resources.files(__package__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def example(name: str) -> Tree:
    """The body of the example: its type, as ``33``, or type and case, as ``33-gross``. Raises KeyError."""
    if name not in names():
        raise KeyError(name)
    tree: Tree = tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
    return tree
