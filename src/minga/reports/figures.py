"""What is counted of sessions, and how it adds up."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from minga.domain.ids import SessionId

Dimension = Literal["user", "project", "agent", "model", "day"]

DIMENSIONS: tuple[Dimension, ...] = ("user", "project", "agent", "model", "day")

Key = tuple[str, ...]


@dataclass(slots=True)
class Figures:
    """The figures of one group.

    Tokens as in `events.Usage`. ``cost_micro_usd`` is the sum of what is known, ``calls_of_unknown_cost`` counts the
    entries of the ledger that it lacks. ``duration_ms`` is the wall time of turns; ``waiting_ms`` the part of it in
    which an agent waited for an answer to a permission request or for the end of a limit. ``lines_added`` and
    ``lines_removed`` are those of edits that say them; ``edits_of_unknown_size`` counts the others.
    """

    session_ids: set[SessionId] = field(default_factory=set)
    turns: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    cost_micro_usd: int = 0
    calls_of_unknown_cost: int = 0
    duration_ms: int = 0
    waiting_ms: int = 0
    tools: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    fallbacks: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    edits_of_unknown_size: int = 0

    def add(self, other: "Figures") -> None:
        self.session_ids |= other.session_ids
        self.tools.update(other.tools)
        self.errors.update(other.errors)
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def fields(self) -> dict[str, int | dict[str, int] | None]:
        """``lines_added`` and ``lines_removed`` are None where there were edits and none of them says its size."""
        nothing_known = self.edits_of_unknown_size and not (self.lines_added or self.lines_removed)
        fields: dict[str, int | dict[str, int] | None] = {"sessions": len(self.session_ids)}
        fields |= {name: getattr(self, name) for name in NUMBERS}
        if nothing_known:
            fields |= {"lines_added": None, "lines_removed": None}
        return fields | {"tools": dict(sorted(self.tools.items())), "errors": dict(sorted(self.errors.items()))}


NUMBERS = tuple(name for name in Figures.__dataclass_fields__ if name not in ("session_ids", "tools", "errors"))


@dataclass(frozen=True, slots=True)
class Group:
    """``key``: a value for each dimension that was asked for, empty where it is not known."""

    key: Mapping[Dimension, str]
    figures: Figures


@dataclass(frozen=True, slots=True)
class Asked:
    """``since`` and ``until``: aware; from the one on, before the other."""

    by: tuple[Dimension, ...]
    since: datetime | None = None
    until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(slots=True)
class Groups:
    """The groups so far. Days are those of UTC."""

    asked: Asked
    found: dict[Key, Figures] = field(default_factory=dict)

    def at(self, at: datetime, values: Mapping[str, str]) -> Figures | None:
        """The figures that something of that time counts to; None if that time was not asked for."""
        if not self.asked.covers(at):
            return None
        known = {**values, "day": f"{at:%Y-%m-%d}"}
        key = tuple(known.get(dimension, "") for dimension in self.asked.by)
        return self.found.setdefault(key, Figures())

    def sorted(self) -> list[Group]:
        by = self.asked.by
        return [Group(dict(zip(by, key, strict=True)), self.found[key]) for key in sorted(self.found)]
