"""The network of what is known: things as nodes; facts between them, and mentions in one passage, as edges."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import combinations

from minga.domain.memory import Entity, Fact, ItemId
from minga.memory.graph.aliases import Aliases, Mentioned, Thing, aliases

CROWD = 40
"""A passage that mentions more things than this (a listing) joins none of them."""

_ROUNDS = 25
_DAMPING = 0.85


@dataclass(frozen=True, slots=True)
class Node:
    """``also``: its other names. ``passages`` mention it, the earliest first; ``facts`` are about it."""

    id: ItemId
    thing: Thing
    also: tuple[str, ...]
    passages: tuple[ItemId, ...]
    facts: tuple[ItemId, ...]
    first: datetime


@dataclass(frozen=True, slots=True)
class Edge:
    """``fact`` None: mentioned together, as often as ``weight`` says: a passage counts one for two things, and less the
    more it mentions. Else the fact leads from ``one`` to ``other``, and the weight is its confidence. ``first``: known
    since."""

    one: ItemId
    other: ItemId
    weight: float
    fact: ItemId | None
    sources: tuple[ItemId, ...]
    first: datetime


@dataclass(frozen=True, slots=True)
class Network:
    """``left_out``: how many nodes a narrower view does not show."""

    nodes: Mapping[ItemId, Node]
    edges: tuple[Edge, ...]
    facts: tuple[Fact, ...]
    aliases: Aliases
    left_out: int = 0

    def find(self, entity: Entity, project: str) -> Node | None:
        return self.nodes.get(node_id(self.aliases.thing(entity, project)))

    def neighbours(self, start: ItemId, steps: int) -> dict[ItemId, int]:
        """What is at most ``steps`` edges away, with how many; the start at 0."""
        beside = self._beside()
        found = {start: 0} if start in self.nodes else {}
        border = list(found)
        for step in range(1, steps + 1):
            border = sorted({other for one in border for other in beside[one]} - found.keys())
            found.update(dict.fromkeys(border, step))
        return found

    def central(self) -> list[ItemId]:
        """All nodes, the most central one first (PageRank over weighted edges, both ways)."""
        beside = self._beside()
        order = sorted(self.nodes)
        totals = {one: sum(beside[one].values()) for one in order}
        rank = dict.fromkeys(order, 1.0)
        for _ in range(_ROUNDS):
            rank = {
                one: 1.0
                - _DAMPING
                + _DAMPING * sum(rank[other] * weight / totals[other] for other, weight in beside[one].items())
                for one in order
            }
        return sorted(order, key=lambda one: (-round(rank[one], 9), -len(self.nodes[one].passages), one))

    def narrowed(self, limit: int, among: Collection[ItemId] | None = None) -> "Network":
        """The ``limit`` most central nodes (of ``among``), and what joins them."""
        wanted = [one for one in self.central() if among is None or one in among]
        kept = set(wanted[:limit])
        nodes = {id_: node for id_, node in self.nodes.items() if id_ in kept}
        edges = tuple(edge for edge in self.edges if edge.one in kept and edge.other in kept)
        ids = {fact for node in nodes.values() for fact in node.facts}
        known = tuple(fact for fact in self.facts if fact.id in ids)
        return Network(nodes, edges, known, self.aliases, self.left_out + len(self.nodes) - len(nodes))

    def timeline(self, node: ItemId) -> list[Fact]:
        """What is and was known about it and what names it, in the order in which it came true."""
        joined = {edge.fact for edge in self.edges if node in (edge.one, edge.other)}
        wanted = joined | set(self.nodes[node].facts) if node in self.nodes else set()
        return [fact for fact in self.facts if fact.id in wanted]

    def _beside(self) -> dict[ItemId, dict[ItemId, float]]:
        beside: dict[ItemId, dict[ItemId, float]] = {one: defaultdict(float) for one in self.nodes}
        for edge in self.edges:
            beside[edge.one][edge.other] += edge.weight
            beside[edge.other][edge.one] += edge.weight
        return beside


def network(mentioned: Iterable[Mentioned], known: Iterable[Fact]) -> Network:
    """Depends on the set of mentions and facts alone."""
    told = sorted(set(mentioned), key=lambda one: (one.at, one.passage, one.entity.kind, one.entity.name, one.project))
    ordered = tuple(sorted(known, key=lambda fact: (fact.valid_from, fact.recorded_from, fact.id)))
    names = aliases(told, ordered)
    nodes = _nodes(told, ordered, names)
    edges = (*_fact_edges(ordered, names, nodes), *_mention_edges(told, names))
    return Network(nodes, edges, ordered, names)


def node_id(thing: Thing) -> ItemId:
    told = "\0".join((thing.kind, thing.name, thing.project))
    return ItemId("e" + sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:20])


def _nodes(told: Sequence[Mentioned], known: Sequence[Fact], names: Aliases) -> dict[ItemId, Node]:
    passages: dict[Thing, dict[ItemId, datetime]] = defaultdict(dict)
    also: dict[Thing, set[str]] = defaultdict(set)
    about: dict[Thing, list[Fact]] = defaultdict(list)
    for one in told:
        thing = names.thing(one.entity, one.project)
        passages[thing].setdefault(one.passage, one.at)
        also[thing].add(one.entity.name)
    for fact in known:
        thing = names.thing(fact.subject, fact.project)
        about[thing].append(fact)
        also[thing].add(fact.subject.name)
    nodes = {}
    for thing in sorted(passages.keys() | about.keys()):
        first = min([*passages[thing].values(), *(fact.recorded_from for fact in about[thing])])
        others = tuple(sorted(also[thing] - {thing.name}))
        facts = tuple(fact.id for fact in about[thing])
        node = Node(node_id(thing), thing, others, tuple(passages[thing]), facts, first)
        nodes[node.id] = node
    return nodes


def _fact_edges(known: Sequence[Fact], names: Aliases, nodes: Mapping[ItemId, Node]) -> list[Edge]:
    """A fact leads to what its value names, where that is one thing of its project, or of all."""
    called: dict[tuple[str, str], set[ItemId]] = defaultdict(set)
    for node in nodes.values():
        for name in (node.thing.name, *node.also):
            called[name.casefold(), node.thing.project].add(node.id)
    edges = []
    for fact in known:
        one = node_id(names.thing(fact.subject, fact.project))
        value = fact.value.casefold()
        meant = called.get((value, fact.project)) or called.get((value, ""), set())
        if len(meant) == 1 and one not in meant:
            edges.append(Edge(one, next(iter(meant)), fact.confidence, fact.id, fact.sources, fact.recorded_from))
    return edges


def _mention_edges(told: Sequence[Mentioned], names: Aliases) -> list[Edge]:
    together: dict[tuple[ItemId, str], set[ItemId]] = defaultdict(set)
    said: dict[ItemId, datetime] = {}
    for one in told:
        together[one.passage, one.project].add(node_id(names.thing(one.entity, one.project)))
        said.setdefault(one.passage, one.at)
    joined: dict[tuple[ItemId, ItemId], list[tuple[ItemId, float]]] = defaultdict(list)
    for (passage, _), things in together.items():  # in the order in which it was told
        if 1 < len(things) <= CROWD:
            for pair in combinations(sorted(things), 2):
                joined[pair].append((passage, 1.0 / (len(things) - 1)))
    return [
        Edge(one, other, sum(weight for _, weight in by), None, tuple(passage for passage, _ in by), said[by[0][0]])
        for (one, other), by in sorted(joined.items())
    ]
