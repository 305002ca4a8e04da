"""The intermediate form: what any of the wire formats can say of a conversation with a model.

Rules that every dialect keeps:

- ``Request.system`` holds what stands before the conversation; a system message in the middle of it is a turn of role
  ``system``.
- Neighbouring turns of one role may be there; a dialect that wants one of each in turn joins them.
- A tool result is a part of a turn of role ``user``; results stand before what else the person said in it.
- Arguments of a call are text: the JSON of an object for a function, anything for a custom tool.
- A signature is opaque. In the form it is ``<dialect>:<as it was given>``; each dialect takes its own ones apart with
  `own_signature`, and passes foreign ones on to its callers with `passed_signature`, so that they come back.
- Tokens are counted as `minga.domain.events.Usage` does: input without the cached ones, output with reasoning.

They are structs, not dataclasses: some thousand of them may be made for one call, in a third of the time.
"""

from typing import Literal, TypeAlias

import msgspec

from minga.domain.events import Usage
from minga.domain.model_calls import Wire

CacheTtl: TypeAlias = Literal["", "5m", "1h"]
"""A marker: the prompt up to and with this part may be kept by the provider for so long. Empty: no marker."""


class Text(msgspec.Struct, frozen=True, gc=False, tag=True):
    text: str
    cache: CacheTtl = ""
    signature: str = ""


