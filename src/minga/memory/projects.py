"""Projects by their names."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from minga.memory.index.reading import lies
from minga.storage.database import Transaction

SHOWN = 3


def instead(transaction: Transaction, places: Sequence[str]) -> list[str] | None:
    """The names that are most like ``places``, the best first, where no project is called so or lies below; None where
    one does."""
    names = [str(row[0]) for row in transaction.execute("SELECT name FROM projects WHERE name <> '' ORDER BY name")]
    if any(lies(name, place) for name in names for place in places):
        return None
    return sorted(names, key=lambda name: -max(_likeness(name, place) for place in places))[:SHOWN]


def _likeness(name: str, place: str) -> float:
    """Of the whole names, or of their ends: who names a project may not know where it lies."""
    pairs = ((name, place), (_end(name), _end(place)))
    return max(SequenceMatcher(None, one.lower(), other.lower()).ratio() for one, other in pairs)


def _end(name: str) -> str:
    return name.rstrip("/").rsplit("/", 1)[-1]
