"""One model as the lists of OpenAI, Anthropic and Gemini say it, from one form into another.

platform.openai.com/docs/api-reference/models, docs.anthropic.com/en/api/models and ai.google.dev/api/models, seen
November 2026.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec

from minga.domain.model_calls import Wire

Entry: TypeAlias = Mapping[str, Any]
"""Of a list, as it stands there."""

_OF_GEMINI = "models/"

_ACTIONS = ("generateContent", "countTokens")
"""What a model of another wire does here; whether it also embeds is not told."""

WHOLE_LIST: Mapping[Wire, str] = {"anthropic": "limit=1000", "gemini": "pageSize=1000"}
"""Query by which a provider tells as many models as it does at once."""


@dataclass(frozen=True, slots=True)
class _Model:
    """``created_s`` 0, ``asked_max`` and ``answer_max`` None: not told."""

    name: str
    title: str
    created_s: int = 0
    asked_max: int | None = None
    answer_max: int | None = None


def entries(wire: Wire, body: bytes) -> list[Entry]:
    """Those of a list; none where it is no list."""
    return [one for one in listed(body).get(place(wire)) or () if isinstance(one, dict) and name(wire, one)]


def listed(body: bytes) -> dict[str, Any]:
    """Empty where it is no list of models of any wire."""
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
    except (ValueError, RecursionError):
        return {}
    return found if any(isinstance(found.get(one), list) for one in ("data", "models")) else {}


def place(wire: Wire) -> str:
    """Where the models stand in a list."""
    return "models" if wire == "gemini" else "data"


def name(wire: Wire, entry: Entry) -> str:
    """As calls name the model; empty where the entry has none."""
    found = entry.get("name" if wire == "gemini" else "id")
    return found.removeprefix(_OF_GEMINI) if isinstance(found, str) else ""


def converted(entry: Entry, source: Wire, target: Wire, provider: str) -> Entry:
    """``provider`` is the owner, where the form has one."""
    if source == target:
        return entry
    model = _read(source, entry)
    match target:
        case "anthropic":
            return _to_anthropic(model)
        case "gemini":
            return _to_gemini(model)
        case _:
            return {"id": model.name, "object": "model", "created": model.created_s, "owned_by": provider}


def whole(wire: Wire, found: Iterable[Entry]) -> dict[str, Any]:
    """A list with all of them."""
    models = [*found]
    match wire:
        case "anthropic":
            ends = {"first_id": models[0]["id"], "last_id": models[-1]["id"]} if models else {}
            return {"data": models, "has_more": False, "first_id": None, "last_id": None, **ends}
        case "gemini":
            return {"models": models}
        case _:
            return {"object": "list", "data": models}


def _read(wire: Wire, entry: Entry) -> _Model:
    called = name(wire, entry)
    match wire:
        case "anthropic":
            title, created_s = _text(entry, "display_name"), _instant(_text(entry, "created_at"))
            return _Model(called, title, created_s, _count(entry, "max_input_tokens"), _count(entry, "max_tokens"))
        case "gemini":
            limits = _count(entry, "inputTokenLimit"), _count(entry, "outputTokenLimit")
            return _Model(called, _text(entry, "displayName"), 0, *limits)
        case _:
            return _Model(called, "", _count(entry, "created") or 0)


def _to_anthropic(model: _Model) -> Entry:
    """``lifecycle`` must be told; who lists a model offers it."""
    return {
        "type": "model",
        "id": model.name,
        "display_name": model.title or model.name,
        "created_at": _written(model.created_s),
        "lifecycle": "active",
        "max_input_tokens": model.asked_max,
        "max_tokens": model.answer_max,
    }


def _to_gemini(model: _Model) -> Entry:
    limits = {"inputTokenLimit": model.asked_max, "outputTokenLimit": model.answer_max}
    known = {name: value for name, value in limits.items() if value is not None}
    shown = model.title or model.name
    told = {"name": f"{_OF_GEMINI}{model.name}", "displayName": shown, "supportedGenerationMethods": _ACTIONS}
    return {**told, **known}


def _text(entry: Entry, field: str) -> str:
    value = entry.get(field)
    return value if isinstance(value, str) else ""


def _count(entry: Entry, field: str) -> int | None:
    value = entry.get(field)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _instant(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return 0


def _written(created_s: int) -> str:
    """RFC 3339; Anthropic tells the beginning of 1970 where it does not know."""
    try:
        return f"{datetime.fromtimestamp(created_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return "1970-01-01T00:00:00Z"
