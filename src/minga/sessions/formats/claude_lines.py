"""Which lines of a Claude Code session are no conversation. The types of lines are those of 2.1.330 (read there) and
of older files."""

import re

from minga.domain.events import ToolKind

RECORDS = frozenset(
    {
        "agent-color",
        "agent-name",
        "agent-setting",
        "api-request",
        "api-request-blob",
        "api-request-resumed",
        "api-request-shape",
        "artifact-autoreact-ledger",
        "artifact-comment-monitor",
        "atis-latch",
        "attachment",
        "attribution-snapshot",
        "bridge-session",
        "content-replacement",
        "continued-in",
        "cost-state",
        "data-flow-incomplete",
        "data-flow-records",
        "derived-from",
        "dev-mods",
        "ended-by-model",
        "file-history-delta",
        "file-history-snapshot",
        "fork-context-ref",
        "frame-link",
        "history-suppression",
        "host-row",
        "hybrid-organization",
        "isolation-latch",
        "last-prompt",
        "memory-mode",
        "mode",
        "observer-ref",
        "permission-mode",
        "pr-link",
        "progress",
        "queue-operation",
        "relocated",
        "repl-mode",
        "resume-head-vouch",
        "session-owner",
        "system",
        "tag",
        "tools-used",
        "worktree-state",
    }
)
"""Requests to the model (which repeat the conversation), context that the CLI attaches, progress, cost, state of the
interface, of files and of the host. Where they have an id, they are links of the chain."""

TITLES = {"summary": "summary", "ai-title": "aiTitle", "custom-title": "customTitle"}
"""Type of line to the field with the title; a later type is preferred."""

UNSAID_ORIGINS = frozenset({"task-notification", "auto-continuation", "plugin", "unclassified"})
"""Kinds of ``origin`` of lines of type ``user`` that nobody wrote: the CLI or a plugin told the model something."""

INJECTED = (
    "system-reminder",
    "local-command-caveat",
    "local-command-stdout",
    "local-command-stderr",
    "bash-input",
    "bash-stdout",
    "task-notification",
    "user-memory-input",
)
"""Tags of texts that stand under the person's name without being words to the model: reminders, the person's own
commands to the CLI or the shell, and what came of them."""

INTERRUPTED = re.compile(r"\[Request interrupted by user[^\]]*\]")

LOCAL_COMMAND = re.compile(r"\s*<command-name>")
"""Begins a command that the CLI itself answers, such as /compact."""

PROMPT_COMMAND = re.compile(
    r"\s*<command-message>.*?</command-message>\s*<command-name>(.*?)</command-name>"
    r"(?:\s*<command-args>(.*?)</command-args>)?",
    re.DOTALL,
)
"""A command that stands for a prompt to the model; the prompt itself comes in a line of the CLI's own."""

KINDS = {
    ToolKind.SHELL: frozenset({"Bash", "BashOutput", "KillShell", "PowerShell"}),
    ToolKind.EDIT: frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"}),
    ToolKind.READ: frozenset({"Read", "NotebookRead"}),
    ToolKind.SEARCH: frozenset({"Glob", "Grep", "LS"}),
    ToolKind.WEB: frozenset({"WebFetch", "WebSearch", "web_fetch", "web_search"}),
}
