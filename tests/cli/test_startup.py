"""The help is quick because it imports little; a clock would tell the same less surely on a busy machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from minga.entrypoints.cli.main import QUICK, VERBS


def imported_by(home: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "minga", *arguments],
        env={"MINGA_HOME": str(home), "MINGA_CONFIG": str(home), "HOME": str(home), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def test_the_help_imports_neither_the_event_loop_nor_any_verb(tmp_path: Path) -> None:
    imported = imported_by(tmp_path, "--help")
    assert "minga.entrypoints.cli.main" in imported
    assert not imported & {"minga.bootstrap", "asyncio", "msgspec", "psutil", "rich", "importlib.metadata"}


def test_a_run_of_the_builtin_agent_imports_no_driver_and_no_drawing(tmp_path: Path) -> None:
    imported = imported_by(tmp_path, "run", "--quiet", "--agent", "builtin", "validate RUT 12.345.678-5")
    assert "minga.agents.builtin.driver" in imported
    assert not {name for name in imported if name.startswith("minga.agents.drivers.")}
    assert "rich" not in imported


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_finds_what_it_imports_where_nothing_was_imported_before(tmp_path: Path, verb: str) -> None:
    """Most tests run a verb in a Python that has imported the others already (`warm_minga.py`)."""
    assert ("minga.bootstrap" in imported_by(tmp_path, verb, "--help")) is (verb not in QUICK)


def test_the_tools_are_offered_before_anything_is_imported_that_does_their_work(tmp_path: Path) -> None:
    """Three of six CLIs send their first request without the tools of a server that is not ready."""
    imported = imported_by(tmp_path, "mcp", "--list")
    assert "minga.entrypoints.mcp.conversation" in imported
    assert not imported & {"minga.bootstrap", "apsw", "psutil", "rich", "numpy", "lxml.etree", "mcp"}
    assert not {name for name in imported if name.startswith("minga.entrypoints.mcp.work.")}
