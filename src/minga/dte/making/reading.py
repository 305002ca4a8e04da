"""Read the short form from TOML or JSON. Every mistake is told with its place, and a wrong name with the nearest right
one."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from minga.domain.errors import BadDraft
from minga.dte.making.draft import Draft

EXPONENT_MAX = 30

Form = TypeVar("Form")

_AT = re.compile(r"(?P<said>.*) - at `\$(?P<place>.*)`", re.DOTALL)


def read_draft(text: str) -> Draft:
    """``text`` is TOML, or JSON where it begins with a brace. Raises BadDraft."""
    return _read(text, Draft, _shape_of_draft())


def read_short(text: str, form: type[Form]) -> Form:
    """What ``text``, TOML or JSON, says in the terms of ``form``, a struct or a dataclass. Raises BadDraft."""
    return _read(text, form, inspect.type_info(form))


def _read(text: str, form: type[Form], shape: inspect.Type) -> Form:
    raw = _raw(text)
    for wrong in _strange(raw, shape, ""):
        raise wrong
    try:
        return msgspec.convert(raw, form, strict=True)
    except msgspec.ValidationError as wrong:
        raise _told(str(wrong)) from wrong


def example(kind: int) -> str:
    """A whole short form of a document of that type, as text. Raises BadDraft."""
    file = resources.files(__package__).joinpath("examples", f"{kind}.toml")
    if not file.is_file():
        raise BadDraft(place="type", detail=f"there is no document of type {kind}", suggestion="")
    return file.read_text("utf-8")


@cache
def _shape_of_draft() -> inspect.Type:
    return inspect.type_info(Draft)


def field_names(form: inspect.Type | None = None, place: str = "") -> Iterator[str]:
    """Each field of the short form with its place and what it takes: ``lines[].price: a number``."""
    match form or _shape_of_draft():
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from field_names(field.type, f"{place}.{field.name}" if place else field.name)
        case inspect.VarTupleType(item_type=item):
            yield from field_names(item, f"{place}[]")
        case inspect.UnionType(types=types):
            some = [each for each in types if not isinstance(each, inspect.NoneType)]
            if len(some) == 1:
                yield from field_names(some[0], place)
            else:
                yield f"{place}: {' | '.join(_named(each) for each in some)}"
        case found:
            yield f"{place}: {_named(found)}"


def _named(found: inspect.Type) -> str:
    if isinstance(found, inspect.LiteralType):
        return ", ".join(str(value) for value in found.values)
    return _in_words(type(found).__name__.removesuffix("Type").lower()) or "elements of the format by path"


def _raw(text: str) -> Any:
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text, parse_float=_number, parse_constant=_number)
        return tomllib.loads(text, parse_float=_number)
    except ValueError as wrong:  # no TOML, no JSON, or a number of thousands of digits
        raise BadDraft(place="FILE", detail=f"it is no TOML or JSON: {wrong}", suggestion="") from wrong
    except RecursionError as wrong:
        raise BadDraft(place="FILE", detail="it is nested too deep", suggestion="") from wrong


def _number(text: str) -> Decimal:
    """Raises ValueError for what no amount can be: infinite, or with more digits than all money has."""
    found = Decimal(text.replace("Infinity", "inf"))
    if not found.is_finite() or abs(found.adjusted()) > EXPONENT_MAX:
        raise ValueError(f"{text} is no amount")
    return found


def _strange(raw: Any, kind: inspect.Type, place: str) -> Iterator[BadDraft]:
    """Each name and each choice that the short form does not have."""
    match kind:
        case inspect.StructType(fields=fields) | inspect.DataclassType(fields=fields) if isinstance(raw, Mapping):
            known = {field.name: field.type for field in fields}
            for name, value in raw.items():
                if name not in known:
                    yield _no_such(place or "FILE", name, list(known), detail=f"there is no field {name!r}")
                else:
                    yield from _strange(value, known[name], f"{place}.{name}" if place else name)
        case inspect.VarTupleType(item_type=item) if isinstance(raw, list):
            for number, value in enumerate(raw, 1):
                yield from _strange(value, item, f"{place}[{number}]")
        case inspect.LiteralType(values=values) if raw not in values:
            yield _no_such(place, str(raw), [str(value) for value in values], detail=f"{raw!r} is no choice here")
        case inspect.UnionType(types=types) if raw is not None:
            for each in types:
                if isinstance(each, inspect.StructType | inspect.LiteralType):
                    yield from _strange(raw, each, place)
        case _:
            pass


def _no_such(place: str, given: str, known: list[str], *, detail: str) -> BadDraft:
    return BadDraft(place=place, detail=detail, suggestion=_remedy(given, known))


def _remedy(given: str, known: list[str]) -> str:
    near = get_close_matches(given, known, n=1)
    return f"Did you mean {near[0]!r}? " if near else f"There are: {', '.join(known)}. "


def _told(said: str) -> BadDraft:
    """What msgspec says, with its places counted from 1 and its types in plain words."""
    found = _AT.fullmatch(said)
    text, at = (found["said"], found["place"]) if found else (said, "")
    place = re.sub(r"\[(\d+)\]", lambda number: f"[{int(number[1]) + 1}]", at).lstrip(".") or "FILE"
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", text):
        return BadDraft(place=place, detail=f"the field {missing[1]!r} is missing", suggestion="")
    if other := re.fullmatch(r"Expected `(.+)`, got `(\w+)`", text):
        detail = f"it should be {_plain(other[1])}, and is {_plain(other[2])}"
        return BadDraft(place=place, detail=detail, suggestion="")
    if "decimal" in text:
        return BadDraft(place=place, detail="it is no number", suggestion="")
    if "date" in text or "time" in text:
        return BadDraft(place=place, detail="it is no date (2026-11-30) or time (08:30:00)", suggestion="")
    return BadDraft(place=place, detail=text.rstrip("."), suggestion="")


def _plain(types: str) -> str:
    return " | ".join(_in_words(each) for each in types.split(" | ") if each != "null")


def _in_words(kind: str) -> str:
    """A type as a person calls it; "" for one that has no name."""
    return {
        "str": "a text",
        "int": "a whole number",
        "float": "a number",
        "decimal": "a number",
        "bool": "true or false",
        "array": "a list",
        "object": "a table",
        "date": "a date",
        "datetime": "a date with a time",
        "time": "a time",
    }.get(kind, "")
