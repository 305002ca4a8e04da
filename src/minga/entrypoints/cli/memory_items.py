"""Items of the memory, by what a person typed."""

from minga.bootstrap import Minga
from minga.domain.errors import AmbiguousItem, UnknownItem
from minga.domain.memory import Passage


async def find_passage(minga: Minga, prefix: str) -> Passage:
    """The one passage whose id begins so. Raises UnknownItem, AmbiguousItem."""
    await minga.memory.catch_up()
    found = await minga.memory.passages(prefix.lower()) if prefix.isalnum() else []
    if not found:
        raise UnknownItem(item=prefix)
    if len(found) > 1:
        raise AmbiguousItem(item=prefix, candidates=", ".join(one.id for one in found))
    return found[0]
