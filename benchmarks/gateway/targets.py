"""What is measured: the floors, Minga, the peers; and how each is started on a port of its own."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from benchmarks import machine
from benchmarks.gateway import configs, environments
from benchmarks.gateway.load import MODEL, Door

Group = Literal["floor", "ours", "peer"]

BEARER: Mapping[str, str] = {"Authorization": f"Bearer {configs.KEY}"}

WITHOUT_LIMITS = ("--requests-per-minute", "100000000", "--budget-usd", "1000000")
"""A key's limits that are on and never reached."""

COMPILED = Path(__file__).parents[2] / ".compiled"
"""Where `make compiled` puts it."""


@dataclass(frozen=True, slots=True)
class Launch:
    command: tuple[str, ...]
    door: Door
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """``does`` is what it does for a call. `start` gets the folder of this start, a free port, and the stub's port; it
    is None for the stub itself."""

    name: str
    group: Group
    version: str
    does: str
    start: Callable[[Path, int, int], Launch] | None = None
    start_limit_s: float = 60.0


@dataclass(slots=True)
class Minga:
    """Minga's store for the whole run: a real one on the disk, with one key of everything. ``settings`` are variables
    of its environment."""

    folder: Path
    upstream: int
    settings: Mapping[str, str] = field(default_factory=dict)
    key: str = ""

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "MINGA_HOME": str(self.folder / "home"),
            "MINGA_CONFIG": str(self.folder / "config"),
            "BENCH_KEY": "the-providers-key",
            **self.settings,
        }

    def prepare(self) -> None:
        configs.minga(self.folder / "config", self.upstream, [("stub", "", ["gpt-*"])])
        self.key = self.run("virtual-keys", "add", "bench", *WITHOUT_LIMITS).strip()

    def run(self, *words: str) -> str:
        done = subprocess.run(
            (*machine.minga_command(), *words), env=self.environment(), capture_output=True, text=True, timeout=120
        )
        if done.returncode != 0:
            raise environments.CannotMeasure(f"minga {words[0]}: {done.stderr[-500:]}")
        return done.stdout

    def calls(self) -> int:
        """How many the ledger holds."""
        rows = self.run("costs", "--json").splitlines()
        return sum(int(msgspec.json.decode(row)["calls"]) for row in rows)

    def has_workers(self) -> bool:
        return "--workers" in self.run("serve", "--help")

    def start(self, folder: Path, port: int, upstream: int, *words: str) -> Launch:
        door = Door(port, "/v1/chat/completions", {"Authorization": f"Bearer {self.key}"})
        return Launch((*machine.minga_command(), "serve", "--port", str(port), *words), door, self.environment())

    def start_compiled(self, folder: Path, port: int, upstream: int) -> Launch:
        """The same, with what was compiled in the place of the source. Raises CannotMeasure."""
        if not (COMPILED / "minga").is_dir():
            raise environments.CannotMeasure("nothing is compiled: make compiled")
        launch = self.start(folder, port, upstream)
        return replace(launch, environment={**launch.environment, "PYTHONPATH": str(COMPILED)})


def all_of(ours: Minga, built: Path, *, compiled: bool = False) -> list[Target]:
    """Those that are there. ``built`` is where `environments.build` wrote to; ``compiled``: also what `make compiled`
    made."""
    everything = "key, rate limit, budget, price, usage log"
    version = ours.run("--version").split()[-1]
    found = [Target("direct", "floor", "", "the model server itself")]
    if (nginx := environments.nginx()) is not None:
        found.append(Target("nginx", "floor", _version(nginx, "-v"), "passes bytes on", _nginx))
    found.append(Target("Minga", "ours", version, everything, ours.start))
    if ours.has_workers():
        two = lambda folder, port, upstream: ours.start(folder, port, upstream, "--workers", "2")  # noqa: E731
        found.append(Target("Minga 2 workers", "ours", version, everything, two))
    if compiled:
        found.append(Target("Minga compiled", "ours", version, everything, ours.start_compiled))
    where = environments.folder()
    peers = [
        (Target("LiteLLM", "peer", "1.106.2", "one key; no limits, no log", _litellm, 240), where / "litellm"),
        (Target("Portkey", "peer", "1.15.2", "no key, no limits, no log", _portkey), where / "node"),
        (Target("ccr", "peer", "2.0.0", "one key; Anthropic to chat", _claude_code_router), where / "node"),
        (Target("rolter", "peer", "0.1.0", "one key; no limits", _rolter), where / "rolter"),
        (Target("smg", "peer", "1.13.0", "no key, no limits", _smg), where / "smg"),
        (Target("TensorZero", "peer", "2026.6.0", "no key, no log", _Tensorzero(built)), where / "tensorzero"),
    ]
    return [*found, *(peer for peer, place in peers if (place / ".ready").exists())]


