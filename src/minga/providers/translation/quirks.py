"""What the providers and models accept, as ``quirks.toml`` has it."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal, TypeAlias

import msgspec

from minga.domain.model_calls import Wire
from minga.providers.translation.schema_subset import Subset

When: TypeAlias = Literal["always", "not-thinking", "never"]
"""``not-thinking``: only in a call for which the model does not reason."""


class Quirks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model accepts in one dialect.

    Tools: ``call_ids`` and ``tool_names`` are patterns for the whole of it; the lengths are of what is made where one
    does not fit. ``namespaces``, ``custom_tools``: whether it knows them. ``tools_max``: 0 for any number.
    ``forced_tools``: whether a call of a tool may be demanded. ``parallel``: whether that can be set.

    Conversation: ``system`` text before it, ``system_turns`` in the middle of it. ``begins_with_person``: the first
    turn must be the person's. ``ends_with_model``: the last turn may be the model's, which it goes on with.
    ``blank_texts``: texts of spaces only. ``media``: patterns of media types. ``media_in_results`` of tools.

    Reasoning is set by ``effort``, of which ``efforts`` are known, by a ``budget`` of tokens, or not at all.
    ``thinks_by_default``: where nothing is said. ``thinking_stops``: it can be turned off. ``thinks_with_tools``: it
    can have both in one call. ``budget_open``: it may be left to the model. ``answer_min``: the least limit of an
    answer.

    ``sampling``: temperature, top_p and top_k. ``stop_max``: stop sequences, -1 for any number. ``output``: what can be
    demanded of an answer, ``output_any`` whether also JSON without a schema. ``strict``: that arguments are kept to
    their schema can be demanded. The schemas are names of subsets, empty for any schema; ``strict_schemas`` for those
    that the caller wants to be kept to the letter."""

    call_ids: str = ""
    call_id_length: int = 29
    tool_names: str = "[a-zA-Z0-9_-]{1,64}"
    tool_name_length: int = 64
    namespaces: bool = False
    custom_tools: bool = False
    tools_max: int = 0
    forced_tools: When = "always"
    parallel: bool = True
    system: bool = True
    system_turns: bool = True
    begins_with_person: bool = False
    ends_with_model: bool = True
    blank_texts: bool = True
    media: tuple[str, ...] = ("*",)
    media_in_results: bool = True
    reasoning: Literal["effort", "budget", "none"] = "effort"
    efforts: tuple[str, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
    budget_min: int = 0
    budget_max: int = 0
    budget_open: bool = False
    answer_min: int = 1
    thinks_by_default: bool = False
    thinking_stops: bool = True
    thinks_with_tools: bool = True
    sampling: When = "always"
    temperature_max: float = 2.0
    temperature_with_top_p: bool = True
    penalties: bool = True
    stop_max: int = -1
    output: Literal["schema", "json", "none"] = "schema"
    output_any: bool = True
    strict: bool = True
    tool_schemas: str = ""
    output_schemas: str = ""
    strict_schemas: str = ""

    def taken_call_ids(self, ids: Sequence[str]) -> Sequence[str]:
        if not self.call_ids:
            return ids
        takes = _pattern(self.call_ids).fullmatch
        return [id_ for id_ in ids if takes(id_) is not None]

    def takes_tool_name(self, name: str) -> bool:
        return _pattern(self.tool_names).fullmatch(name) is not None


class Effort(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    word: str
    tokens: int
    source: str
    seen: Any


class Entry(msgspec.Struct, frozen=True):
    """Besides what is here, an entry has fields of `Quirks`. It tells the day on which ``source`` was ``seen``, or that
    it is not ``confirmed``: then ``source`` says what else it rests on."""

    source: str
    seen: Any = None
    confirmed: bool = True
    models: tuple[str, ...] = ("*",)
    dialects: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.confirmed != (self.seen is not None):
            raise ValueError(f"either seen or confirmed = false: {self.source!r}")


@lru_cache(maxsize=1024)  # callers name models as they like
def quirks_of(dialect: Wire, model: str, provider: str) -> Quirks:
    """A reseller names a model ``vendor/name``, Amazon ``regions.vendor.name``."""
    name = model.rsplit("/", 1)[-1].lower().rpartition("anthropic.")[2]
    told = _fields(next((one for one in _file()["dialects"] if dialect in one["dialects"]), {}))
    for one in _file()["families"]:
        entry = msgspec.convert(one, Entry)
        if _holds(entry.dialects, dialect) and _holds(entry.providers, provider) and _holds(entry.models, name):
            return msgspec.convert({**told, **_fields(one)}, Quirks)
    return msgspec.convert(told, Quirks)


@cache
def subsets() -> Mapping[str, Subset]:
    return {
        name: msgspec.convert({**one, "seen": str(one["seen"])}, Subset) for name, one in _file()["subsets"].items()
    }


@cache
def efforts() -> tuple[Effort, ...]:
    """From none to the most."""
    return msgspec.convert(_file()["efforts"], tuple[Effort, ...])


def _holds(patterns: tuple[str, ...], name: str) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def _fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in Entry.__struct_fields__}


@cache
def _file() -> dict[str, Any]:
    told: dict[str, Any] = msgspec.toml.decode(resources.files(__package__).joinpath("quirks.toml").read_bytes())
    return told


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)
