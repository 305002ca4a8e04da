"""The real agent CLIs of this machine, for every test that runs one."""

import os
from pathlib import Path
from typing import NoReturn

import platformdirs
import pytest

INSTALLED = Path(os.environ.get("MINGA_HOME") or platformdirs.user_data_path("minga")) / "clis"
"""Where `minga agents install` puts them; read before the tests get a HOME of their own."""


def find_cli(name: str) -> Path | None:
    """The program in ``$MINGA_TEST_CLIS`` (a folder of programs), else as Minga installed it."""
    given = os.environ.get("MINGA_TEST_CLIS")
    folders = [Path(given)] if given else []
    folders.append(INSTALLED / name / "node_modules" / ".bin")
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def require_cli(name: str) -> Path:
    """The program; without it the test is skipped, or fails where ``MINGA_REQUIRE_CLIS`` says that all must be here."""
    program = find_cli(name)
    if program is None:
        missing(f"{name} is not installed: run `minga agents install {name}`, or set MINGA_TEST_CLIS to its folder")
    return program


def missing(reason: str) -> NoReturn:
    assert not os.environ.get("MINGA_REQUIRE_CLIS"), reason
    pytest.skip(reason)
