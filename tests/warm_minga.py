"""A Python that has imported Minga and waits: each connection gives it one command line, and a fork of it runs that.

Such a fork is a process as `python -m minga` makes one (own standard streams, environment, directory; it ends and is
killed as that is), less the imports: a third of a second, and three quarters for the gateway. Standard input of the
server: ends with whom it works for.
"""

import gc
import importlib
import json
import os
import resource
import select
import socket
import struct
import sys

from minga.entrypoints.cli.main import MODULES, VERBS, main

USED = (
    "asyncio.selector_events",
    "minga.agents.builtin.driver",
    "minga.agents.drivers.acp",
    "minga.entrypoints.cli.dte_make",
    "minga.entrypoints.cli.dte_respond",
    "minga.entrypoints.cli.verb",
    "minga.storage.postgres",
    "minga.storage.sqlite",
    "rich.table",
    "minga.verification_wiring",
)
"""What verbs import only when they need it."""

STATUS = struct.Struct("ii")
"""What the one who asked is told of a process: its number and, once it has ended, what `os.waitpid` says of it."""


def serve(address: str) -> None:
    """Returns in each fork only; the caller is to run Minga then."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        os.write(1, b"ready\n")
        keepers = 0
        while listener in select.select([listener, 0], [], [])[0]:
            connection, _ = listener.accept()
            keepers += 1
            if os.fork() == 0:
                listener.close()
                return _keep(connection)
            connection.close()
            while keepers and os.waitpid(-1, os.WNOHANG)[0]:
                keepers -= 1
    os._exit(0)


def _keep(connection: socket.socket) -> None:
    """Fork once more, and wait for the end of that process."""
    with connection:
        given, descriptors, _, _ = socket.recv_fds(connection, STATUS.size, 3)
        wanted = json.loads(_all_of(connection, STATUS.unpack(given)[0]))
        pid = os.fork()
        if pid == 0:
            connection.close()
            return _become(descriptors, **wanted)
        for descriptor in (0, 1, 2, *descriptors):
            os.close(descriptor)
        connection.sendall(STATUS.pack(pid, 0))
        connection.sendall(STATUS.pack(*os.waitpid(pid, 0)))
    os._exit(0)


def _all_of(connection: socket.socket, size: int) -> bytes:
    with connection.makefile("rb") as file:
        return file.read(size)


def _become(
    descriptors: list[int],
    arguments: list[str],
    directory: str,
    environment: dict[str, str],
    limits: list[tuple[int, int, int]],
) -> None:
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    for kind, soft, hard in limits:
        resource.setrlimit(kind, (soft, hard))
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = directory
    sys.argv[1:] = arguments


def warm_up() -> None:
    verbs = (f"minga.entrypoints.cli.{MODULES.get(verb, verb)}" for verb in VERBS)
    for name in (*verbs, *USED):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    warm_up()
    serve(sys.argv[1])
    main()
