"""The network of what is known, out of the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from minga.domain.memory import ItemId, Passage
from minga.memory.graph.aliases import Mentioned
from minga.memory.graph.facts import as_of
from minga.memory.graph.network import Network, network
from minga.memory.index import digested, reading, stated
from minga.memory.index.stated import BEGINNING
from minga.memory.recall.words import terms
from minga.storage.database import Transaction

STEPS = 2
"""Edges around a thing that are shown of it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """``passages``: those that mention or state something."""

    network: Network
    passages: Mapping[ItemId, Passage]

    def around(self, name: str) -> Network | None:
        """What is near the things that bear all words of ``name``; None where none does."""
        wanted = set(terms(name))
        nodes = self.network.nodes.values()
        starts = [one.id for one in nodes if any(wanted <= set(terms(each)) for each in (one.thing.name, *one.also))]
        if not wanted or not starts:
            return None
        near = {other for one in starts for other in self.network.neighbours(one, STEPS)}
        return self.network.narrowed(len(near), near)


def picture(transaction: Transaction, places: Sequence[str] | None, until: datetime | None) -> Picture:
    """``until``: as it was known then, and true."""
    mentions = reading.mentions(transaction, places)
    said = *reading.statements(transaction, places), *digested.statements(transaction, places)
    passages = {one.id: one for _, one in (*mentions, *said)}
    known = stated.known_facts(transaction, places)
    mentioned = [Mentioned(each.entity, one.id, one.source.at or BEGINNING, one.project) for each, one in mentions]
    if until is not None:
        known = as_of(known, until, until)
        mentioned = [one for one in mentioned if one.at <= until]
    return Picture(network(mentioned, known), passages)
