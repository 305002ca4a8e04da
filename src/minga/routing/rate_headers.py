"""What an answer's headers tell of rate limits, by the names in the data file beside this module."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

import msgspec

TABLE = Path(__file__).parent / "rate_headers.toml"

NUMBER_MAX = 1e15

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
_UNIT_S = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True, slots=True)
class Told:
    """What is left of a budget of ``requests`` or ``tokens``; in ``reset_s`` seconds it is whole again."""

    of: Literal["requests", "tokens"]
    limit: float
    remaining: float
    reset_s: float


@dataclass(frozen=True, slots=True)
class Heard:
    budgets: tuple[Told, ...] = ()
    retry_after_s: float | None = None


class _Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: Literal["requests", "tokens"]
    limit: str
    remaining: str
    reset: str
    form: Literal["duration", "instant"]
    source: str


class _Wait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    header: str
    form: Literal["milliseconds", "seconds-or-date"]
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    budgets: list[_Budget]
    waits: list[_Wait]


class RateHeaders:
    def __init__(self, path: Path = TABLE) -> None:
        file = msgspec.toml.decode(path.read_bytes(), type=_File)
        self._budgets = file.budgets
        self._waits = file.waits
        self._names = {name for one in file.budgets for name in (one.limit, one.remaining, one.reset)}
        self._names |= {one.header for one in file.waits}

    def tell(self, headers: Iterable[tuple[str, str]]) -> bool:
        """Whether there is anything to read."""
        return not self._names.isdisjoint([name for name, _ in headers])

    def read(self, headers: Iterable[tuple[str, str]], now: datetime) -> Heard:
        """``headers`` have lower-case names. What makes no sense counts as not told."""
        found = {name: value.strip() for name, value in headers if name in self._names}
        if not found:
            return Heard()
        budgets = [_told(one, found, now) for one in self._budgets if one.remaining in found]
        waits = [_wait_s(one, found[one.header], now) for one in self._waits if one.header in found]
        told = tuple([one for one in budgets if one is not None])
        return Heard(told, next((one for one in waits if one is not None), None))


def _told(budget: _Budget, found: dict[str, str], now: datetime) -> Told | None:
    limit, remaining = _number(found.get(budget.limit, "")), _number(found[budget.remaining])
    text = found.get(budget.reset, "")
    reset_s = _duration_s(text) if budget.form == "duration" else _until_s(text, now)
    if limit is None or remaining is None or reset_s is None or limit == 0:
        return None
    return Told(budget.of, limit, min(remaining, limit), reset_s)


def _wait_s(wait: _Wait, text: str, now: datetime) -> float | None:
    number = _number(text)
    if wait.form == "milliseconds":
        return None if number is None else number / 1000
    if number is not None:
        return number
    try:
        return max((parsedate_to_datetime(text).astimezone(UTC) - now).total_seconds(), 0.0)
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> float | None:
    """None for what is negative or no plain number."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < NUMBER_MAX else None


def _duration_s(text: str) -> float | None:
    number = _number(text[:-1] if text.endswith("s") else text)
    if number is not None:
        return number
    parts = _DURATION.findall(text)
    if not parts or "".join([value + unit for value, unit in parts]) != text:
        return None
    return sum(float(value) * _UNIT_S[unit] for value, unit in parts)


def _until_s(text: str, now: datetime) -> float | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if instant.tzinfo is None else max((instant - now).total_seconds(), 0.0)
