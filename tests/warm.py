"""Runs `minga` in a fork of a Python that has imported it already (`warm_minga.py`); as `subprocess` would."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from warm_minga import STATUS

SERVER = Path(__file__).with_name("warm_minga.py")
START = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
AT_START = ("LANG", "LC_", "PYTHON", "LD_", "TZ")
"""What variables begin with that Python and the C library read once, when a program starts."""


Limits = Mapping[int, tuple[int, int]]
"""Of resources: soft and hard, by the number that `resource` has for each."""


class Warm:
    """Its processes inherit nothing of the tests' own but what they are given: no session, the ``limits`` of that."""

    def __init__(self, address: str) -> None:
        self._address = address

    def can(self, environment: Mapping[str, str]) -> bool:
        """Whether a process in this environment is as one that a new Python runs."""
        read_at_start = {name: value for name, value in environment.items() if name.startswith(AT_START)}
        return read_at_start == {"LANG": START["LANG"]} and os.path.exists(self._address)  # somebody may tidy /tmp up

    def start(self, arguments: Sequence[str | bytes], limits: Limits | None = None, **settings: Any) -> "Started":
        """``settings`` as of `subprocess.Popen`: a directory, an environment, streams and their form."""
        return Started(self._address, arguments, limits or {}, **settings)

    def run(
        self, arguments: Sequence[str | bytes], timeout: float, input: Any = None, **settings: Any
    ) -> subprocess.CompletedProcess[Any]:
        """``settings`` as of `subprocess.run`, and limits; the output is captured."""
        given = {"stdin": subprocess.PIPE, **settings, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with self.start(arguments, **given) as process:
            try:
                out, err = process.communicate(input, timeout)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


class Started(subprocess.Popen[Any]):
    """A process that the warm server forks, and of whose end it tells: in these three methods lies all that tells it
    from a child of ours."""

    def __init__(self, address: str, arguments: Sequence[str | bytes], limits: Limits, **settings: Any) -> None:
        self._limits = [(kind, *bounds) for kind, bounds in limits.items()]
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(address)
        super().__init__(arguments, **settings)

    def _execute_child(
        self, args: Any, executable: Any, before: Any, close: Any, keep: Any, cwd: Any, env: Any, *others: Any
    ) -> None:
        pipes = others[3:9]
        ends = [end if end >= 0 else number for number, end in enumerate(pipes[index] for index in (0, 3, 5))]
        wanted = {
            "arguments": [os.fsdecode(one) for one in args],
            "directory": os.fsdecode(cwd),
            "environment": env,
            "limits": self._limits,
        }
        text = json.dumps(wanted).encode()
        socket.send_fds(self._server, [STATUS.pack(len(text), 0)], ends)
        self._server.sendall(text)
        self.pid, _ = self._told()
        self._child_created = True
        self._close_pipe_fds(*pipes)

    def _try_wait(self, flags: int) -> tuple[int, int]:
        if not select.select([self._server], [], [], 0 if flags & os.WNOHANG else None)[0]:
            return 0, 0
        _, status = self._told()
        self._server.close()
        return self.pid, status

    def _internal_poll(self, *_: object, **__: object) -> int | None:
        with self._waitpid_lock:
            if self.returncode is None:
                pid, status = self._try_wait(os.WNOHANG)
                if pid:
                    self._handle_exitstatus(status)
            return self.returncode

    def _told(self) -> tuple[int, int]:
        told = self._server.recv(STATUS.size, socket.MSG_WAITALL)
        assert len(told) == STATUS.size, "the process that runs Minga for tests is gone"
        number, status = STATUS.unpack(told)
        return number, status


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
