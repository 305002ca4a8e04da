"""Puts permission requests to the person at the terminal."""

import asyncio
import os
import sys
import termios
from contextlib import suppress

from minga.domain.events import Event, PermissionRequested
from minga.entrypoints.cli.view import View
from minga.entrypoints.cli.visible import visible
from minga.entrypoints.cli.words import Words

_YES = frozenset({"y", "yes", "s", "si", "sí"})


SHOWN_WITHIN_S = 2.0


class TerminalAsker:
    """Asks on the terminal ``descriptor``; one question at a time. `open_terminal` finds the terminal.

    A question comes after the events that led to it: whoever shows them says so with `shown`.
    """

    def __init__(self, descriptor: int, view: View, say: Words) -> None:
        self._descriptor = descriptor
        self._view = view
        self._say = say
        self._turn = asyncio.Lock()
        self._shown: dict[str, asyncio.Event] = {}

    def shown(self, event: Event) -> None:
        if isinstance(event, PermissionRequested):
            self._shown.setdefault(event.request_id, asyncio.Event()).set()

    async def ask(self, request: PermissionRequested) -> bool:
        async with self._turn:
            with suppress(TimeoutError):
                async with asyncio.timeout(SHOWN_WITHIN_S):
                    await self._shown.setdefault(request.request_id, asyncio.Event()).wait()
            self._view.pause()
            what = request.detail or request.title
            question = self._say("Allow {kind}: {what}? [y/N] ", kind=self._say(request.kind.value), what=what)
            termios.tcflush(self._descriptor, termios.TCIFLUSH)  # what was typed before answers nothing
            os.write(self._descriptor, visible(question).encode())
            return (await self._line()).strip().lower() in _YES

    async def _line(self) -> str:
        """Read a line without a thread, so that a question nobody answers can be given up."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            await ready.wait()
            return os.read(self._descriptor, 1024).decode("utf-8", "replace")
        finally:
            loop.remove_reader(self._descriptor)


def open_terminal() -> int | None:
    """Return a descriptor of the terminal at which a person can be asked, or None.

    Standard input where it is one; else ``/dev/tty`` if what we print is seen on a terminal (input was piped in).
    """
    if sys.stdin is not None and sys.stdin.isatty():
        return sys.stdin.fileno()
    if not sys.stderr.isatty():
        return None
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
