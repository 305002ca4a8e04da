"""What the tests of Gemini's dialect share."""

import json
from typing import Any

import pytest
from google.genai import types
from pydantic import TypeAdapter

from minga.domain.model_calls import Refused
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import Request, Text, Turn
from minga.providers.translation.notes import Notes

GEMINI = DIALECTS["gemini"]

HELLO = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}

OF_THE_SDK: dict[str, TypeAdapter[Any]] = {
    "contents": TypeAdapter(list[types.Content]),
    "systemInstruction": TypeAdapter(types.Content),
    "tools": TypeAdapter(list[types.Tool]),
    "toolConfig": TypeAdapter(types.ToolConfig),
    "generationConfig": TypeAdapter(types.GenerationConfig),
}


def read(body: Any, lost: str | None = None) -> Request:
    """``lost``: what is noted, all of it."""
    notes = Notes()
    request = GEMINI.read_request(json.dumps(body).encode(), notes)
    assert noted(notes) == (lost or "")
    return request


def write(request: Request, lost: str = "") -> dict[str, Any]:
    notes = Notes()
    body = GEMINI.write_request(request, notes)
    assert noted(notes) == lost
    return checked(body)


def checked(body: bytes) -> dict[str, Any]:
    """A written request, which fits the types of Google's SDK; these forbid unknown fields."""
    told: dict[str, Any] = json.loads(body)
    for name, value in told.items():
        OF_THE_SDK[name].validate_json(json.dumps(value))
    return told


def noted(notes: Notes) -> str:
    return " ".join([*notes.told("lost"), *notes.told("changed")])


def refused(body: Any) -> str:
    with pytest.raises(Refused) as wrong:
        GEMINI.read_request(body if isinstance(body, bytes) else json.dumps(body).encode(), Notes())
    assert wrong.value.reason == "malformed"
    return wrong.value.message


def said(*turns: Turn, **more: Any) -> Request:
    return Request("gemini-3-pro", turns, **more)


def user(*parts: Any) -> Turn:
    return Turn("user", tuple(Text(part) if isinstance(part, str) else part for part in parts))


def model(*parts: Any) -> Turn:
    return Turn("assistant", tuple(Text(part) if isinstance(part, str) else part for part in parts))
