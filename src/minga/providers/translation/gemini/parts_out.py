"""Parts of the form as Gemini's."""

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation.arguments import object_text
from minga.providers.translation.form import Media, Text, ToolCall, ToolResult
from minga.providers.translation.gemini import media, shapes
from minga.providers.translation.notes import Notes


def call(call_: ToolCall, signature: str | None, notes: Notes) -> shapes.Part:
    """Raises ValueError for arguments that are no object."""
    arguments = object_text(call_.arguments, call_.name, notes)
    if call_.namespace:
        notes.add("gemini-namespaces", call_.name)
    made = shapes.FunctionCall(call_.id or None, call_.name, msgspec.Raw(arguments.encode()))
    return shapes.Part(function_call=made, thought_signature=signature)


def result(result_: ToolResult, notes: Notes) -> shapes.Part:
    """``output`` or ``error``, as Google documents them, with the text as it stands: also where it is JSON, so that it
    comes to the model, and back, to the letter. Several texts are a list; media stand in parts of their own."""
    if not result_.name:
        raise Refused("malformed", f"the tool result for {result_.call_id!r} has no name of a tool")
    said = [part.text for part in result_.parts if isinstance(part, Text)]
    pictures = tuple(_result_media(part, notes) for part in result_.parts if isinstance(part, Media))
    if any(part.cache for part in result_.parts):
        notes.add("gemini-cache-markers")
    name = "error" if result_.is_error else "output"
    response: dict[str, object] = {name: said[0] if len(said) == 1 else said}
    if not said:
        response = {} if pictures and not result_.is_error else {name: ""}
    return shapes.Part(
        function_response=shapes.FunctionResponse(
            result_.call_id or None, result_.name, msgspec.Raw(msgspec.json.encode(response)), pictures or None
        )
    )


def picture(part: Media, notes: Notes) -> shapes.Part:
    blob, file = media.write(part, notes)
    return shapes.Part(inline_data=blob, file_data=file)


def _result_media(part: Media, notes: Notes) -> shapes.ResultPart:
    return shapes.ResultPart(*media.write(part, notes))
