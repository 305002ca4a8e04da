"""The OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.1), made of the table of operations and their records."""

from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec

from minga.entrypoints.api.operations import OPERATIONS, ROOT, Operation
from minga.entrypoints.api.records import Problem

ALWAYS = (401, 403, 500, 503)
"""How any operation may end: no valid key; a key without the scope; the store does not answer."""

ABOUT = """The control plane of Minga: virtual keys, costs, budgets, calls, providers, prices. Every operation needs a
virtual key with the scope `admin`. Errors are problem details (RFC 9457) with a `remedy`. Money is in millionths of a
US dollar, and instants are UTC."""


def document() -> dict[str, Any]:
    records = [kind for one in OPERATIONS for kind in (one.answer, one.query, one.body) if kind is not None]
    _, schemas = msgspec.json.schema_components([*records, Problem], ref_template="#/components/schemas/{name}")
    queries = {one.query.__name__ for one in OPERATIONS}
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(f"{ROOT}{one.path}", {})[one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Minga", "version": version("minga"), "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A virtual key."}},
            "schemas": {name: schema for name, schema in schemas.items() if name not in queries},
        },
    }


def _operation(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": one.name, "summary": one.summary, "responses": _responses(one)}
    if parameters := [*_of_path(one), *_of_query(schemas[one.query.__name__])]:
        told["parameters"] = parameters
    if one.body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": _ref(one.body)}}
    return told


def _of_path(one: Operation) -> list[dict[str, Any]]:
    if "{id}" not in one.path:
        return []
    return [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}]


def _of_query(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(one)}
        for name, one in schema["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter can be left out, and cannot be null."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**kinds[0], **{name: value for name, value in schema.items() if name not in ("anyOf", "default")}}


def _responses(one: Operation) -> dict[str, Any]:
    answer = {"description": HTTPStatus(one.status).phrase, "content": {"application/json": _ref(one.answer)}}
    own = (400, 413, 415) if one.body is not None else (400,)
    statuses = sorted({*ALWAYS, *own, *one.problems})
    problem = {"application/problem+json": _ref(Problem)}
    told = {str(status): {"description": HTTPStatus(status).phrase, "content": problem} for status in statuses}
    return {str(one.status): answer, **told}


def _ref(record: type[msgspec.Struct]) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{record.__name__}"}}