class Media(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A picture, a document or a sound. One of ``data`` (base64) and ``url`` is given: what lies in a provider's store
    is refused where it is read. ``media_type`` as in RFC 6838, empty where it is not told. ``detail`` as OpenAI has it:
    low, high, auto."""

    kind: Literal["image", "file", "audio"]
    media_type: str = ""
    data: str = ""
    url: str = ""
    name: str = ""
    detail: str = ""
    cache: CacheTtl = ""


class Thinking(msgspec.Struct, frozen=True, gc=False, tag=True):
    """``text`` may be a summary or empty. ``redacted``: the provider shows nothing but the signature."""

    text: str = ""
    signature: str = ""
    redacted: bool = False
    id: str = ""


class ToolCall(msgspec.Struct, frozen=True, gc=False, tag=True):
    """``custom``: of a tool that takes free text, not JSON."""

    id: str
    name: str
    arguments: str
    custom: bool = False
    namespace: str = ""
    signature: str = ""
    cache: CacheTtl = ""


class ToolResult(msgspec.Struct, frozen=True, gc=False, tag=True):
    """``name`` is empty where the dialect does not tell it: `conversation.check` fills it in from the call. ``custom``
    as in the call, where the dialect tells."""

    call_id: str
    parts: tuple["Text | Media", ...]
    name: str = ""
    is_error: bool = False
    custom: bool = False
    cache: CacheTtl = ""


class Refusal(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The model says that it does not do it."""

    text: str


Part: TypeAlias = Text | Media | Thinking | ToolCall | ToolResult | Refusal


class Turn(msgspec.Struct, frozen=True, gc=False):
    role: Literal["user", "assistant", "system"]
    parts: tuple[Part, ...]


class Tool(msgspec.Struct, frozen=True, gc=False):
    """``schema`` is the JSON of a JSON Schema for the arguments, ``{}`` if there is none. A custom tool has none;
    ``format`` is then the JSON of its grammar, or empty. ``namespace`` groups the tools of one server."""

    name: str
    description: str = ""
    schema: bytes = b"{}"
    strict: bool | None = None
    custom: bool = False
    format: bytes = b""
    namespace: str = ""
    cache: CacheTtl = ""


class ToolChoice(msgspec.Struct, frozen=True, gc=False):
    """``named``: exactly the tool ``name``; ``any``: one of them at least."""

    mode: Literal["auto", "none", "any", "named"]
    name: str = ""


class OutputForm(msgspec.Struct, frozen=True, gc=False):
    """The answer is JSON; ``schema`` the JSON of its JSON Schema, empty for any object."""

    schema: bytes = b""
    name: str = ""
    description: str = ""
    strict: bool | None = None


class Reasoning(msgspec.Struct, frozen=True, gc=False):
    """``effort``: none, minimal, low, medium, high, xhigh, max; empty if it is not said. ``budget_tokens``: the most
    that thoughts may take; -1: as the model likes. ``shown``: what becomes visible of them: a summary, or nothing; None
    if it is not said."""

    effort: str = ""
    budget_tokens: int | None = None
    shown: bool | None = None


class Request(msgspec.Struct, frozen=True, gc=False):
    """``parallel``: whether several tools may be called at once; None if it is not said. ``answer_max`` in tokens."""

    model: str
    turns: tuple[Turn, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel: bool | None = None
    answer_max: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    reasoning: Reasoning | None = None
    output: OutputForm | None = None
    stream: bool = False
    person: str = ""
    """Whom the caller acts for, as it tells the provider."""
    usage_wanted: bool = True
    """Whether a stream tells at its end what it used, where callers of the dialect may choose."""
    service: tuple[tuple[str, bytes], ...] = ()
    """Settings of OpenAI's service by their names (`service`), as JSON."""


Stop: TypeAlias = Literal["end", "length", "stop-sequence", "tool-calls", "refusal", "filter", "pause"]
"""Why an answer ended. ``refusal``: the model's; ``filter``: the provider's; ``pause``: it wants to be called again."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """``used`` is None where the provider does not tell."""

    id: str
    model: str
    parts: tuple[Part, ...]
    stop: Stop
    stop_sequence: str = ""
    used: Usage | None = None
    created_s: int = 0


class Fault(msgspec.Struct, frozen=True, gc=False, tag=True):
    """An error of a provider: its HTTP status (in a stream the one that its kind stands for) and what it says."""

    status: int
    message: str
    kind: str = ""


class Began(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The first event of every stream."""

    id: str
    model: str
    used: Usage | None = None
    created_s: int = 0


class Opened(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A part begins; parts may overlap. ``part`` has no content yet: a ToolCall has id and name, and its
    signature if that is known by then; a Media is whole."""

    index: int
    part: Text | Thinking | ToolCall | Refusal | Media


class Added(msgspec.Struct, frozen=True, gc=False, tag=True):
    """``text`` of the part: what is said or thought, or arguments."""

    index: int
    text: str


class Signed(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The signature of an open part."""

    index: int
    signature: str


class Closed(msgspec.Struct, frozen=True, gc=False, tag=True):
    index: int


class Ended(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Every part is closed."""

    stop: Stop
    stop_sequence: str = ""
    used: Usage | None = None


Event: TypeAlias = Began | Opened | Added | Signed | Closed | Ended | Fault
"""Began, then parts, then Ended: `Ended` or `Fault` is the last one. A stream that just stops has neither."""


_FOREIGN = "minga."

UNSIGNED = "-"
"""In the place of a signature: the dialect gave none (`unsigned`)."""


def own_signature(signature: str, dialect: Wire) -> str:
    """The signature as ``dialect`` gave it; empty for none, and for one of another dialect."""
    origin, _, value = signature.partition(":")
    return value if origin == dialect and value != UNSIGNED else ""


def given_signature(value: str, dialect: Wire) -> str:
    """What the form holds for a signature that a message of ``dialect`` carries: its own, or one that was passed on."""
    if value.startswith(_FOREIGN):
        origin, _, rest = value.removeprefix(_FOREIGN).partition(".")
        return f"{origin}:{rest}" if rest else ""
    return f"{dialect}:{value}" if value else ""


def passed_signature(signature: str, dialect: Wire) -> str:
    """How a message of ``dialect`` carries a signature to the caller: its own as it is, a foreign one marked."""
    origin, _, value = signature.partition(":")
    if origin == dialect:
        return "" if value == UNSIGNED else value
    return f"{_FOREIGN}{origin}.{value}" if value else ""
