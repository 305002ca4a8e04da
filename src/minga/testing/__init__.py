"""A scripted model server, for tests of Minga and of anything that talks to a model or drives an agent CLI.

It speaks OpenAI Responses, OpenAI Chat Completions, Anthropic Messages and Gemini, answers by script, and records what
it was asked. It never calls a model. It needs aiohttp and imports nothing else of Minga.
Entry: `ScriptedServer`; from a shell ``python -m minga.testing``.
"""

from minga.testing.conversation import Message, ModelRequest, Tool, ToolResult, ToolUse
from minga.testing.script import (
    CallMcp,
    CallTool,
    CutStream,
    Drip,
    Endless,
    Fail,
    Garbage,
    Rule,
    RunShell,
    Say,
    Script,
    Slow,
    Step,
    Think,
    Tokens,
    Turn,
    Wire,
    WriteFile,
    read_script,
)
from minga.testing.server import Received, ScriptedServer

__all__ = [
    "CallMcp",
    "CallTool",
    "CutStream",
    "Drip",
    "Endless",
    "Fail",
    "Garbage",
    "Message",
    "ModelRequest",
    "Received",
    "Rule",
    "RunShell",
    "Say",
    "Script",
    "ScriptedServer",
    "Slow",
    "Step",
    "Think",
    "Tokens",
    "Tool",
    "ToolResult",
    "ToolUse",
    "Turn",
    "Wire",
    "WriteFile",
    "read_script",
]
