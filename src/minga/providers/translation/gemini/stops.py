"""Why an answer ended (ai.google.dev/api/generate-content#FinishReason)."""

from collections.abc import Mapping
from types import MappingProxyType

from minga.providers.translation.form import Stop
from minga.providers.translation.notes import Notes

BROKEN = frozenset(
    (
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
    )
)
"""The model's answer was of no use, so that what came of it is none: an error, which a client tries again."""

BLOCKED: Stop = "filter"
"""For a prompt that is not answered."""

_READ: Mapping[str, Stop] = MappingProxyType(
    {
        "STOP": "end",
        "MAX_TOKENS": "length",
        "SAFETY": "filter",
        "RECITATION": "filter",
        "LANGUAGE": "filter",
        "BLOCKLIST": "filter",
        "PROHIBITED_CONTENT": "filter",
        "SPII": "filter",
        "MODEL_ARMOR": "filter",
        "IMAGE_SAFETY": "filter",
        "IMAGE_PROHIBITED_CONTENT": "filter",
        "IMAGE_RECITATION": "filter",
    }
)

_WRITTEN: Mapping[Stop, str] = MappingProxyType(
    {
        "end": "STOP",
        "tool-calls": "STOP",
        "stop-sequence": "STOP",
        "pause": "STOP",
        "length": "MAX_TOKENS",
        "refusal": "SAFETY",
        "filter": "SAFETY",
    }
)


def read(reason: str, calls: bool, notes: Notes) -> Stop:
    """``calls``: the answer has calls of tools, which Gemini does not say here."""
    stop = _READ.get(reason)
    if stop is None:
        notes.add("gemini-finish-reason", reason)
        stop = "end"
    return "tool-calls" if calls and stop == "end" else stop


def write(stop: Stop, notes: Notes) -> str:
    if stop in ("stop-sequence", "pause", "refusal"):
        notes.add("gemini-stop", stop)
    return _WRITTEN[stop]


def broken(reason: str, message: str | None) -> str:
    return f"Gemini ended its answer with {reason}" + (f": {message}" if message else "")
