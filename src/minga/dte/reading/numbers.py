"""RUTs and numbers as covers write them."""

from collections import Counter
from collections.abc import Iterable

from minga.domain.rut import BODY_MAX, check_digit
from minga.dte.document import Node


def right_rut(text: str | None) -> bool:
    """Digits, a hyphen, the check digit that modulo 11 gives (K as a capital)."""
    body, hyphen, digit = (text or "").partition("-")
    if not hyphen or not body.isascii() or not body.isdigit() or len(body) > 10:
        return False
    return 1 <= int(body) <= BODY_MAX and check_digit(int(body)) == digit


def whole(text: str | None) -> int | None:
    """A whole number without sign, or None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else None


def ruts(node: Node) -> Iterable[tuple[str, str]]:
    """Every RUT below, with its path."""
    for path, each in node.walk():
        if each.text is not None and each.tag[:3] in ("RUT", "Rut"):
            yield path, each.text.strip()


def counted(kinds: Counter[int]) -> str:
    """How many of each type, as ``33: 2, 61: 1``."""
    return ", ".join(f"{kind}: {number}" for kind, number in sorted(kinds.items()))
