"""Minga's own server, as agents that Minga starts are given it."""

import sys

from minga.domain.task import McpServer
from minga.entrypoints.mcp.offered import TOOLS
from minga.settings import SETTINGS, Settings

_GIVEN = {"MINGA_HOME", "MINGA_CONFIG", *(setting.variable for setting in SETTINGS)}


def itself(settings: Settings) -> McpServer:
    """With the same settings, and its agents get it in their turn. Consent is the driver's: it asks the person, or the
    policy of the run, before each tool that changes something."""
    given = {name: value for name, value in settings.environment.items() if name in _GIVEN}
    environment = {**given, "MINGA_TOOLS": "on", "MINGA_MCP_CONSENT": "client"}
    reading = tuple(tool.name for tool in TOOLS if tool.effect == "reads")
    return McpServer("minga", sys.executable, ("-m", "minga", "mcp"), tuple(environment.items()), reading)


def for_runs(settings: Settings) -> McpServer | None:
    """Where the setting ``tools`` is on."""
    return itself(settings) if settings.text("tools") == "on" else None
