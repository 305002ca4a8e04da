"""Shared by the tests of the command line."""

from pathlib import Path

import pytest
from program import Program

from warm import Warm


@pytest.fixture
def minga(tmp_path: Path, warm: Warm) -> Program:
    """The program, in a place of its own."""
    return Program(tmp_path, warm=warm)
