"""A server for each test of this folder."""

from collections.abc import Iterator

import pytest

from minga.testing import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running
