"""Shared by the tests of the command line."""

from pathlib import Path

import pytest
from program import Program


@pytest.fixture
def minga(tmp_path: Path) -> Program:
    """The program, in a place of its own."""
    return Program(tmp_path)
