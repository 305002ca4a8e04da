"""kill -9 of Minga at random moments: what was shown is stored, every turn ends once, no process is left."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pipeline_bench import Bench, Ran, all_gone, lives, walk

from minga.bootstrap import Minga
from minga.domain.events import AttemptFailed, AttemptStarted, Event, Failed, Finished, Recorded, Terminal, Text
from minga.domain.failure import FailureCode
from minga.domain.ids import SessionId
from minga.domain.sessions import PastTurn
from minga.domain.task import Permissions
from minga.infrastructure.process import find_marked
from minga.sessions.codec import as_json

KILLS = 50
WORKERS = 2
SEED = 20261122
MINGA = (sys.executable, "-c", "from minga.entrypoints.cli.main import main; main()")

STEPS: list[list[Any]] = [
    ["spawn", "group"],
    ["say", "I begin. "],
    ["edit", "made.txt", "made\n"],
    ["stream", 25, 0.01],
    ["begin_tool", "make test"],
    ["use", 1000, 100],
    ["say", "done"],
]


@dataclass(frozen=True, slots=True)
class Killed:
    """One `minga run --json` and what it had printed when it was killed (or had ended)."""

    lines: tuple[bytes, ...]
    ended: bool

    @property
    def session(self) -> SessionId | None:
        return SessionId(json.loads(self.lines[0])["session_id"]) if self.lines else None


def command(*agents: str, session: str = "", prompt: str = "do it") -> list[str]:
    flags = [flag for agent in agents for flag in ("--agent", agent)]
    return [
        *MINGA,
        "run",
        "--json",
        "--permissions",
        "all",
        *flags,
        *(["--session", session] if session else []),
        prompt,
    ]


def start(bench: Bench, arguments: list[str], name: str) -> "subprocess.Popen[bytes]":
    """Output goes to a file: nothing of it depends on who reads."""
    with (bench.root / f"{name}.out").open("wb") as out, (bench.root / f"{name}.err").open("wb") as errors:
        return subprocess.Popen(
            arguments, cwd=bench.work, env=bench.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
        )


def printed(bench: Bench, name: str) -> tuple[bytes, ...]:
    *whole, _ = (bench.root / f"{name}.out").read_bytes().split(b"\n")
    return tuple(line for line in whole if b'"kind":"receipt"' not in line)


def run_and_kill(bench: Bench, arguments: list[str], name: str, lines: int, pause_s: float) -> Killed:
    """Kill it ``pause_s`` after it has shown so many lines: the machine's speed does not decide where."""
    child = start(bench, arguments, name)
    while child.poll() is None and len(printed(bench, name)) < lines:
        time.sleep(0.002)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(pause_s)
    child.kill()
    child.wait()
    assert (bench.root / f"{name}.err").read_bytes() == b"" or child.returncode == 1
    return Killed(printed(bench, name), child.returncode >= 0)


async def integrity(minga: Minga) -> list[tuple[str]]:
    return await minga.database.read(lambda transaction: transaction.execute("PRAGMA integrity_check"))


def check(bench: Bench, killed: Killed) -> str:
    """Everything that must hold after a restart; returns how far the run had come."""
    processes = [
        entry.get("child") or entry["pid"] for kind in ("new", "child") for entry in bench.logged("alpha", kind)
    ]
    assert all_gone(processes), [pid for pid in processes if lives(pid)]
    if (bench.root / "data" / "minga.db").exists():
        assert bench.use(integrity) == [("ok",)]

    async def recovered(minga: Minga) -> list[PastTurn]:
        sessions = await minga.history.latest(1000)
        return [turn for session in sessions for turn in await minga.history.turns(session.id)]

    async def unbooked(minga: Minga) -> list[object]:
        select = "SELECT id FROM attempts WHERE id NOT IN (SELECT attempt_id FROM usage_entries)"
        return list(await minga.database.read(lambda transaction: transaction.execute(select)))

    turns = bench.use(recovered)
    assert bench.use(unbooked) == []
    stored = {(one.turn_id, one.seq): one for past in turns for one in past.events}
    for line in killed.lines:
        said = json.loads(line)
        assert as_json(stored[said["turn_id"], said["seq"]]) == line
    for past in turns:
        assert past.state != "running"
        assert [one.seq for one in past.events] == list(range(1, len(past.events) + 1))
        ends = [index for index, one in enumerate(past.events) if isinstance(one.event, Terminal)]
        assert ends == [len(past.events) - 1]
        for one in past.events:
            if isinstance(one.event, AttemptStarted):
                assert find_marked(one.event.attempt_id) == []
    if killed.ended:
        return "ended"
    return json.loads(killed.lines[-1])["kind"] if killed.lines else "nothing shown"


