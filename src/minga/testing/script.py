"""What a scripted model says: a list of turns, rules that pick turns by request, and a default.

All records are frozen and map one to one to JSON and TOML (`read_script`); in files each step carries its kind in
``do``, for example ``{"do": "say", "text": "hello"}``.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

Wire: TypeAlias = Literal["responses", "chat", "anthropic", "gemini"]


class _Step(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """What all steps have in common: in files they carry their kind, and a misspelt key is an error."""


class Say(_Step, frozen=True, tag="say"):
    """Answer with this text."""

    text: str


class Think(_Step, frozen=True, tag="think"):
    """A reasoning piece before the answer: summary, ``reasoning_content``, thinking block or thought part."""

    text: str


class CallTool(_Step, frozen=True, tag="call_tool"):
    """Call the tool of exactly this name. ``unoffered`` calls it also where the request does not offer it."""

    name: str
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    call_id: str | None = None
    unoffered: bool = False


class RunShell(_Step, frozen=True, tag="run_shell"):
    """Call whatever shell tool the request offers, with this command line."""

    command: str
    call_id: str | None = None


class CallMcp(_Step, frozen=True, tag="call_mcp"):
    """Call a tool of an MCP server under the name that this CLI gives it."""

    server: str
    tool: str
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    call_id: str | None = None


class WriteFile(_Step, frozen=True, tag="write_file"):
    """Create a file with whatever edit tool the request offers; through the shell where it offers none.

    The path must be absolute for most CLIs. Several refuse to overwrite a file that they have not read before.
    """

    path: str
    text: str
    call_id: str | None = None


class Fail(_Step, frozen=True, tag="fail"):
    """Refuse with this HTTP status and the vendor's own error body; after other steps, with an error in the stream.

    ``retry_after_s`` and ``resets_at`` (aware) become ``retry-after`` and the vendor's rate-limit headers.
    ``error_type`` replaces the vendor's word for the status (such as ``rate_limit_error``). 400 and 413 say that the
    context is too long, 404 that the model is unknown, unless ``message`` or ``error_type`` say otherwise.
    """

    status: int
    retry_after_s: float | None = None
    resets_at: datetime | None = None
    error_type: str | None = None
    message: str | None = None


class Slow(_Step, frozen=True, tag="slow"):
    """Wait before the next step; as the first step, before the status line."""

    seconds: float


class Drip(_Step, frozen=True, tag="drip"):
    """Text in pieces, each in its own event, with a pause after each."""

    pieces: Sequence[str]
    pause_s: float = 0.05


class CutStream(_Step, frozen=True, tag="cut_stream"):
    """Send this text and then break the connection off in the middle of the answer.

    ``clean`` ends the HTTP answer properly, only without the events that end it on this wire: CLIs treat that
    differently from a lost connection.
    """

    after_text: str = ""
    clean: bool = False


class Garbage(_Step, frozen=True, tag="garbage"):
    """Send these bytes, which are not the wire, with status 200, and end the answer. Base64 in script files."""

    data: bytes = b"\x00\xff<html>this is no answer</html>\n\n"


class Endless(_Step, frozen=True, tag="endless"):
    """Text that goes on until ``characters`` are sent, or, without a limit, until the client goes away.

    An answer that is not streamed ends after 4 million characters.
    """

    piece: str = "All work and no play makes Jack a dull boy. "
    characters: int | None = None
    pause_s: float = 0.0


class Tokens(_Step, frozen=True, tag="tokens"):
    """The token usage to report. ``input`` includes ``cached_input``, ``output`` includes ``reasoning``."""

    input: int = 100
    cached_input: int = 40
    output: int = 10
    reasoning: int = 0


Step: TypeAlias = (
    Say
    | Think
    | CallTool
    | RunShell
    | CallMcp
    | WriteFile
    | Fail
    | Slow
    | Drip
    | CutStream
    | Garbage
    | Endless
    | Tokens
)
Turn: TypeAlias = Step | Sequence[Step]
"""The answer to one model request: one step, or several in order (thought, text, parallel tool calls)."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Turns for the requests that meet every stated condition, one turn a request, in order.

    A rule whose turns are used up no longer matches, unless ``repeat`` starts them again.
    ``last_user_contains`` looks at what the user said since the last finished answer. ``has_tool_result``: whether
    the request brings the result of a tool call as its newest message. ``side_calls`` makes the rule one for the
    calls that CLIs make behind the conversation (titles, routing), which it otherwise never answers.
    """

    answers: Sequence[Turn]
    last_user_contains: str | None = None
    has_tool_result: bool | None = None
    offers_tool: str | None = None
    model: str | None = None
    wire: Wire | None = None
    side_calls: bool = False
    repeat: bool = False


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which turn answers which request: the first matching rule, else the next of ``turns``, else ``default``.

    A turn with a tool call is given only to a request that offers that tool. Side calls get ``default``, as JSON
    where they ask for a JSON schema, and use up nothing. A ``default`` with a tool that is not offered says "ok".
    """

    turns: Sequence[Turn] = ()
    rules: Sequence[Rule] = ()
    default: Turn = Say("ok")


def steps(turn: Turn) -> tuple[Step, ...]:
    """The steps of a turn in order."""
    return tuple(turn) if isinstance(turn, Sequence) else (turn,)


def read_script(path: Path) -> Script:
    """Read a script file, TOML by its suffix, else JSON.

    Raises:
        OSError: the file cannot be read.
        msgspec.DecodeError: it is not a script; the message names the place.
    """
    data = path.read_bytes()
    if path.suffix == ".toml":
        return msgspec.toml.decode(data, type=Script)
    return msgspec.json.decode(data, type=Script)
