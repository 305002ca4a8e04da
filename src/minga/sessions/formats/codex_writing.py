"""A session as a rollout of Codex: JSON lines of which Codex gives its model the ``response_item`` ones, in order.

Proven with 0.169.0. A wrong item makes Codex drop its line without a word, so only shapes stand here that were seen to
arrive in its request.
"""

import tomllib
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from minga.domain.transcript import Called, ImagePart, Item, Said
from minga.sessions.formats.fitting import argument_value, data_url, fit_ids, fit_name, pictures_lost, times
from minga.sessions.formats.format import Draft, Target

Json = dict[str, Any]

ENDPOINT_PROVIDER = "minga"
"""As ``catalog/codex.toml`` names the model server of an endpoint."""

VENDOR_PROVIDER = "openai"

LONG = 4_000
"""Bytes of a result from which on its line says that it is to be kept whole."""


def draft(items: Sequence[Item], target: Target) -> Draft:
    """Write ``items`` as a rollout. A native id that is no UUID is replaced by one derived from it."""
    thread = thread_id(target.native_id)
    moments = times(items, target.at)
    lines = [_line(moments[0] if moments else target.at, "session_meta", _meta(thread, target))]
    ids = fit_ids(items, thread)
    for start, end in _responses(items):
        for place in range(start, end):
            lines += [_line(moments[place], kind, payload) for kind, payload in _opening(items[place], ids[place])]
        for place in range(start, end):
            if isinstance(item := items[place], Called):
                lines.append(_line(moments[place], "response_item", _result(item, ids[place]), _whole(item)))
    path = f"sessions/{target.at:%Y/%m/%d}/rollout-{target.at:%Y-%m-%dT%H-%M-%S}-{thread}.jsonl"
    return Draft(path, b"".join(lines), pictures_lost(items, results=False))


def thread_id(native_id: str) -> str:
    """The UUID that Codex takes for this native id."""
    try:
        return str(uuid.UUID(native_id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, native_id))


def _responses(items: Sequence[Item]) -> Iterator[tuple[int, int]]:
    """The items that stand before the results of their calls, as ranges: a text and the calls that join it."""
    start = 0
    for place, item in enumerate(items):
        if place > start and not (isinstance(item, Called) and item.joins):
            yield start, place
            start = place
    if items:
        yield start, len(items)


def _line(at: datetime, kind: str, payload: Json, beside: Json | None = None) -> bytes:
    line = {"timestamp": _stamp(at), "type": kind, "payload": payload, **(beside or {})}
    return msgspec.json.encode(line) + b"\n"


def _whole(item: Called) -> Json:
    """Codex cuts the middle out of each result that is longer than the model's limit (12 000 characters for a model it
    does not know) when it reads the file, unless the line has a limit of its own, in tokens of 4 bytes."""
    size = len(item.result.output.encode())
    return {"metadata": {"fallback_token_limit_override": size}} if size > LONG else {}


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _meta(thread: str, target: Target) -> Json:
    """Codex resumes with the provider that the file names, whatever its configuration says. A file that names none is
    taken in a new home only: with an index of older sessions, Codex says that this provider is not configured."""
    return {
        "id": thread,
        "session_id": thread,
        "timestamp": _stamp(target.at),
        "cwd": str(target.cwd),
        "originator": "minga",
        "cli_version": target.version,
        "source": "cli",
        "model_provider": _provider(target),
    }


def _provider(target: Target) -> str:
    """The provider that Codex is configured with where it will be started."""
    if target.uses_endpoint:
        return ENDPOINT_PROVIDER
    try:
        given = tomllib.loads((target.home / "config.toml").read_text("utf-8")).get("model_provider")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        given = None
    return given if isinstance(given, str) and given else VENDOR_PROVIDER


def _opening(item: Item, call_id: str) -> Iterator[tuple[str, Json]]:
    """The lines of an item but for its result. What the person sees on resuming comes from the ``event_msg`` lines."""
    if isinstance(item, Called):
        yield "response_item", _call(item, call_id)
    elif item.role == "user":
        yield "response_item", _user(item)
        yield "event_msg", {"type": "user_message", "message": item.text, "images": []}
    elif item.text:
        content = [{"type": "output_text", "text": item.text}]
        yield "response_item", {"type": "message", "role": "assistant", "content": content}
        yield "event_msg", {"type": "agent_message", "message": item.text}


def _user(item: Said) -> Json:
    """``content_item_kinds`` is how Codex itself marks what the person said, whatever the text looks like."""
    texts = [{"type": "input_text", "text": item.text}] if item.text else []
    images = [_image(image) for image in item.images]
    kinds = ["user.text"] * len(texts) + ["user.image"] * len(images)
    return {
        "type": "message",
        "role": "user",
        "content": [*texts, *images],
        "internal_chat_message_metadata_passthrough": {"content_item_kinds": kinds},
    }


def _call(item: Called, call_id: str) -> Json:
    call: Json = {"name": fit_name(item.call.name), "call_id": call_id}
    value = argument_value(item.call.arguments)
    if isinstance(value, str):
        return {"type": "custom_tool_call", "status": "completed", **call, "input": value}
    return {"type": "function_call", **call, "arguments": item.call.arguments}


def _result(item: Called, call_id: str) -> Json:
    """Codex has no field for a failure, which is for the text to tell; ``success`` is read by Minga only."""
    free = isinstance(argument_value(item.call.arguments), str)
    output: str | list[Json] = item.result.output
    if item.result.images:
        texts = [{"type": "input_text", "text": item.result.output}] if item.result.output else []
        output = [*texts, *(_image(image) for image in item.result.images)]
    kind = "custom_tool_call_output" if free else "function_call_output"
    return {"type": kind, "call_id": call_id, "output": output, "success": item.result.ok}


def _image(image: ImagePart) -> Json:
    return {"type": "input_image", "image_url": data_url(image)}
