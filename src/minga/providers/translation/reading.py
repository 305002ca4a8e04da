"""Reads JSON into structs strictly, and says by name what the structs do not have."""

import re
import string
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec

Read = TypeVar("Read")

UNKNOWN_MAX = 50
"""Different unknown fields of one body; beyond that it is none of the format."""

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*?)`(?: - at `(?P<path>\$[^`]*)`)?", re.DOTALL)
"""How msgspec says it."""

_ALPHABET = (string.ascii_letters + string.digits + "+/").encode()

_ANY = re.compile(r"\[[^\]]*\]")
_STEP = re.compile(r"\.([^.\[]+)|(\[)")


class Strict(Generic[Read]):
    """A decoder of one type, whose structs have ``forbid_unknown_fields``: the fast way reads what is fully known; what
    is not is taken apart, and the names of what was left out are given back."""

    def __init__(self, type_: type[Read]) -> None:
        self._decoder = msgspec.json.Decoder(type_)

    def read(self, body: bytes | msgspec.Raw) -> tuple[Read, list[str]]:
        """What was read, and the paths of fields that were not. Raises ValueError, which names the place."""
        try:
            return self._decoder.decode(body), []
        except msgspec.ValidationError as wrong:
            if "unknown field" not in str(wrong):
                raise
        given: Any = msgspec.json.decode(body)
        left: list[str] = []
        for _ in range(UNKNOWN_MAX):  # each round takes out one field, wherever it stands in a list
            try:
                return self._decoder.decode(msgspec.json.encode(given)), left  # not `convert`: it knows no Raw
            except msgspec.ValidationError as wrong:
                found = _UNKNOWN.fullmatch(str(wrong))
                if found is None or not _take_out(given, found["path"] or "$", found["name"]):
                    raise
                left.append(f"{_ANY.sub('[]', found['path'] or '$')}.{found['name']}"[2:])
        raise ValueError(f"it has more than {UNKNOWN_MAX} unknown fields, such as {left[0]!r}")


def is_base64(data: str) -> bool:
    """Padded, and without line breaks. It is only looked at: decoding a large picture takes long."""
    bare = data.rstrip("=")
    if len(data) % 4 or len(data) - len(bare) > 2 or not bare.isascii():
        return False
    return not bare.encode().translate(None, _ALPHABET)


def _take_out(given: Any, path: str, name: str) -> bool:
    taken = False
    for one in _at(given, _steps(path)):
        if isinstance(one, dict) and name in one:
            del one[name]
            taken = True
    return taken


def _steps(path: str) -> list[str]:
    return [name or "[" for name, _ in _STEP.findall(path)]


def _at(given: Any, steps: Sequence[str]) -> Iterator[Any]:
    """What stands at a place; of a list, or of an object whose fields are no names, in all its members."""
    if not steps:
        yield given
    elif steps[0].startswith("["):
        members = given.values() if isinstance(given, dict) else given if isinstance(given, list) else ()
        for one in members:
            yield from _at(one, steps[1:])
    elif isinstance(given, dict):
        yield from _at(given.get(steps[0]), steps[1:])
