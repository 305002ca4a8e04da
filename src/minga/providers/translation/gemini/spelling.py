"""Fields that are written in snake_case, which Google takes as well as camelCase."""

from typing import Any

from minga.providers.translation.gemini.shapes import SHAPES

_CAMEL = {
    snake: camel
    for shape in SHAPES
    for snake, camel in zip(shape.__struct_fields__, shape.__struct_encode_fields__, strict=True)
    if snake != camel
}

_OPAQUE = frozenset(
    ("args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema", "labels")
)
"""What stands in these has names of its own."""


def is_snake(paths: list[str]) -> bool:
    """Whether one of the fields that were not known is known when it is spelled otherwise."""
    return any(path.rpartition(".")[2] in _CAMEL for path in paths)


def camel(given: Any) -> Any:
    """The same JSON with the fields of this dialect in camelCase."""
    if isinstance(given, list):
        return [camel(one) for one in given]
    if not isinstance(given, dict):
        return given
    renamed = {_CAMEL.get(name, name): value for name, value in given.items()}
    return {name: value if name in _OPAQUE else camel(value) for name, value in renamed.items()}
