"""The lists of codes that fields take, with the days between which they hold."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources

import msgspec


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One code. ``at`` is where its first day stands."""

    since: date | None = None
    at: str = ""


@cache
def codes(name: str) -> Mapping[str, Code]:
    """The list of that name in ``codes.toml``. Raises KeyError."""
    return _lists()[name]


@cache
def _lists() -> Mapping[str, Mapping[str, Code]]:
    text = resources.files(__package__).joinpath("codes.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=dict[str, dict[str, Code]])
