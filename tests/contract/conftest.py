"""A stage for each agent, and the record of what they have shown."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from stage import PLAIN, Stage, require

from minga.domain.ids import AgentName
from minga.testing import ScriptedServer

AGENTS = ("codex", "claude", "gemini", "copilot", "opencode", "qwen", PLAIN)


@pytest.fixture(scope="session")
def shown() -> Iterator[dict[str, Any]]:
    """What each agent has shown; written to the file that MINGA_WRITE_MATRIX names, for `write_matrix.py`."""
    record: dict[str, Any] = {}
    yield record
    if target := os.environ.get("MINGA_WRITE_MATRIX"):
        Path(target).write_bytes(msgspec.json.format(msgspec.json.encode(record)))


@pytest.fixture(scope="module", params=AGENTS)
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shown: dict[str, Any]
) -> Iterator[Stage]:
    agent = AgentName(request.param)
    with ScriptedServer() as server:
        built = Stage(agent, tmp_path_factory.mktemp(agent), server)
        try:
            require(built)
            yield built
            shown[agent] = {"title": built.facts.title, "version": built.version, "shown": built.shown}
        finally:
            built.close()
