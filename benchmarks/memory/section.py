"""One part of the benchmark, as it was measured: what the page and ``measured.json`` are made of."""

from collections.abc import Callable
from dataclasses import dataclass, field

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table, its cells as they are shown."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Aim:
    """``text`` says what was aimed at, and ``found`` what was measured."""

    text: str
    found: str
    is_met: bool

    def __str__(self) -> str:
        return f"{self.text}: {self.found}, {'met' if self.is_met else 'missed'}"


@dataclass(frozen=True, slots=True)
class Section:
    """``figures`` by their names, for other programs; ``notes`` are sentences."""

    title: str
    tables: tuple[Rows, ...]
    aims: tuple[Aim, ...] = ()
    notes: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)
