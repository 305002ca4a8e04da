"""Runs `minga` in a fork of a Python that has imported it already (`warm_minga.py`); as `subprocess.run` would."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from warm_minga import STATUS

SERVER = Path(__file__).with_name("warm_minga.py")
START = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
GIVEN = {"cwd", "timeout", "stdin", "input", "env"}
AT_START = ("LANG", "LC_", "PYTHON", "LD_", "TZ")
"""What variables begin with that Python and the C library read once, when a program starts."""


class Warm:
    """Its processes inherit nothing of the tests' own but what `run` is given: no resource limits, no session."""

    def __init__(self, address: str) -> None:
        self._address = address

    def can(self, settings: Mapping[str, Any]) -> bool:
        """Whether `run` does what these arguments of `subprocess.run` ask."""
        environment = {name: value for name, value in settings["env"].items() if name.startswith(AT_START)}
        usual = environment == {"LANG": START["LANG"]}
        usual = usual and os.path.exists(self._address)  # somebody may have tidied /tmp up
        return usual and set(settings) <= GIVEN and settings.get("stdin", subprocess.DEVNULL) == subprocess.DEVNULL

    def run(
        self,
        arguments: Sequence[str | bytes],
        cwd: Path | bytes,
        env: Mapping[str, str],
        timeout: float,
        input: bytes = b"",
        **_: object,
    ) -> subprocess.CompletedProcess[bytes]:
        wanted = {
            "arguments": [os.fsdecode(one) for one in arguments],
            "directory": os.fsdecode(cwd),
            "environment": dict(env),
        }
        with ThreadPoolExecutor(3) as threads, socket.socket(socket.AF_UNIX) as server:
            server.settimeout(timeout)
            server.connect(self._address)
            (theirs_in, ours_in), (ours_out, theirs_out), (ours_err, theirs_err) = os.pipe(), os.pipe(), os.pipe()
            text = json.dumps(wanted).encode()
            socket.send_fds(server, [STATUS.pack(len(text), 0)], [theirs_in, theirs_out, theirs_err])
            for descriptor in (theirs_in, theirs_out, theirs_err):
                os.close(descriptor)
            server.sendall(text)
            pid, _ = STATUS.unpack(_exactly(server))
            threads.submit(_write, ours_in, input)
            out, err = threads.submit(_read, ours_out), threads.submit(_read, ours_err)
            try:
                _, status = STATUS.unpack(_exactly(server))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise
            return subprocess.CompletedProcess(arguments, os.waitstatus_to_exitcode(status), out.result(), err.result())


@contextlib.contextmanager
def warmed() -> Iterator[Warm]:
    with tempfile.TemporaryDirectory(prefix="minga-warm-", dir="/tmp") as folder:  # short: it is a socket's address
        address = f"{folder}/socket"
        command = [sys.executable, str(SERVER), address]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}  # as in its forks
        with subprocess.Popen(command, env=START, cwd="/", **pipes) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            assert server.stderr is not None
            assert server.stdout.readline() == b"ready\n", server.stderr.read().decode()
            yield Warm(address)
            server.stdin.close()


def _exactly(server: socket.socket) -> bytes:
    told = server.recv(STATUS.size, socket.MSG_WAITALL)
    assert len(told) == STATUS.size, "the process that runs Minga for tests is gone"
    return told


def _write(descriptor: int, content: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
