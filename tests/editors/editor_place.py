"""A home with agents for the tests of `minga acp`: ``plain``, and ``example`` of the public ACP library."""

import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent

TOML = """
name = "{name}"
title = "The {name}"
vendor = "nobody-{name}"
model_family = "{name}"
model = "claude-sonnet-5"
command = "{name}-agent"
driver = "acp"
arguments = []
home = {{ default = ".{name}", variables = {{ {upper}_HOME = "${{home}}" }} }}
login = {{ command = "{name} login", variables = ["HOME"] }}
proven = {{ min = "1.0.0", max = "1.0.0" }}
limits = {{ start_s = 30, silence_s = 30 }}
capabilities = {{ images = true, mcp = true }}
"""


class Place:
    """Where a Minga lives."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.work = root / "work"
        for folder in ("home", "config/agents", "bin", "work", "person"):
            (root / folder).mkdir(parents=True)
        self.environment = {
            "PATH": f"{root / 'bin'}:/usr/bin:/bin",
            "HOME": str(root / "person"),
            "LANG": "C.UTF-8",
            "MINGA_HOME": str(root / "home"),
            "MINGA_CONFIG": str(root / "config"),
            "MINGA_MEMORY": "off",
        }

    def add(self, name: str, program: str = "cli/plain_acp.py") -> None:
        script = self.root / "bin" / f"{name}-agent"
        answer = 'case "$1" in --version) echo 1.0.0; exit;; esac'
        script.write_text(f'#!/bin/sh\n{answer}\nexec "{sys.executable}" "{TESTS / program}" "$@"\n')
        script.chmod(0o755)
        text = TOML.format(name=name, upper=name.upper())
        (self.root / "config" / "agents" / f"{name}.toml").write_text(text)
