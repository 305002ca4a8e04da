"""Where the peers lie, and how they get there: each in an environment of its own, outside of the repository."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import platformdirs

OUTSIDE = Path(__file__).with_name("outside")

INSTALL_LIMIT_S = 900

PYTHON_PEERS = {
    "litellm": ("litellm[proxy]==1.106.2", "uvloop==0.23.0"),
    "rolter": ("rolter==0.1.0",),
    "smg": ("smg==1.13.0",),
    "tensorzero": ("tensorzero==2026.6.0", "openai==3.54.0"),
}
"""Environment -> packages. LiteLLM never as 1.82.7 or 1.82.8, which stole credentials (its issue 24518)."""

NODE_PEERS = ("@portkey-ai/gateway@1.15.2", "@musistudio/claude-code-router@2.0.0")

Say = Callable[[str], None]


class CannotMeasure(Exception):
    """A program without which nothing can be measured is missing."""


def folder() -> Path:
    """``BENCH_ENVS``, or a folder below the user's cache."""
    return Path(os.environ.get("BENCH_ENVS") or platformdirs.user_cache_path("minga-bench") / "gateway")


def program(name: str) -> str:
    """Raises CannotMeasure."""
    found = shutil.which(name)
    if found is None:
        raise CannotMeasure(f"{name} is missing: apt-get install {'libc6-dev gcc' if name == 'gcc' else name}")
    return found


def install(say: Say) -> None:
    """Install what is missing, as far as it can be; a peer that cannot be had is left out of the table."""
    where = folder()
    for name, packages in PYTHON_PEERS.items():
        if not (where / name / ".ready").exists():
            say(f"installing {packages[0]}")
            pip = str(where / name / "bin" / "pip")
            commands = [(sys.executable, "-m", "venv", str(where / name)), (pip, "install", "--quiet", *packages)]
            _mark(where / name, all(_try(command, where, say) for command in commands))
    if not (where / "node" / ".ready").exists():
        say(f"installing {', '.join(NODE_PEERS)}")
        npm = ("npm", "install", "--loglevel=error", "--no-audit", "--no-fund", "--prefix", str(where / "node"))
        _mark(where / "node", _try((*npm, *NODE_PEERS), where, say))
    if nginx() is None:
        say("fetching nginx")
        _fetch_nginx(where / "nginx", say)


def nginx() -> str | None:
    fetched = folder() / "nginx" / "usr" / "sbin" / "nginx"
    installed = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return installed or (str(fetched) if fetched.exists() else None)


def _fetch_nginx(where: Path, say: Say) -> None:
    """Debian's package, unpacked and not installed: no service is started, and no right is needed."""
    where.mkdir(parents=True, exist_ok=True)
    if _try(("apt-get", "download", "nginx"), where, say):
        for package in where.glob("nginx_*.deb"):
            _try(("dpkg", "-x", str(package), str(where)), where, say)


def build(where: Path) -> Path:
    """Compile the model server and the library for TensorZero into ``where``; return the first. Raises
    CannotMeasure."""
    gcc = program("gcc")
    stub = where / "stub"
    commands = [
        (gcc, "-O2", "-o", str(stub), str(OUTSIDE / "stub.c")),
        (gcc, "-O2", "-shared", "-fPIC", "-o", str(where / "bindport.so"), str(OUTSIDE / "bindport.c"), "-ldl"),
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotMeasure(f"gcc failed: {done.stderr[-500:]}")
    return stub


def _mark(where: Path, done: bool) -> None:
    if done:
        (where / ".ready").touch()


def _try(command: Sequence[str], where: Path, say: Say) -> bool:
    where.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            command, cwd=where, capture_output=True, stdin=subprocess.DEVNULL, timeout=INSTALL_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired) as wrong:
        say(f"{command[0]}: {wrong}")
        return False
    if done.returncode != 0:
        say(f"{command[0]}: {done.stderr.decode('utf-8', 'replace')[-300:]}")
    return done.returncode == 0
