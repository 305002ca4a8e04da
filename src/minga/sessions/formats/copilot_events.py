"""What one event of Copilot CLI says, and which kinds of events say nothing of the conversation.

Source: ``schemas/session-events.schema.json``, which comes with 1.0.102; ``model.…`` beyond it were seen in its files.
"""

from collections.abc import Callable, Iterator

from minga.domain.events import FileChangeKind, ToolKind, Usage
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
from minga.sessions.formats.values import inside

AGENT = AgentName("copilot")

NOISE = {
    "what the screen or a program at the other end is told, also by kinds that are not stored": """
        assistant.idle assistant.intent assistant.message_delta assistant.message_start assistant.reasoning_delta
        assistant.server_tool_progress assistant.streaming_delta assistant.tool_call_delta assistant.turn_retry
        auto_mode_switch.completed auto_mode_switch.requested capabilities.changed command.completed command.execute
        command.queued commands.changed elicitation.completed elicitation.requested exit_plan_mode.completed
        exit_plan_mode.requested external_tool.completed external_tool.requested hook.end hook.progress hook.start
        human_response.recorded mcp_app.tool_call_complete pending_messages.modified sampling.completed
        sampling.requested session.info session.warning session.custom_notification session.background_tasks_changed
        session.idle session.todos_changed session_limits_exhausted.completed session_limits_exhausted.requested
        tool.execution_partial_result tool.execution_progress tool.shell_output ui.ephemeral_query
        user_input.completed user_input.requested agent.interrupted workflow.run_settled workflow.run_started
        workflow.run_updated session.error abort""",
    "limits of a turn; its messages stand in events of their own": """
        assistant.turn_end assistant.turn_start session.autopilot_stopped session.completion_receipt
        session.task_complete session.snapshot_rewind""",
    "the model call of a compaction, whose summary session.compaction_complete holds": """
        model.turn_started model.model_call_started model.model_call_success model.model_call_failure model.message
        model.response model.turn_ended model.messages_snapshot""",
    "repeats what an assistant.message holds": "assistant.reasoning",
    "repeats the usage records": """
        assistant.usage session.shutdown session.usage_checkpoint session.usage_info session.quota_observation
        session.fusion_change_checkpoint""",
    "what the CLI tells the model of itself": """
        system.message system.notification skill.context_delivered skill.context_delivered_ref skill.invoked
        skill.invoked_ref session.mode_notice_delivered session.skills_loaded tool_search.activated""",
    "state of the program, of its extensions and of its permissions": """
        mcp.headers_refresh_completed mcp.headers_refresh_required mcp.oauth_completed mcp.oauth_recovery_completed
        mcp.oauth_required mcp.prompts.list_changed mcp.resources.list_changed mcp.tools.list_changed
        model.call_failure model.call_final_result model.call_finished model.call_start permission.assentDetected
        permission.carriedForward permission.completed permission.contextualAuthorization
        permission.messageAuthorization permission.messageAuthorizationDegraded permission.messageAuthorizationRead
        permission.requested prompt_cache_break sandbox.decision session.auto_mode_resolved
        session.auto_tier_recommendation session.auto_tier_switch_failed session.autopilot_objective_changed
        session.canvas.closed session.canvas.opened session.canvas.recorded session.canvas.registry_changed
        session.canvas.removed session.canvas.unavailable session.custom_agents_updated
        session.extensions.attachments_pushed session.extensions_loaded session.indexed_search
        session.managed_plugin_progress session.managed_settings_enforced session.managed_settings_resolved
        session.mcp_server_needs_reconnect session.mcp_server_removed session.mcp_server_status_changed
        session.mcp_server_tools_loaded session.mcp_servers_loaded session.memory_changed session.mode_changed
        session.model_deselected session.permission_recovery session.permissions_changed session.plan_changed
        session.remote_steerable_changed session.request_body_compression_disabled session.schedule_cancelled
        session.schedule_created session.schedule_rearmed session.session_limits_changed session.tools_updated
        session.truncation session.workspace_file_changed subagent.completed subagent.configured
        subagent.deselected subagent.failed subagent.selected subagent.started""",
}
"""Known kinds that are passed over, by the reason."""

PASSED_OVER = frozenset(kind for kinds in NOISE.values() for kind in kinds.split())

INJECTED_SOURCES = ("skill-", "agent-", "system")
"""Where a ``user.message`` comes from that no person wrote: its ``source`` begins so."""

