"""A JSON Schema as those that accept only a part of JSON Schema (json-schema.org, draft 2020-12) want it.

It may only become wider: each value that the schema allowed is still allowed, and what is no longer demanded is told
and said in the ``description``, which the model reads.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from minga.providers.translation.schema_merging import merged
from minga.providers.translation.schema_object import as_object

DEPTH_MAX = 24
"""Levels of schemas; deeper ones allow anything. Only schemas that contain themselves, unrolled, come so far."""

UNROLLED_MAX = 2
"""How often a schema that contains itself is written out inside itself."""

NODES_MAX = 5000
"""Schemas in one schema after references are written out; more allow anything."""

COPIED_BYTES_MAX = 1_000_000
"""Of JSON that is written out where it is referred to, or in each of several alternatives; more allows anything."""

KEPT_BYTES_MAX = 64 * 1024
"""Of a schema that is remembered."""


class Subset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``keywords`` that may stand in a schema; with ``outermost_only`` anything may, as long as the outermost schema is
    a plain object. ``formats`` of texts, empty for any. ``enums``: types of values that may be listed.
    ``types_listed``: whether ``type`` may be a list. ``any_of_alone``: nothing but words for people may stand beside
    ``anyOf``. ``closed``: an object says all its properties and allows no others, and with ``demands_all`` demands them
    all; a schema that does not is none of the subset. ``source``: the page that says so, ``seen`` when it did."""

    source: str
    seen: str
    keywords: frozenset[str]
    outermost_only: bool = False
    formats: frozenset[str] = frozenset()
    enums: frozenset[str] = frozenset({"string", "number", "boolean", "null"})
    types_listed: bool = True
    any_of_alone: bool = False
    closed: bool = False
    demands_all: bool = False


class Fitted(NamedTuple):
    """``dropped``: the keywords that no longer count. ``fits``: False where a ``closed`` subset cannot say it.
    ``narrowed``: objects that allowed other properties than those that they say no longer do."""

    schema: bytes
    dropped: tuple[str, ...]
    fits: bool
    narrowed: bool = False


def fitted(schema: bytes, subset: Subset, *, outermost_object: bool = True, closing: bool = False) -> Fitted:
    """``outermost_object``: it must be of type object, without alternatives. ``closing``: for a closed subset, objects
    may be closed, as it is an answer that must be valid. Raises ValueError for no JSON object."""
    make = _kept if len(schema) <= KEPT_BYTES_MAX else _made
    return make(schema, subset, outermost_object, closing)


def _made(schema: bytes, subset: Subset, outermost_object: bool, closing: bool) -> Fitted:
    given = msgspec.json.decode(schema)
    if not isinstance(given, dict):
        raise ValueError("a schema must be a JSON object")
    if subset.outermost_only and given.get("type") == "object" and given.keys().isdisjoint(_COMBINED):
        return Fitted(schema, (), True)
    fitting = _Fitting(given, subset)
    told = fitting.schema(given, ())
    if outermost_object:
        told = as_object(told, fitting.dropped)
    if subset.any_of_alone:
        _leave_alone(told, fitting.dropped)
    narrowed = closing and sum(map(_close, _schemas(told))) > 0
    fits = not subset.closed or (not fitting.cut and all(_is_closed(one, subset) for one in _schemas(told)))
    encoded = schema if told == given else msgspec.json.encode(told)
    return Fitted(encoded, tuple(dict.fromkeys(fitting.dropped)), fits, narrowed)


_kept = lru_cache(maxsize=512)(_made)
"""A CLI sends the same tools with each call."""


_COMBINED = frozenset({"anyOf", "oneOf", "allOf", "enum", "const", "not", "$ref"})

_WORDS = frozenset({"title", "description"})

_SILENT = frozenset({"$schema", "$id", "$comment", "$defs", "definitions", "$anchor", "deprecated"})
"""They demand nothing of a value. (``$defs`` are written out where they are meant.)"""

_REWRITTEN = frozenset({"$ref", "allOf", "anyOf", "oneOf", "const", "enum", "type", "nullable"})

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")

_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")

_KINDS: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("properties", "patternProperties"), (dict,)),
        **dict.fromkeys(("required", "prefixItems"), (list,)),
        **dict.fromkeys(("title", "description", "format", "pattern"), (str,)),
        **dict.fromkeys((*_NUMBERS, *_COUNTS), (int, float)),
        **dict.fromkeys(("items", "additionalProperties"), (dict, bool)),
    }
)
"""What a keyword has as its value; another value means nothing, and the keyword is left out."""


