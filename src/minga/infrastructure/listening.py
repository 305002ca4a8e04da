"""Sockets that listen: one, or one a worker on the same port."""

import socket
import sys

from minga.domain.errors import PortInUse

BACKLOG = 2048


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """``count`` sockets at one address; port 0 takes any that is free. Raises PortInUse.

    Linux spreads connections evenly over sockets with SO_REUSEPORT, and only over those; elsewhere all share one.
    """
    spread = count > 1 and sys.platform == "linux"
    first = _bound(host, port, shared=False)  # alone: it would also stand beside the sockets of another program
    port = first.getsockname()[1]
    if not spread:
        first.listen(BACKLOG)
        return [first] * count
    first.close()
    sockets = [_bound(host, port, shared=True) for _ in range(count)]
    for one in sockets:
        one.listen(BACKLOG)
    return sockets


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind((host, port))
    except OSError as wrong:
        made.close()
        raise PortInUse(host=host, port=port, detail=wrong.strerror or str(wrong)) from wrong
    return made
