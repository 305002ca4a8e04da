"""Fields that several tools take."""

from typing import Annotated

import msgspec

Cursor = Annotated[str, msgspec.Meta(max_length=200, description="next_cursor of the page before")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=50)]
Everywhere = Annotated[bool, msgspec.Meta(description="All projects, not this one only")]
Item = Annotated[str, msgspec.Meta(min_length=1, max_length=100, description="Its id, or the beginning of it")]
Session = Annotated[str, msgspec.Meta(min_length=4, max_length=100, description="Session id, or its beginning")]


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
