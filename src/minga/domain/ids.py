"""Identifiers. All are time-ordered UUIDs (RFC 9562, version 7) in text form unless another tool made them."""

from typing import NewType

SessionId = NewType("SessionId", str)
TurnId = NewType("TurnId", str)
AttemptId = NewType("AttemptId", str)

AgentName = NewType("AgentName", str)
"""Name of an agent in the catalogue, such as ``codex``; the stem of its TOML file."""

NativeId = NewType("NativeId", str)
"""Session id that an agent CLI gave to its own conversation; opaque to Minga."""
