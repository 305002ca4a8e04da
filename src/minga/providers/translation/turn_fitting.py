"""The conversation as the model takes it: roles, media, blank texts, who begins and who ends."""

import binascii
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TypeVar

import msgspec

from minga.providers.translation.form import Media, Part, Request, Text, ToolResult, Turn
from minga.providers.translation.notes import Notes
from minga.providers.translation.quirks import Quirks

One = TypeVar("One", bound=Part)

_MISSPELT = {"image/jpg": "image/jpeg"}
"""What OpenAI takes too, and so many say."""

BEGUN = "(The conversation begins here.)"

GO_ON = "Go on from where you stopped."

MOVED = "(What the tool gave besides text stands after the results.)"


def conversation(request: Request, quirks: Quirks, notes: Notes) -> Request:
    system = request.system if quirks.blank_texts else tuple(_not_blank(request.system, notes))
    turns: Iterable[Turn] = request.turns
    if not quirks.system_turns or not quirks.system:
        turns = [_by_person(turn, notes) if turn.role == "system" else turn for turn in turns]
    if system and (not quirks.system or (not request.turns and quirks.begins_with_person)):
        notes.add("system-as-person")
        turns, system = (Turn("user", system), *turns), ()
    told = tuple([fit for turn in turns if (fit := _parts(turn, quirks, notes)).parts])
    return msgspec.structs.replace(request, system=system, turns=tuple(_framed(told, quirks, notes)))


def _by_person(turn: Turn, notes: Notes) -> Turn:
    notes.add("system-as-person")
    return Turn("user", turn.parts)


def _framed(turns: tuple[Turn, ...], quirks: Quirks, notes: Notes) -> Iterator[Turn]:
    if turns and turns[0].role == "assistant" and quirks.begins_with_person:
        notes.add("turn-added", "first")
        yield Turn("user", (Text(BEGUN),))
    yield from turns
    if turns and turns[-1].role == "assistant" and not quirks.ends_with_model:
        notes.add("turn-added", "last")
        yield Turn("user", (Text(GO_ON),))


def _parts(turn: Turn, quirks: Quirks, notes: Notes) -> Turn:
    if _all_fit(turn.parts, quirks):
        return turn
    parts = [_taken(part, quirks, notes) for part in turn.parts]
    if not quirks.blank_texts:
        parts = list(_not_blank(parts, notes))
    results = [part for part in parts if isinstance(part, ToolResult)]
    if quirks.media_in_results or not any(isinstance(one, Media) for result in results for one in result.parts):
        return Turn(turn.role, tuple(parts))
    notes.add("media-moved")
    moved = [one for result in results for one in result.parts if isinstance(one, Media)]
    after = [part for part in parts if not isinstance(part, ToolResult)]
    return Turn(turn.role, (*map(_text_only, results), *moved, *after))


def _all_fit(parts: Iterable[Part], quirks: Quirks) -> bool:
    """Whether there is nothing to look at more closely, as in nearly every turn."""
    for part in parts:
        if isinstance(part, Text):
            if not quirks.blank_texts and not _says(part):
                return False
        elif isinstance(part, Media) or (isinstance(part, ToolResult) and not _all_fit(part.parts, quirks)):
            return False
    return True


def _text_only(result: ToolResult) -> ToolResult:
    kept = [one for one in result.parts if isinstance(one, Text)]
    if len(kept) == len(result.parts):
        return result
    return msgspec.structs.replace(result, parts=(*kept, Text(MOVED)))


def _taken(part: Part, quirks: Quirks, notes: Notes) -> Part:
    if isinstance(part, Media):
        return _medium(part, quirks, notes)
    if not isinstance(part, ToolResult):
        return part
    parts = [_medium(one, quirks, notes) if isinstance(one, Media) else one for one in part.parts]
    if not quirks.blank_texts:
        parts = [one for one in parts if not isinstance(one, Text) or _says(one)]  # a tool may say nothing
    return part if tuple(parts) == part.parts else msgspec.structs.replace(part, parts=tuple(parts))


def _medium(part: Media, quirks: Quirks, notes: Notes) -> Media | Text:
    """Of an unknown type, only its kind counts."""
    type_ = part.media_type.partition(";")[0].strip().lower()
    if part.kind == "image":
        type_ = _MISSPELT.get(type_, type_)
        if type_ != part.media_type:
            part = msgspec.structs.replace(part, media_type=type_)
    if part.kind == "image" and part.name:
        notes.add("picture-name")
        part = msgspec.structs.replace(part, name="")
    taken = any(fnmatchcase(type_, one) if type_ else _is_of(part, one) for one in quirks.media)
    if taken:
        return part
    if type_.startswith("text/") and (text := _text_of(part)):
        notes.add("media-as-text", type_)
        return Text(f"{part.name}:\n{text}" if part.name else text, part.cache)
    notes.add("media-left-out", type_ or part.kind)
    return Text(f"({type_ or part.kind} was left out here: the model does not take it.)")


def _text_of(part: Media) -> str:
    """Empty where it is not here, or none."""
    try:
        return binascii.a2b_base64(part.data).decode()
    except ValueError:
        return ""


def _is_of(part: Media, pattern: str) -> bool:
    kinds = {"image": "image", "audio": "audio", "file": "application"}
    return pattern == "*" or pattern.startswith(f"{kinds[part.kind]}/")


def _not_blank(parts: Iterable[One], notes: Notes) -> Iterator[One]:
    for part in parts:
        if isinstance(part, Text) and not _says(part):
            notes.add("empty-part", "text")
        else:
            yield part


def _says(text: Text) -> bool:
    return bool(text.text) and not text.text.isspace()
