"""Items of the memory, by what a person or a program typed of their ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from minga.domain.digests import Episode
from minga.domain.errors import AmbiguousItem, UnknownItem
from minga.domain.habits import Habit
from minga.domain.memory import Fact, Passage, Rule
from minga.memory.evidence import Item, id_of
from minga.memory.memory import Memory

Known = TypeVar("Known", Passage, Rule, Fact, Habit, Episode)


async def find_item(memory: Memory, prefix: str, now: datetime) -> Item:
    """The one passage, rule (r…), fact (f…), habit (h…) or session in short (d…) whose id begins so, of what
    was taken in. Raises UnknownItem, AmbiguousItem."""
    match prefix[:1].lower():
        case "r":
            return _only(prefix, await memory.rules())
        case "f":
            return _only(prefix, await memory.facts())
        case "h":
            return _only(prefix, await memory.habits(None, now))
        case "d":
            return _only(prefix, list((await memory.episodes(prefix.lower())).values()))
        case _:
            return _only(prefix, await memory.passages(prefix.lower()) if prefix.isalnum() else [])


def _only(prefix: str, known: Sequence[Known]) -> Known:
    found = [one for one in known if prefix and id_of(one).startswith(prefix.lower())]
    if not found:
        raise UnknownItem(item=prefix)
    if len(found) > 1:
        raise AmbiguousItem(item=prefix, candidates=", ".join(id_of(one) for one in found[:5]))
    return found[0]
