"""Work that is spread over processes: none of them outlives the program, however that ends."""

import os
import signal
import subprocess
import sys

import pytest

from minga.domain.errors import ProcessLost
from minga.infrastructure.spread import Processes

WORKING = """
import time
from minga.infrastructure.spread import Processes
if __name__ == "__main__":
    for _ in Processes(2)(time.sleep, [0.01] * 100_000):
        print("one", flush=True)
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=["kill", "term", "interrupt"])
def test_no_process_outlives_the_program_that_was_ended(ending: signal.Signals) -> None:
    """All of them hold its standard output: its end is read when the last one is gone."""
    program = subprocess.Popen(
        [sys.executable, "-c", WORKING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "one\n"
    program.send_signal(ending)
    program.communicate(timeout=60)
    assert program.returncode == -ending


def test_an_interrupt_of_all_the_processes_is_told_once() -> None:
    """As Ctrl-C at a terminal is: every process gets it."""
    command = [sys.executable, "-c", WORKING]
    program = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "one\n"
    os.killpg(program.pid, signal.SIGINT)
    _, said = program.communicate(timeout=60)
    assert said.count("Traceback") == 1
    assert "ForkServerProcess" not in said


def test_a_process_that_is_ended_from_outside_is_an_error_with_a_remedy() -> None:
    with pytest.raises(ProcessLost, match="ended from outside") as lost:
        list(Processes(2)(os._exit, [1]))
    assert "--jobs 1" in lost.value.remedy
