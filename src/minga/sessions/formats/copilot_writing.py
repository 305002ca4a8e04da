"""Writing a session as Copilot CLI 1.0.102 keeps it: events in a chain, each call begun and ended by one of its own."""

import os
import uuid
from collections.abc import Sequence
from datetime import datetime

from minga.domain.transcript import Called, Item, Said
from minga.sessions.formats.fitting import argument_object, fit_ids, fit_name, pictures_lost, times
from minga.sessions.formats.format import Draft, Target
from minga.sessions.formats.records import Json, answers, base64_of, line, stamp


def write(items: Sequence[Item], target: Target) -> Draft:
    """Write ``items`` as one ``events.jsonl``. Pictures in tool results are in it as the CLI keeps them, but count as
    lost: over the wires of an own endpoint it sends the model none of them, not even its own."""
    at = times(items, target.at)
    ids = fit_ids(items, target.native_id)
    writer = _Writer(target, at[0] if at else target.at)
    for group in answers(items):
        writer.at = at[group[0]]
        first = items[group[0]]
        if isinstance(first, Said) and first.role == "user":
            writer.user(first)
        else:
            writer.assistant([items[place] for place in group], [ids[place] for place in group])
    path = f"session-state/{target.native_id}/events.jsonl"
    return Draft(path, b"".join(writer.lines), pictures_lost(items, results=True))


class _Writer:
    """The events so far. ``at`` is the time of the next ones."""

    def __init__(self, target: Target, began: datetime) -> None:
        self.lines: list[bytes] = []
        self.at = began
        self._target = target
        self._parent: str | None = None
        self._interaction = self._made("interaction 0")
        self._turns = 0
        start: Json = {
            "sessionId": target.native_id,
            "version": 1,
            "producer": "copilot-agent",
            "copilotVersion": target.version,
            "startTime": stamp(began),
            "context": {"cwd": os.path.abspath(target.cwd)},
        }
        self._add("session.start", start | ({"selectedModel": target.model} if target.model else {}))

    def user(self, item: Said) -> None:
        self._interaction = self._made(f"interaction {len(self.lines)}")
        self._turns = 0
        attachments = [
            {"type": "blob", "data": base64_of(image), "mimeType": image.media_type} for image in item.images
        ]
        said: Json = {"content": item.text, "transformedContent": item.text, "attachments": attachments}
        self._add("user.message", said | {"messageId": self._made("message"), "interactionId": self._interaction})

    def assistant(self, items: Sequence[Item], ids: Sequence[str]) -> None:
        """One answer of the model, with the calls that it made at once and their results."""
        turn = {"turnId": str(self._turns)}
        self._turns += 1
        calls = [(item, call_id) for item, call_id in zip(items, ids, strict=True) if isinstance(item, Called)]
        said = "\n\n".join(item.text for item in items if isinstance(item, Said))
        model = items[0].model or self._target.model
        self._add("assistant.turn_start", turn | {"interactionId": self._interaction})
        answer: Json = {"messageId": self._made("message"), **({"model": model} if model else {}), "content": said}
        answer["toolRequests"] = [
            {
                "toolCallId": call_id,
                "name": fit_name(call.call.name),
                "arguments": argument_object(call.call.arguments),
                "type": "function",
            }
            for call, call_id in calls
        ]
        self._add("assistant.message", answer | {"interactionId": self._interaction} | turn)
        for call, call_id in calls:
            begun: Json = {"toolCallId": call_id, "toolName": fit_name(call.call.name)}
            self._add("tool.execution_start", begun | {"arguments": argument_object(call.call.arguments)} | turn)
        for call, call_id in calls:
            ended: Json = {"toolCallId": call_id, "interactionId": self._interaction, **turn}
            self._add("tool.execution_complete", ended | _result(call))
        self._add("assistant.turn_end", turn)

    def _add(self, kind: str, data: Json) -> None:
        made = self._made("event")
        frame: Json = {"type": kind, "data": data, "id": made, "timestamp": stamp(self.at), "parentId": self._parent}
        self.lines.append(line(frame))
        self._parent = made

    def _made(self, what: str) -> str:
        """An id that is always the same at this place of this session."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._target.native_id} {what} {len(self.lines)}"))


def _result(item: Called) -> Json:
    result: Json = {"content": item.result.output}
    if item.result.images:
        result["binaryResultsForLlm"] = [
            {"type": "image", "data": base64_of(image), "mimeType": image.media_type} for image in item.result.images
        ]
    if item.result.ok:
        return {"success": True, "result": result}
    failed: Json = {"success": False, "error": {"message": item.result.output}}
    return failed | ({"result": result} if item.result.images else {})
