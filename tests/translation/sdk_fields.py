"""Every field of the vendors' SDKs: each is set alone, in the smallest message that may hold it, and what becomes of it
is looked at. A type is met once, at the shortest way that leads to it."""

import types as builtin_types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache, partial
from typing import Annotated, Any, Literal, NotRequired, Required, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from typing_extensions import is_typeddict

Json = dict[str, Any]

Told = tuple[object, frozenset[str]]
"""What was read, and the notes of it; or, where it is refused, the reason and no notes."""

SAMPLES: Mapping[str, Any] = {
    "data": "aGk=",
    "file_data": "aGk=",
    "url": "https://example.com/a",
    "image_url": "https://example.com/a.png",
    "file_url": "https://example.com/a.pdf",
    "fileUri": "https://example.com/a.pdf",
    "arguments": '{"a":1}',
    "input_schema": {"type": "object"},
    "schema": {"type": "object"},
    "parameters": {"type": "object"},
    "thoughtSignature": "aGk=",
    "mimeType": "image/png",
    "output_index": 0,
    "content_index": 0,
    "summary_index": 0,
    "index": 0,
    "n": 3,
    "created_at": 1_700_000_000.0,
    "completion_tokens": 90,
    "output_tokens": 90,
    "prompt_tokens": 90,
    "input_tokens": 90,
}
"""Values that the name of a field wants."""

SMALLEST: Mapping[str, Json] = {
    "Delta": {"stop_reason": "end_turn"},
    "FileFile": {"file_data": "data:application/pdf;base64,aGk="},
    "ChoiceDeltaToolCall": {"id": "a", "function": {"name": "f"}},
    "ChoiceDeltaFunctionCall": {"name": "f"},
    "ChoiceDeltaToolCallFunction": {"name": "f"},
    "ImageGenerationCall": {"result": "aGk="},
    "GenerateContentResponseUsageMetadata": {
        "promptTokenCount": 90,
        "candidatesTokenCount": 80,
        "totalTokenCount": 200,
    },
    "Content": {"parts": [{"text": "x"}]},
    "Part": {"text": "x"},
    "FunctionCall": {"name": "f"},
    "FunctionCallOutput": {"call_id": "a"},
    "FunctionResponse": {"name": "f"},
    "FunctionResponsePart": {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
    "FunctionDeclaration": {"name": "f"},
    "Blob": {"mimeType": "image/png", "data": "aGk="},
    "FunctionResponseBlob": {"mimeType": "image/png", "data": "aGk="},
    "FileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.png"},
    "FunctionResponseFileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.png"},
    "Summary": {"text": "in short"},
    "ResponseInputImageParam": {"image_url": "https://example.com/a.png"},
    "ResponseInputFileParam": {"file_url": "https://example.com/a.pdf"},
    "ToolChoiceAllowedParam": {"tools": [{"type": "function", "name": "f"}]},
}
"""What of its optional fields a type cannot be without."""

EXCLUSIVE: Mapping[str, frozenset[str]] = {
    "Part": frozenset({"text", "functionCall", "functionResponse", "inlineData", "fileData"}),
    "FunctionResponsePart": frozenset({"inlineData", "fileData"}),
}
"""Fields of which an object has one only."""


@dataclass(frozen=True, slots=True)
class Field:
    """As it is called in JSON."""

    name: str
    type: Any
    required: bool


@dataclass(frozen=True, slots=True)
class Place:
    """``put`` makes a whole message around an object of ``type``; ``bare`` is the message that has none."""

    type: Any
    put: Callable[[Any], Any]
    bare: Any


@cache
def fields_of(type_: Any) -> tuple[Field, ...]:
    if is_typeddict(type_):
        hints = get_type_hints(type_, include_extras=True)
        return tuple(Field(*_declared(type_, name, hint)) for name, hint in hints.items())
    return tuple(
        Field(one.alias or name, one.annotation, one.is_required()) for name, one in type_.model_fields.items()
    )


def roots(root: Any, put: Callable[[Any], Any], bare: Any) -> list[Place]:
    return [Place(one, put, bare) for one in dict.fromkeys(type_ for _, type_ in _inner(root))]


def below(place: Place, field: Field) -> Iterator[Place]:
    """The types that may stand in a field."""
    whole = beside(place.type, field)
    without = {name: value for name, value in whole.items() if name != field.name}
    for wrap, type_ in _inner(field.type):
        bare = {**without, field.name: []} if isinstance(wrap({}), list) else without
        yield Place(type_, _putting(place, whole, field, wrap), place.put(bare))


