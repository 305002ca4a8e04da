"""Fields that several tools take."""

from typing import Annotated

import msgspec

from minga.domain.saying import Say

Cursor = Annotated[str, msgspec.Meta(max_length=200, description="next_cursor of the page before")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=50)]
Everywhere = Annotated[bool, msgspec.Meta(description="All projects, not this one only")]
Item = Annotated[str, msgspec.Meta(min_length=1, max_length=100, description="Its id, or the beginning of it")]
Session = Annotated[str, msgspec.Meta(min_length=4, max_length=100, description="Session id, or its beginning")]


QUESTION_LENGTH = 600
"""Characters of a text that a person is asked about."""


def told_of(say: Say, text: str) -> str:
    """As a person is asked about it: what is left out is counted, since it is accepted too."""
    left = len(text) - QUESTION_LENGTH
    if left <= 0:
        return repr(text)
    return say("{begun!r} and {count} more characters", begun=text[:QUESTION_LENGTH], count=left)


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
