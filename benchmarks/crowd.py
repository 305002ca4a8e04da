"""The child process of the table of concurrency: many runs at once in one Minga process, and what it took.

``python -m benchmarks.crowd AGENT RUNS URL CWD`` prints one JSON object. It is a process of its own so that its memory
is Minga's alone.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

import msgspec
import psutil

from benchmarks.machine import MODEL
from benchmarks.talk import asked, is_whole
from minga.agents.attempt import Stop
from minga.bootstrap import Minga, build
from minga.domain.events import Event, Recorded, Text
from minga.domain.ids import AgentName
from minga.domain.task import Endpoint, Permissions, Task
from minga.infrastructure.process import find_marked
from minga.settings import read


class Crowd(msgspec.Struct, frozen=True):
    """Memory is the resident set of the Minga process, in MB; ``peak_mb`` is the kernel's own high-water mark.

    ``lost``: runs whose stream, stored record or answer lacks something that the server sent. ``orphans``: processes
    of a run that lived after the run had ended.
    """

    took_s: float
    events: int
    before_mb: float
    peak_mb: float
    after_mb: float
    lost: tuple[str, ...]
    orphans: int


async def run_all(minga: Minga, agent: str, runs: int, url: str, cwd: Path) -> Crowd:
    process = psutil.Process()
    await minga.recover()
    before = process.memory_info().rss
    began = time.perf_counter()
    streams = await asyncio.gather(*(_run(minga, agent, number, url, cwd) for number in range(runs)))
    took_s = time.perf_counter() - began
    lost = [fault for number, stream in enumerate(streams) for fault in await _faults(minga, agent, number, stream)]
    attempts = {one.attempt_id for stream in streams for one in stream if one.attempt_id}
    orphans = sum(len(find_marked(attempt)) for attempt in attempts)
    after = process.memory_info().rss
    await minga.close()
    mb = 1_000_000
    events = sum(map(len, streams))
    return Crowd(took_s, events, before / mb, _peak_bytes() / mb, after / mb, tuple(lost), orphans)


async def _run(minga: Minga, agent: str, number: int, url: str, cwd: Path) -> list[Recorded]:
    task = Task(
        asked(agent, number),
        cwd,
        agents=(AgentName(agent),),
        model=MODEL,
        permissions=Permissions.ALL,
        endpoint=Endpoint(url, "k"),
    )
    run = await minga.runner.start(task, Stop())
    return [recorded async for recorded in run.events()]


async def _faults(minga: Minga, agent: str, number: int, stream: list[Recorded]) -> list[str]:
    """What is missing from one run: in the text as it came, in the answer, in the numbering, or in the store."""
    turns = await minga.history.turns(stream[0].session_id)
    stored = [recorded for turn in turns for recorded in turn.events]
    events: list[Event] = [recorded.event for recorded in stream]
    said = "".join(event.text for event in events if isinstance(event, Text))
    faults = []
    if not is_whole(agent, number, said, events[-1]):
        faults.append(f"run {number}: the answer is not what was sent: {events[-1]}")
    if [recorded.seq for recorded in stream] != list(range(1, len(stream) + 1)):
        faults.append(f"run {number}: the numbers of its events have gaps")
    if [recorded.event for recorded in stored] != events:
        faults.append(f"run {number}: {len(stored)} events are stored, {len(events)} were shown")
    return faults


def _peak_bytes() -> int:
    """VmHWM of proc(5); without /proc the present size."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return int(psutil.Process().memory_info().rss)
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    agent, runs, url, cwd = sys.argv[1:]
    found = asyncio.run(run_all(build(read(os.environ)), agent, int(runs), url, Path(cwd)))
    print(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
