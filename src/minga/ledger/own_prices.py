"""Prices that a person sets, in ``prices.toml`` of the configuration directory; they win over the shipped table."""

import re
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import msgspec

from minga.domain.errors import BadSetting

_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*prices[ \t]*\]\]", re.MULTILINE)

_NUMBER = re.compile(r"\$\.prices\[(\d+)\]")

Usd = msgspec.Meta(ge=0, le=1e6)


class OwnPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars per million tokens from the date ``since`` (UTC) on. ``model`` is a pattern, such as ``gpt-5*``.
    Cached input and cache writes cost as input where nothing is said, cache writes for an hour as other ones."""

    model: str
    input: Annotated[float, Usd]
    output: Annotated[float, Usd]
    cached: Annotated[float, Usd] | None = None
    cache_write: Annotated[float, Usd] | None = None
    cache_write_1h: Annotated[float, Usd] | None = None
    since: date = msgspec.field(default=date.min, name="from")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prices: tuple[OwnPrice, ...] = ()


def own_prices(file: Path) -> tuple[OwnPrice, ...]:
    """What stands in ``file``; nothing where there is none. Raises BadSetting, with the line."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as wrong:
        raise BadSetting(name="prices", source=str(file), detail=wrong.strerror or str(wrong)) from wrong
    try:
        return msgspec.toml.decode(data, type=_File).prices
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise BadSetting(name="prices", source=str(file), detail=f"{wrong}{_line(data, str(wrong))}") from wrong


def price_on(prices: tuple[OwnPrice, ...], model: str, day: date) -> OwnPrice | None:
    """Of the entries that hold ``model`` and are valid on ``day``, the newest; of several, the first in the file."""
    name = model.rsplit("/", 1)[-1]
    valid = [one for one in prices if one.since <= day and any(fnmatchcase(text, one.model) for text in (model, name))]
    return max(valid, key=lambda one: one.since, default=None)


def _line(data: bytes, wrong: str) -> str:
    """Where the entry begins that is wrong: syntax errors tell their line themselves."""
    told = _NUMBER.search(wrong)
    text = data.decode("utf-8", "replace")
    begins = [found.start() for found in _ENTRY.finditer(text)]
    if told is None or int(told[1]) >= len(begins):
        return ""
    return f" (the entry at line {text.count(chr(10), 0, begins[int(told[1])]) + 1})"
