"""The demonstration of one project in two real CLIs, as `make demo-connect` shows it."""

import os
import subprocess
import sys
from pathlib import Path

from clis import INSTALLED, require_cli

EXAMPLE = Path(__file__).parents[2] / "examples" / "one_project_two_clis.py"


def test_what_one_cli_was_told_the_other_knows_and_both_check_an_invoice() -> None:
    for cli in ("claude", "codex"):
        require_cli(cli)
    environment = {**os.environ, "MINGA_HOME": str(INSTALLED.parent), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert sum(line == "it was told the rules of the project: yes" for line in seen) == 2
    assert sum(line == "it may hand work to the sub-agent reviewer: yes" for line in seen) == 2
    assert sum("17 tools of Minga's" in line for line in seen) == 2
    answers = [line.removeprefix("a tool answered it: ") for line in seen if line.startswith("a tool answered it: ")]
    assert len(answers) == 4
    checked, saved, found, checked_again = answers
    assert '"verdict":"note"' in checked
    assert '"verdict":"note"' in checked_again
    item = saved.split('"')[3]
    assert f'"item":"{item}"' in found
    assert "codex: disconnected" in done.stdout