TOOL_KINDS = {
    "bash": ToolKind.SHELL,
    "powershell": ToolKind.SHELL,
    "write_bash": ToolKind.SHELL,
    "read_bash": ToolKind.SHELL,
    "stop_bash": ToolKind.SHELL,
    "view": ToolKind.READ,
    "grep": ToolKind.SEARCH,
    "rg": ToolKind.SEARCH,
    "glob": ToolKind.SEARCH,
    "create": ToolKind.EDIT,
    "edit": ToolKind.EDIT,
    "str_replace_editor": ToolKind.EDIT,
    "apply_patch": ToolKind.EDIT,
    "web_fetch": ToolKind.WEB,
    "web_search": ToolKind.WEB,
}

CHANGES: dict[str, FileChangeKind] = {"create": "added", "delete": "deleted"}

Assets = Callable[[str], ImagePart | None]
"""The picture that an earlier ``session.binary_asset`` brought, by its id."""


def is_injected(data: Json) -> bool:
    source = records.text(data.get("source"))
    return source.startswith(INJECTED_SOURCES) or data.get("isAutopilotContinuation") is True


def read_person(data: Json, assets: Assets) -> Iterator[Part | str]:
    """The parts of a ``user.message``; text is the reason why something of it cannot be read."""
    yield from (*records.lacking(data, content=str), *records.wrong(data, attachments=list))
    yield from records.strangers(data.get("attachments"), "an attachment")
    if said := records.text(data.get("content")):
        yield TextPart(said)
    for attachment in records.records(data.get("attachments")):
        kind = records.text(attachment.get("type"))
        yield _picture(attachment, assets) or f"an attachment that is no picture at hand: {kind[:100]}"


def read_answer(data: Json) -> Iterator[Part | str]:
    """The parts of an ``assistant.message``; text as in `read_person`."""
    yield from (*records.lacking(data, content=str), *records.wrong(data, toolRequests=list, reasoningText=str))
    yield from records.strangers(data.get("toolRequests"), "a tool request")
    opaque = {key: data[key] for key in ("reasoningOpaque", "encryptedContent", "reasoningBlocks") if data.get(key)}
    if opaque or records.text(data.get("reasoningText")):
        yield ReasoningPart(records.text(data.get("reasoningText")), AGENT, argument_text(opaque) if opaque else "")
    if said := records.text(data.get("content")):
        yield TextPart(said)
    for request in records.records(data.get("toolRequests")):
        yield from records.lacking(request, toolCallId=str, name=str)
        yield call(request, request.get("name"))


def call(request: Json, name: object) -> ToolCallPart:
    plain = records.text(name)
    is_mcp = bool(request.get("mcpServerName"))
    kind = ToolKind.MCP if is_mcp else TOOL_KINDS.get(plain, ToolKind.OTHER)
    arguments = request.get("arguments")
    return ToolCallPart(
        records.text(request.get("toolCallId")), plain, kind, argument_text({} if arguments is None else arguments)
    )


def read_outcome(data: Json, cwd: str, assets: Assets) -> Iterator[Part | str]:
    """The parts of a ``tool.execution_complete``; text as in `read_person`."""
    key, ok = records.text(data.get("toolCallId")), data.get("success") is True
    result, error = records.record(data.get("result")), records.record(data.get("error"))
    yield from records.lacking(data, toolCallId=str, success=bool)
    if ok or not result:
        yield from records.lacking(data, **{"result" if ok else "error": dict})
    yield from (*records.wrong(result, binaryResultsForLlm=list), *records.wrong(data, fileEdits=list))
    yield from (*(records.lacking(result, content=str) if result else ()), *records.wrong(error, message=str))
    output = result.get("content") if ok or "content" in result else error.get("message")
    images: list[ImagePart] = []
    for binary in records.records(result.get("binaryResultsForLlm")):
        if image := _picture(binary, assets):
            images.append(image)
        else:
            yield "a part of a result that is no picture at hand"
    yield ToolResultPart(key, ok, records.text(output), tuple(images))
    for edit in records.records(data.get("fileEdits")):
        if path := records.text(edit.get("path")):
            yield FileChangePart(inside(path, cwd), CHANGES.get(records.text(edit.get("kind")), "modified"), key)


def read_usage(used: Json) -> Usage:
    """``inputTokens`` holds what was read from and written to the cache, ``outputTokens`` the reasoning."""
    read, written = records.count(used.get("cacheReadTokens")), records.count(used.get("cacheWriteTokens"))
    return Usage(
        model=records.text(used.get("model")),
        input_tokens=max(0, records.count(used.get("inputTokens")) - read - written),
        cached_input_tokens=read,
        cache_write_tokens=written,
        output_tokens=records.count(used.get("outputTokens")),
        reasoning_tokens=records.count(used.get("reasoningTokens")),
    )


def _picture(value: Json, assets: Assets) -> ImagePart | None:
    found = picture(value.get("mimeType"), value.get("data"))
    return found or assets(records.text(value.get("assetId")))
