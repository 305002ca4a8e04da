"""The conversation of a request: messages and their blocks, read."""

import base64
from collections.abc import Sequence

import msgspec
from msgspec import Raw

from minga.domain.model_calls import Refused
from minga.providers.translation.form import (
    CacheTtl,
    Media,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
    given_signature,
)
from minga.providers.translation.messages import shapes
from minga.providers.translation.messages.signatures import carried
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import is_base64

_ALLOWED: dict[str, tuple[type, ...]] = {
    "user": (
        shapes.TextBlock,
        shapes.ImageBlock,
        shapes.DocumentBlock,
        shapes.SearchResultBlock,
        shapes.ToolResultBlock,
        shapes.Untranslated,
    ),
    "assistant": (
        shapes.TextBlock,
        shapes.ThinkingBlock,
        shapes.RedactedThinkingBlock,
        shapes.ToolUseBlock,
        shapes.Untranslated,
    ),
    "system": (shapes.TextBlock, shapes.Untranslated),
}


_THOUGHTS = (shapes.ThinkingBlock, shapes.RedactedThinkingBlock)


def read_turns(messages: Sequence[shapes.Message], notes: Notes) -> tuple[Turn, ...]:
    """Those of which nothing is left are left out. Raises Refused."""
    turns = [Turn(one.role, _parts(one, f"messages[{number}]", notes)) for number, one in enumerate(messages)]
    return tuple(turn for turn in turns if turn.parts)


def read_text(block: shapes.TextBlock, notes: Notes) -> Text:
    if block.citations is not shapes.ABSENT and is_given(block.citations):
        notes.add("anthropic-citations", "text")
    return Text(block.text, read_cache(block.cache_control, notes) if block.cache_control else "")


def read_cache(control: shapes.CacheControl | None, notes: Notes) -> CacheTtl:
    if control is None:
        return ""
    if control.scope:
        notes.add("anthropic-only", "cache_control.scope")
    return control.ttl or "5m"


def is_given(value: Raw) -> bool:
    return value is not shapes.ABSENT and bytes(value) not in (b"", b"null", b"[]")


def _parts(message: shapes.Message, place: str, notes: Notes) -> tuple[Part, ...]:
    if not message.content:
        notes.add("empty-part", message.role)
        return ()
    if isinstance(message.content, str):
        return (Text(message.content),)
    parts: list[Part] = []
    allowed = _ALLOWED[message.role]
    thinks = False
    for number, block in enumerate(message.content):
        if not isinstance(block, allowed):
            kind = block.__struct_config__.tag
            raise _malformed(
                f"{place}.content[{number}]",
                f"a block of type {kind!r} cannot stand in a message of role {message.role!r}",
            )
        if isinstance(block, shapes.TextBlock):
            parts.append(read_text(block, notes))
        else:
            _read(block, f"{place}.content[{number}]", parts, notes)
            thinks = thinks or isinstance(block, _THOUGHTS)
    if thinks:
        parts = _signed(parts)
    elif len(parts) > 1 and message.role == "user":
        parts.sort(key=_is_no_result)  # results first
    return tuple(parts)


def _is_no_result(part: Part) -> bool:
    return not isinstance(part, ToolResult)


def _read(block: shapes.Block, place: str, parts: list[Part], notes: Notes) -> None:
    match block:
        case shapes.ToolUseBlock():
            parts.append(_call(block, place, notes))
        case shapes.ToolResultBlock():
            parts.append(_result(block, place, notes))
        case shapes.ThinkingBlock():
            parts.append(Thinking(block.thinking, block.signature))
        case shapes.RedactedThinkingBlock():
            parts.append(Thinking("", given_signature(block.data, "anthropic"), redacted=True))
        case shapes.ImageBlock() | shapes.DocumentBlock() | shapes.SearchResultBlock():
            parts += _shown(block, place, notes)
        case shapes.ContainerUpload():
            raise _stored(place)
        case _:
            notes.add("anthropic-server-tool", str(block.__struct_config__.tag))


def _signed(parts: Sequence[Part]) -> list[Part]:
    """Thoughts with their signatures as in the form; those that only carry one of a neighbour are given to it."""
    signed: list[Part] = []
    upcoming = ""
    for part in parts:
        if isinstance(part, Thinking) and not part.redacted:
            if found := carried(part.signature, "next"):
                upcoming = found
            elif (found := carried(part.signature, "last")) and signed:
                signed[-1] = _with_signature(signed[-1], found)
            elif found := carried(part.signature, "alone"):
                signed.append(Text("", signature=found))
            else:
                signed.append(Thinking(part.text, given_signature(part.signature, "anthropic")))
            continue
        signed.append(_with_signature(part, upcoming) if upcoming else part)
        upcoming = ""
    return signed


def _with_signature(part: Part, signature: str) -> Part:
    return msgspec.structs.replace(part, signature=signature) if isinstance(part, Text | ToolCall) else part


