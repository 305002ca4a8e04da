"""What a Codex rollout says only in its lines for the interface: how a tool call ended, which files it changed, what a
model call used (0.169.0, and the event types of 2025)."""

from minga.domain.events import Usage
from minga.domain.transcript import FileChangePart
from minga.sessions.formats import codex_items, records
from minga.sessions.formats.records import Json


class Outcomes:
    """What the calls that have no result yet did. ``cwd`` is where the session works."""

    def __init__(self) -> None:
        self.cwd = ""
        self._ok: dict[str, bool] = {}
        self._changes: list[FileChangePart] = []

    def note(self, event: Json) -> None:
        item = records.record(event.get("item"))
        match event.get("type"):
            case "item_completed" if item.get("type") in ("CommandExecution", "FileChange", "McpToolCall"):
                self._end(item.get("id"), item.get("status") == "completed" and not item.get("error"))
                if item.get("type") == "FileChange" and item.get("status") == "completed":
                    self._changes += codex_items.changed_files(item.get("changes"), self.cwd)
            case "exec_command_end":
                self._end(event.get("call_id"), event.get("exit_code") == 0)
            case "mcp_tool_call_end":
                self._end(event.get("call_id"), "Ok" in records.record(event.get("result")))
            case "patch_apply_end":
                self._end(event.get("call_id"), event.get("success") is True)
                if event.get("success") is True:
                    self._changes += codex_items.changed_files(event.get("changes"), self.cwd)

    def _end(self, call_id: object, ok: bool) -> None:
        if isinstance(call_id, str):
            self._ok[call_id] = ok

    def take_ok(self, call_id: str, payload: Json, text: str) -> bool:
        """Whether the call succeeded: as Minga wrote it, as its event said, else as its text sounds."""
        noted = self._ok.pop(call_id, None)
        if isinstance(written := payload.get("success"), bool):
            return written
        return codex_items.succeeded(text) if noted is None else noted

    def take_changes(self, call_id: str) -> list[FileChangePart]:
        """The files changed since the last call of this; ``call_id`` is the call that did it."""
        changes = [FileChangePart(change.path, change.change, call_id) for change in self._changes]
        self._changes.clear()
        return changes


class Counter:
    """Finds each model call once: ``token_usage_record`` in newer files; before that ``token_count``, which is repeated
    where nothing was used, and which newer files have beside the record."""

    def __init__(self) -> None:
        self._has_records = False
        self._responses: set[str] = set()
        self._total: object = None

    def used(self, event: Json, model: str) -> Usage | None:
        """The usage of one more model call, if this event tells one."""
        if event.get("type") == "token_usage_record":
            self._has_records = True
            response = records.text(event.get("response_id"))
            if response and response in self._responses:
                return None
            self._responses.add(response)
            return _usage(event.get("usage"), model)
        info = records.record(event.get("info"))
        total = info.get("total_token_usage")
        if event.get("type") != "token_count" or self._has_records or not total or total == self._total:
            return None
        self._total = total
        return _usage(info.get("last_token_usage"), model)


def _usage(value: object, model: str) -> Usage | None:
    """``input_tokens`` of the file includes those from and to the cache."""
    if not isinstance(value, dict):
        return None
    counts = {name: records.count(value.get(name)) for name in value}
    read, written = counts.get("cached_input_tokens", 0), counts.get("cache_write_input_tokens", 0)
    usage = Usage(
        model=model,
        input_tokens=max(0, counts.get("input_tokens", 0) - read - written),
        cached_input_tokens=read,
        cache_write_tokens=written,
        output_tokens=counts.get("output_tokens", 0),
        reasoning_tokens=counts.get("reasoning_output_tokens", 0),
    )
    return usage if any((usage.input_tokens, read, written, usage.output_tokens)) else None
