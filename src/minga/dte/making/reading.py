"""Read the short form from TOML or JSON. Every mistake is told with its place, and a wrong name with the nearest right
one."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from importlib import resources
from typing import Any

import msgspec
from msgspec import inspect

from minga.domain.errors import BadDraft
from minga.dte.making.draft import Draft

_AT = re.compile(r"(?P<said>.*) - at `\$(?P<place>.*)`", re.DOTALL)


def read_draft(text: str) -> Draft:
    """``text`` is TOML, or JSON where it begins with a brace. Raises BadDraft."""
    raw = _raw(text)
    for place, name, known in _unknown(raw, inspect.type_info(Draft), ""):
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else f"There are: {', '.join(known)}. "
        raise BadDraft(place=place or "the file", detail=f"there is no field {name!r}", suggestion=hint)
    try:
        return msgspec.convert(raw, Draft, strict=True)
    except msgspec.ValidationError as wrong:
        raise _told(str(wrong)) from wrong


def example(kind: int) -> str:
    """A whole short form of a document of that type, as text. Raises BadDraft."""
    file = resources.files(__package__).joinpath("examples", f"{kind}.toml")
    if not file.is_file():
        raise BadDraft(place="type", detail=f"there is no document of type {kind}", suggestion="")
    return file.read_text("utf-8")


def _raw(text: str) -> Any:
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text, parse_float=Decimal)
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as wrong:
        raise BadDraft(place="the file", detail=f"it is no TOML or JSON: {wrong}", suggestion="") from wrong
    except RecursionError as wrong:
        raise BadDraft(place="the file", detail="it is nested too deep", suggestion="") from wrong


def _unknown(raw: Any, kind: inspect.Type, place: str) -> Iterator[tuple[str, str, list[str]]]:
    """Each name that the short form does not have: where it stands, and the names that there are."""
    match kind:
        case inspect.StructType(fields=fields) if isinstance(raw, Mapping):
            known = {field.name: field.type for field in fields}
            for name, value in raw.items():
                if name not in known:
                    yield place, name, list(known)
                else:
                    yield from _unknown(value, known[name], f"{place}.{name}" if place else name)
        case inspect.VarTupleType(item_type=item) if isinstance(raw, list):
            for number, value in enumerate(raw, 1):
                yield from _unknown(value, item, f"{place}[{number}]")
        case inspect.UnionType(types=types):
            for each in types:
                if isinstance(each, inspect.StructType):
                    yield from _unknown(raw, each, place)
        case _:
            pass


def _told(said: str) -> BadDraft:
    """What msgspec says, with its places counted from 1 and its types in plain words."""
    found = _AT.fullmatch(said)
    place = re.sub(r"\[(\d+)\]", lambda at: f"[{int(at[1]) + 1}]", found["place"]) if found else ""
    text = found["said"] if found else said
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", text):
        return BadDraft(
            place=place.lstrip(".") or "the file", detail=f"the field {missing[1]!r} is missing", suggestion=""
        )
    if other := re.fullmatch(r"Expected `(.+)`, got `(\w+)`", text):
        return BadDraft(
            place=place.lstrip("."), detail=f"it should be {_plain(other[1])}, and is {_plain(other[2])}", suggestion=""
        )
    if value := re.fullmatch(r"Invalid enum value '?(.+?)'?", text):
        return BadDraft(place=place.lstrip("."), detail=f"{value[1]!r} is none of those that there are", suggestion="")
    if "date" in text or "time" in text:
        return BadDraft(place=place.lstrip("."), detail="it is no date (2026-11-30) or time (08:30:00)", suggestion="")
    return BadDraft(place=place.lstrip("."), detail=text.rstrip("."), suggestion="")


def _plain(types: str) -> str:
    return " | ".join(_PLAIN.get(each, each) for each in types.split(" | ") if each != "null")


_PLAIN = {
    "str": "a text",
    "int": "a whole number",
    "decimal": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a date",
    "time": "a time",
}
