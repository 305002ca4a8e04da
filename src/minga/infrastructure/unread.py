"""Whether a socket has something to read, asked without a wait and without letting go of Python's lock.

`select.poll` lets other threads run meanwhile, which wakes each that waits for its turn: that costs more than the
question.
"""

import ctypes
import select
import socket

_POLL = ctypes.PyDLL(None).poll
_POLL.argtypes = (ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int)
_POLL.restype = ctypes.c_int


class _Asked(ctypes.Structure):
    """``struct pollfd`` (poll(2))."""

    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class Unread:
    """Of a socket that is open."""

    def __init__(self, of: socket.socket) -> None:
        self._asked = _Asked(of.fileno(), select.POLLIN, 0)
        self._at = ctypes.addressof(self._asked)

    def is_there(self) -> bool:
        """Bytes, an end or an error."""
        return bool(_POLL(self._at, 1, 0))
