"""Minga's own server, as agents that Minga starts are given it."""

import sys

from minga.domain.task import McpServer
from minga.entrypoints.mcp.offered import TOOLS
from minga.settings import SETTINGS, Settings

_ELSEWHERE = ("sync_place", "a2a_directory")
"""Settings that count in other programs; the first may hold a password."""

_GIVEN = {"MINGA_HOME", "MINGA_CONFIG", *(one.variable for one in SETTINGS if one.key not in _ELSEWHERE)}


def itself(settings: Settings) -> McpServer:
    """With the same settings, and its agents get it in their turn; the keys among them are `Launch.secrets`. Consent is
    the driver's: it asks the person, or the policy of the run, before each tool that changes something."""
    given = {name: value for name, value in settings.environment.items() if name in _GIVEN}
    if settings.endpoint is None:
        given.pop("MINGA_ENDPOINT_KEY", None)
    environment = {**given, "MINGA_TOOLS": "on", "MINGA_MCP_CONSENT": "client"}
    reading = tuple(tool.name for tool in TOOLS if tool.effect == "reads")
    return McpServer("minga", sys.executable, ("-m", "minga", "mcp"), tuple(environment.items()), reading)


def for_runs(settings: Settings) -> McpServer | None:
    """Where the setting ``tools`` is on."""
    return itself(settings) if settings.text("tools") == "on" else None
