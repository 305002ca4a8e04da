"""Why an answer ended, in the words of the servers that speak this dialect."""

from collections.abc import Mapping
from types import MappingProxyType

from minga.providers.translation.form import Stop
from minga.providers.translation.notes import Notes

_READ: Mapping[str, Stop] = MappingProxyType(
    {
        "stop": "end",
        "eos": "end",
        "eos_token": "end",
        "end_turn": "end",
        "stop_sequence": "stop-sequence",
        "length": "length",
        "max_tokens": "length",
        "model_length": "length",
        "tool_calls": "tool-calls",
        "tool_use": "tool-calls",
        "function_call": "tool-calls",
        "content_filter": "filter",
        "sensitive": "filter",
        "refusal": "refusal",
    }
)

FAILED: Mapping[str, int] = MappingProxyType(
    {"error": 502, "network_error": 502, "abort": 502, "insufficient_system_resource": 503}
)
"""Reasons that are none: the answer broke off. With the HTTP status that they stand for."""

_WRITTEN: Mapping[Stop, str] = MappingProxyType(
    {
        "end": "stop",
        "length": "length",
        "stop-sequence": "stop",
        "tool-calls": "tool_calls",
        "refusal": "content_filter",
        "filter": "content_filter",
        "pause": "stop",
    }
)


def read(reason: str, stop_reason: str | int | None, notes: Notes, *, calls: bool, refused: bool) -> tuple[Stop, str]:
    """And the stop sequence, if it is told. Many servers say ``stop`` where the model calls tools."""
    if reason not in _READ:
        notes.add("chat-unknown-stop", reason[:40])
    stop = _READ.get(reason, "end")
    if stop != "end":
        return stop, ""
    if isinstance(stop_reason, str) and stop_reason:
        return "stop-sequence", stop_reason
    return ("tool-calls" if calls else "refusal" if refused else "end"), ""


def unsaid(notes: Notes, *, whole: bool) -> str:
    """The reason where a server says that the answer is done, and none. ``whole``: its calls are."""
    notes.add("chat-no-stop")
    return "stop" if whole else "length"


def written(stop: Stop, notes: Notes, *, refused: bool) -> str:
    """A refusal that says something stands in the message, which then ends as any other."""
    if stop in ("pause", "stop-sequence"):
        notes.add("chat-stop", stop)
    return "stop" if stop == "refusal" and refused else _WRITTEN[stop]
