"""Single values of native records: lines, times, counts, pictures, and which items make one. What has the wrong type
reads as nothing."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from minga.domain.transcript import Called, ImagePart, Item, Said

Json = dict[str, Any]

COUNT_MAX = 1 << 53
"""A higher count is none: no JSON writer keeps it exact."""


def line(record: Json) -> bytes:
    """One line of a file, with its end. Text that is no Unicode (half of a surrogate pair) is replaced."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def stamp(at: datetime) -> str:
    """``2026-11-24T12:00:00.000Z``, as JavaScript writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def instant(value: object) -> datetime | None:
    """The time in an ISO 8601 text, aware UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def record(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[Json]:
    """The objects of a list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def count(value: object) -> int:
    """A whole number of at least 0."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < COUNT_MAX
    return int(value) if whole else 0  # type: ignore[call-overload]


def wrong(holder: Json, **types: type) -> Iterator[str]:
    """Which of the named fields are there and of another type than they should be, in words."""
    for name, kind in types.items():
        if holder.get(name) is not None and not isinstance(holder[name], kind):
            yield f"{name} of the wrong type"


def lacking(holder: Json, **types: type) -> Iterator[str]:
    """Which of the named fields are missing or of another type than they have to be, in words."""
    for name, kind in types.items():
        if not isinstance(holder.get(name), kind):
            yield f"no {name}, or one of the wrong type"


def strangers(value: object, what: str) -> Iterator[str]:
    """A reason for each entry of a list that is no object."""
    if isinstance(value, list):
        yield from (f"{what} that is no object" for entry in value if not isinstance(entry, dict))


def picture(media_type: object, data: object) -> ImagePart | None:
    """The picture in base64 data; None where it is none."""
    if not isinstance(media_type, str) or not isinstance(data, str) or not media_type.startswith("image/"):
        return None
    try:
        return ImagePart(media_type, base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return None


def base64_of(image: ImagePart) -> str:
    return base64.b64encode(image.data).decode("ascii")


def answers(items: Sequence[Item]) -> Iterator[list[int]]:
    """Group the places of items into messages: a text of the person alone; a text of the assistant with the calls that
    join it. A text after a call begins a message of its own: the CLIs keep the text of a message before its calls."""
    group: list[int] = []
    for place, item in enumerate(items):
        before = items[group[-1]] if group else None
        joins = item.joins and before is not None and not _of_person(before)
        if isinstance(item, Said) and (_of_person(item) or isinstance(before, Called)):
            joins = False
        if group and not joins:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _of_person(item: Item) -> bool:
    return isinstance(item, Said) and item.role == "user"
