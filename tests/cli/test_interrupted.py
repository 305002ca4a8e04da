"""However a run is broken off, its turn is ended in the store, its CLI is gone, and the exit code says how."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from program import Program

PROOF = "valida el RUT 76.086.428-5"
HANG = ("run", "--json", "-a", "plain", "hang")


@pytest.fixture
def agent(minga: Program) -> Program:
    minga.add_agent()
    return minga


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_the_turn_and_ends_the_tree(agent: Program, sign: signal.Signals) -> None:
    with broken_off(agent, *HANG, stdin=subprocess.DEVNULL) as run:
        pids = pids_of_agent(run)
        run.send_signal(sign)
        _, err = run.communicate(timeout=30)
    assert (run.returncode, err) == (130, b"")
    assert agent.sessions()[0]["last_state"] == "cancelled"
    assert not any(map(is_alive, pids))


def test_a_time_limit_ends_the_run_with_its_own_code(agent: Program) -> None:
    done = agent.run("run", "-q", "--timeout", "1.5", "-a", "plain", "hang")
    done.refused(124, "the run took longer than 1.5 s", "--timeout")
    assert agent.sessions()[0]["last_state"] == "failed"


@pytest.mark.parametrize("view", [[], ["--json"], ["-q"]])
def test_a_time_limit_ends_an_agent_that_never_stops_talking(agent: Program, view: list[str]) -> None:
    assert agent.run("run", *view, "--timeout", "3", "-a", "plain", "torrent").code == 124
    assert agent.sessions()[0]["last_state"] == "failed"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_agent_that_never_stops_talking(agent: Program, sign: signal.Signals) -> None:
    shown = agent.root / "shown"
    with shown.open("wb") as out, agent.start("run", "-a", "plain", "torrent", stdout=out) as run:
        try:
            end = time.monotonic() + 60
            while shown.stat().st_size < 1_000_000 and time.monotonic() < end:
                time.sleep(0.1)
            assert shown.stat().st_size >= 1_000_000
            run.send_signal(sign)
            assert run.wait(60) == 130
        finally:
            run.kill()
    assert agent.sessions()[0]["last_state"] == "cancelled"


@pytest.mark.parametrize("view", ["", "--json"])
def test_a_reader_that_goes_away_ends_the_run_quietly(agent: Program, view: str) -> None:
    assert without_a_reader(agent, f"run {view} -a plain flood") == (1, b"code 141\n")
    assert agent.sessions()[0]["last_state"] == "cancelled"


@pytest.mark.parametrize("view", ["", "--json"])
def test_a_reader_that_goes_away_ends_every_run_that_shares_the_output(agent: Program, view: str) -> None:
    author = ["-c", "user.name=T", "-c", "user.email=t@localhost"]
    for words in (["init", "-q"], [*author, "commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run(["git", *words], cwd=agent.work, env=agent.environment, check=True)
    second = (agent.root / "config" / "agents" / "plain.toml").read_text().replace('name = "plain"', 'name = "second"')
    (agent.root / "config" / "agents" / "second.toml").write_text(second)
    assert without_a_reader(agent, f"run {view} --parallel --agents plain,second flood") == (1, b"code 141\n")
    assert [one["last_state"] for one in agent.sessions()] == ["cancelled", "cancelled"]


def test_a_reader_that_goes_away_from_a_list_ends_it_quietly(agent: Program) -> None:
    for _ in range(2):
        agent.run("run", "-q", PROOF)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*agent.command, "sessions", "list"],
        cwd=agent.work,
        env=agent.environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_output_to_a_full_disk_ends_the_turn_and_says_so(agent: Program) -> None:
    with Path("/dev/full").open("wb") as full:
        run = agent.start("run", "--json", "-a", "plain", "flood", stdout=full, stderr=subprocess.PIPE)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 1
    assert b"No space left on device" in err
    assert b"Traceback" not in err
    assert agent.sessions()[0]["last_state"] == "cancelled"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "-q", PROOF),
        ("run", "--json", PROOF),
        ("run", PROOF),
        ("sessions", "list"),
        ("sessions", "show", "nothing"),
        ("--help",),
        ("run", "--help"),
        ("config",),
    ],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_cannot_be_printed_is_said_with_a_remedy_that_fits(
    agent: Program, arguments: tuple[str, ...], unbuffered: str
) -> None:
    agent.run("run", "-q", PROOF)
    to_full = ["sh", "-c", 'exec "$@" >/dev/full', "sh"]
    done = agent.run(*arguments, prefix=to_full, env={"PYTHONUNBUFFERED": unbuffered})
    if arguments[-1] == "nothing":
        done.refused(2, "no session 'nothing'")
        return
    done.refused(1, "Standard output cannot be written: No space left on device", "send the output to another place")
    assert "minga doctor" not in done.err
    assert "Exception" not in done.err


def test_output_that_fits_in_no_buffer_is_lost_with_the_same_words(agent: Program) -> None:
    to_full = ["sh", "-c", 'exec "$@" >/dev/full', "sh"]
    done = agent.run("run", "-q", "-a", "plain", "say", input="línea\n".encode() * 100_000, prefix=to_full)
    done.refused(1, "Standard output cannot be written")
    assert agent.sessions()[0]["last_state"] in ("finished", "cancelled")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_standard_stream_ends_nothing(agent: Program, closed: str) -> None:
    done = agent.run("run", "-q", "-a", "plain", "say x", prefix=["sh", "-c", f'exec "$@" {closed}', "sh"])
    assert done.code == 0, done.err
    assert done.out == ("" if ">&-" in closed.replace("2>&-", "") else "You said: say x\n")
    assert agent.sessions()[0]["last_state"] == "finished"


def test_a_pipe_that_stays_open_is_said_and_then_waited_for(agent: Program) -> None:
    with broken_off(agent, "run", "-q", "-a", "plain", "say") as run:
        assert run.stdin is not None
        assert run.stderr is not None
        run.stdin.write(b"first ")
        assert b"Reading context from standard input; use </dev/null" in run.stderr.readline()
        assert run.poll() is None
        out, _ = run.communicate(b"second", timeout=60)
    assert b"first second" in out


def test_waiting_for_standard_input_can_be_broken_off(agent: Program) -> None:
    with broken_off(agent, "run", "-q", "x") as run:
        assert run.stderr is not None
        run.stderr.readline()
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 130
        assert run.stderr.read() == b""
    assert agent.sessions() == []


def test_a_chat_at_its_prompt_can_be_broken_off(agent: Program) -> None:
    with broken_off(agent, "chat", "-a", "plain") as run:
        assert run.stdin is not None
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdin.write(b"say one\n")
        seen = b""
        while "╯".encode() not in seen:
            seen += run.stdout.read(1)
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 130
        assert run.stderr.read() == b""
    assert agent.sessions()[0]["last_state"] == "finished"


def test_a_chat_reads_its_tasks_from_a_pipe_in_one_conversation(agent: Program) -> None:
    done = agent.run("chat", "--json", "-a", "plain", input=b"say one\nsay two\n")
    assert [line["event"]["answer"] for line in done.lines() if line["kind"] == "finished"] == [
        "You said: say one",
        "You said: say two",
    ]
    assert [(one["turns"], one["last_state"]) for one in agent.sessions()] == [(2, "finished")]


def test_a_killed_run_is_ended_by_the_next_and_can_be_resumed(agent: Program) -> None:
    with broken_off(agent, *HANG, stdin=subprocess.DEVNULL) as run:
        pids = pids_of_agent(run)
        run.kill()
    session = agent.sessions()[0]
    assert session["last_state"] == "failed"
    assert not any(map(is_alive, pids))
    *_, last, costs = agent.run("sessions", "export", session["id"], "--format", "json").lines()
    assert [attempt["failure"]["code"] for attempt in costs["attempts"]] == ["interrupted"]
    assert last["event"]["failure"]["remedy"] == f"Go on with: minga sessions resume {session['id']}"


def without_a_reader(program: Program, arguments: str) -> tuple[int, bytes]:
    """Run it into a pipe that is closed after its first line; how many lines came, and what standard error said."""
    command = f'"{program.command[0]}" -m minga {arguments} | head -1; echo "code ${{PIPESTATUS[0]}}" >&2'
    piped = subprocess.run(
        ["bash", "-c", command],
        cwd=program.work,
        env=program.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
    )
    return piped.stdout.count(b"\n"), piped.stderr


def pids_of_agent(run: subprocess.Popen[bytes]) -> list[int]:
    """The processes of the agent of a run that waits for it."""
    assert run.stdout is not None
    for line in run.stdout:
        if found := re.search(rb"pids (\d+) (\d+)", line):
            return [int(found[1]), int(found[2])]
    raise AssertionError(run.communicate())


def is_alive(pid: int) -> bool:
    """A zombie is not: whoever adopted it has not looked yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def broken_off(program: Program, *arguments: str, stdin: int = subprocess.PIPE) -> Iterator[subprocess.Popen[bytes]]:
    with program.start(*arguments, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as run:
        try:
            yield run
        finally:
            run.kill()
