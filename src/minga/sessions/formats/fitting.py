"""What the vendors' APIs ask of tool calls and pictures in a history: names, ids, arguments, data URLs.

The rules are those of the OpenAI API, the strictest of those that the CLIs speak: names of tools are
``[a-zA-Z0-9_-]{1,64}``, ids of calls at most 64 characters (platform.openai.com/docs/api-reference/responses, seen
November 2026).
"""

import base64
import binascii
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from minga.domain.transcript import Called, ImagePart, Item, Said

_FITS = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def fit_name(name: str) -> str:
    """The name of a tool as an API takes it: what does not fit becomes ``_``."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64] or "tool"


def fit_ids(items: Sequence[Item], seed: str) -> list[str]:
    """One call id for each item (empty for a text): its own where that fits and is not taken, else one derived from
    ``seed`` and its place."""
    taken = {item.call.call_id for item in items if isinstance(item, Called)}
    used: set[str] = set()
    ids: list[str] = []
    for place, item in enumerate(items):
        call_id = item.call.call_id if isinstance(item, Called) else ""
        if isinstance(item, Called) and (call_id in used or not _FITS.fullmatch(call_id)):
            call_id = _new_id(seed, place, taken)
        used.add(call_id)
        ids.append(call_id)
    return ids


def _new_id(seed: str, place: int, taken: set[str]) -> str:
    """An id that no call of the session has."""
    call_id = f"call_{uuid.uuid5(uuid.NAMESPACE_URL, f'{seed}/{place}').hex}"
    while call_id in taken:
        call_id = f"call_{uuid.uuid5(uuid.NAMESPACE_URL, call_id).hex}"
    return call_id


def argument_object(arguments: str) -> dict[str, Any]:
    """The arguments of a call as an object; free text and whatever else is no object stands under ``input``."""
    value = argument_value(arguments) if arguments.strip() else {}
    return value if isinstance(value, dict) else {"input": value}


def argument_value(arguments: str) -> Any:
    """The arguments of a call; what is no JSON counts as free text."""
    try:
        return msgspec.json.decode(arguments)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return arguments


def argument_text(value: object) -> str:
    """JSON text of what a CLI keeps as the arguments of a call."""
    return msgspec.json.encode(value).decode()


def data_url(image: ImagePart) -> str:
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"


def image_of(url: object) -> ImagePart | None:
    """The picture in a base64 data URL; None for any other URL."""
    found = re.match(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,", url) if isinstance(url, str) else None
    if found is None or not isinstance(url, str):
        return None
    try:
        return ImagePart(found[1], base64.b64decode(url[found.end() :], validate=True))
    except (binascii.Error, ValueError):
        return None


def times(items: Iterable[Item], last: datetime) -> list[datetime]:
    """A time for each item, never before the one of the item before it and never after ``last``."""
    at = datetime.fromtimestamp(0, UTC)
    found: list[datetime] = []
    for item in items:
        at = min(max(at, item.at or at), last)
        found.append(at)
    first = next((time for time in found if time.timestamp() > 0), last)
    return [max(time, first) for time in found]


def pictures_lost(items: Iterable[Item], *, results: bool) -> tuple[str, ...]:
    """In words for a person: pictures of the assistant, and those in tool results where ``results`` says so."""
    said = sum(len(item.images) for item in items if isinstance(item, Said) and item.role == "assistant")
    shown = sum(len(item.result.images) for item in items if isinstance(item, Called)) if results else 0
    return counted({"in answers": said, "in tool results": shown})


def counted(places: Mapping[str, int]) -> tuple[str, ...]:
    """``2 pictures in answers``: one for each place that has any."""
    return tuple(f"{count} picture{'' if count == 1 else 's'} {where}" for where, count in places.items() if count)
