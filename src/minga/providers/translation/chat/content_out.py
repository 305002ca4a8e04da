"""Parts of the form, as content of messages."""

import binascii
from collections.abc import Sequence

from minga.domain.model_calls import Refused
from minga.providers.translation.form import Media, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from minga.providers.translation.notes import Notes

_SOUNDS = {"mpeg": "mp3", "mpga": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav"}

_ORDER: dict[type, int] = {
    one: place for place, one in enumerate((Thinking, Text, Media, Refusal, ToolCall, ToolResult))
}


def content(parts: Sequence[Part], notes: Notes) -> str | list[dict[str, object]]:
    """One text alone as text: every server takes that."""
    if not parts:
        return ""
    if len(parts) == 1 and isinstance(parts[0], Text):
        return _text(parts[0], notes)
    return [_part(one, notes) for one in parts]


def said(parts: Sequence[Text | Media], notes: Notes) -> str | list[dict[str, object]]:
    """By the assistant, who can show nothing."""
    for one in parts:
        if isinstance(one, Media):
            notes.add("chat-assistant-media", one.kind)
    return content([one for one in parts if isinstance(one, Text)], notes)


def in_order(parts: Sequence[Part]) -> bool:
    """Thoughts, then words, then calls: a message has a field for each, and no order."""
    places = [_ORDER[type(one)] for one in parts]
    return places == sorted(places)


def data_url(media: Media) -> str:
    return f"data:{media.media_type};base64,{media.data}"


def _part(part: Part, notes: Notes) -> dict[str, object]:
    match part:
        case Text():
            return {"type": "text", "text": _text(part, notes)}
        case Media():
            if part.cache:
                notes.add("chat-cache-marker", part.kind)
            return _media(part, notes)
        case _:
            raise Refused(
                "malformed", f"a {type(part).__name__} stands in a message that is not the assistant's. Leave it out"
            )


def _text(text: Text, notes: Notes) -> str:
    if text.cache:
        notes.add("chat-cache-marker", "text")
    return text.text


def _media(media: Media, notes: Notes) -> dict[str, object]:
    if media.kind == "image":
        image = {"url": media.url or data_url(media)}
        return {"type": "image_url", "image_url": {**image, "detail": media.detail} if media.detail else image}
    if media.url:
        notes.add("chat-media-url", media.kind)
        return {"type": "text", "text": f"{media.name or media.kind}: {media.url}"}
    if media.kind == "audio":
        kind = media.media_type.rpartition("/")[2]
        return {"type": "input_audio", "input_audio": {"data": media.data, "format": _SOUNDS.get(kind, kind)}}
    if media.media_type.startswith("text/"):
        notes.add("chat-text-file", media.media_type)
        text = binascii.a2b_base64(media.data).decode("utf-8", "replace")
        return {"type": "text", "text": f"{media.name}:\n{text}" if media.name else text}
    name = media.name or f"document.{media.media_type.rpartition('/')[2] or 'pdf'}"
    return {"type": "file", "file": {"file_data": data_url(media), "filename": name}}
