"""RUTs and numbers as covers write them."""

from collections import Counter
from collections.abc import Iterator

from minga.domain.rut import BODY_MAX, check_digit
from minga.dte.node import Node


def right_rut(text: str | None) -> bool:
    """Digits, a hyphen, the check digit that modulo 11 gives (K as a capital)."""
    body, hyphen, digit = (text or "").partition("-")
    if not hyphen or not body.isascii() or not body.isdigit() or len(body) > 10:
        return False
    return 1 <= int(body) <= BODY_MAX and check_digit(int(body)) == digit


def whole(text: str | None) -> int | None:
    """A whole number without sign, or None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else None


def ruts(node: Node, path: str = "") -> Iterator[tuple[str, str]]:
    """Every RUT below, with its path; those of signatures are in certificates."""
    for tag, nodes in node.parts.items():
        is_rut = tag[:3] in ("RUT", "Rut")
        for place, each in enumerate(nodes, 1) if tag != "Signature" else ():
            if not is_rut and not each.parts:
                continue
            where = f"{path}{tag}[{place}]" if len(nodes) > 1 else f"{path}{tag}"
            if each.text is not None:
                yield where, each.text.strip()
            else:
                yield from ruts(each, where + "/")


def counted(kinds: Counter[int]) -> str:
    """How many of each type, as ``33: 2, 61: 1``."""
    return ", ".join(f"{kind}: {number}" for kind, number in sorted(kinds.items()))
