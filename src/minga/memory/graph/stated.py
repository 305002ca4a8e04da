"""What facts are made of: statements with their passages, and what persons called wrong."""

from dataclasses import dataclass
from datetime import datetime

from minga.domain.memory import ItemId, Statement


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement, the passage that makes it, and when that was said. ``by_person`` is false for what an agent said:
    an agent that says again what a person called wrong is not believed."""

    statement: Statement
    passage: ItemId
    at: datetime
    project: str
    by_person: bool = True


@dataclass(frozen=True, slots=True)
class Correction:
    """A person said in ``note`` that ``about`` is wrong: a fact, or a passage with all that it states. ``value`` is
    true in the place of the fact, where the note gives one; since ``valid_from``, None: since the wrong one was."""

    about: ItemId
    note: ItemId
    at: datetime
    value: str = ""
    valid_from: datetime | None = None
