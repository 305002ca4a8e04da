"""Writing a session as Gemini CLI 0.61.0 keeps it after a compaction: calls as parts of an answer, their results as a
message behind it.

The other form, results in the ``toolCalls`` of the answer, is not used: the CLI adds the message to it on the first
resume, and from the second one on sends each result twice.
"""

import hashlib
import os
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from minga.domain.transcript import Called, ImagePart, Item, Said
from minga.sessions.formats.fitting import argument_object, fit_ids, fit_name, pictures_lost, times
from minga.sessions.formats.format import Draft, Target
from minga.sessions.formats.gemini_parts import INJECTED
from minga.sessions.formats.gemini_projects import plain_slug
from minga.sessions.formats.records import Json, answers, base64_of, line, stamp

NOT_SHOWN = " "
"""As ``displayContent``: the screen of a resumed session leaves the message out."""

HIDDEN = ("/", "?", *INJECTED)
"""A person's text that begins so would be taken for a command or for the CLI's own, and left out of the history."""

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
        frame = {"timestamp": stamp(at[group[0]])}
        said, made = [items[place] for place in group], [ids[place] for place in group]
        for number, message in enumerate(_messages(said, made, target)):
            lines.append(line({"id": _id(target, f"{group[0]} {number}"), **frame, **message}))
    minute = min(began, target.at - NAMED_BEFORE)
    path = f".gemini/tmp/{plain_slug(cwd)}/chats/{file_name(target.native_id, minute)}"
    return Draft(path, b"".join(lines), pictures_lost(items, results=False))


def file_name(native_id: str, minute: datetime) -> str:
    """The CLI itself ends the name after the first part of the id. But it deletes every file that has the ending of an
    empty one, and leaves an empty one of each session that it resumes: its own are gone at the second start after.
    Eight characters at the end are what it takes for a session's short id when it deletes one on request."""
    return f"session-{minute:%Y-%m-%dT%H-%M}-{native_id[:8]}-{native_id[-8:]}.jsonl"


def _id(target: Target, place: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{target.native_id} {place}"))


def _messages(items: Sequence[Item], ids: Sequence[str], target: Target) -> list[Json]:
    """A person's text; or an answer, and then the results of its calls."""
    first = items[0]
    if isinstance(first, Said) and first.role == "user":
        return [{"type": "user", "content": _said(first)}]
    text = "\n\n".join(item.text for item in items if isinstance(item, Said))
    answer: Json = {"type": "gemini", "content": text, "thoughts": [], "model": first.model or target.model}
    calls = [(item, call_id) for item, call_id in zip(items, ids, strict=True) if isinstance(item, Called)]
    if not calls:
        return [answer]
    shown = text if text.strip() else NOT_SHOWN
    parts: list[Json] = [{"text": text}] if text else []
    answer |= {"content": parts + [_call(item, call_id) for item, call_id in calls], "displayContent": shown}
    results = [part for item, call_id in calls for part in _result(item, call_id, target)]
    return [answer, {"type": "user", "content": results, "displayContent": NOT_SHOWN}]


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


def _call(item: Called, call_id: str) -> Json:
    name, arguments = _name(item.call.name), argument_object(item.call.arguments)
    return {"functionCall": {"id": call_id, "name": name, "args": arguments}}


def _result(item: Called, call_id: str, target: Target) -> list[Json]:
    given: Json = {"output" if item.result.ok else "error": item.result.output}
    response: Json = {"id": call_id, "name": _name(item.call.name), "response": given}
    pictures = [_inline(image) for image in item.result.images]
    if pictures and target.model.startswith("gemini-3"):  # as the CLI itself decides
        return [{"functionResponse": response | {"parts": pictures}}]
    return [{"functionResponse": response}, *pictures]


def _name(name: str) -> str:
    """Names of functions begin with a letter or ``_`` (ai.google.dev/api/caching#FunctionDeclaration)."""
    fitting = fit_name(name)
    return fitting if fitting[0].isalpha() or fitting[0] == "_" else f"_{fitting}"[:64]
