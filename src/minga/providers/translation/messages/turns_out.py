"""The conversation of a request, written: roles in turn, results first, only what Anthropic takes."""

import binascii
from collections.abc import Sequence
from itertools import chain, groupby
from operator import itemgetter

from msgspec import Raw

from minga.domain.model_calls import Refused
from minga.providers.translation.arguments import object_text
from minga.providers.translation.form import (
    CacheTtl,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
    own_signature,
)
from minga.providers.translation.messages import shapes
from minga.providers.translation.notes import Notes

_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_PDF = "application/pdf"


def write_turns(turns: Sequence[Turn], notes: Notes) -> list[shapes.Message]:
    """Neighbours of one role become one message; of nothing there is none. Raises Refused."""
    written = [(turn.role, [one for part in turn.parts for one in _blocks(part, turn.role, notes)]) for turn in turns]
    messages: list[shapes.Message] = []
    for role, neighbours in groupby(filter(itemgetter(1), written), itemgetter(0)):
        blocks, *more = (blocks for _, blocks in neighbours)
        if more:
            blocks = sorted(chain(blocks, *more), key=lambda block: not isinstance(block, shapes.ToolResultBlock))
        messages.append(shapes.Message(role, tuple(blocks)))
    return messages


def write_text(part: Text, notes: Notes) -> tuple[shapes.TextBlock, ...]:
    if part.text.isspace():
        notes.add("anthropic-blank", "text")
        return ()
    return (shapes.TextBlock(part.text, cache_control=write_cache(part.cache)),) if part.text else ()


def write_cache(cache: CacheTtl) -> shapes.CacheControl | None:
    return shapes.CacheControl("1h" if cache == "1h" else None) if cache else None


def _blocks(part: Part, role: str, notes: Notes) -> Sequence[shapes.Block]:
    match part:
        case Text():
            _note_signature(part, notes)
            return write_text(part, notes)
        case ToolCall():
            return (_call(part, notes),)
        case ToolResult():
            return (_result(part, notes),)
        case Thinking():
            return _thoughts(part, notes)
        case Media():
            return _media(part, notes) if role == "user" else _unsaid(part, notes)
        case Refusal(text):
            notes.add("anthropic-refusal")
            return write_text(Text(text), notes)


def _call(part: ToolCall, notes: Notes) -> shapes.ToolUseBlock:
    if part.custom:
        raise Refused("malformed", f"tool {part.name!r} takes free text; Anthropic has tools with JSON arguments only")
    if part.namespace:
        notes.add("anthropic-no-field", "namespace")
    _note_signature(part, notes)
    try:
        arguments = object_text(part.arguments, part.name, notes)
    except ValueError as wrong:
        raise Refused("malformed", f"{wrong}; mend the call with id {part.id!r}") from wrong
    return shapes.ToolUseBlock(part.id, part.name, Raw(arguments), cache_control=write_cache(part.cache))


def _note_signature(part: Text | ToolCall, notes: Notes) -> None:
    if part.signature:
        notes.add("anthropic-signatures")


def _result(part: ToolResult, notes: Notes) -> shapes.ToolResultBlock:
    return shapes.ToolResultBlock(
        part.call_id, _said(part.parts, notes), part.is_error or None, cache_control=write_cache(part.cache)
    )


def _said(parts: Sequence[Text | Media], notes: Notes) -> str | tuple[shapes.ResultBlock, ...] | None:
    match parts:
        case ():
            return None
        case (Text(text, ""),):
            return text
        case _:
            blocks = [
                block
                for part in parts
                for block in (write_text(part, notes) if isinstance(part, Text) else _media(part, notes))
            ]
            return tuple(blocks)


def _thoughts(part: Thinking, notes: Notes) -> Sequence[shapes.Block]:
    own = own_signature(part.signature, "anthropic")
    if not own:
        if part.text or part.signature:
            notes.add("anthropic-thoughts-foreign")
        return ()
    return (shapes.RedactedThinkingBlock(own),) if part.redacted else (shapes.ThinkingBlock(part.text, own),)


def _media(part: Media, notes: Notes) -> Sequence[shapes.ImageBlock | shapes.DocumentBlock]:
    cache = write_cache(part.cache)
    if part.kind == "image" and (part.url or part.media_type in _IMAGES):
        if part.detail not in ("", "auto"):
            notes.add("anthropic-no-field", "detail")
        image = shapes.UrlSource(part.url) if part.url else shapes.Base64Source(part.media_type, part.data)
        return (shapes.ImageBlock(image, cache_control=cache),)
    source = _document(part) if part.kind == "file" else None
    if source is None:
        return _unsaid(part, notes)
    return (shapes.DocumentBlock(source, part.name or None, cache_control=cache),)


def _document(part: Media) -> shapes.Base64Source | shapes.UrlSource | shapes.TextSource | None:
    if part.url:
        return shapes.UrlSource(part.url) if part.media_type in ("", _PDF) else None
    if part.data and part.media_type == _PDF:
        return shapes.Base64Source(_PDF, part.data)
    if part.data and part.media_type.startswith("text/"):
        try:
            return shapes.TextSource(binascii.a2b_base64(part.data).decode(), "text/plain")
        except ValueError:
            return None
    return None


def _unsaid(part: Media, notes: Notes) -> tuple[()]:
    notes.add("anthropic-media", part.media_type or part.kind)
    return ()
