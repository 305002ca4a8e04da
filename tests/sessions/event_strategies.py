"""Hypothesis strategies for every kind of event, made from the dataclasses themselves."""

import types
import typing
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from hypothesis import strategies as st

from minga.domain import events
from minga.domain.events import Event

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=30),
    bytes: st.binary(max_size=30),
    bool: st.booleans(),
    int: st.integers(0, 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False, width=32),
    datetime: st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    types.NoneType: st.none(),
}


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of an annotated type. A field without a strategy is an error, so that no new one goes untested."""
    if isinstance(kind, typing.NewType):
        return of(kind.__supertype__)
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin = get_origin(kind)
    if origin is Literal:
        return st.sampled_from(get_args(kind))
    if origin in (typing.Union, types.UnionType):
        return st.one_of([of(part) for part in get_args(kind)])
    if origin is tuple:
        return st.lists(of(get_args(kind)[0]), max_size=4).map(tuple)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: of(hints[field.name]) for field in fields(kind)})


EVENT_KINDS: tuple[type[Event], ...] = get_args(events.Event)
TERMINAL_KINDS: tuple[type[Event], ...] = get_args(events.Terminal)

any_event = st.one_of([of(kind) for kind in EVENT_KINDS])
not_terminal = st.one_of([of(kind) for kind in EVENT_KINDS if kind not in TERMINAL_KINDS])
terminal = st.one_of([of(kind) for kind in TERMINAL_KINDS])
