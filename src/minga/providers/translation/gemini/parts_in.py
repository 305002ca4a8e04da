"""Parts of contents, of requests and of answers. Ids that are not told are empty here: the reader of the whole gives
them."""

from operator import attrgetter

import msgspec

from minga.providers.translation.form import Media, Part, Text, ToolCall, ToolResult
from minga.providers.translation.gemini import media, shapes, signatures
from minga.providers.translation.notes import Notes

_LOST = shapes.Fields(
    "executable_code",
    "code_execution_result",
    "tool_call",
    "tool_response",
    "video_metadata",
    "media_resolution",
    "media_processing",
    "part_metadata",
)

_beside = attrgetter(*(name for name in shapes.Part.__struct_fields__ if name not in ("text", "function_response")))
_NOTHING = (None,) * (len(shapes.Part.__struct_fields__) - 2)
"""What most parts have beside a text or a response."""

_RESULT_LOST = shapes.Fields("will_continue", "scheduling")
_RESULT_PART_LOST = shapes.Fields("media_resolution", "video_metadata")


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    """What nearly every tool gives."""

    output: str


_PLAIN = msgspec.json.Decoder(_Plain)
_OUTPUT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SAID = msgspec.json.Decoder(str | list[str])


def read(part: shapes.Part, notes: Notes) -> Part | None:
    """None for what only Gemini has, which is noted. Raises ValueError for what is none of the parts."""
    beside = _beside(part)
    if beside == _NOTHING:
        if part.text is not None and part.function_response is None:
            return Text(part.text)
        if part.function_response is not None and not part.text:
            return _result(part.function_response, notes)
    lost = _LOST.present(part)
    for name in lost:
        notes.add("gemini-parts", name)
    signature = signatures.read(part.thought_signature)
    said = (part.text, part.inline_data, part.file_data, part.function_call, part.function_response)
    if sum(map(bool, said)) > 1:
        raise ValueError("the part says several things at once; give each a part of its own")
    if part.function_call is not None:
        return _call(part.function_call, signature)
    if part.text is not None:
        return signatures.thought(part.text, signature) if part.thought else Text(part.text, signature=signature)
    if part.function_response is not None:
        return _result(part.function_response, notes)
    if (found := _media(part)) is not None:
        if signature:
            notes.add("gemini-parts", "thoughtSignature of media")
        return found
    if signature or part.thought:
        return signatures.thought("", signature) if part.thought else Text("", signature=signature)
    if not lost:
        raise ValueError("the part has none of text, inlineData, fileData, functionCall and functionResponse")
    return None


def _call(call: shapes.FunctionCall, signature: str) -> ToolCall:
    if not call.name:
        raise ValueError("the functionCall has no name")
    if call.partial_args is not None or call.will_continue:
        raise ValueError("the functionCall is only a piece of one; send it whole")
    arguments = shapes.raw(call.args) or b"{}"
    if not arguments.startswith(b"{"):
        raise ValueError("the args of the functionCall are not a JSON object")
    return ToolCall(call.id or "", call.name, arguments.decode(), signature=signature)


def _result(result: shapes.FunctionResponse, notes: Notes) -> ToolResult:
    """``output`` and ``error`` as Google documents them; any other object is passed on as its JSON text."""
    if not result.name:
        raise ValueError("the functionResponse has no name")
    for name in _RESULT_LOST.present(result):
        notes.add("gemini-parts", name)
    said, is_error = _said(shapes.raw(result.response) or b"{}")
    parts: list[Text | Media] = [Text(one) for one in said]
    if result.parts:
        parts += [_result_media(one, notes) for one in result.parts]
    return ToolResult(result.id or "", tuple(parts), result.name, is_error)


def _said(response: bytes) -> tuple[list[str], bool]:
    if not response.startswith(b"{"):
        raise ValueError("the response of the functionResponse is not a JSON object")
    try:
        return [_PLAIN.decode(response).output], False
    except msgspec.ValidationError:
        pass
    fields = _OUTPUT.decode(response)
    if not fields:
        return [], False
    name = next(iter(fields))
    if len(fields) == 1 and name in ("output", "error"):
        value = bytes(fields[name])
        return _texts(value), name == "error"
    return [response.decode()], False


def _texts(value: bytes) -> list[str]:
    """A text, or a list of some; what else it is stays JSON."""
    try:
        said = _SAID.decode(value)
    except msgspec.ValidationError:
        return [value.decode()]
    return [said] if isinstance(said, str) else said


def _media(part: shapes.Part) -> Media | None:
    if part.inline_data is not None:
        return media.read_blob(part.inline_data)
    return media.read_file(part.file_data) if part.file_data is not None else None


def _result_media(part: shapes.ResultPart, notes: Notes) -> Media:
    for name in _RESULT_PART_LOST.present(part):
        notes.add("gemini-parts", name)
    if part.inline_data is not None:
        return media.read_blob(part.inline_data)
    if part.file_data is not None:
        return media.read_file(part.file_data)
    raise ValueError("a part of the functionResponse has neither inlineData nor fileData")
