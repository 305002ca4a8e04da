"""The network as one page that can be searched and moved: no server, nothing from elsewhere, no frame of another's.

What was said stands in it as JSON in a block of data, and comes to the screen as text, never as markup. Its policy lets
the browser run only the page's own script, and load nothing.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from minga.domain.memory import Fact, ItemId
from minga.memory.graph.network import Edge, Network, Node
from minga.memory.graph.page_texts import PageTexts

NODES_MAX = 300
"""More than these nobody can tell apart."""

PASSAGES_MAX = 20
"""Of one node, the newest; all are counted."""

_HALF = re.compile(r"[\ud800-\udfff]")
"""Of a surrogate pair, without its other half."""

_HERE = Path(__file__).parent


def page(network: Network, texts: PageTexts, sources: Mapping[ItemId, str] | None = None) -> str:
    """The most central part of ``network``, as HTML. ``sources``: how a passage is told to a person (session, date);
    its id where it is not there. ``page.html#ID`` opens at the node with this id."""
    shown = network if len(network.nodes) <= NODES_MAX else network.narrowed(NODES_MAX)
    script, style = ((_HERE / name).read_text("utf-8") for name in ("page.js", "page.css"))
    return Template((_HERE / "page.html").read_text("utf-8")).substitute(
        {name: escape(text) for name, text in asdict(texts).items() if isinstance(text, str)},
        policy=f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'",
        script=script,
        style=style,
        data=_json(_data(shown, texts, sources or {})),
    )


def _digest(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _json(data: dict[str, Any]) -> str:
    """Without a sign that could end the block that it stands in, or that no file can hold."""
    text = _HALF.sub("\ufffd", json.dumps(data, ensure_ascii=False, separators=(",", ":")))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _data(network: Network, texts: PageTexts, sources: Mapping[ItemId, str]) -> dict[str, Any]:
    order = network.central()
    places = {id_: place for place, id_ in enumerate(order)}
    facts = [_fact(one, network, places) for one in network.facts]
    told = {id_ for one in facts for id_ in one["sources"]} | {
        id_ for node in network.nodes.values() for id_ in _newest(node)
    }
    return {
        "texts": asdict(texts),
        "leftOut": network.left_out,
        "nodes": [_node(network.nodes[id_]) for id_ in order],
        "facts": facts,
        "edges": [_edge(one, places) for one in network.edges],
        "sources": {id_: sources[id_] for id_ in sorted(told & sources.keys())},
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.thing.kind,
        "name": node.thing.name,
        "also": node.also,
        "project": node.thing.project,
        "first": node.first.isoformat(),
        "times": len(node.passages),
        "passages": _newest(node),
    }


def _newest(node: Node) -> tuple[ItemId, ...]:
    return node.passages[-PASSAGES_MAX:]


def _fact(fact: Fact, network: Network, places: Mapping[ItemId, int]) -> dict[str, Any]:
    """``of`` is the place of its subject among the nodes."""
    node = network.find(fact.subject, fact.project)
    return {
        "id": fact.id,
        "of": None if node is None else places[node.id],
        "subject": fact.subject.name,
        "predicate": fact.predicate,
        "value": fact.value,
        "validFrom": fact.valid_from.isoformat(),
        "validTo": _instant(fact.valid_to),
        "recordedFrom": fact.recorded_from.isoformat(),
        "recordedTo": _instant(fact.recorded_to),
        "confidence": round(fact.confidence, 4),
        "project": fact.project,
        "sources": fact.sources,
        "single": fact.single,
        "disputed": fact.disputed,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _edge(edge: Edge, places: Mapping[ItemId, int]) -> dict[str, Any]:
    return {
        "one": places[edge.one],
        "other": places[edge.other],
        "weight": round(edge.weight, 4),
        "fact": edge.fact,
        "first": edge.first.isoformat(),
        "times": len(edge.sources),
    }
