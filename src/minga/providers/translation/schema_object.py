"""The schema of a tool's arguments, where alternatives may not stand outermost: one object for all of them."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

import msgspec

from minga.providers.translation.schema_merging import merged


def as_object(told: dict[str, Any], dropped: list[str]) -> dict[str, Any]:
    """Of type object without alternatives: of those, what all demand."""
    members = told.get("anyOf")
    if isinstance(members, list):
        dropped.append("anyOf")
        told = {keyword: value for keyword, value in told.items() if keyword != "anyOf"}
        told = merged(told, _common([one for one in members if _may_be_object(one)]), dropped)
    if "enum" in told:
        dropped.append("enum")
        del told["enum"]
    told["type"] = "object"
    told.setdefault("properties", {})
    return told


def _common(members: list[dict[str, Any]]) -> dict[str, Any]:
    """All properties that any of them has: what one of them leaves open is only described."""
    names = dict.fromkeys(chain.from_iterable(one.get("properties", {}) for one in members))
    properties = {name: _common_property(name, members) for name in names}
    required = [name for name in names if all(name in one.get("required", ()) for one in members)]
    closed = all(map(_is_shut, members))
    return (
        {"properties": properties}
        | ({"required": required} if required else {})
        | ({"additionalProperties": False} if closed and members else {})
    )


def _is_shut(told: Mapping[str, Any]) -> bool:
    """It has no other properties than those it names."""
    return told.get("additionalProperties") is False and not told.get("patternProperties")


def _may_be_object(told: Mapping[str, Any]) -> bool:
    types = told.get("type", "object")
    return types == "object" or (isinstance(types, list) and "object" in types)


def _common_property(name: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    said = [one["properties"][name] for one in members if name in one.get("properties", {})]
    open_ = any(name not in one.get("properties", {}) and not _is_shut(one) for one in members)
    if open_:
        return {keyword: said[0][keyword] for keyword in ("title", "description") if keyword in said[0]}
    different = {msgspec.json.encode(one): one for one in said}  # Python has 1 == True
    return dict(said[0]) if len(different) == 1 else {"anyOf": list(different.values())}
