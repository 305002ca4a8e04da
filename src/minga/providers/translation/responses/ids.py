"""Ids of what this dialect writes. What an item itself has no field for stands at the end of a reasoning item's id."""

REDACTED = "_redacted"
"""The provider showed nothing of this thought but its signature."""

SIGNS = "_signs"
"""No thought: the signature of the text or call right before it, which other dialects have on these."""

_ANSWER_MAX = 40
"""Characters: OpenAI takes no id of an item longer than 64."""


def answer_id(given: str) -> str:
    """OpenAI's ids of answers begin with ``resp_``."""
    return given if given.startswith("resp_") else f"resp_{given or 'unnamed'}"


def item_id(prefix: str, answer: str, index: int) -> str:
    """``answer``: the id of the answer, which makes those of its items unique in a conversation."""
    return f"{prefix}_{answer.removeprefix('resp_')[-_ANSWER_MAX:]}_{index}"
