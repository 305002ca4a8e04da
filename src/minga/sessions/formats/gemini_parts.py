"""What one record of Gemini CLI says: its kind, and its parts.

Records have the parts of the Gemini API (ai.google.dev/api/caching#Part); calls stand with their results in
``toolCalls``, and after a resume also in ``content``.
"""

from collections.abc import Iterator
from typing import Literal

from minga.domain.events import ToolKind, Usage
from minga.domain.ids import AgentName
from minga.domain.transcript import (
    FileChangePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.sessions.formats import records
from minga.sessions.formats.fitting import argument_text
from minga.sessions.formats.records import Json, picture
from minga.sessions.formats.values import inside, listed

AGENT = AgentName("gemini")

Kind = Literal["context", "said", "results", "answer", "notice", "unknown"]

NOTICES = ("info", "error", "warning")
"""Types of what the CLI shows to the person and never to the model."""

INJECTED = (
    "<session_context>",
    "<hook_context>",
    "Here is the user's editor context as a JSON object",
    "Here is a summary of changes in the user's editor context",
)
"""What the CLI itself says in the person's place begins so."""

ACKNOWLEDGED = "Got it. Thanks for the additional context!"
"""What the CLI puts into the model's mouth after the summary of a compaction."""

TOOL_KINDS = {
    "run_shell_command": ToolKind.SHELL,
    "read_file": ToolKind.READ,
    "read_many_files": ToolKind.READ,
    "list_directory": ToolKind.READ,
    "glob": ToolKind.SEARCH,
    "grep_search": ToolKind.SEARCH,
    "search_file_content": ToolKind.SEARCH,
    "write_file": ToolKind.EDIT,
    "replace": ToolKind.EDIT,
    "web_fetch": ToolKind.WEB,
    "google_web_search": ToolKind.WEB,
}


def kind_of(record: Json) -> Kind:
    match record.get("type"):
        case "gemini":
            return "answer"
        case "user":
            parts = parts_of(record)
            if parts and all("functionResponse" in part or "inlineData" in part for part in parts):
                return "results" if any("functionResponse" in part for part in parts) else "said"
            return "said" if parts or any(strange(record)) else "context"
        case str(name) if name in NOTICES:
            return "notice"
        case _:
            return "unknown"


def strange(record: Json) -> Iterator[str]:
    """What of a record is of the wrong type, in words."""
    content = record.get("content")
    if not isinstance(content, str | list | dict):
        yield "no content, or one of the wrong type"
    if isinstance(content, list):
        yield from records.strangers([part for part in content if not isinstance(part, str)], "a part")
    yield from records.wrong(record, toolCalls=list, thoughts=list)
    yield from records.strangers(record.get("toolCalls"), "a tool call")
    for call in calls_of(record):
        yield from records.lacking(call, id=str, name=str)
        if not isinstance(call.get("result"), str | dict | list | None):
            yield "result of the wrong type"
    for part in parts_of(record):
        yield from records.wrong(part, functionCall=dict, functionResponse=dict)


def parts_of(record: Json) -> list[Json]:
    """The parts of ``content`` that are no injected text; what is no part is passed over."""
    content = record.get("content")
    of_user = record.get("type") == "user"
    parts: list[Json] = []
    for raw in content if isinstance(content, list) else [content]:
        part = {"text": raw} if isinstance(raw, str) else raw
        if isinstance(part, dict) and part and not (of_user and _is_injected(part)):
            parts.append(part)
    return parts


def _is_injected(part: Json) -> bool:
    """A text with the flag ``thought`` is one that Minga wrote: see `gemini_writing`."""
    text = part.get("text")
    return isinstance(text, str) and "thought" not in part and text.strip().startswith(INJECTED)


def calls_of(record: Json) -> list[Json]:
    return [call for call in listed(record.get("toolCalls")) if isinstance(call, dict)]


def is_calls_only(record: Json) -> bool:
    """Whether the record holds only the calls of an answer whose text has a record of its own before it."""
    said = [part for part in parts_of(record) if records.text(part.get("text")).strip()]
    return bool(calls_of(record)) and not said and not record.get("thoughts") and not record.get("tokens")


def read_person(record: Json) -> Iterator[Part | str]:
    """The parts of what a person said; text is the reason why a part cannot be read."""
    for part in parts_of(record):
        yield from _plain(part)


def read_answer(record: Json, cwd: str) -> Iterator[Part | str]:
    """The parts of an answer of the model, its calls with their results and changed files; text as in `read_person`."""
    thoughts = [thought for thought in map(records.record, listed(record.get("thoughts"))) if thought]
    for thought in thoughts:
        words = (records.text(thought.get("subject")), records.text(thought.get("description")))
        yield ReasoningPart("\n".join(filter(None, words)), AGENT)
    calls = calls_of(record)
    made = {records.text(call.get("id")) for call in calls}
    for part in parts_of(record):
        if signature := records.text(part.get("thoughtSignature")):
            yield ReasoningPart("", AGENT, argument_text({"thoughtSignature": signature}))
        if part.get("thought"):
            if not thoughts:
                yield ReasoningPart(records.text(part.get("text")), AGENT)
        elif isinstance(call := part.get("functionCall"), dict):
            if records.text(call.get("id")) not in made:
                yield _call(call)
        else:
            yield from _plain(part)
    for call in calls:
        yield _call(call)
    for call in calls:
        yield from _outcome(call, cwd)


def read_results(record: Json, known: frozenset[str]) -> Iterator[Part | str]:
    """The results of a record that holds nothing else, without those of the calls in ``known``."""
    parts = parts_of(record)
    for place, part in enumerate(parts):
        response = part.get("functionResponse")
        if isinstance(response, dict) and records.text(response.get("id")) not in known:
            given = records.record(response.get("response"))
            yield _result(response, _pictures(parts, place), "error" not in given)


def result_ids(record: Json) -> set[str]:
    """Of which calls a record holds results."""
    found = {records.text(records.record(part.get("functionResponse")).get("id")) for part in parts_of(record)}
    return found | {records.text(call.get("id")) for call in calls_of(record) if call.get("result")}


def usage_of(record: Json) -> Usage | None:
    """``input`` holds the cached tokens, ``output`` leaves out the thoughts (as the API's ``usageMetadata``)."""
    tokens = records.record(record.get("tokens"))
    if not tokens:
        return None
    cached, thoughts = records.count(tokens.get("cached")), records.count(tokens.get("thoughts"))
    return Usage(
        model=records.text(record.get("model")),
        input_tokens=max(0, records.count(tokens.get("input")) + records.count(tokens.get("tool")) - cached),
        cached_input_tokens=cached,
        cache_write_tokens=0,
        output_tokens=records.count(tokens.get("output")) + thoughts,
        reasoning_tokens=thoughts,
    )


def _plain(part: Json) -> Iterator[Part | str]:
    if isinstance(text := part.get("text"), str):
        if text:
            yield TextPart(text)
    elif "inlineData" in part:
        yield _picture(part) or "a part with data that is no picture"
    elif not records.record(part.get("functionResponse")):
        yield f"a part of an unknown kind: {', '.join(sorted(part))[:200]}"


def _picture(part: Json) -> ImagePart | None:
    inline = records.record(part.get("inlineData"))
    return picture(inline.get("mimeType"), inline.get("data"))


def _call(call: Json) -> ToolCallPart:
    name = records.text(call.get("name"))
    kind = TOOL_KINDS.get(name, ToolKind.MCP if name.startswith("mcp_") else ToolKind.OTHER)
    return ToolCallPart(records.text(call.get("id")), name, kind, argument_text(call.get("args") or {}))


def _outcome(call: Json, cwd: str) -> Iterator[Part]:
    """The result of a call, where it has one, and the file that it changed."""
    key, status, result = records.text(call.get("id")), call.get("status"), call.get("result")
    shown = call.get("resultDisplay")
    ok = status == "success"
    if isinstance(result, str):
        yield ToolResultPart(key, ok, result)
    elif isinstance(result, dict):
        yield _result(records.record(result.get("functionResponse")) | {"id": key}, (), ok)
    elif isinstance(result, list) and result:
        parts = [{"text": part} if isinstance(part, str) else records.record(part) for part in result]
        yield _listed(parts, key, ok)
    elif status in ("success", "error", "cancelled"):
        yield ToolResultPart(key, ok, records.text(shown))
    change = records.record(shown)
    if ok and (path := records.text(change.get("filePath"))):
        added = bool(change.get("isNewFile")) or not change.get("originalContent")
        yield FileChangePart(inside(path, cwd), "added" if added else "modified", key)


def _listed(parts: list[Json], key: str, ok: bool) -> ToolResultPart:
    """The result of call ``key`` among ``parts``, which after a resume are those of all calls of the answer."""
    responses = [place for place, part in enumerate(parts) if records.record(part.get("functionResponse"))]
    mine = [place for place in responses if parts[place]["functionResponse"].get("id") == key]
    if not (mine or responses):
        text = "\n".join(records.text(part.get("text")) for part in parts)
        return ToolResultPart(key, ok, text, _pictures(parts, -1))
    place = (mine or responses)[0]
    return _result(parts[place]["functionResponse"] | {"id": key}, _pictures(parts, place), ok)


def _pictures(parts: list[Json], place: int) -> tuple[ImagePart, ...]:
    """The pictures that stand behind the response at ``place``, up to the next one."""
    found: list[ImagePart] = []
    for part in parts[place + 1 :]:
        if "functionResponse" in part:
            break
        if image := _picture(part):
            found.append(image)
    return tuple(found)


def _result(response: Json, beside: tuple[ImagePart, ...], ok: bool) -> ToolResultPart:
    given = records.record(response.get("response"))
    value = next((given[key] for key in ("output", "error") if key in given), given)
    text = value if isinstance(value, str) else argument_text(value)
    within = [_picture(records.record(part)) for part in listed(response.get("parts"))]
    pictures = (*(image for image in within if image), *beside)
    return ToolResultPart(records.text(response.get("id")), ok, text, pictures)
