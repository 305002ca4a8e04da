"""Several processes under one supervisor, in a program of their own."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

PROGRAM = """
import os, random, signal, sys, time

def tell(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())  # at once: several processes write
from minga.infrastructure.workers import Workers

def told(died):
    tell("pause", round(died.pause_s, 3))
    tell("died", died.number, died.status)

def work(place):
{work}

tell("code", Workers({count}, work, told, stop_s={stop_s}, chance=random.Random(1)).run())
"""


@contextmanager
def started(work: str, count: int = 2, stop_s: float = 20) -> Iterator[subprocess.Popen[str]]:
    body = "\n".join(f"    {line}" for line in work.strip().splitlines())
    program = PROGRAM.format(work=body, count=count, stop_s=stop_s)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        yield process


def lines(process: subprocess.Popen[str], wanted: Sequence[str]) -> list[str]:
    """What it prints until all that is wanted was there."""
    assert process.stdout is not None
    missing, found = set(wanted), []
    for line in process.stdout:
        found.append(line.strip())
        missing.discard(line.strip())
        if not missing:
            return found
    raise AssertionError(found)


def test_workers_that_die_again_and_again_are_replaced_ever_more_slowly_and_the_end_is_clean() -> None:
    with started("""
place.ready()
tell("up", place.number, place.is_first)
if place.number == 2:
    os._exit(7)
signal.sigwait([signal.SIGTERM])
return 0
""") as process:
        found = lines(process, ["up 1 True", "up 2 False", "died 2 7"])
        found += lines(process, ["died 2 7"])
        first, second = [float(line.removeprefix("pause ")) for line in found if line.startswith("pause ")]
        assert (0.1 < first < 0.3, 0.2 < second < 0.6, second > first) == (True, True, True)
        assert found.count("up 1 True") == 1
        process.terminate()
        assert lines(process, ["code 0"])[-1] == "code 0"


def test_a_worker_that_does_not_end_is_killed_and_the_exit_code_says_so() -> None:
    with started(
        """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
place.ready()
tell("up", place.number)
while True:
    time.sleep(60)
""",
        stop_s=0.2,
    ) as process:
        lines(process, ["up 1", "up 2"])
        process.terminate()
        assert lines(process, ["code 1"])[-1] == "code 1"


def test_what_the_first_worker_cannot_start_with_is_the_answer() -> None:
    with started("return 5", count=3) as process:
        assert process.communicate(timeout=20)[0].split() == ["code", "5"]


def test_an_exception_in_a_worker_is_shown_and_ends_it() -> None:
    with started("raise RuntimeError('odd')", count=1) as process:
        assert process.communicate(timeout=20)[0].split() == ["code", "1"]


def test_an_impatient_ctrl_c_ends_at_once() -> None:
    with started("""
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGQUIT])
place.ready()
tell("up", place.number)
signal.sigwait([signal.SIGTERM])
tell("asked", place.number)
signal.sigwait([signal.SIGQUIT])
return 0
""") as process:
        lines(process, ["up 1", "up 2"])
        process.send_signal(2)
        lines(process, ["asked 1", "asked 2"])
        process.send_signal(2)
        assert lines(process, ["code 0"])[-1] == "code 0"
