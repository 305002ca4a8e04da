"""The program as a person starts it: a process of its own, with a home, a configuration and a working directory."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from warm import Limits, Warm

LIMIT_S = 60
WARM = {"cwd", "timeout", "stdin", "input", "env", "stdout", "stderr", "text", "bufsize"}
"""What a warm Minga can be given."""
AGENT = Path(__file__).with_name("plain_acp.py")

TOML = """
name = "plain"
title = "Plain"
vendor = "nobody"
model_family = "none"
model = "none"
command = "plain-agent"
driver = "acp"
arguments = []
home = { default = ".plain", variables = { PLAIN_HOME = "${home}" } }
login = { command = "plain login", variables = ["HOME"] }
proven = { min = "1.0.0", max = "1.0.0" }
limits = { start_s = 20, silence_s = 30 }
environment = { FAKE_VERSION = "@version@" }
"""


@dataclass
class Program:
    """`minga`, alone in ``root``. ``environment`` and ``limits`` (of resources) may be changed between runs. ``warm``
    runs it where that makes no difference to what is tested; else each run is a new Python."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    warm: Warm | None = None
    limits: Limits = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in ("home", "config/agents", "bin", "work", "person"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self.environment |= {
            "PATH": f"{self.root / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.root / "person"),
            "LANG": "C.UTF-8",
            "MINGA_HOME": str(self.root / "home"),
            "MINGA_CONFIG": str(self.root / "config"),
        }

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "minga"]

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def store(self) -> Path:
        return self.root / "home" / "minga.db"

    def add_agent(self, version: str = "1.0.0") -> None:
        """Put the agent ``plain`` (`plain_acp.py`) on the search path and into the catalogue."""
        script = self.root / "bin" / "plain-agent"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{AGENT}" "$@"\n')
        script.chmod(0o755)
        (self.root / "config" / "agents" / "plain.toml").write_text(TOML.replace("@version@", version))

    def run(self, *arguments: str | bytes, **settings: Any) -> "Done":
        """Run it to its end; standard input is empty if not given. ``env`` adds to the environment."""
        given = {"cwd": self.work, "timeout": LIMIT_S, **settings}
        if "input" not in given and "stdin" not in given:
            given["stdin"] = subprocess.DEVNULL
        given["env"] = {**self.environment, **given.get("env", {})}
        if warm := self._warm_for(given):
            done = warm.run(arguments, limits=self.limits, **given)
        else:
            command = [*given.pop("prefix", []), *self.command, *arguments]
            done = subprocess.run(command, capture_output=True, **self._limit(), **given)
        return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    def start(self, *arguments: str, **settings: Any) -> subprocess.Popen[bytes]:
        given = {"cwd": self.work, "env": self.environment, "stdin": subprocess.DEVNULL, **settings}
        if warm := self._warm_for(given):
            return warm.start(arguments, self.limits, **given)
        return subprocess.Popen([*self.command, *arguments], **self._limit(), **given)

    def _warm_for(self, given: Mapping[str, Any]) -> Warm | None:
        plain = set(given) <= WARM and given.get("stdin", subprocess.DEVNULL) == subprocess.DEVNULL
        return self.warm if self.warm is not None and plain and self.warm.can(given["env"]) else None

    def _limit(self) -> dict[str, Any]:
        def limit() -> None:
            for kind, bounds in self.limits.items():
                resource.setrlimit(kind, bounds)

        return {"preexec_fn": limit} if self.limits else {}

    def sessions(self) -> list[dict[str, Any]]:
        return self.run("sessions", "list", "--json").lines()


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    def lines(self) -> list[dict[str, Any]]:
        assert self.code == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]

    def refused(self, code: int, *texts: str) -> None:
        """Nothing but an error of the given code, with each of ``texts`` in it, and a remedy."""
        assert self.code == code, (self.code, self.out, self.err)
        assert "Traceback" not in self.err
        for text in ("minga: ", "  → ", *texts):
            assert text in self.err, (text, self.err)


def namespace(script: str, environment: Mapping[str, str]) -> list[str]:
    """A command prefix that runs ``script`` as (mapped) root in a mount namespace of its own, then the command."""
    for options in (["--user", "--map-root-user", "--mount"], ["--mount"]):
        tried = subprocess.run(["unshare", *options, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
        if tried.returncode == 0:
            return ["unshare", *options, "sh", "-ec", f'{script}\nexec "$@"', "sh"]
    pytest.skip(f"this machine (user {os.geteuid()}) lets nobody mount: unshare --user --mount is forbidden")
