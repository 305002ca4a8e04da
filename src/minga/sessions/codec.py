"""Events as JSON: one body for the store, for `minga run --json` and for `minga sessions export`."""

import re
from collections.abc import Collection
from typing import Any, get_args

import msgspec

from minga.domain import events
from minga.domain.events import Event, Recorded
from minga.storage.engine import printable

HIDDEN = "[hidden key]"

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def kind_of(event: Event | type[Event]) -> str:
    """``ToolCall`` -> ``tool-call``."""
    name = event.__name__ if isinstance(event, type) else type(event).__name__
    return _CAPITAL.sub("-", name).lower()


def _kinds() -> dict[str, Any]:
    return {kind_of(record): record for record in get_args(events.Event)}


KINDS = _kinds()
"""Every kind of event and its record."""


def encode(event: Event) -> str:
    return to_json(event).decode()


def decode(kind: str, body: str | bytes) -> Event:
    """Raises KeyError for an unknown kind and msgspec.ValidationError for a body that does not fit it."""
    event: Event = msgspec.json.decode(body, type=KINDS[kind])
    return event


def without(event: Event, secrets: Collection[str]) -> Event:
    """Return ``event`` with every one of ``secrets`` in its texts replaced by ``HIDDEN``.

    A net, not a wall: a key that a model spells over two pieces of streamed text is hidden in the whole answer only.
    """
    body = encode(event)
    hidden = body
    for secret in sorted(secrets, key=len, reverse=True):
        hidden = hidden.replace(msgspec.json.encode(secret).decode()[1:-1], HIDDEN)
    return event if hidden == body else decode(kind_of(event), hidden)


def as_json(recorded: Recorded) -> bytes:
    """One line of `--json` output, without the line's end."""
    return to_json(
        {
            "session_id": recorded.session_id,
            "turn_id": recorded.turn_id,
            "seq": recorded.seq,
            "at": recorded.at,
            "attempt_id": recorded.attempt_id,
            "kind": kind_of(recorded.event),
            "event": recorded.event,
        }
    )


def to_bytes(text: str) -> bytes:
    """UTF-8, half characters replaced."""
    return printable(text).encode()


def to_json(value: Any) -> bytes:
    """Half characters, which JSON cannot hold, become U+FFFD."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_whole(msgspec.to_builtins(value)))


def _whole(value: Any) -> Any:
    match value:
        case str():
            return printable(value)
        case dict():
            return {name: _whole(part) for name, part in value.items()}
        case list() | tuple():
            return [_whole(part) for part in value]
        case _:
            return value
