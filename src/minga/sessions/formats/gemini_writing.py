"""Writing a session as Gemini CLI 0.61.0 keeps it: calls and their results in one record, a ``session-*.jsonl``."""

import hashlib
import os
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from minga.domain.transcript import Called, ImagePart, Item, Said
from minga.sessions.formats.fitting import argument_object, fit_ids, fit_name, pictures_lost, times
from minga.sessions.formats.format import Draft, Target
from minga.sessions.formats.gemini_projects import plain_slug
from minga.sessions.formats.records import Json, answers, base64_of, line, stamp

SHOWN_MAX = 2000
"""Characters of a tool's output that the CLI's screen shows of a resumed session."""

HIDDEN = ("/", "?", "<session_context>", "<hook_context>")
"""A person's text that begins so is left out of the history by the CLI, which takes it for a command or for its own."""

NAMED_BEFORE = timedelta(minutes=2)
"""On ``session/load`` the CLI begins a file named by the minute and the id, and empties one that it finds there; so the
name of ours must not be of a minute that is still to come."""


def write(items: Sequence[Item], target: Target) -> Draft:
    """Write ``items`` as one file. Its folder is the one that the CLI would make for a new project; `place` may find
    another."""
    at = times(items, target.at)
    ids = fit_ids(items, target.native_id)
    began = at[0] if at else target.at
    cwd = os.path.abspath(target.cwd)
    head: Json = {
        "sessionId": target.native_id,
        "projectHash": hashlib.sha256(os.fsencode(cwd)).hexdigest(),
        "startTime": stamp(began),
        # The CLI deletes what was not used for 30 days (general.sessionRetention) by this time.
        "lastUpdated": stamp(target.at),
        "kind": "main",
    }
    if target.title:
        head["summary"] = target.title
    lines = [line(head)]
    for group in answers(items):
        frame = {"id": _id(target, group[0]), "timestamp": stamp(at[group[0]])}
        lines.append(line(frame | _message([items[place] for place in group], [ids[place] for place in group], target)))
    minute = min(began, target.at - NAMED_BEFORE)
    path = f".gemini/tmp/{plain_slug(cwd)}/chats/{file_name(target.native_id, minute)}"
    return Draft(path, b"".join(lines), pictures_lost(items, results=False))


def file_name(native_id: str, minute: datetime) -> str:
    """The CLI itself ends the name after the first part of the id. But it deletes every file that has the ending of an
    empty one, and leaves an empty one of each session that it resumes: its own are gone at the second start after.
    Eight characters at the end are what it takes for a session's short id when it deletes one on request."""
    return f"session-{minute:%Y-%m-%dT%H-%M}-{native_id[:8]}-{native_id[-8:]}.jsonl"


def _id(target: Target, place: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{target.native_id} {place}"))


def _message(items: Sequence[Item], ids: Sequence[str], target: Target) -> Json:
    first = items[0]
    if isinstance(first, Said) and first.role == "user":
        return {"type": "user", "content": _said(first)}
    said = [item.text for item in items if isinstance(item, Said)]
    calls = [_call(item, call_id, target) for item, call_id in zip(items, ids, strict=True) if isinstance(item, Called)]
    message: Json = {"type": "gemini", "content": "\n\n".join(said), "thoughts": []}
    return message | {"model": first.model or target.model} | ({"toolCalls": calls} if calls else {})


def _said(item: Said) -> list[Json]:
    """The parts of a person's message. The flag ``thought``, false, keeps the CLI from hiding the text; it reaches the
    model as an ordinary one."""
    parts: list[Json] = []
    if item.text:
        hidden = item.text.strip().startswith(HIDDEN)
        parts.append({"text": item.text, "thought": False} if hidden else {"text": item.text})
    return parts + [_inline(image) for image in item.images]


def _inline(image: ImagePart) -> Json:
    return {"inlineData": {"mimeType": image.media_type, "data": base64_of(image)}}


def _call(item: Called, call_id: str, target: Target) -> Json:
    name = _name(item.call.name)
    response: Json = {
        "id": call_id,
        "name": name,
        "response": {"output" if item.result.ok else "error": item.result.output},
    }
    pictures = [_inline(image) for image in item.result.images]
    inside = bool(pictures) and target.model.startswith("gemini-3")  # as the CLI itself decides
    if inside:
        response["parts"] = pictures
    return {
        "id": call_id,
        "name": name,
        "args": argument_object(item.call.arguments),
        "status": "success" if item.result.ok else "error",
        "timestamp": stamp(item.at or target.at),
        "result": [{"functionResponse": response}, *([] if inside else pictures)],
        "resultDisplay": item.result.output[:SHOWN_MAX],
        "renderOutputAsMarkdown": False,
    }


def _name(name: str) -> str:
    """Names of functions begin with a letter or ``_`` (ai.google.dev/api/caching#FunctionDeclaration)."""
    fitting = fit_name(name)
    return fitting if fitting[0].isalpha() or fitting[0] == "_" else f"_{fitting}"[:64]
