"""Requests read into records: the query, the body, the key."""

import re
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from minga.entrypoints.api.problems import SEE_DOCS, Rejected

Record = TypeVar("Record", bound=msgspec.Struct)

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def read_query(text: str, record: type[Record]) -> Record:
    """Raises Rejected."""
    types = _types(record)
    given: dict[str, Any] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as wrong:
        raise Rejected(400, "bad-query", f"the query cannot be read: {wrong}", SEE_DOCS) from wrong
    for name, value in pairs:
        read = int(value) if "integer" in types.get(name, ()) and _WHOLE.fullmatch(value) else value
        if "array" in types.get(name, ()):
            given.setdefault(name, []).append(read)
        elif name in given:
            raise Rejected(400, "bad-query", f"{name!r} is given more than once", SEE_DOCS)
        else:
            given[name] = read
    try:
        return msgspec.convert(given, record)
    except msgspec.ValidationError as wrong:
        raise Rejected(400, "bad-query", f"the query is not valid: {wrong}", SEE_DOCS) from wrong


def read_body(content_type: str, body: bytes, record: type[Record]) -> Record:
    """Raises Rejected."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        told = f"the body is {content_type!r}, not application/json"
        raise Rejected(415, "not-json", told, "Send `Content-Type: application/json`.")
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
        return msgspec.convert({name: _whole(value) for name, value in fields.items()}, record)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as wrong:
        raise Rejected(400, "bad-body", f"the body is not valid: {wrong}", SEE_DOCS) from wrong


def _whole(value: object) -> object:
    """To JSON Schema, 5.0 is an integer too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@cache
def _types(record: type[msgspec.Struct]) -> dict[str, tuple[str, ...]]:
    """Of each field, the JSON types that it may have."""
    _, schemas = msgspec.json.schema_components([record])
    properties = schemas[record.__name__]["properties"]
    return {
        name: tuple(one.get("type", "") for one in (schema, *schema.get("anyOf", ())))
        for name, schema in properties.items()
    }
