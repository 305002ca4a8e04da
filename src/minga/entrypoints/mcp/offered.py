"""The tools that there are, and which of them a client is offered."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from minga.domain.errors import BadInput
from minga.entrypoints.mcp.tool import Tool
from minga.entrypoints.mcp.tools import answers, asking, memory, sessions, taxes

TOOLS: tuple[Tool, ...] = (*memory.TOOLS, *sessions.TOOLS, *asking.TOOLS, *taxes.TOOLS, *answers.TOOLS)


def offered(wanted: Sequence[str] = (), *, here: bool = True) -> list[Tool]:
    """Those whose names fit one of ``wanted`` (patterns such as ``memory_*``); all if there is none. ``here``: for a
    client on this machine. Raises BadInput for a pattern that fits none."""
    for pattern in wanted:
        if not any(fnmatchcase(tool.name, pattern) for tool in TOOLS):
            names = ", ".join(tool.name for tool in TOOLS)
            raise BadInput(detail=f"no tool is called {pattern!r}; there are {names}")
    found = [tool for tool in TOOLS if not wanted or any(fnmatchcase(tool.name, one) for one in wanted)]
    return [tool for tool in found if here or not tool.here_only]
