"""The network: one node for one thing, edges with sources, narrower views, and DOT that cannot be broken out of."""

import random
from datetime import UTC, datetime, timedelta

from minga.domain.memory import Entity, EntityKind, Fact, ItemId
from minga.memory.graph.aliases import Mentioned
from minga.memory.graph.dot import dot
from minga.memory.graph.network import CROWD, Network, network

START = datetime(2026, 1, 1, tzinfo=UTC)


def mentioned(kind: EntityKind, name: str, passage: int, project: str = "shop") -> Mentioned:
    return Mentioned(Entity(kind, name), ItemId(f"p{passage}"), START + timedelta(days=passage), project)


def fact(subject: Entity, predicate: str, value: str, project: str = "shop") -> Fact:
    id_ = ItemId(f"f{subject.name}{predicate}{value}")
    return Fact(id_, subject, predicate, value, START, None, START, None, 0.8, project, (ItemId("p1"),))


def names(found: Network) -> set[str]:
    return {node.thing.name for node in found.nodes.values()}


def test_a_path_is_the_longest_one_that_it_ends_and_only_in_its_project() -> None:
    paths = ["src/shop/tax.py", "shop/tax.py", "tax.py", "a/main.py", "b/main.py", "main.py"]
    told = [mentioned(EntityKind.FILE, path, number) for number, path in enumerate(paths)]
    found = network([*told, mentioned(EntityKind.FILE, "tax.py", 9, "other")], [])
    kept = {(node.thing.name, node.thing.project) for node in found.nodes.values()}
    ambiguous = {("a/main.py", "shop"), ("b/main.py", "shop"), ("main.py", "shop")}
    assert kept == {("src/shop/tax.py", "shop"), ("tax.py", "other"), *ambiguous}


def test_a_first_name_is_the_one_person_of_the_project_who_has_it() -> None:
    people = [("Ana Rojas", "shop"), ("Ana", "shop"), ("Pedro Soto", "shop"), ("Pedro Paz", "shop"), ("Pedro", "shop")]
    told = [mentioned(EntityKind.PERSON, name, number, project) for number, (name, project) in enumerate(people)]
    found = network([*told, mentioned(EntityKind.PERSON, "Ana", 9, "other")], [])
    kept = [(node.thing.name, node.thing.project) for node in found.nodes.values()]
    assert ("Ana", "shop") not in kept
    assert {("Ana", "other"), ("Pedro", "shop")} <= set(kept)
    ana = found.find(Entity(EntityKind.PERSON, "Ana"), "shop")
    assert ana is not None
    assert (ana.thing.name, ana.also, len(ana.passages)) == ("Ana Rojas", ("Ana",), 2)


def test_a_name_without_its_accents_is_the_one_that_has_them() -> None:
    names = ["Hernán Soto", "hernán", "Hernan", "Sofía", "Sofia", "Sofiá", "Ana"]
    told = [mentioned(EntityKind.PERSON, name, number, "shop") for number, name in enumerate(names)]
    found = network(told, [])
    assert {node.thing.name for node in found.nodes.values()} == {"Hernán Soto", "Sofía", "Sofia", "Sofiá", "Ana"}
    hernan = found.find(Entity(EntityKind.PERSON, "Hernan"), "shop")
    assert hernan is not None
    assert hernan.also == ("Hernan", "hernán")


def test_companies_with_one_rut_are_one() -> None:
    long, short = Entity(EntityKind.COMPANY, "Ferretería Sur SpA"), Entity(EntityKind.COMPANY, "Ferretería Sur")
    told = [mentioned(EntityKind.COMPANY, "76192083-9", 3)]
    found = network(told, [fact(long, "rut", "76.192.083-9"), fact(short, "rut", "76192083-9")])
    assert names(found) == {"Ferretería Sur SpA"}


def test_facts_lead_to_what_their_value_names_and_stand_in_the_timeline_of_both() -> None:
    api, told = Entity(EntityKind.SERVICE, "api"), [mentioned(EntityKind.PERSON, "Ana Rojas", 2)]
    found = network(told, [fact(api, "owner", "Ana Rojas"), fact(api, "port", "80")])
    (edge,) = found.edges
    assert (found.nodes[edge.one].thing.name, found.nodes[edge.other].thing.name) == ("api", "Ana Rojas")
    assert [one.predicate for one in found.timeline(edge.other)] == ["owner"]
    assert [one.predicate for one in found.timeline(edge.one)] == ["owner", "port"]


def test_neighbours_are_as_far_as_their_steps_and_listings_join_nothing() -> None:
    chain = [mentioned(EntityKind.TOPIC, f"t{number + side}", number) for number in range(4) for side in (0, 1)]
    listing = [mentioned(EntityKind.TOPIC, f"x{number}", 9) for number in range(CROWD + 1)]
    found = network([*chain, *listing], [])
    start = found.find(Entity(EntityKind.TOPIC, "t0"), "shop")
    assert start is not None
    near = {found.nodes[id_].thing.name: steps for id_, steps in found.neighbours(start.id, 2).items()}
    assert near == {"t0": 0, "t1": 1, "t2": 2}
    assert len(found.edges) == 4


def test_a_narrower_view_keeps_the_most_central_and_says_how_many_it_left_out() -> None:
    star = [mentioned(EntityKind.TOPIC, name, number) for number in range(9) for name in ("hub", f"leaf{number}")]
    found = network(star, []).narrowed(3)
    assert "hub" in names(found)
    assert (len(found.nodes), len(found.edges), found.left_out) == (3, 2, 7)


def test_the_network_does_not_depend_on_the_order() -> None:
    told = [mentioned(EntityKind.TOPIC, f"t{number % 7}", number // 3) for number in range(60)]
    known = [fact(Entity(EntityKind.TOPIC, f"t{number}"), "next", f"t{number + 1}") for number in range(6)]
    mixed = random.Random(4)
    there, here = network(told, known), network(mixed.sample(told, 60) * 2, mixed.sample(known, 6))
    assert (there.nodes, there.edges, there.central()) == (here.nodes, here.edges, here.central())


def test_no_name_breaks_out_of_its_quotes_in_dot() -> None:
    hostile = 'a"]; evil [label="\\" \n\\N \ud800'
    text = dot(network([mentioned(EntityKind.TOPIC, hostile, 1)], []))
    assert '[label="a\\"]; evil [label=\\"\\\\\\"  \\\\N  ", class="topic", tooltip="topic"];' in text
    text.encode("utf-8")
