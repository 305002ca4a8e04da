"""What a change does to a file, as a unified diff."""

from collections.abc import Sequence
from difflib import unified_diff

from minga.rules.documents import Change


def diff(change: Change) -> list[str]:
    """Lines without their ends."""
    name = change.document.shown.lstrip("/")
    before, after = _lines(change.document.content), _lines(change.after)
    old = f"a/{name}" if change.document.content is not None else "/dev/null"
    new = f"b/{name}" if change.after is not None else "/dev/null"
    return list(unified_diff(before, after, old, new, lineterm=""))


def _lines(content: bytes | None) -> Sequence[str]:
    return (content or b"").decode("utf-8", "replace").splitlines()