def _call(block: shapes.ToolUseBlock, place: str, notes: Notes) -> ToolCall:
    arguments = bytes(block.input)
    if not arguments.startswith(b"{"):
        raise _malformed(f"{place}.input", "the input of a tool is an object")
    if block.toolset_name or (block.caller and block.caller.type != "direct"):
        notes.add("anthropic-server-tool", block.toolset_name or "caller")
    cache = read_cache(block.cache_control, notes) if block.cache_control else ""
    return ToolCall(block.id, block.name, arguments.decode(), cache=cache)


def _result(block: shapes.ToolResultBlock, place: str, notes: Notes) -> ToolResult:
    parts: list[Text | Media] = []
    if isinstance(block.content, str):
        parts += [Text(block.content)] if block.content else []
    else:
        for number, one in enumerate(block.content or ()):
            parts += _result_part(one, f"{place}.content[{number}]", notes)
    if block.toolset_name:
        notes.add("anthropic-server-tool", block.toolset_name)
    cache = read_cache(block.cache_control, notes)
    return ToolResult(block.tool_use_id, tuple(parts), is_error=bool(block.is_error), cache=cache)


def _result_part(block: shapes.ResultBlock, place: str, notes: Notes) -> Sequence[Text | Media]:
    match block:
        case shapes.TextBlock():
            return (read_text(block, notes),)
        case shapes.ToolReferenceBlock():
            notes.add("anthropic-tool-search", "tool_reference")
            return (Text(f"Tool {block.tool_name} is there to be called.", read_cache(block.cache_control, notes)),)
        case shapes.BrowserState():
            notes.add("anthropic-server-tool", "browser_state")
            return ()
        case _:
            return _shown(block, place, notes)


def _shown(
    block: shapes.ImageBlock | shapes.DocumentBlock | shapes.SearchResultBlock, place: str, notes: Notes
) -> Sequence[Text | Media]:
    match block:
        case shapes.ImageBlock():
            return (_image(block, place, notes),)
        case shapes.DocumentBlock():
            return _document(block, place, notes)
        case _:
            return (_search_result(block, notes),)


def _image(block: shapes.ImageBlock, place: str, notes: Notes) -> Media:
    if is_given(block.transformations):
        notes.add("anthropic-only", "image.transformations")
    return _media("image", block.source, place, read_cache(block.cache_control, notes))


def _document(block: shapes.DocumentBlock, place: str, notes: Notes) -> Sequence[Text | Media]:
    if is_given(block.citations):
        notes.add("anthropic-citations", "document")
    if block.context:
        notes.add("anthropic-only", "document.context")
    cache = read_cache(block.cache_control, notes)
    match block.source:
        case shapes.ContentSource(content):
            notes.add("anthropic-document-parts")
            return _content(content, cache, place, notes)
        case shapes.TextSource(text):
            data = base64.b64encode(text.encode()).decode()
            return (Media("file", "text/plain", data, name=block.title or "", cache=cache),)
        case source:
            media = _media("file", source, place, cache)
            return (msgspec.structs.replace(media, name=block.title) if block.title else media,)


def _content(
    content: str | tuple[shapes.TextBlock | shapes.ImageBlock, ...], cache: CacheTtl, place: str, notes: Notes
) -> Sequence[Text | Media]:
    if isinstance(content, str):
        return (Text(content, cache),)
    parts = [
        read_text(one, notes) if isinstance(one, shapes.TextBlock) else _image(one, place, notes) for one in content
    ]
    if cache and parts:
        parts[-1] = msgspec.structs.replace(parts[-1], cache=cache)
    return parts


def _search_result(block: shapes.SearchResultBlock, notes: Notes) -> Text:
    notes.add("anthropic-search-result")
    if is_given(block.citations):
        notes.add("anthropic-citations", "search_result")
    said = "\n".join(one.text for one in block.content)
    return Text(f"{block.title}\n{block.source}\n\n{said}", read_cache(block.cache_control, notes))


def _media(
    kind: str, source: shapes.Base64Source | shapes.UrlSource | shapes.FileSource, place: str, cache: CacheTtl
) -> Media:
    is_image = kind == "image"
    match source:
        case shapes.Base64Source(media_type, data):
            if not data or not is_base64(data):
                raise _malformed(f"{place}.source.data", "this is no base64")
            return Media("image" if is_image else "file", media_type, data, cache=cache)
        case shapes.UrlSource(url):
            return Media("image" if is_image else "file", "" if is_image else "application/pdf", url=url, cache=cache)
        case _:
            raise _stored(f"{place}.source")


def _malformed(place: str, wrong: str) -> Refused:
    return Refused("malformed", f"{place}: {wrong}")


def _stored(place: str) -> Refused:
    return _malformed(place, "the model that answers cannot read files stored at Anthropic; send the content itself")
