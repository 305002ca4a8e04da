"""The twelve types of document and their names."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal


@cache
def kinds() -> Mapping[int, Mapping[Literal["es", "en"], str]]:
    """Names by type, in Spanish as the SII writes them, and in English."""
    table = tomllib.loads(resources.files(__package__).joinpath("kinds.toml").read_text("utf-8"))
    return {int(kind): names for kind, names in table.items()}
