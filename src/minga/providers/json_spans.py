"""Where the parts of a JSON text lie, for changes that leave every other byte as it is."""

import re
from typing import TypeAlias

import msgspec

Span: TypeAlias = tuple[int, int]

_NAME = re.compile(rb'\s*("(?:[^"\\]|\\.)*")\s*:', re.DOTALL)
_SPACE = re.compile(rb"\s*")
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def elements(text: bytes, span: Span) -> list[Span]:
    """The elements of the array at ``span``, without the space around them. Raises ValueError for anything else."""
    found: list[Span] = []
    at = text.index(b"[", *span) + 1
    for value in _ARRAY.decode(text[slice(*span)]):
        found.append(_place(text, at, bytes(value)))
        at = _after_comma(text, found[-1][1])
    return found


def members(text: bytes, span: Span) -> dict[str, Span]:
    """The values of the object at ``span`` by their names. Raises ValueError for anything else, also for a name that
    stands there twice."""
    found: dict[str, Span] = {}
    at = text.index(b"{", *span) + 1
    for name, value in _OBJECT.decode(text[slice(*span)]).items():
        written = _NAME.match(text, at)
        if written is None or msgspec.json.decode(written[1]) != name:
            raise ValueError(f"{name!r} stands there twice")
        found[name] = _place(text, written.end(), bytes(value))
        at = _after_comma(text, found[name][1])
    return found


def _place(text: bytes, at: int, value: bytes) -> Span:
    begin = _skip(text, at)
    if not text.startswith(value, begin):
        raise ValueError("a name stands there twice")
    return begin, begin + len(value)


def _after_comma(text: bytes, at: int) -> int:
    end = _skip(text, at)
    return end + 1 if text.startswith(b",", end) else end


def _skip(text: bytes, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
