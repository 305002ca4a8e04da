"""A date that a norm sets, the norm, and whether the date has passed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

import msgspec

from minga.domain.terms import day_in_chile, last_instant
from minga.dte.finding import Mark, Source
from minga.dte.rulebook import norms


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a norm sets a date for. ``says`` holds until the date, ``after`` from then on, ``counted`` is how it is
    counted; with ``_es`` in Spanish. ``text`` is the day of the article's text, ``valid_from`` the first day of receipt
    (issue, authorisation) that this text is known to hold for."""

    id: str
    says: str
    says_es: str
    after: str
    after_es: str
    counted: str
    counted_es: str
    mark: Mark
    sources: tuple[str, ...]
    text: date | None = None
    valid_from: date

    def norms(self) -> tuple[Source, ...]:
        return tuple(Source(norms()[key], at) for key, _, at in (each.partition(" ") for each in self.sources))


@dataclass(frozen=True, slots=True)
class Deadline:
    """``until`` is the last instant (UTC) at which the date has not passed. ``pesos`` is what it is about, where it is
    an amount."""

    limit: Limit
    until: datetime
    pesos: int | None = None

    @property
    def last(self) -> date:
        """The last day, in Chile."""
        return day_in_chile(self.until)

    def passed(self, at: datetime) -> bool:
        return at > self.until


@cache
def limits() -> Mapping[str, Limit]:
    """Every limit by its id, in the order of the file."""
    text = resources.files(__package__).joinpath("limits.toml").read_text("utf-8")
    return {id_: msgspec.convert({**fields, "id": id_}, Limit) for id_, fields in msgspec.toml.decode(text).items()}


def whole_day(id_: str, last: date, pesos: int | None = None) -> Deadline:
    """A date that runs until the midnight that ends its last day (Código Civil art. 48)."""
    return Deadline(limits()[id_], last_instant(last), pesos)
