"""Shared by the tests of the gateway."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Serving

from minga.testing import Say, Script, ScriptedServer


@pytest.fixture
def provider() -> Iterator[ScriptedServer]:
    """A provider that speaks every wire and says ``ok``."""
    with ScriptedServer(Script(default=Say("ok"))) as server:
        yield server


@pytest.fixture
def serving(tmp_path: Path, provider: ScriptedServer) -> Serving:
    """Not started yet."""
    made = Serving(tmp_path)
    made.provide(provider.url)
    return made
