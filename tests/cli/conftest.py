"""Shared by the tests of the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Program
from warm import Warm, warmed


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """Minga, imported once for all tests of this process."""
    with warmed() as server:
        yield server


@pytest.fixture
def minga(tmp_path: Path, warm: Warm) -> Program:
    """The program, in a place of its own."""
    return Program(tmp_path, warm=warm)
