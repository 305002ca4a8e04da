"""How long the answer of a model can be, for what a call may cost at most where its caller sets no limit."""

from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path

import msgspec

UNKNOWN = 32_768
"""Tokens, for a model that the data file does not name."""

_DATA = Path(__file__).with_name("longest_answers.toml")


class _Longest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: tuple[str, ...]
    tokens: int
    source: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    longest: tuple[_Longest, ...]


def of(model: str) -> int:
    """In tokens."""
    return known(model) or UNKNOWN


@lru_cache(maxsize=1024)  # callers name models as they like
def known(model: str) -> int | None:
    """In tokens, None for a model that the data file does not name. A reseller names a model ``vendor/name``, Amazon
    ``regions.vendor.name``."""
    name = model.rsplit("/", 1)[-1].lower().rpartition("anthropic.")[2]
    return next((one.tokens for one in _known() if any(fnmatchcase(name, text) for text in one.models)), None)


@cache
def _known() -> tuple[_Longest, ...]:
    return msgspec.toml.decode(_DATA.read_bytes(), type=_File).longest
