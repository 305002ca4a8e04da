"""The machine that measures: what it is, how busy it is, where the CLIs are, and the scripted server beside it."""

import contextlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import platformdirs

from minga.agents import registry
from minga.agents.facts import Facts
from minga.testing import Script

MODEL = "bench-model"
KEY_VARIABLE = "BENCH_KEY"


@dataclass(frozen=True, slots=True)
class Machine:
    """``load``: averages over 1, 5 and 15 minutes, before the measurements."""

    when: str
    cpu: str
    cores: int
    system: str
    python: str
    load: tuple[float, float, float]

    def __str__(self) -> str:
        load = " ".join(f"{one:.2f}" for one in self.load)
        return f"{self.when}: {self.cpu}, {self.cores} cores, {self.system}, Python {self.python}; load {load}"


def look() -> Machine:
    return Machine(
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        load=os.getloadavg(),
    )


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


@dataclass(frozen=True, slots=True)
class Cli:
    facts: Facts
    program: Path

    def __str__(self) -> str:
        """Name and version, as the npm package says it."""
        folders = self.program.resolve().parents
        packages = (folder / "package.json" for folder in folders)
        version = next((msgspec.json.decode(file.read_bytes())["version"] for file in packages if file.is_file()), "?")
        return f"{self.facts.name} {version}"


def find_clis(names: tuple[str, ...]) -> list[Cli]:
    """Return the CLIs of the catalogue that are installed (all, or those of ``names``).

    Looked for in ``$MINGA_TEST_CLIS`` (a folder of programs), then where Minga installs them, then on ``PATH``.
    """
    catalogue = registry.load(Path("/nonexistent"))
    home = Path(os.environ.get("MINGA_HOME") or platformdirs.user_data_path("minga"))
    search_path = os.pathsep.join(filter(None, (os.environ.get("MINGA_TEST_CLIS"), os.environ.get("PATH", ""))))
    for name in names:
        catalogue.check(name)
    chosen = [facts for facts in catalogue.facts.values() if not names or facts.name in names]
    found = [(facts, registry.find_program(facts, home / "clis", search_path)) for facts in chosen]
    return [Cli(facts, program) for facts, program in found if program is not None]


def environment(home: Path, clis: list[Cli]) -> dict[str, str]:
    """A person's environment with an empty home, in which Minga finds ``clis``."""
    folders = dict.fromkeys(str(cli.program.parent) for cli in clis)
    return {
        "PATH": os.pathsep.join([*folders, os.environ["PATH"]]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "MINGA_HOME": str(home / "minga"),
        "MINGA_CONFIG": str(home / "config"),
        KEY_VARIABLE: "k",
    }


def minga_command() -> tuple[str, ...]:
    """The installed program ``minga`` of this Python, as a person starts it."""
    program = Path(sys.executable).with_name("minga")
    return (str(program),) if program.exists() else (sys.executable, "-m", "minga")


def make_repository(folder: Path) -> Path:
    """A git repository with one small file, to work in."""
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("nothing of importance\n")
    git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.org")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "start")):
        subprocess.run([*git, *arguments], cwd=folder, check=True, capture_output=True)
    return folder


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """An empty folder, removed at the end even if a CLI still writes into it."""
    with tempfile.TemporaryDirectory(prefix="minga-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@contextlib.contextmanager
def scripted_server(script: Script, folder: Path) -> Iterator[str]:
    """Serve ``script`` in a process of its own, so that it takes no time from what is measured; yield its address."""
    file = folder / "script.json"
    file.write_bytes(msgspec.json.encode(script))
    with (folder / "server.log").open("wb") as errors:
        server = subprocess.Popen(
            [sys.executable, "-m", "minga.testing", "--script", str(file)], stdout=subprocess.PIPE, stderr=errors
        )
    assert server.stdout is not None
    try:
        url = server.stdout.readline().decode().strip()
        drain = subprocess.Popen(["cat"], stdin=server.stdout, stdout=subprocess.DEVNULL)
        yield url
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()
        drain.wait(10)
