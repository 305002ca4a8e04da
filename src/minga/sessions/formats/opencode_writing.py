"""A session as the JSON that ``opencode import`` takes.

Proven with 1.18.33. OpenCode gives its model the messages by their time and then their id, and takes text before and
after a call of one message together: so an assistant message holds a text and the calls that follow it, never the
other way round.
"""

import hashlib
import string
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from minga.domain.transcript import Called, ImagePart, Item, Said
from minga.sessions.formats.fitting import argument_object, counted, data_url, fit_ids, fit_name, times
from minga.sessions.formats.format import Draft, Target

Json = dict[str, Any]

DEFAULT_PROVIDER = "minga"
"""The provider of a model that is named without one: as Minga names its endpoint to OpenCode."""

_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def draft(items: Sequence[Item], target: Target) -> Draft:
    """Write ``items`` as an export. A native id that is no ``ses_…`` is replaced by one derived from it."""
    session = session_id(target.native_id, target.at)
    writer = _Writer(session, target, fit_ids(items, session), times(items, target.at))
    messages = [writer.message(items[start:end], start) for start, end in _messages(items)]
    content = msgspec.json.encode({"info": _info(session, items, target), "messages": messages})
    return Draft("", content, _lost(items))


def session_id(native_id: str, at: datetime) -> str:
    """The id that OpenCode takes for this native id. Its own fall with time, so that the newest comes first."""
    if native_id.startswith("ses_"):
        return native_id
    return "ses_" + f"{~(_milliseconds(at) << 12) & 0xFFFFFFFFFFFF:012x}" + _random(native_id)


def _messages(items: Sequence[Item]) -> Iterator[tuple[int, int]]:
    """The items that make one message, as ranges: a text, or a text and the calls that join it, or joined calls."""
    start = 0
    for place, item in enumerate(items):
        if place > start and not (isinstance(item, Called) and item.joins and not _is_user(items[place - 1])):
            yield start, place
            start = place
    if items:
        yield start, len(items)


def _is_user(item: Item) -> bool:
    return isinstance(item, Said) and item.role == "user"


def _info(session: str, items: Sequence[Item], target: Target) -> Json:
    """Import replaces project, directory and path by those in which it runs."""
    provider, model = _model(target.model)
    first = next((item.text for item in items if isinstance(item, Said) and item.role == "user"), "")
    return {
        "id": session,
        "slug": f"minga-{session[-8:].lower()}",
        "projectID": "global",
        "directory": str(target.cwd),
        "title": target.title or first.strip().partition("\n")[0][:80] or "Session from Minga",
        "agent": "build",
        "model": {"id": model, "providerID": provider},
        "version": target.version,
        "time": {
            "created": _milliseconds(times(items, target.at)[0] if items else target.at),
            "updated": _milliseconds(target.at),
        },
    }


class _Writer:
    """One session being written. Ids are made of the time of writing: OpenCode takes what has a higher id for newer,
    and an id made of an old time may be higher (they turn over every 2.2 years)."""

    def __init__(self, session: str, target: Target, call_ids: Sequence[str], moments: Sequence[datetime]) -> None:
        self._session = session
        self._target = target
        self._call_ids = call_ids
        self._moments = moments
        self._number = 0
        self._user = ""

    def message(self, items: Sequence[Item], start: int) -> Json:
        """The message of ``items``, which begin at place ``start`` of the session."""
        message = self._id("msg")
        user = _is_user(items[0])
        if user or not self._user:
            self._user = message
        at = _milliseconds(self._moments[start])
        info = self._user_info(message, at) if user else self._assistant_info(message, at, items)
        parts = [
            {**part, "id": self._id("prt"), "sessionID": self._session, "messageID": message}
            for place, item in enumerate(items, start)
            for part in (self._tool(item, place, message) if isinstance(item, Called) else _texts(item))
        ]
        return {"info": info, "parts": parts}

    def _user_info(self, message: str, at: int) -> Json:
        provider, model = _model(self._target.model)
        return {
            "id": message,
            "sessionID": self._session,
            "role": "user",
            "time": {"created": at},
            "agent": "build",
            "model": {"providerID": provider, "modelID": model},
        }

    def _assistant_info(self, message: str, at: int, items: Sequence[Item]) -> Json:
        provider, model = _model(self._target.model)
        return {
            "id": message,
            "sessionID": self._session,
            "role": "assistant",
            "parentID": self._user,
            "mode": "build",
            "agent": "build",
            "path": {"cwd": str(self._target.cwd), "root": str(self._target.cwd)},
            "cost": 0,
            "tokens": {"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}},
            "modelID": model,
            "providerID": provider,
            "time": {"created": at, "completed": at},
            "finish": "tool-calls" if isinstance(items[-1], Called) else "stop",
        }

    def _tool(self, item: Called, place: int, message: str) -> Iterator[Json]:
        at = _milliseconds(self._moments[place])
        state: Json = {"input": argument_object(item.call.arguments), "time": {"start": at, "end": at}}
        if item.result.ok:
            state |= {"status": "completed", "output": item.result.output, "title": item.call.name, "metadata": {}}
            state["attachments"] = [
                {**_file(image), "id": self._id("prt"), "sessionID": self._session, "messageID": message}
                for image in item.result.images
            ]
        else:
            state |= {"status": "error", "error": item.result.output}
        yield {"type": "tool", "tool": fit_name(item.call.name), "callID": self._call_ids[place], "state": state}

    def _id(self, prefix: str) -> str:
        """The next id: of a millisecond before the time of writing for every 4096 of them."""
        self._number += 1
        ticks = (_milliseconds(self._target.at) << 12) - (1 << 24) + self._number
        return f"{prefix}_{ticks & 0xFFFFFFFFFFFF:012x}" + _random(f"{self._session}/{self._number}")


def _texts(item: Said) -> Iterator[Json]:
    if item.text:
        yield {"type": "text", "text": item.text}
    if item.role == "user":
        for image in item.images:
            yield _file(image)


def _file(image: ImagePart) -> Json:
    return {"type": "file", "mime": image.media_type, "filename": "image", "url": data_url(image)}


def _lost(items: Sequence[Item]) -> tuple[str, ...]:
    calls = [item for item in items if isinstance(item, Called)]
    return counted(
        {
            "in answers": sum(
                len(item.images) for item in items if isinstance(item, Said) and item.role == "assistant"
            ),
            "in results of failed tool calls": sum(len(call.result.images) for call in calls if not call.result.ok),
        }
    )


def _model(model: str) -> tuple[str, str]:
    """Provider and model of ``provider/model``."""
    provider, slash, name = model.partition("/")
    return (provider, name) if slash else (DEFAULT_PROVIDER, model)


def _milliseconds(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp() * 1000)


def _random(seed: str) -> str:
    """14 letters and digits that are the same for the same seed."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    letters = []
    for _ in range(14):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)