class _Fitting:
    """Fits one schema. ``cut``: some part of it now allows anything."""

    def __init__(self, root: Mapping[str, Any], subset: Subset) -> None:
        self._root = root
        self._subset = subset
        self._nodes = 0
        self._copied = 0
        self._sizes: dict[str, int] = {}
        self.dropped: list[str] = []
        self.cut = False

    def schema(self, given: object, inside: tuple[str, ...], depth: int = 0) -> dict[str, Any]:
        """``inside``: the references that led here."""
        self._nodes += 1
        if given is True:
            return {}
        if not isinstance(given, dict) or depth > DEPTH_MAX or self._nodes > NODES_MAX:
            return self._anything("false" if given is False else "$ref")
        parts = [self._own(given, inside, depth)]
        if isinstance(given.get("$ref"), str):
            parts.append(self._referred(given["$ref"], inside, depth))
        parts += [self.schema(one, inside, depth + 1) for one in _listed(given, "allOf")]
        told = parts[0]
        for part in parts[1:]:
            told = merged(told, part, self.dropped)
        if self._subset.any_of_alone and "anyOf" in told:
            told = self._alternatives(told, told.pop("anyOf"), "anyOf")
        for keyword in ("anyOf", "oneOf"):
            if members := _listed(given, keyword):
                told = self._alternatives(told, [self.schema(one, inside, depth + 1) for one in members], keyword)
        if given.get("nullable") is True and told.keys() - _WORDS:
            told = {**_words(told), "anyOf": [_without_words(told), {"type": "null"}]}
        return told

    def _anything(self, keyword: str) -> dict[str, Any]:
        self.cut = True
        self.dropped.append(keyword)
        return {}

    def _referred(self, ref: str, inside: tuple[str, ...], depth: int) -> dict[str, Any]:
        target = _at(self._root, ref)
        if target is None or inside.count(ref) >= UNROLLED_MAX or not self._may_copy(ref, target):
            return self._anything("$ref")
        return self.schema(target, (*inside, ref), depth + 1)

    def _may_copy(self, ref: str, target: object) -> bool:
        """What is referred to is written out at each place."""
        if ref not in self._sizes:
            self._sizes[ref] = len(msgspec.json.encode(target))
        self._copied += self._sizes[ref]
        return self._copied <= COPIED_BYTES_MAX

    def _own(self, given: Mapping[str, Any], inside: tuple[str, ...], depth: int) -> dict[str, Any]:
        """What the schema itself demands, without references and combinations."""
        told: dict[str, Any] = {}
        lost: dict[str, Any] = {}
        for keyword, value in given.items():
            if keyword in _SILENT or keyword in _REWRITTEN:
                continue
            if self._says(keyword, value):
                told[keyword] = self._value(keyword, value, inside, depth)
            else:
                lost[keyword] = value
        self._keep_wide(given, told, lost)
        self._enum(given, told, lost)
        self.dropped += lost
        told = self._types(given, told)
        if note := ", ".join(_said(keyword, value) for keyword, value in lost.items() if keyword != "default"):
            told["description"] = f"{told['description']} ({note})" if told.get("description") else f"({note})"
        return told

    def _says(self, keyword: str, value: object) -> bool:
        if not isinstance(value, _KINDS.get(keyword, object)):
            return False
        if keyword == "format" and self._subset.formats:
            return value in self._subset.formats
        return keyword in self._subset.keywords or keyword in _WORDS

    def _value(self, keyword: str, value: Any, inside: tuple[str, ...], depth: int) -> Any:
        match keyword:
            case "properties" | "patternProperties":
                return {name: self.schema(one, inside, depth + 1) for name, one in value.items()}
            case "prefixItems":
                return [self.schema(one, inside, depth + 1) for one in value]
            case "items" | "additionalProperties" if not isinstance(value, bool):
                return self.schema(value, inside, depth + 1)
            case "required":
                return [name for name in value if isinstance(name, str)]
            case _:
                return value

    def _keep_wide(self, given: Mapping[str, Any], told: dict[str, Any], lost: dict[str, Any]) -> None:
        """What counts for the rest only must go where the first part goes."""
        for first, rest in (("patternProperties", "additionalProperties"), ("prefixItems", "items")):
            if first in given and first not in told and rest in told:
                lost[rest] = given[rest]
                del told[rest]

    def _enum(self, given: Mapping[str, Any], told: dict[str, Any], lost: dict[str, Any]) -> None:
        values = [given["const"]] if "const" in given else given.get("enum")
        if not isinstance(values, list):
            return
        if "const" in given and isinstance(given.get("enum"), list):
            lost["enum"] = given["enum"]
        if self._subset.enums.issuperset(_type_name(value) for value in values if value is not None):
            told["enum"] = values
        else:
            lost["const" if "const" in given else "enum"] = values[0] if "const" in given else values

    def _types(self, given: Mapping[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        types = given.get("type")
        listed = [one for one in (types if isinstance(types, list) else [types]) if isinstance(one, str)]
        values = told.get("enum")
        if not listed and values is not None:
            listed = list(dict.fromkeys(map(_type_name, values)))
        null_apart = values is not None and None in values and "null" not in self._subset.enums
        if not listed:
            return told
        if not null_apart and (len(listed) == 1 or self._subset.types_listed):
            return {"type": listed if len(listed) > 1 else listed[0], **told}
        members = [_of_type(one, told, values) for one in listed]
        possible = [one for one in members if one is not None]
        return {**_words(told), **({"anyOf": possible} if len(possible) > 1 else possible[0] if possible else {})}

    def _alternatives(self, told: dict[str, Any], members: list[dict[str, Any]], keyword: str) -> dict[str, Any]:
        """One of ``members``, and ``told`` too."""
        if keyword == "oneOf":
            self.dropped.append("oneOf")
        beside = told.keys() - _WORDS
        if not self._subset.any_of_alone or not beside:
            if "anyOf" not in told and "anyOf" in self._subset.keywords:
                return {**told, "anyOf": members}
        elif "properties" not in beside and "anyOf" not in beside:
            bare = _without_words(told)
            self._copied += len(members) * len(msgspec.json.encode(bare))
            if self._copied > COPIED_BYTES_MAX:
                self.dropped.append("anyOf")
                return told
            return {**_words(told), "anyOf": [merged(bare, one, self.dropped) for one in _flat(members)]}
        self.dropped.append("anyOf")
        return told


def _flat(members: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Alternatives of alternatives are alternatives."""
    for one in members:
        if "anyOf" in one and one.keys() <= _WORDS | {"anyOf"}:
            yield from _flat(one["anyOf"])
        else:
            yield one


def _leave_alone(told: dict[str, Any], dropped: list[str]) -> None:
    """Where parts of schemas were merged, alternatives may have come to stand beside something."""
    for one in _schemas(told):
        if "anyOf" in one and one.keys() - _WORDS != {"anyOf"}:
            dropped.append("anyOf")
            del one["anyOf"]


def _of_type(type_: str, told: Mapping[str, Any], values: list[Any] | None) -> dict[str, Any] | None:
    """That member of a list of types, with what is demanded of values of it; None where no value of it is listed."""
    own = {keyword: value for keyword, value in told.items() if keyword in _OF_TYPES.get(type_, ())}
    if values is None:
        return {"type": type_, **own}
    fitting = [one for one in values if type_ in _types_of(one)]
    if not fitting:
        return None
    return {"type": type_, **own, "enum": fitting} if type_ != "null" else {"type": type_}


_OF_TYPES: Mapping[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "maxProperties", "propertyOrdering"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "integer": _NUMBERS,
    "number": _NUMBERS,
}


def _close(told: dict[str, Any]) -> bool:
    """One that says no properties holds whatever it likes: closed it would hold nothing."""
    if told.get("type") != "object" or not told.get("properties") or told.get("additionalProperties") is False:
        return False
    told["additionalProperties"] = False
    return True


def _is_closed(told: Mapping[str, Any], subset: Subset) -> bool:
    if not told.keys() - _WORDS:
        return False  # anything at all
    if told.get("type") != "object":
        return "type" in told or "anyOf" in told
    names = set(told.get("properties", {}))
    demanded = set(told.get("required", ()))
    return told.get("additionalProperties") is False and (names == demanded or not subset.demands_all)


def _schemas(told: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(told, dict):
        return
    yield told
    inner = chain(told.get("properties", {}).values(), told.get("anyOf", ()), told.get("prefixItems", ()))
    for one in chain(inner, (told.get("items"), told.get("additionalProperties"))):
        yield from _schemas(one)


def _listed(given: Mapping[str, Any], keyword: str) -> list[Any]:
    value = given.get(keyword)
    return value if isinstance(value, list) else []


def _at(root: Mapping[str, Any], ref: str) -> object:
    """What a reference inside the schema means; None for any other one."""
    if not ref.startswith("#"):
        return None
    place: object = root
    for step in ref[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, dict):
            place = place.get(name)
        elif isinstance(place, list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        else:
            return None
    return place


def _words(told: Mapping[str, Any]) -> dict[str, Any]:
    return {keyword: value for keyword, value in told.items() if keyword in _WORDS}


def _without_words(told: Mapping[str, Any]) -> dict[str, Any]:
    return {keyword: value for keyword, value in told.items() if keyword not in _WORDS}


def _types_of(value: Any) -> tuple[str, ...]:
    name = _type_name(value)
    return (name, "integer") if name == "number" and float(value).is_integer() else (name,)


def _type_name(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


_SAID_MAX = 120


def _said(keyword: str, value: object) -> str:
    text = f"{keyword}: {value if isinstance(value, str) else msgspec.json.encode(value).decode()}"
    return text if len(text) <= _SAID_MAX else keyword
