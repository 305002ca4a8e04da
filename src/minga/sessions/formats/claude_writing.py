"""Writing sessions as Claude Code 2.1.330 does: each block of an assistant's message is a line of its own with the same
``message.id``, and each tool result hangs on the line of its call."""

import base64
from collections.abc import Sequence

from minga.domain.transcript import Called, ImagePart, Item, Said
from minga.sessions.formats.fitting import argument_object, counted, fit_name, pictures_lost
from minga.sessions.formats.format import Draft, Target
from minga.sessions.formats.project_lines import Entry, LineWriter, made_id, of_user, slug, turns
from minga.sessions.formats.records import Json

SLUG_MAX = 200

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Pictures that Anthropic's API takes; one of another kind would make it refuse the whole conversation
(docs.claude.com, "Vision", seen November 2026)."""

NOT_COUNTED = {
    "input_tokens": 0,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 0,
}


def project_folder(cwd: str) -> str:
    """Return the name of the folder of a working directory; a long one is cut and gets a hash (read in 2.1.330)."""
    name = slug(cwd)
    if len(name) <= SLUG_MAX:
        return name
    value = 0
    units = cwd.encode("utf-16-le", "surrogatepass")
    for place in range(0, len(units), 2):
        value = (value * 31 + int.from_bytes(units[place : place + 2], "little")) & 0xFFFFFFFF
    return f"{name[:SLUG_MAX]}-{_base36(min(value, (1 << 32) - value))}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def write(items: Sequence[Item], target: Target) -> Draft:
    """Write a session. ``target.cwd`` must be the real path, without links: the CLI looks for that one's folder."""

    def frame(own: Json, *, uuid: str, parent: str | None, at: str) -> Json:
        return {
            "parentUuid": parent,
            "isSidechain": False,
            **own,
            "uuid": uuid,
            "timestamp": at,
            "userType": "external",
            "cwd": str(target.cwd),
            "sessionId": target.native_id,
            "version": target.version,
        }

    writer = LineWriter(target, frame)
    for turn in turns(items, target):
        if of_user(turn[0].item):
            _write_user(writer, turn[0])
        else:
            _write_assistant(writer, turn, target)
    if target.title:
        writer.add_bare({"type": "custom-title", "customTitle": target.title, "sessionId": target.native_id})
    path = f"projects/{project_folder(str(target.cwd))}/{target.native_id}.jsonl"
    return writer.draft(path, pictures_lost(items, results=False) + _unshown(items))


def _write_user(writer: LineWriter, entry: Entry) -> None:
    assert isinstance(entry.item, Said)
    content = _images(entry.item.images)
    if entry.item.text:
        content.append({"type": "text", "text": entry.item.text})
    if content:
        writer.add({"type": "user", "message": {"role": "user", "content": content}}, entry.at)


def _write_assistant(writer: LineWriter, turn: Sequence[Entry], target: Target) -> None:
    calls = [entry for entry in turn if isinstance(entry.item, Called)]
    message: Json = {
        "id": "msg_" + made_id(target, f"after {writer.parent}").replace("-", "")[:24],
        "type": "message",
        "role": "assistant",
        "model": target.model or turn[0].item.model or "unknown",
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": NOT_COUNTED,
    }
    places: dict[str, str] = {}
    for entry in turn:
        if block := _block(entry):
            line = {"type": "assistant", "message": {**message, "content": [block]}}
            places[entry.call_id] = writer.add(line, entry.at)
    for entry in calls:
        above = places[entry.call_id]
        content = [_result(entry)]
        line = {"type": "user", "message": {"role": "user", "content": content}, "sourceToolAssistantUUID": above}
        writer.add(line, entry.at, parent=above)


def _block(entry: Entry) -> Json | None:
    match entry.item:
        case Said(text=text):
            return {"type": "text", "text": text} if text else None
        case Called(call=call):
            arguments = argument_object(call.arguments)
            return {"type": "tool_use", "id": entry.call_id, "name": fit_name(call.name), "input": arguments}


def _result(entry: Entry) -> Json:
    assert isinstance(entry.item, Called)
    result = entry.item.result
    content: str | list[Json] = result.output
    if result.images:
        content = [{"type": "text", "text": result.output}] if result.output else []
        content += _images(result.images)
    return {"tool_use_id": entry.call_id, "type": "tool_result", "content": content, "is_error": not result.ok}


def _images(images: Sequence[ImagePart]) -> list[Json]:
    sources = [
        {"type": "base64", "media_type": image.media_type, "data": base64.b64encode(image.data).decode()}
        for image in images
        if image.media_type in SHOWN
    ]
    return [{"type": "image", "source": source} for source in sources]


def _unshown(items: Sequence[Item]) -> tuple[str, ...]:
    """Pictures that would have a place, but are of the wrong kind."""
    shown = [item.result.images if isinstance(item, Called) else item.images for item in items if _shows(item)]
    wrong = sum(image.media_type not in SHOWN for images in shown for image in images)
    return counted({"not in PNG, JPEG, GIF or WebP": wrong})


def _shows(item: Item) -> bool:
    return isinstance(item, Called) or item.role == "user"
