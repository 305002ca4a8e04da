"""Long lists, a page at a time."""

from collections.abc import Sequence
from typing import Any, TypeVar

from minga.domain.errors import BadInput
from minga.entrypoints.mcp.protocol import Json

One = TypeVar("One")


def page(whole: Sequence[One], cursor: Any, size: int) -> tuple[Sequence[One], Json]:
    """The page that begins at ``cursor``, and where the next one does, for a result of the protocol. Raises
    BadInput."""
    shown, following = part(whole, "" if cursor is None else cursor, size)
    return shown, {"nextCursor": following} if following else {}


def part(whole: Sequence[One], cursor: Any, size: int) -> tuple[Sequence[One], str]:
    """The same for a tool's own result: the cursor is empty at the end."""
    start = start_of(cursor)
    rest = whole[start:]
    return rest[:size], str(start + size) if len(rest) > size else ""


def start_of(cursor: Any) -> int:
    if cursor == "":
        return 0
    if not isinstance(cursor, str) or not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 9:
        raise BadInput(detail="the cursor must be one that an earlier page gave")
    return int(cursor)
