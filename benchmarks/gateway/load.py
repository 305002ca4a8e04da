"""The load: what is asked, and the two programs that ask it, wrk for plain calls and `streams` for streams."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from benchmarks.gateway import environments
from benchmarks.gateway.streams import GRACE_S, Job, Told

CHUNKS = 50
"""Events of a stream, as `stub.c` sends them."""

MODEL = "gpt-4o-mini"

LARGE_TURNS = 60
LARGE_TOOLS = 40

WRK_LIMIT_S = 60

Form = Literal["chat", "anthropic"]


class Bursts(msgspec.Struct):
    """What wrk told of plain calls."""

    requests: int
    took_us: int
    p50_us: float
    p99_us: float
    errors: int

    @property
    def per_s(self) -> float:
        return self.requests / self.took_us * 1e6


class NoFigures(Exception):
    """A load program gave none."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where a gateway takes calls. ``model`` is the name under which it knows the stub's only one."""

    port: int
    path: str
    headers: Mapping[str, str]
    form: Form = "chat"
    model: str = MODEL

    def small(self, *, pace_ms: int | None = None, stream: bool = False) -> str:
        """A request of some 190 bytes. ``pace_ms`` is the time between the events of a stream."""
        pace = f" pace={pace_ms}" if pace_ms is not None else ""
        return self._body(f"Write one sentence about a fox and a dog, please.{pace}", stream)

    def large(self) -> str:
        """Some 200 kB: a turn of a coding CLI."""
        code = (
            "def answer(request):\n    value = compute(request.path, retries=3)\n    return {'ok': True}  # a comment\n"
        )
        said = [{"role": "assistant" if n % 2 else "user", "content": code * 22} for n in range(LARGE_TURNS)]
        tools = [self._tool(n) for n in range(LARGE_TOOLS)]
        last = {"role": "user", "content": "Go on."}
        return _json({"model": self.model, "messages": [*said, last], "max_tokens": 4096, "tools": tools})

    def _tool(self, number: int) -> dict[str, object]:
        name, does = f"tool_{number}", "Reads a file of the local file system. " * 12
        fields = {f"argument{n}": {"type": "string", "description": "an absolute path"} for n in range(5)}
        takes = {"type": "object", "properties": fields}
        if self.form == "anthropic":
            return {"name": name, "description": does, "input_schema": takes}
        return {"type": "function", "function": {"name": name, "description": does, "parameters": takes}}

    def _body(self, task: str, stream: bool) -> str:
        system = "You are a helpful assistant."
        asked = [{"role": "user", "content": task}]
        if self.form == "anthropic":
            fields: dict[str, object] = {"system": system, "messages": asked}
        else:
            fields = {"messages": [{"role": "system", "content": system}, *asked]}
        streamed = {"stream": True} if stream else {}
        return _json({"model": self.model, **fields, "max_tokens": 64, **streamed})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def calls(door: Door, body: str, connections: int, seconds: int, folder: Path) -> Bursts:
    """Post ``body`` over ``connections`` for so long. Raises NoFigures."""
    file = folder / "body.json"
    file.write_text(body)
    told = "\n".join(f"{name}: {value}" for name, value in door.headers.items())
    done = subprocess.run(
        (
            *(environments.program("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"),
            *("-s", str(environments.OUTSIDE / "post.lua"), f"http://127.0.0.1:{door.port}{door.path}"),
        ),
        env={**os.environ, "WRK_BODY": str(file), "WRK_HEADERS": told},
        capture_output=True,
        text=True,
        timeout=seconds + WRK_LIMIT_S,
    )
    _, mark, result = done.stdout.partition("RESULT ")
    if not mark:
        raise NoFigures(f"wrk: {done.stderr[-300:] or done.stdout[-300:]}")
    return msgspec.json.decode(result, type=Bursts)


def streams(door: Door, body: str, connections: int, seconds: float) -> Told:
    """Streams over ``connections`` for so long; once each for 0 seconds. Raises NoFigures."""
    job = _job(door, body, connections, seconds)
    done = subprocess.run(
        _command(job), capture_output=True, text=True, timeout=2 * (seconds or job.limit_s) + 3 * GRACE_S
    )
    if done.returncode != 0:
        raise NoFigures(f"streams: {done.stderr[-300:]}")
    return msgspec.json.decode(done.stdout, type=Told)


@contextlib.contextmanager
def held(door: Door, body: str, connections: int) -> Iterator[Told]:
    """So many streams that have begun and stay open. Raises NoFigures."""
    job = _job(door, body, connections, 0)
    job.hold = True
    holder = subprocess.Popen(_command(job), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        line = holder.stdout.readline()
        if not line:
            raise NoFigures("streams: no word")
        yield msgspec.json.decode(line, type=Told)
    finally:
        holder.stdin.close()
        holder.wait(30)
        holder.stdout.close()


def _job(door: Door, body: str, connections: int, seconds: float) -> Job:
    return Job(door.port, door.path, dict(door.headers), body, connections, seconds)


def _command(job: Job) -> tuple[str, ...]:
    return (sys.executable, "-m", "benchmarks.gateway.streams", msgspec.json.encode(job).decode())
