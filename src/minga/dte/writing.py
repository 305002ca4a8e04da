"""A document as plain nested tables, and its XML: elements in the schema's order, no white space between them."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import TypeAlias
from xml.sax.saxutils import escape

Tree: TypeAlias = dict[str, "str | Tree | list[str] | list[Tree]"]
"""Elements by name: a text, a table of elements, or a list of either where an element is repeated."""

Order: TypeAlias = Mapping[str, "Order"]

NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that no XML can hold."""


@cache
def orders() -> Mapping[str, Order]:
    """By body (`Documento`, `Liquidacion`, `Exportaciones`, and `Boleta`): its elements in the schema's order.

    Made from the SII's schemas of 2026-02-06 by ``tools/dte_order.py``.
    """
    found: Mapping[str, Order] = json.loads(resources.files(__package__).joinpath("order.json").read_text("utf-8"))
    return found


def body_of(kind: int) -> str:
    """The element that holds a document of that type."""
    return {43: "Liquidacion", 110: "Exportaciones", 111: "Exportaciones", 112: "Exportaciones"}.get(kind, "Documento")


def order_of(kind: int) -> Order:
    return orders()["Boleta" if kind in (39, 41) else body_of(kind)]


def at(tree: Tree, path: str) -> str | None:
    """The text of the first element at ``path``; None where none stands there, or elements do."""
    found: object = tree
    for step in path.split("/"):
        found = found.get(step) if isinstance(found, dict) else None
        found = found[0] if isinstance(found, list) and found else found
    return found if isinstance(found, str) else None


def text(tree: Tree, order: Order) -> str:
    """The XML of what stands inside an element. Elements that the order does not know come last, as they stand."""
    return "".join(_elements(tree, order))


def _elements(tree: Tree, order: Order) -> Iterator[str]:
    for name in [*(each for each in order if each in tree), *(each for each in tree if each not in order)]:
        value, inside = tree[name], order.get(name, {})
        for each in value if isinstance(value, list) else [value]:
            yield f"<{name}>{escape(each) if isinstance(each, str) else text(each, inside)}</{name}>"
