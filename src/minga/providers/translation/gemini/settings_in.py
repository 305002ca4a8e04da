"""Tools and settings of a request as the form has them."""

from typing import Any

import msgspec

from minga.providers.translation.form import OutputForm, Reasoning, Request, Tool, ToolChoice
from minga.providers.translation.gemini import schemas, shapes
from minga.providers.translation.notes import Notes

_LOST = shapes.Fields("safety_settings", "labels", "service_tier", "store")

_SERVER_TOOLS = shapes.Fields(
    "google_search",
    "google_search_retrieval",
    "enterprise_web_search",
    "google_maps",
    "url_context",
    "code_execution",
    "computer_use",
    "file_search",
    "retrieval",
    "mcp_servers",
)

_TOOL_LOST = shapes.Fields("response", "response_json_schema", "behavior")
_TOOL_CONFIG_LOST = shapes.Fields("retrieval_config", "include_server_side_tool_invocations")

_CONFIG_LOST = shapes.Fields(
    "speech_config",
    "image_config",
    "media_resolution",
    "response_logprobs",
    "logprobs",
    "audio_timestamp",
    "routing_config",
    "model_selection_config",
    "enable_enhanced_civic_answers",
)


def note_lost(given: shapes.Request, notes: Notes) -> None:
    """Raises ValueError for what only Google holds."""
    if given.cached_content:
        raise ValueError("cachedContent is in Google's store; send the contents themselves")
    if given.continuation_token:
        raise ValueError("continuationToken is of an answer in Google's store; send the contents themselves")
    for name in _LOST.present(given):
        notes.add("gemini-settings", name)


def tools(given: shapes.Request, notes: Notes) -> tuple[Tool, ...]:
    told: list[Tool] = []
    for tool in shapes.listed(given.tools):
        for name in _SERVER_TOOLS.present(tool):
            notes.add("gemini-tools", name)
        told += [_tool(one, notes) for one in shapes.listed(tool.function_declarations)]
    return tuple(told)


def _tool(declared: shapes.Declaration, notes: Notes) -> Tool:
    if not declared.name:
        raise ValueError("a functionDeclaration has no name")
    for name in _TOOL_LOST.present(declared):
        notes.add("gemini-tools", name)
    schema = _schema(declared.parameters_json_schema, declared.parameters, notes) or b"{}"
    return Tool(declared.name, declared.description or "", schema)


def _schema(plain: msgspec.Raw, own: dict[str, Any] | None, notes: Notes) -> bytes:
    """A JSON Schema, or one of Gemini's own; empty if neither is there."""
    if schema := shapes.raw(plain):
        if not schema.startswith(b"{"):
            raise ValueError("a schema is a JSON object")
        return schema
    return b"" if own is None else msgspec.json.encode(schemas.json_schema(own, notes))


def tool_choice(
    given: shapes.Request, declared: tuple[Tool, ...], notes: Notes
) -> tuple[ToolChoice | None, tuple[Tool, ...]]:
    """The choice, and the tools that may be called: where some of them are allowed only, the others are left out."""
    if given.tool_config is None:
        return None, declared
    for name in _TOOL_CONFIG_LOST.present(given.tool_config):
        notes.add("gemini-tools", name)
    config = given.tool_config.function_calling_config
    if config is None:
        return None, declared
    if config.stream_function_call_arguments:
        notes.add("gemini-tools", "streamFunctionCallArguments")
    return _chosen(config, declared, notes)


def _chosen(
    config: shapes.CallingConfig, declared: tuple[Tool, ...], notes: Notes
) -> tuple[ToolChoice | None, tuple[Tool, ...]]:
    allowed = config.allowed_function_names or ()
    if allowed and config.mode not in ("ANY", "AUTO", "VALIDATED"):
        notes.add("gemini-allowed-unused")
    match config.mode:
        case None | "" | "MODE_UNSPECIFIED":
            return None, declared
        case "NONE":
            return ToolChoice("none"), declared
        case "ANY" if len(allowed) == 1:
            return ToolChoice("named", allowed[0]), declared
        case "ANY":
            return ToolChoice("any"), _allowed(allowed, declared, notes)
        case "AUTO" | "VALIDATED":
            if config.mode == "VALIDATED":
                notes.add("gemini-validated")
            return ToolChoice("auto"), _allowed(allowed, declared, notes)
        case other:
            raise ValueError(f"functionCallingConfig has the mode {other!r}; it is AUTO, ANY, NONE or VALIDATED")


def _allowed(allowed: tuple[str, ...], declared: tuple[Tool, ...], notes: Notes) -> tuple[Tool, ...]:
    if not allowed:
        return declared
    notes.add("gemini-allowed")
    return tuple(tool for tool in declared if tool.name in allowed)


def with_settings(request: Request, config: shapes.GenerationConfig | None, notes: Notes) -> Request:
    if config is None:
        return request
    for name in _CONFIG_LOST.present(config):
        notes.add("gemini-settings", name)
    if any(one.upper() != "TEXT" for one in config.response_modalities or ()):
        notes.add("gemini-settings", "responseModalities")
    if (config.candidate_count or 1) > 1:
        notes.add("gemini-settings", "candidateCount")
    return msgspec.structs.replace(
        request,
        answer_max=config.max_output_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=None if config.top_k is None else round(config.top_k),
        stop=config.stop_sequences or (),
        seed=config.seed,
        presence_penalty=config.presence_penalty,
        frequency_penalty=config.frequency_penalty,
        reasoning=_reasoning(config.thinking_config),
        output=_output(config, notes),
    )


def _reasoning(config: shapes.ThinkingConfig | None) -> Reasoning | None:
    if config is None:
        return None
    level = (config.thinking_level or "").lower().replace("thinking_level_unspecified", "")
    if level not in ("", "minimal", "low", "medium", "high", "xhigh"):
        raise ValueError(f"thinkingConfig has the thinkingLevel {config.thinking_level!r}, which is none")
    return Reasoning(level, config.thinking_budget, config.include_thoughts)


def _output(config: shapes.GenerationConfig, notes: Notes) -> OutputForm | None:
    schema = _schema(config.response_json_schema, config.response_schema, notes)
    match config.response_mime_type:
        case "application/json":
            return OutputForm(schema, strict=True if schema else None)  # Gemini keeps to it by itself
        case None | "" | "text/plain":
            return OutputForm(schema, strict=True) if schema else None
        case other:
            notes.add("gemini-settings", f"responseMimeType {other}")
            return None
