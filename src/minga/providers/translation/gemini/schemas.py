"""Gemini's own schema objects (ai.google.dev/api/caching#Schema, a subset of OpenAPI 3.0) as JSON Schema."""

from typing import Any

from minga.providers.translation.notes import Notes

_SPELLED = {
    "any_of": "anyOf",
    "max_items": "maxItems",
    "max_length": "maxLength",
    "max_properties": "maxProperties",
    "min_items": "minItems",
    "min_length": "minLength",
    "min_properties": "minProperties",
    "property_ordering": "propertyOrdering",
    "additional_properties": "additionalProperties",
    "defs": "$defs",
    "ref": "$ref",
}

_COUNTS = frozenset(("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"))
"""Google writes them as text, as protocol buffers do with numbers of 64 bits."""

_NAMED = frozenset(("properties", "$defs"))


def json_schema(given: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """Raises ValueError for what is no schema."""
    told: dict[str, Any] = {}
    for spelled, value in given.items():
        name = _SPELLED.get(spelled, spelled)
        if name == "propertyOrdering":
            notes.add("gemini-schema", name)
        elif value is not None and not (name == "format" and value == "enum") and name != "nullable":
            told["examples" if name == "example" else name] = _value(name, value, notes)
    if told.get("type") == "type_unspecified":
        del told["type"]
    return _nullable(told) if given.get("nullable") else told


def _value(name: str, value: Any, notes: Notes) -> Any:
    if name == "type" and isinstance(value, str):
        return value.lower()
    if name == "example":
        return [value]
    if name in _COUNTS and isinstance(value, str):
        return int(value)
    if name in _NAMED and isinstance(value, dict):
        return {one: json_schema(_schema(schema), notes) for one, schema in value.items()}
    if name == "anyOf" and isinstance(value, list):
        return [json_schema(_schema(one), notes) for one in value]
    if name == "items" or (name == "additionalProperties" and isinstance(value, dict)):
        return json_schema(_schema(value), notes)
    return value


def _schema(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError("a schema is a JSON object")
    return given


def _nullable(told: dict[str, Any]) -> dict[str, Any]:
    if isinstance(told.get("enum"), list):
        told["enum"] = [*told["enum"], None]
    if isinstance(told.get("type"), str):
        return {**told, "type": [told["type"], "null"]}
    if isinstance(told.get("anyOf"), list):
        return {**told, "anyOf": [*told["anyOf"], {"type": "null"}]}
    return told
