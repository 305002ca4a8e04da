"""Shared by the tests of `minga acp`."""

from pathlib import Path

import pytest
from editor_place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.add("plain")
    return made
