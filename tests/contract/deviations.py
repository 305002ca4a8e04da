"""What every agent must show, and the exact places where one honestly cannot: a limit of the vendor, not of Minga.

The suite asserts each deviation, so an entry whose agent begins to behave fails.
"""

from dataclasses import dataclass

from minga.domain.failure import FailureCode

SCENARIOS = {
    "start": "names its version and its session",
    "stream": "the answer streams in pieces",
    "usage": "usage of each prompt, none counted twice",
    "warm": "later prompts use the warm process",
    "shell": "a command runs once it is allowed",
    "output": "shows what the command printed",
    "mcp": "a tool of an MCP server is called",
    "edit": "a file change is told with its relative path",
    "image": "a picture reaches the model",
    "denied": "a refusal after the stated wait: the turn goes on",
    "read-only": "a refusal by policy",
    "cancel": "a cancel ends everything within 5 s",
    "resume": "a session goes on in a new process",
    "401": "not logged in",
    "429": "rate limited",
    "reset": "says when it resets, where that is soon",
    "quota": "says when it resets, where that is in two hours",
    "500": "vendor's service failed",
    "529": "vendor's service overloaded",
    "400": "context too long (HTTP 400)",
    "413": "context too long (HTTP 413)",
    "404": "model unknown",
    "down": "server down",
    "cut": "answer cut off",
    "garbage": "an answer that is none",
    "killed": "kill -9 in the middle",
    "silence": "silence",
    "unknown": "unknown session",
}
"""Scenario -> the row of the matrix."""


CAPABILITIES = {
    "stream": "stream",
    "resume": "resume",
    "tools": "shell",
    "mcp": "mcp",
    "usage": "usage",
    "images": "image",
    "permissions": "shell",
}
"""Field of ``[capabilities]`` in an agent's TOML -> the scenario that shows it."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """``instead``: what the test sees. ``cell`` and ``why`` say it in the matrix."""

    instead: object
    cell: str
    why: str


_SANDBOX = Deviation(
    ([], "as you wish"),
    "yes, unasked",
    "Codex refuses commands that write in its read-only sandbox itself and asks nobody; the turn goes on.",
)
_STOPS = "ends the turn when a call is refused, without asking the model again; the run fails with permission-denied."
_NO_TIME = "keeps the header with the time to itself: it is neither in the protocol nor in the session's record."

DEVIATIONS: dict[tuple[str, str], Deviation] = {
    ("codex", "read-only"): _SANDBOX,
    ("codex", "reset"): Deviation(
        False, "no", "Codex tells the time of a spent quota of its plan (below), not that of a short limit."
    ),
    ("claude", "reset"): Deviation(
        False,
        "no",
        "Claude Code tells the time for a login with a plan (tests/agents), not for the key of an endpoint.",
    ),
    ("claude", "quota"): Deviation(
        False,
        "no",
        "Claude Code tells the time for a login with a plan (tests/agents), not for the key of an endpoint.",
    ),
    ("copilot", "denied"): Deviation(FailureCode.PERMISSION_DENIED, "permission-denied", f"Copilot CLI {_STOPS}"),
    ("copilot", "read-only"): Deviation(
        (["policy"], FailureCode.PERMISSION_DENIED), "permission-denied", f"Copilot CLI {_STOPS}"
    ),
    ("copilot", "reset"): Deviation(False, "no", f"Copilot CLI {_NO_TIME}"),
    ("copilot", "quota"): Deviation(False, "no", f"Copilot CLI {_NO_TIME}"),
    ("opencode", "quota"): Deviation(
        False,
        "no",
        "OpenCode tells the time only after its own tries, the waits of which grow; Minga ends them sooner.",
    ),
    ("qwen", "denied"): Deviation(FailureCode.PERMISSION_DENIED, "permission-denied", f"Qwen Code {_STOPS}"),
    ("qwen", "read-only"): Deviation(
        (["policy"], FailureCode.PERMISSION_DENIED), "permission-denied", f"Qwen Code {_STOPS}"
    ),
    ("qwen", "reset"): Deviation(False, "no", f"Qwen Code {_NO_TIME}"),
    ("qwen", "quota"): Deviation(False, "no", f"Qwen Code {_NO_TIME}"),
    ("plain", "image"): Deviation(
        False, "no", "The plain agent announces no pictures; they are left out with a notice."
    ),
}
