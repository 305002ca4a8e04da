"""Reads JSON into structs strictly, and says by name what the structs do not have."""

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

Read = TypeVar("Read")

UNKNOWN_MAX = 50
"""Different unknown fields of one body; beyond that it is none of the format."""

_ALPHABET = (string.ascii_letters + string.digits + "+/").encode()


class Strict(Generic[Read]):
    """A decoder of one type, whose structs have ``forbid_unknown_fields``: the fast way reads what is fully known; what
    is not is taken apart, and the names of what was left out are given back."""

    def __init__(self, type_: type[Read]) -> None:
        self._type = type_
        self._decoder = msgspec.json.Decoder(type_)

    def read(self, body: bytes | msgspec.Raw) -> tuple[Read, list[str]]:
        """What was read, and the paths of fields that were not. Raises ValueError, which names the place."""
        read, left = self._read(body)
        if len(left) > UNKNOWN_MAX:
            raise ValueError(f"it has more than {UNKNOWN_MAX} unknown fields, such as {next(iter(left))!r}")
        return read, list(left)

    def read_loosely(self, body: bytes | msgspec.Raw) -> tuple[Read, list[str]]:
        """As `read`, of a server that may tell as much else as it likes: the paths are of those that say something."""
        read, left = self._read(body)
        return read, [path for path, says in left.items() if says]

    def _read(self, body: bytes | msgspec.Raw) -> tuple[Read, dict[str, bool]]:
        """And the paths of unknown fields, each with whether it says anything."""
        try:
            return self._decoder.decode(body), {}
        except msgspec.ValidationError as wrong:
            if "unknown field" not in str(wrong):
                raise
        given: Any = msgspec.json.decode(body)
        left: dict[str, bool] = {}
        _take_out(given, self._told, "", left)
        return self._decoder.decode(msgspec.json.encode(given)), left  # not `convert`: it knows no Raw

    @cached_property
    def _told(self) -> inspect.Type:
        return inspect.type_info(self._type)


def _says(value: Any, usual: Iterable[Any]) -> bool:
    """Zeros and what is empty say nothing, nor does an object of nothing else."""
    if isinstance(value, dict):
        return any(_says(one, usual) for one in value.values())
    return bool(value) and value not in usual


def sound(json: msgspec.Raw) -> bytes:
    """JSON that is passed on as it is. Raises ValueError for what is no text, which a decoder does not look for in what
    it passes over."""
    given = bytes(json)
    if not given.isascii():
        given.decode()
    return given


class Beside:
    """Fields of a struct, two at least, that are read only to say whether they are there: it is asked for each part of
    an answer. A null, an empty list or object, and what stands in ``usual`` says nothing."""

    def __init__(self, type_: type[msgspec.Struct], *names: str, usual: Iterable[str] = ()) -> None:
        fields = {field.name: field for field in msgspec.structs.fields(type_)}
        self._told = tuple(fields[name].encode_name for name in names)
        self._values = attrgetter(*names)
        self._none = tuple(fields[name].default for name in names)
        self._usual = {b"", b"null", b"[]", b"{}", *(b'"%b"' % one.encode() for one in usual)}

    def told(self, given: msgspec.Struct) -> Sequence[str]:
        """The names, as they are in JSON, of those that say something."""
        values = self._values(given)
        if values == self._none:
            return ()
        return [name for name, value in zip(self._told, values, strict=True) if self._is_said(bytes(value))]

    def _is_said(self, value: bytes) -> bool:
        if value in self._usual:
            return False
        return len(value) > _SMALL or not value.startswith(b"{") or _says(msgspec.json.decode(value), ())


_SMALL = 200
"""Bytes of an object of which it is looked whether it says anything; a larger one does."""


def unread(told: Mapping[str, Any], known: Mapping[str, Iterable[str]], usual: Iterable[Any] = ()) -> Iterator[str]:
    """Of an object, what has another name than ``known`` ones and says something, ``usual`` things not counted;
    each known one with the names that are known below it."""
    for name, value in told.items():
        if name not in known:
            if _says(value, usual):
                yield name
        elif isinstance(value, dict):
            yield from (f"{name}.{inner}" for inner in unread(value, dict.fromkeys(known[name], ())))


def of_data_url(url: str) -> tuple[str, str]:
    """Media type, empty where it is not told, and the base64 of a URL of the scheme ``data`` (RFC 2397), which is not
    looked at. Raises ValueError for one that is not in base64."""
    head, comma, data = url.removeprefix("data:").partition(",")
    named = head.split(";")
    if not comma or "base64" not in named[1:]:
        raise ValueError("it is not in base64")
    return ";".join(one for one in named if one != "base64"), data


def is_base64(data: str) -> bool:
    """Padded, and without line breaks. It is only looked at: decoding a large picture takes long."""
    bare = data.rstrip("=")
    if len(data) % 4 or len(data) - len(bare) > 2 or not bare.isascii():
        return False
    return not bare.encode().translate(None, _ALPHABET)


def _take_out(given: Any, type_: inspect.Type, path: str, left: dict[str, bool]) -> None:
    """Every unknown field of ``given``, in the order in which they stand there; their paths go to ``left``."""
    if isinstance(given, list):
        items = _one_of(type_, inspect.ListType, inspect.VarTupleType)
        if items is not None:
            for one in given:
                _take_out(one, items.item_type, f"{path}[]", left)
    elif isinstance(given, dict) and (struct := _struct_of(type_, given)) is not None:
        fields = _fields(struct.cls)
        for name, value in list(given.items()):
            if name in fields:
                if isinstance(value, list | dict):
                    _take_out(value, fields[name], f"{path}.{name}" if path else name, left)
            elif name != struct.tag_field and struct.forbid_unknown_fields:
                at = f"{path}.{name}" if path else name
                left[at] = left.get(at, False) or _says(value, ())
                del given[name]
    elif isinstance(given, dict) and (values := _one_of(type_, inspect.DictType)) is not None:
        for one in given.values():
            _take_out(one, values.value_type, f"{path}[]", left)


@cache
def _fields(cls: type) -> Mapping[str, inspect.Type]:
    """By their names in JSON."""
    struct = inspect.type_info(cls)
    assert isinstance(struct, inspect.StructType)
    return {field.encode_name: field.type for field in struct.fields}


def _one_of(type_: inspect.Type, *kinds: Any) -> Any:
    """The one of a union that is of such a kind."""
    members = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    return next((one for one in members if isinstance(one, kinds)), None)


def _struct_of(type_: inspect.Type, given: dict[str, Any]) -> inspect.StructType | None:
    """The struct of a union that an object is meant to be; by its tag, if they have some."""
    members = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    structs = [one for one in members if isinstance(one, inspect.StructType)]
    tagged = [one for one in structs if one.tag_field is not None and given.get(one.tag_field) == one.tag]
    return next(iter(tagged or structs), None) if tagged or len(structs) == 1 else None
