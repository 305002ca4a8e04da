"""Shared by the tests of the gateway."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from serving import Serving

from minga.testing import Say, Script, ScriptedServer
from warm import Warm


@pytest.fixture
def provider() -> Iterator[ScriptedServer]:
    """A provider that speaks every wire and says ``ok``."""
    with ScriptedServer(Script(default=Say("ok"))) as server:
        yield server


@pytest.fixture
def serving(tmp_path: Path, warm: Warm, provider: ScriptedServer) -> Serving:
    """Not started yet."""
    made = Serving(tmp_path, warm)
    made.provide(provider.url)
    return made


@pytest.fixture(scope="module")
def shown(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """What the tests of a module have seen, ``row column`` -> cell; written to the folder that MINGA_WRITE_TRANSLATIONS
    names, for `write_translations.py`."""
    found: dict[str, str] = {}
    yield found
    if folder := os.environ.get("MINGA_WRITE_TRANSLATIONS"):
        target = Path(folder) / f"{request.module.__name__}.json"
        target.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
