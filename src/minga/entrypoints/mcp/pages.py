"""Long lists, a page at a time. A cursor says nothing to a client, and fits the list alone that it came with."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar

from minga.domain.errors import BadInput
from minga.entrypoints.mcp.protocol import Json

One = TypeVar("One")

START_BYTES = 4
DIGEST_BYTES = 8


def page(whole: Sequence[One], cursor: Any, size: int, of: str) -> tuple[Sequence[One], Json]:
    """The page that begins at ``cursor``, and where the next one does, for a result of the protocol. ``of`` names the
    list. Raises BadInput."""
    shown, following = part(whole, "" if cursor is None else cursor, size, of)
    return shown, {"nextCursor": following} if following else {}


def part(whole: Sequence[One], cursor: Any, size: int, of: str) -> tuple[Sequence[One], str]:
    """The same for a tool's own result: the cursor is empty at the end."""
    start = start_of(cursor, of)
    rest = whole[start:]
    return rest[:size], _cursor(start + size, of) if len(rest) > size else ""


def start_of(cursor: Any, of: str) -> int:
    """Raises BadInput for what is no cursor of the list that ``of`` names, such as one of another question."""
    if cursor == "":
        return 0
    try:
        start = int.from_bytes(base64.urlsafe_b64decode(cursor)[:START_BYTES], "big")
    except (ValueError, TypeError):
        start = -1
    if start < 0 or cursor != _cursor(start, of):
        raise BadInput(detail="the cursor must be one that an earlier page of the same list gave")
    return start


def _cursor(start: int, of: str) -> str:
    head = start.to_bytes(START_BYTES, "big")
    digest = hashlib.sha256(head + of.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(head + digest[:DIGEST_BYTES]).decode()
