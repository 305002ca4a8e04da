"""Two JSON Schemas as one that allows at least what both allow."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any


def merged(one: Mapping[str, Any], other: Mapping[str, Any], dropped: list[str]) -> dict[str, Any]:
    """Where both demand something that cannot be said as one, only what ``one`` demands; told in ``dropped``."""
    for first, rest in (("patternProperties", "additionalProperties"), ("prefixItems", "items")):
        if first in one and first in other and one[first] != other[first]:  # what is the rest for one is not for both
            dropped.append(first)
            one, other = _without(one, first, rest), _without(other, first, rest)
    told = dict(one)
    for keyword, value in other.items():
        if keyword not in told:
            told[keyword] = value
        elif told[keyword] != value:
            told[keyword] = _both(keyword, told[keyword], value, dropped)
    return told


def _without(given: Mapping[str, Any], *keywords: str) -> dict[str, Any]:
    return {keyword: value for keyword, value in given.items() if keyword not in keywords}


def _both(keyword: str, one: Any, other: Any, dropped: list[str]) -> Any:
    merge = _MERGES.get(keyword)
    if merge is not None:
        return merge(one, other, dropped)
    if keyword not in ("title", "description", "default"):
        dropped.append(keyword)
    return one


def _properties(one: Any, other: Any, dropped: list[str]) -> Any:
    shared = {name: merged(one[name], other[name], dropped) for name in one if name in other}
    return {**one, **other, **shared}


def _names(one: Any, other: Any, dropped: list[str]) -> Any:
    return list(dict.fromkeys((*one, *other)))


def _listed(one: Any, other: Any, dropped: list[str]) -> Any:
    """Values that both list; if there are none, nothing is allowed, which few can say."""
    plain = {(isinstance(value, bool), value) for value in other if not isinstance(value, (list, dict))}
    nested = [value for value in other if isinstance(value, (list, dict))]
    shared = [
        value
        for value in one
        if (value in nested if isinstance(value, (list, dict)) else (isinstance(value, bool), value) in plain)
    ]
    if not shared:
        dropped.append("enum")
    return shared or one


def _types(one: Any, other: Any, dropped: list[str]) -> Any:
    first, second = ({types} if isinstance(types, str) else set(types) for types in (one, other))
    for types, others in ((first, second), (second, first)):
        if "number" in types and "integer" in others:
            types.add("integer")
    shared = [name for name in ("object", "array", "string", "integer", "number", "boolean", "null")
              if name in first & second]  # fmt: skip
    if "number" in shared and "integer" in shared:
        shared.remove("integer")
    if not shared:
        dropped.append("type")
        return one
    return shared[0] if len(shared) == 1 else shared


def _schema(one: Any, other: Any, dropped: list[str]) -> Any:
    if one is False or other is False:
        return False
    if one is True or other is True:
        return other if one is True else one
    return merged(one, other, dropped)


def _greater(one: Any, other: Any, dropped: list[str]) -> Any:
    return max(one, other)


def _less(one: Any, other: Any, dropped: list[str]) -> Any:
    return min(one, other)


_MERGES: Mapping[str, Callable[[Any, Any, list[str]], Any]] = MappingProxyType(
    {
        "properties": _properties,
        "required": _names,
        "enum": _listed,
        "type": _types,
        "items": _schema,
        "additionalProperties": _schema,
        **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), _greater),
        **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), _less),
    }
)
