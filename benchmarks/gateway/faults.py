"""What a caller sees when the model server fails: Minga beside the peers that have a fallback.

Each gateway knows the faulty server and a healthy one for the same model. It is asked until the faulty one was hit.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.gateway import configs, environments, page, processes, targets
from benchmarks.gateway.fault_stub import CHUNKS, SILENT_S
from benchmarks.gateway.load import Door
from benchmarks.gateway.targets import Launch, Minga
from minga.bootstrap import build
from minga.settings import read

TITLES = {
    "e500": "error 500",
    "e500-stream": "error 500, to a stream",
    "e429": "error 429",
    "e429-stream": "error 429, to a stream",
    "cut-stream": f"connection cut after 10 of {CHUNKS} chunks",
    "bad-stream": "a broken event, then on",
    "stall-stream": f"silence of {SILENT_S:g} s after 5 chunks",
}

FAULTS = tuple(TITLES)
"""Each is a model and a server of its own, so that what a gateway learned from one does not decide the next."""

LIMIT_S = 10
"""What every gateway is told to wait at most: for an answer, or within one."""

ASK_LIMIT_S = SILENT_S + 8
START_LIMIT_S = 240
TRIES = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller saw. ``words`` of the stream, ``error`` an event or body of an error."""

    status: int
    words: int
    error: bool
    whole: bool
    broke: str
    took_s: float

    def told(self, faulty: int, well: int) -> str:
        """``faulty`` and ``well`` are how often these servers were asked."""
        match self:
            case Seen(broke=str(broke)) if broke:
                end = f"connection broken ({broke})"
            case Seen(error=True):
                end = "error" if self.words == 0 else "error event"
            case Seen(whole=True):
                end = "whole answer"
            case _:
                end = "**ends as if whole**"
        words = f", {self.words} words" if self.words else ""
        return f"{self.status}: {end}{words}, {self.took_s:.1f} s [{faulty}, {well}]"


def measure(console: Console, folder: Path, say: Callable[[str], None], *, is_written: bool) -> int:
    before, upstream = machine.look(), processes.free_port()
    command = (sys.executable, "-m", "benchmarks.gateway.fault_stub", str(upstream))
    root = Path(__file__).parents[2]
    with processes.running(command, dict(os.environ), folder / "stub.log", root):
        _wait(upstream)
        found = {name: _all(name, start, folder, upstream, say) for name, start in _gateways(folder, upstream).items()}
    heads = ("the model server", *found)
    rows = [[title, *(one[fault] for one in found.values())] for fault, title in TITLES.items()]
    title = r"What the caller sees \[how often the faulty server was asked, how often the healthy one]"
    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(*(cell.replace("**", "").replace("[", r"\[") for cell in row))
    console.print(table)
    if is_written:
        page.put("faults", f"{before}.\n\n{page.table(heads, rows)}")
    return 0


Start = Callable[[Path, int, int], Launch]


def _gateways(folder: Path, upstream: int) -> dict[str, Start]:
    ours = Minga(folder / "minga", upstream, {"MINGA_GATEWAY_SILENCE_S": str(LIMIT_S)})
    providers = [*((name, f"/{name}", (name,)) for name in FAULTS), (configs.WELL, f"/{configs.WELL}", FAULTS)]
    configs.minga(ours.folder / "config", upstream, providers)
    ours.key = ours.run("virtual-keys", "add", "faults").strip()
    continuing = replace(ours, key=asyncio.run(_continuing_key(ours)))
    where = environments.folder()
    peers: dict[str, tuple[Start, str]] = {
        "LiteLLM": (_litellm, "litellm"),
        "rolter": (_rolter, "rolter"),
        "Portkey": (_portkey, "node"),
    }
    present = {name: start for name, (start, place) in peers.items() if (where / place / ".ready").exists()}
    return {"Minga": ours.start, "Minga, key that continues streams": continuing.start, **present}


async def _continuing_key(ours: Minga) -> str:
    """A second key like the first, whose broken streams are gone on with."""
    opened = build(read(ours.environment()))
    try:
        keys = opened.virtual_keys
        first = (await keys.all())[0]
        text, _ = await keys.make(replace(first, name="continues", continues_streams=True))
        return text
    finally:
        await opened.close()


