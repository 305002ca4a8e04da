"""Arguments of tool calls for a format that wants an object where the form holds text."""

import msgspec

from minga.providers.translation.notes import Notes

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])  # checks the whole text, makes nothing of what is inside
_TEXT = msgspec.json.Decoder(str)


def object_text(arguments: str, tool: str, notes: Notes) -> str:
    """The JSON text of an object: as it was given, or mended where it can mean one thing only, and then told. Raises
    ValueError for what is no object, naming ``tool``; that is Refused in a request and Unreadable in an answer."""
    if is_object(arguments):
        return arguments
    meant = _meant(arguments)
    if meant is None:
        raise ValueError(f"the arguments of a call of tool {tool!r} are not a JSON object")
    notes.add("arguments-mended", tool)
    return meant


def is_object(text: str) -> bool:
    try:
        _OBJECT.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True


def _meant(arguments: str) -> str | None:
    """Nothing or null: no arguments. A code fence around an object, or an object as a JSON string: the object."""
    bare = arguments.strip()
    if bare in ("", "null"):
        return "{}"
    if bare.startswith("```") and bare.endswith("```") and "\n" in bare:
        bare = bare.partition("\n")[2].removesuffix("```").strip()
    elif bare.startswith('"'):
        try:
            bare = _TEXT.decode(bare).strip()
        except (msgspec.DecodeError, UnicodeEncodeError):
            return None
    return bare if is_object(bare) else None