def _version(program: str, word: str) -> str:
    done = subprocess.run((program, word), capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().rpartition("/")[2]


def _nginx(folder: Path, port: int, upstream: int) -> Launch:
    config = configs.nginx(folder, port, upstream)
    door = Door(port, "/v1/chat/completions", BEARER)
    return Launch((environments.nginx() or "nginx", "-p", str(folder), "-c", str(config)), door)


def litellm_command(config: Path, port: int) -> tuple[str, ...]:
    program = environments.folder() / "litellm" / "bin" / "litellm"
    return (str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1")


LITELLM_ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_TELEMETRY": "False",
}


def _litellm(folder: Path, port: int, upstream: int) -> Launch:
    door = Door(port, "/v1/chat/completions", BEARER)
    return Launch(litellm_command(configs.litellm(folder, upstream), port), door, LITELLM_ENVIRONMENT)


def portkey_command(port: int) -> tuple[str, ...]:
    program = environments.folder() / "node/node_modules/@portkey-ai/gateway/build/start-server.js"
    first = str(environments.OUTSIDE / "loopback.js")
    return ("node", "-r", first, str(program), "--headless", f"--port={port}")


def _portkey(folder: Path, port: int, upstream: int) -> Launch:
    to = {"x-portkey-provider": "openai", "x-portkey-custom-host": f"http://127.0.0.1:{upstream}/v1"}
    return Launch(portkey_command(port), Door(port, "/v1/chat/completions", {**BEARER, **to}))


def _claude_code_router(folder: Path, port: int, upstream: int) -> Launch:
    program = environments.folder() / "node/node_modules/@musistudio/claude-code-router/dist/cli.js"
    home = configs.claude_code_router(folder, port, upstream)
    door = Door(port, "/v1/messages", {"x-api-key": configs.KEY}, "anthropic", f"stub,{MODEL}")
    return Launch(("node", str(program), "start"), door, {"HOME": str(home)})


def rolter_command(config: Path) -> tuple[str, ...]:
    return (str(environments.folder() / "rolter" / "bin" / "rolter"), "gateway", "-c", str(config))


def _rolter(folder: Path, port: int, upstream: int) -> Launch:
    door = Door(port, "/v1/chat/completions", BEARER)
    return Launch(rolter_command(configs.rolter(folder, port, upstream)), door, {"RUST_LOG": "warn"})


def _smg(folder: Path, port: int, upstream: int) -> Launch:
    program = str(environments.folder() / "smg" / "bin" / "smg")
    command = (
        *(program, "launch", "--worker-urls", f"http://127.0.0.1:{upstream}", "--backend", "openai"),
        *("--host", "127.0.0.1", "--port", str(port), "--policy", "round_robin", "--log-level", "error"),
        *("--prometheus-host", "127.0.0.1", "--prometheus-port", str(port + 1)),
    )
    return Launch(command, Door(port, "/v1/chat/completions", BEARER))


@dataclass(frozen=True, slots=True)
class _Tensorzero:
    built: Path

    def __call__(self, folder: Path, port: int, upstream: int) -> Launch:
        python = environments.folder() / "tensorzero" / "bin" / "python"
        script = environments.OUTSIDE / "tensorzero_gateway.py"
        config = configs.tensorzero(folder, upstream)
        door = Door(port, "/openai/v1/chat/completions", BEARER, model=f"tensorzero::model_name::{MODEL}")
        preload = {"LD_PRELOAD": str(self.built / "bindport.so"), "BINDPORT": str(port), "RUST_LOG": "error"}
        return Launch((str(python), str(script), str(config)), door, preload)


def workplace() -> "tempfile.TemporaryDirectory[str]":
    """A folder on the disk (where ``/tmp`` may be memory), removed at the end."""
    below = environments.folder()
    below.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="run-", dir=below, ignore_cleanup_errors=True)
