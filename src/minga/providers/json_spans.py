"""Where the parts of a JSON text lie, for changes that leave every other byte as it is. The text must be valid JSON."""

import re
from typing import TypeAlias

import msgspec

Span: TypeAlias = tuple[int, int]

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],]', re.DOTALL)
_NAME = re.compile(rb'\s*("(?:[^"\\]++|\\.)*+")\s*:\s*', re.DOTALL)


def elements(text: bytes, start: int) -> list[Span]:
    """The elements of the array at ``start``, without the space around them."""
    return [_stripped(text, part) for part in _parts(text, start)]


def members(text: bytes, start: int) -> dict[str, Span]:
    """The values of the object at ``start`` by their names; of a name that stands there twice, the last."""
    found: dict[str, Span] = {}
    for begin, end in _parts(text, start):
        if name := _NAME.match(text, begin, end):
            found[msgspec.json.decode(name[1], type=str)] = _stripped(text, (name.end(), end))
    return found


def _parts(text: bytes, start: int) -> list[Span]:
    """What stands between the brackets at ``start``, cut at its commas."""
    found: list[Span] = []
    depth, begin = 0, start + 1
    for token in _TOKEN.finditer(text, start):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
            case b"," if depth == 1:
                found.append((begin, token.start()))
                begin = token.end()
        if depth == 0:
            rest = (begin, token.start())
            return [*found, rest] if text[slice(*rest)].strip() else found
    return found


def _stripped(text: bytes, span: Span) -> Span:
    part = text[slice(*span)]
    begin = span[0] + len(part) - len(part.lstrip())
    return begin, begin + len(part.strip())
