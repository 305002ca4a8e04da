"""The network as Graphviz DOT (https://graphviz.org/doc/info/lang.html), for whoever draws it with own tools."""

from minga.domain.memory import Fact
from minga.memory.graph.network import Edge, Network


def dot(network: Network) -> str:
    """Nodes by their kind; facts as arrows with their predicate and since when, dashed where they no longer hold."""
    facts = {fact.id: fact for fact in network.facts}
    lines = ["digraph memory {", "  graph [overlap=false];", "  node [shape=box, style=rounded];"]
    for node in network.nodes.values():
        kind = _quoted(node.thing.kind)
        lines.append(f"  {_quoted(node.id)} [label={_quoted(node.thing.name)}, class={kind}, tooltip={kind}];")
    for edge in network.edges:
        fact = facts.get(edge.fact) if edge.fact else None
        told = f"dir=none, color=gray, penwidth={min(5.0, 0.5 + edge.weight):.2f}" if fact is None else _arrow(fact)
        lines.append(f"  {_ends(edge)} [{told}];")
    return "\n".join([*lines, "}", ""])


def _arrow(fact: Fact) -> str:
    label = f"{fact.predicate} ({fact.valid_from:%Y-%m-%d})"
    has_ended = fact.valid_to is not None or fact.recorded_to is not None
    return f"label={_quoted(label)}" + (", style=dashed" if has_ended else "")


def _ends(edge: Edge) -> str:
    return f"{_quoted(edge.one)} -> {_quoted(edge.other)}"


def _quoted(text: str) -> str:
    """Inside quotes DOT knows ``\\"``; its own escapes (``\\N``, ``\\l``) begin with a backslash, which is doubled.
    Control signs, and half surrogates that no file can hold, become spaces."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