def test_nothing_is_lost_when_minga_is_killed_at_fifty_random_moments(tmp_path: Path) -> None:
    def work(worker: int) -> list[str]:
        folder = tmp_path / f"worker{worker}"
        folder.mkdir()
        bench = Bench(folder)
        bench.agent("alpha", STEPS)
        whole = run_and_kill(bench, command("alpha"), "whole", 10_000, 0)
        assert check(bench, whole) == "ended"
        chance = random.Random(SEED + worker)
        places = []
        for number in range(KILLS // WORKERS):
            agents = ("builtin",) if number % 8 == 7 else ("alpha", "builtin")
            lines = chance.choice([0, chance.randint(1, len(whole.lines))])
            pause_s = chance.uniform(0.05, 0.8) if lines == 0 else chance.uniform(0, 0.02)
            session = chance.choice(["", whole.session or ""])
            prompt = "¿Es válido el RUT 76.192.083-9?" if agents == ("builtin",) else "do it"
            killed = run_and_kill(
                bench, command(*agents, session=session, prompt=prompt), f"run{number}", lines, pause_s
            )
            places.append(check(bench, killed))
        return places

    with ThreadPoolExecutor(WORKERS) as pool:
        places = [place for found in pool.map(work, range(WORKERS)) for place in found]
    assert len(places) == KILLS
    spread = Counter(places)
    assert len(spread) >= 4, f"the kills fell on too few places: {spread}"
    assert spread["text"] >= 3, spread


def test_a_turn_that_was_killed_says_so_and_goes_on_in_the_clis_own_session(stored: Bench) -> None:
    stored.agent("alpha", [["say", "half a sentence"], ["sleep", 30]], [["say", "the other half"]])
    child = start(stored, command("alpha"), "first")
    _wait_for(stored, "first", b"half a sentence")
    child.kill()
    child.wait()
    session = SessionId(json.loads(printed(stored, "first")[0])["session_id"])
    second = stored.run(stored.task("go on", "alpha", session_id=session))
    assert second.answer == "the other half"
    assert [started.resumed for started in second.of(AttemptStarted)] == [True]
    assert [entry["session"] for entry in stored.logged("alpha", "load")] == ["native-1-alpha"]
    first, _ = stored.use(lambda minga: minga.history.turns(session))
    last = first.events[-1].event
    assert isinstance(last, Failed)
    assert last.failure.code is FailureCode.INTERRUPTED
    assert f"minga sessions resume {session}" in last.failure.remedy


@pytest.mark.parametrize("how", ["group", "session", "orphan"])
def test_no_process_of_a_killed_minga_outlives_it(bench: Bench, how: str) -> None:
    bench.agent("alpha", [["spawn", how], ["say", "spawned"], ["sleep", 60]])
    child = start(bench, command("alpha"), "first")
    _wait_for(bench, "first", b"spawned")
    child.kill()
    child.wait()
    pids = [bench.logged("alpha", "prompt")[0]["pid"], bench.logged("alpha", "child")[0]["child"]]
    assert all_gone(pids)


def test_a_second_minga_leaves_the_running_turn_of_the_first_alone(bench: Bench) -> None:
    bench.agent("alpha", [["say", "working"], ["sleep", 2], ["say", " still"]])
    child = start(bench, command("alpha"), "first")
    _wait_for(bench, "first", b"working")
    assert bench.use(lambda minga: minga.recover()) == 0
    assert child.wait(30) == 0
    assert json.loads(printed(bench, "first")[-1])["kind"] == "finished"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_the_turn_and_ends_its_tree(bench: Bench, sign: signal.Signals) -> None:
    bench.agent("alpha", [["spawn", "group"], ["say", "working"], ["stream", 10_000, 0.05]])
    child = start(bench, command("alpha"), "first")
    _wait_for(bench, "first", b"working")
    child.send_signal(sign)
    child.wait(20)
    last = json.loads(printed(bench, "first")[-1])
    assert (last["kind"], last["event"]["reason"]) == ("cancelled", sign.name)
    assert all_gone([bench.logged("alpha", "prompt")[0]["pid"], bench.logged("alpha", "child")[0]["child"]])


def test_a_cli_killed_at_random_moments_costs_its_attempt_only(bench: Bench) -> None:
    """kill -9 of the CLI: the turn goes on with the next agent and has one end."""
    chance = random.Random(SEED)

    async def once(minga: Minga, number: int) -> Ran:
        moment = chance.randrange(1, 30)
        seen = 0

        def watch(recorded: Recorded) -> None:
            nonlocal seen
            seen += 1
            if seen == moment:
                for entry in bench.logged("alpha", "new")[number:]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(entry["pid"], signal.SIGKILL)

        return await walk(minga, bench.task("x", "alpha", "beta", permissions=Permissions.ALL), watch=watch)

    async def work(minga: Minga) -> list[Ran]:
        return [await once(minga, number) for number in range(12)]

    bench.agent("alpha", [["spawn", "group"], ["say", "a "], ["stream", 15, 0.005], ["say", "by alpha"]])
    bench.agent("beta", [["say", "by beta"]])
    for ran in bench.use(work):
        events: list[Event] = ran.events
        assert sum(isinstance(event, Terminal) for event in events) == 1
        assert isinstance(events[-1], Finished)
        failed = ran.of(AttemptFailed)
        assert [one.failure.code for one in failed] in ([], [FailureCode.CRASHED])
        assert [started.agent for started in ran.of(AttemptStarted)] == (["alpha", "beta"] if failed else ["alpha"])
        if failed:
            assert "".join(text.text for text in ran.of(Text)).endswith("by beta")
    children = [entry["child"] for entry in bench.logged("alpha", "child")]
    assert all_gone(children)


def test_an_end_that_another_process_wrote_ends_this_run_too(bench: Bench) -> None:
    """Should two processes think they own a turn, the store keeps one end."""
    bench.agent("alpha", [["say", "one"], ["sleep", 1], ["say", "two"]])

    async def work(minga: Minga) -> None:
        async def steal(recorded: Recorded) -> None:
            await minga.sessions.recover(lambda _: False)

        thieves: list[asyncio.Task[None]] = []

        def watch(recorded: Recorded) -> None:
            if isinstance(recorded.event, Text) and not thieves:
                thieves.append(asyncio.create_task(steal(recorded)))

        ran = await walk(minga, bench.task("x", "alpha"), watch=watch)
        [past] = await minga.history.turns(ran.shown[0].session_id)
        assert sum(isinstance(one.event, Terminal) for one in past.events) == 1
        assert list(past.events) == ran.shown

    bench.use(work)


def _wait_for(bench: Bench, name: str, piece: bytes) -> None:
    until = time.monotonic() + 60
    while piece not in (bench.root / f"{name}.out").read_bytes():
        assert time.monotonic() < until, (bench.root / f"{name}.err").read_text()
        time.sleep(0.02)
