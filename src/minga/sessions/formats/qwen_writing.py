"""Writing sessions as Qwen Code 0.24.4 does: an assistant's message is one line, each tool result another below it."""

import base64
from collections.abc import Sequence

from minga.domain.transcript import Called, ImagePart, Item, Said
from minga.sessions.formats.fitting import argument_object, fit_name, pictures_lost
from minga.sessions.formats.format import Draft, Target
from minga.sessions.formats.project_lines import Entry, LineWriter, of_user, slug, turns
from minga.sessions.formats.records import Json

PROVENANCE = {"user": "real_user", "assistant": "assistant_output", "tool_result": "tool_result", "system": "system"}


def write(items: Sequence[Item], target: Target) -> Draft:
    """Write a session. ``target.cwd`` must be the real path, without links: the CLI takes the session only there."""

    def frame(own: Json, *, uuid: str, parent: str | None, at: str) -> Json:
        return {
            "uuid": uuid,
            "parentUuid": parent,
            "sessionId": target.native_id,
            "timestamp": at,
            "type": own["type"],
            "provenance": PROVENANCE[own["type"]],
            "cwd": str(target.cwd),
            "version": target.version,
            **own,
        }

    writer = LineWriter(target, frame)
    for turn in turns(items, target):
        if of_user(turn[0].item):
            _write_user(writer, turn[0])
        else:
            _write_assistant(writer, turn, target)
    if target.title:
        title = {"customTitle": target.title, "titleSource": "manual"}
        writer.add({"type": "system", "subtype": "custom_title", "systemPayload": title}, target.at)
    path = f"projects/{slug(str(target.cwd))}/chats/{target.native_id}.jsonl"
    return writer.draft(path, pictures_lost(items, results=False))


def _write_user(writer: LineWriter, entry: Entry) -> None:
    assert isinstance(entry.item, Said)
    parts = [_image(image) for image in entry.item.images]
    if entry.item.text:
        parts.append({"text": entry.item.text})
    if parts:
        writer.add({"type": "user", "message": {"role": "user", "parts": parts}}, entry.at)


def _write_assistant(writer: LineWriter, turn: Sequence[Entry], target: Target) -> None:
    parts = [part for entry in turn if (part := _part(entry))]
    if not parts:
        return
    model = target.model or turn[0].item.model or "unknown"
    writer.add({"type": "assistant", "model": model, "message": {"role": "model", "parts": parts}}, turn[0].at)
    for entry in turn:
        if isinstance(entry.item, Called):
            _write_result(writer, entry, entry.item)


def _part(entry: Entry) -> Json | None:
    match entry.item:
        case Said(text=text):
            return {"text": text} if text else None
        case Called(call=call):
            arguments = argument_object(call.arguments)
            return {"functionCall": {"id": entry.call_id, "name": fit_name(call.name), "args": arguments}}


def _write_result(writer: LineWriter, entry: Entry, called: Called) -> None:
    result = called.result
    response: Json = {
        "id": entry.call_id,
        "name": fit_name(called.call.name),
        "response": {"output" if result.ok else "error": result.output},
    }
    if result.images:
        response["parts"] = [_image(image) for image in result.images]
    line = {
        "type": "tool_result",
        "message": {"role": "user", "parts": [{"functionResponse": response}]},
        "toolCallResult": {"callId": entry.call_id, "status": "success" if result.ok else "error"},
    }
    writer.add(line, entry.at)


def _image(image: ImagePart) -> Json:
    return {"inlineData": {"mimeType": image.media_type, "data": base64.b64encode(image.data).decode()}}