def _putting(place: Place, whole: Json, field: Field, wrap: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: place.put({**whole, field.name: wrap(value)})


def values(field: Field) -> Iterator[Any]:
    """Each is worth a look; they differ."""
    seen: list[Any] = []
    for value in _values(field.type, field.name):
        if value not in seen:
            seen.append(value)
            yield value


def smallest(type_: Any) -> Json:
    needed = SMALLEST.get(type_.__name__, {})
    return needed | {
        field.name: next(values(field)) for field in fields_of(type_) if field.required and field.name not in needed
    }


def beside(type_: Any, field: Field) -> Json:
    """The smallest that the field may be added to."""
    alone = EXCLUSIVE.get(type_.__name__, frozenset())
    return {name: value for name, value in smallest(type_).items() if field.name not in alone or name not in alone}


def fuller(type_: Any, depth: int = 2) -> Json:
    """With each field."""
    found = {field.name: _inside(field, depth) for field in fields_of(type_)}
    told = {name: value for name, value in found.items() if value is not None} | SMALLEST.get(type_.__name__, {})
    alone = EXCLUSIVE.get(type_.__name__, frozenset())
    only = next(iter(alone & smallest(type_).keys()), None)
    return {name: value for name, value in told.items() if only in (None, name) or name not in alone}


def _inside(field: Field, depth: int) -> Any:
    for wrap, type_ in _inner(field.type):
        return wrap(fuller(type_, depth - 1) if depth else smallest(type_))
    return next(values(field), None)


def _declared(owner: Any, name: str, hint: Any) -> tuple[str, Any, bool]:
    required = name in owner.__required_keys__
    while get_origin(hint) in (Required, NotRequired, Annotated):
        required = {Required: True, NotRequired: False}.get(get_origin(hint), required)
        hint = get_args(hint)[0]
    return name, hint, required


def _is_struct(type_: Any) -> bool:
    return isinstance(type_, type) and (is_typeddict(type_) or issubclass(type_, BaseModel))


def _inner(type_: Any) -> Iterator[tuple[Callable[[Any], Any], Any]]:
    """The structs that a field may hold, and how it holds them."""
    if _is_struct(type_):
        yield (lambda value: value), type_
        return
    origin, parts = get_origin(type_), get_args(type_)
    if origin in (Annotated, Required, NotRequired):
        yield from _inner(parts[0])
    elif _is_union(origin):
        for one in parts:
            yield from _inner(one)
    elif _is_list(origin):
        for wrap, one in _inner(parts[0]):
            yield partial(_listing, wrap), one
    elif origin in (dict, Mapping) and len(parts) == 2:
        for wrap, one in _inner(parts[1]):
            yield partial(_keyed, wrap), one


def _listing(wrap: Callable[[Any], Any], value: Any) -> Any:
    return [wrap(value)]


def _keyed(wrap: Callable[[Any], Any], value: Any) -> Any:
    return {"k": wrap(value)}


def _is_union(origin: Any) -> bool:
    return origin in (typing.Union, builtin_types.UnionType)


def _is_list(origin: Any) -> bool:
    return origin in (list, tuple, Iterable, Sequence) or getattr(origin, "__name__", "") in ("Iterable", "Sequence")


def _values(type_: Any, name: str) -> Iterator[Any]:
    origin, parts = get_origin(type_), get_args(type_)
    if origin in (Annotated, Required, NotRequired):
        yield from _values(parts[0], name)
    elif origin is Literal:
        yield from parts
    elif _is_union(origin):
        for one in parts:
            yield from _values(one, name)
    elif _is_list(origin):
        for one in _values(parts[0], name):
            yield [one]
        yield []
    elif origin in (dict, Mapping):
        yield SAMPLES.get(name) or {"k": next(_values(parts[1], name), "v")}
        yield {"l": next(_values(parts[1], name), "v")}
    elif _is_struct(type_):
        yield smallest(type_)
        yield fuller(type_)
    elif isinstance(type_, type) and issubclass(type_, Enum):
        yield from (one.value for one in type_)
    else:
        if name in SAMPLES and type(SAMPLES[name]) is type_:
            yield SAMPLES[name]
        yield from _PLAIN.get(type_, ())


_PLAIN: Mapping[Any, tuple[Any, ...]] = {
    str: ("x", "y", ""),
    int: (7, 8),
    float: (0.25, 0.5),
    bool: (True, False),
    bytes: ("aGk=", "aG8="),
    object: ({"a": 1}, {"a": 2}),
    Any: ({"a": 1}, {"a": 2}),
    datetime: ("2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z"),
}