def _litellm(folder: Path, port: int, upstream: int) -> Launch:
    config = configs.litellm_faults(folder, upstream, FAULTS, LIMIT_S)
    door = Door(port, "/v1/chat/completions", targets.BEARER)
    return Launch(targets.litellm_command(config, port), door, targets.LITELLM_ENVIRONMENT)


def _rolter(folder: Path, port: int, upstream: int) -> Launch:
    config = configs.rolter_faults(folder, port, upstream, FAULTS, LIMIT_S)
    return Launch(targets.rolter_command(config), Door(port, "/v1/chat/completions", targets.BEARER))


def _portkey(folder: Path, port: int, upstream: int) -> Launch:
    return Launch(targets.portkey_command(port), Door(port, "/v1/chat/completions", {}))


def _portkey_headers(fault: str, upstream: int) -> dict[str, str]:
    """Portkey is told with each call where to go."""
    servers = [
        {"provider": "openai", "api_key": "k", "custom_host": f"http://127.0.0.1:{upstream}/{name}/v1"}
        for name in (fault, configs.WELL)
    ]
    config = {"strategy": {"mode": "fallback"}, "targets": servers, "request_timeout": LIMIT_S * 1000}
    return {"x-portkey-config": json.dumps(config)}


def _all(name: str, start: Start, folder: Path, upstream: int, say: Callable[[str], None]) -> dict[str, str]:
    """A cell for each fault."""
    place = folder / f"faults-{name}"
    place.mkdir()
    launch = start(place, processes.free_port(), upstream)
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "LANG": "C.UTF-8", **launch.environment}
    cells: dict[str, str] = {}
    with processes.running(launch.command, environment, place / "log", place):
        _wait(launch.door.port)
        for fault in FAULTS:
            headers = {**launch.door.headers, **(_portkey_headers(fault, upstream) if name == "Portkey" else {})}
            say(f"faults: {name}, {fault}")
            cells[fault] = _hit(Door(launch.door.port, launch.door.path, headers), fault, upstream)
    return cells


def _hit(door: Door, fault: str, upstream: int) -> str:
    """What was seen of the first call that reached the faulty server."""
    _hits(upstream)
    for _ in range(TRIES):
        seen = _ask(door, fault)
        hits = _hits(upstream)
        if fault in hits:
            return seen.told(hits[fault], hits.get(configs.WELL, 0))
    return "the faulty server was never asked"


def _ask(door: Door, fault: str) -> Seen:
    stream = fault.endswith("-stream")
    body = {"model": fault, "messages": [{"role": "user", "content": "hi"}], **({"stream": True} if stream else {})}
    data, status, broke, began = b"", 0, "", time.perf_counter()
    connection = HTTPConnection("127.0.0.1", door.port, timeout=ASK_LIMIT_S)
    try:
        connection.request("POST", door.path, json.dumps(body), {"Content-Type": "application/json", **door.headers})
        response = connection.getresponse()
        status = response.status
        while piece := response.read1(65536):
            data += piece
    except (OSError, HTTPException) as wrong:
        broke = type(wrong).__name__
    finally:
        connection.close()
    text = data.replace(b" ", b"")
    has_end = b"[DONE]" in text and b'"finish_reason":"stop"' in text if stream else b"fox" in text
    return Seen(
        status,
        text.count(b'"content":"w'),
        b'"error"' in text or status >= 400,
        has_end,
        broke,
        time.perf_counter() - began,
    )


def _hits(upstream: int) -> dict[str, int]:
    connection = HTTPConnection("127.0.0.1", upstream, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/hits")
        found: dict[str, int] = json.loads(connection.getresponse().read())
        return found


def _wait(port: int) -> None:
    """Until something takes connections there. Raises CannotMeasure."""
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port, timeout=1)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.connect()
            return
        time.sleep(0.05)
    raise environments.CannotMeasure(f"nothing took connections on port {port} within {START_LIMIT_S} s")
