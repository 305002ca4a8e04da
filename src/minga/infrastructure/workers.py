"""Several processes that do the same work: started, replaced when they die, ended together.

They are forked, before any thread, loop or store is open: a new one is there in milliseconds and shares what was
imported.
"""

import os
import random
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

STOPS = (signal.SIGTERM, signal.SIGINT)
PASSED_ON = signal.SIGHUP
AT_ONCE = signal.SIGQUIT
"""What a worker gets when the person has lost patience."""

_HEEDED = (*STOPS, PASSED_ON, signal.SIGCHLD)

PAUSE_S = 0.1
PAUSE_MAX_S = 5.0
HEALTHY_S = 10.0
"""A worker that lived for so long did not die of how it begins."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker knows of where it runs. ``lifeline`` becomes readable when the supervisor is gone, however it
    ended; None where there is no supervisor. `ready` tells that the work goes on."""

    number: int
    is_first: bool
    lifeline: int | None
    ready: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Died:
    """``status`` is the exit code, negative for a signal; another begins in ``pause_s``."""

    number: int
    status: int
    pause_s: float


@dataclass(slots=True)
class _Seat:
    """``pid`` 0: nobody is there until ``due_s``."""

    number: int
    pid: int = 0
    began_s: float = 0.0
    due_s: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class _Pipes:
    """Of the supervisor: its ``lifeline``, which nobody writes to; what wakes it; what the first worker tells."""

    lifeline: int
    lifeline_end: int
    woken: int
    waker: int
    is_ready: int
    ready: int

    @classmethod
    def opened(cls) -> "_Pipes":
        pipes = cls(*os.pipe(), *os.pipe(), *os.pipe())
        for end in (pipes.woken, pipes.waker, pipes.is_ready):
            os.set_blocking(end, False)
        return pipes


class Workers:
    """``work`` runs in each process and returns its exit code: on SIGTERM it ends what it does and returns, on SIGQUIT
    at once; it does not see the terminal's Ctrl-C. What has not ended ``stop_s`` after SIGTERM is killed."""

    def __init__(
        self,
        count: int,
        work: Callable[[Place], int],
        told: Callable[[Died], None],
        stop_s: float,
        chance: random.Random,
    ) -> None:
        self._seats = [_Seat(number) for number in range(1, count + 1)]
        self._work = work
        self._told = told
        self._stop_s = stop_s
        self._chance = chance
        self._is_ready = False
        self._was_started = False
        self._kill_at_s: float | None = None
        self._was_killed = False
        self._code = 0
        self._pipes = _Pipes.opened()
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Until a signal ends it. The first one begins alone: if it cannot, its exit code is the answer."""
        for one in _HEEDED:
            signal.signal(one, _noted)
        signal.set_wakeup_fd(self._pipes.waker, warn_on_full_buffer=False)
        self._selector.register(self._pipes.woken, selectors.EVENT_READ)
        self._selector.register(self._pipes.is_ready, selectors.EVENT_READ)
        try:
            self._start(self._seats[0])
            while any(seat.pid for seat in self._seats) or self._goes_on():
                self._selector.select(self._pause())
                self._look()
        finally:
            signal.set_wakeup_fd(-1)
        return self._code

    def _goes_on(self) -> bool:
        return self._is_ready and self._kill_at_s is None

    def _pause(self) -> float | None:
        """Until something is due; None where only a signal can come."""
        due = [seat.due_s for seat in self._seats if not seat.pid] if self._goes_on() else []
        due += [self._kill_at_s] if self._kill_at_s is not None and not self._was_killed else []
        return max(min(due) - time.monotonic(), 0.0) if due else None

    def _look(self) -> None:
        if not self._is_ready and _drained(self._pipes.is_ready):
            self._is_ready = True
            self._selector.unregister(self._pipes.is_ready)
        for one in _drained(self._pipes.woken):
            self._heed(signal.Signals(one))
        self._reap()
        now_s = time.monotonic()
        if self._goes_on():
            for seat in self._seats:
                if not seat.pid and seat.due_s <= now_s:
                    self._start(seat)
        if self._kill_at_s is not None and now_s >= self._kill_at_s and not self._was_killed:
            self._was_killed, self._code = True, 1
            self._send(signal.SIGKILL)

    def _heed(self, one: signal.Signals) -> None:
        if one in STOPS:
            if self._kill_at_s is None:
                self._kill_at_s = time.monotonic() + self._stop_s
                self._send(signal.SIGTERM)
            elif one == signal.SIGINT:
                self._send(AT_ONCE)
        elif one == PASSED_ON:
            self._send(one)

    def _send(self, one: signal.Signals) -> None:
        for seat in self._seats:
            if seat.pid:
                with suppress(ProcessLookupError):
                    os.kill(seat.pid, one)

    def _reap(self) -> None:
        for seat in self._seats:
            if seat.pid:
                pid, status = os.waitpid(seat.pid, os.WNOHANG)
                if pid:
                    self._note(seat, os.waitstatus_to_exitcode(status))

    def _note(self, seat: _Seat, status: int) -> None:
        seat.pid = 0
        if self._kill_at_s is not None or not self._is_ready:
            ended_as_told = self._kill_at_s is not None and status in (0, -signal.SIGTERM)
            self._code = self._code or (0 if ended_as_told else 1 if status < 0 else status)
            return
        now_s = time.monotonic()
        seat.failures = 0 if now_s - seat.began_s >= HEALTHY_S else seat.failures + 1
        pause_s = min(PAUSE_S * 2**seat.failures, PAUSE_MAX_S) * self._chance.uniform(0.5, 1.5)
        seat.due_s = now_s + pause_s
        self._told(Died(seat.number, status, pause_s))

    def _start(self, seat: _Seat) -> None:
        is_first, self._was_started = not self._was_started, True
        seat.began_s = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)  # until the new process is rid of the handlers of this one
        seat.pid = os.fork()
        if not seat.pid:
            self._be(seat, is_first=is_first)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)

    def _be(self, seat: _Seat, *, is_first: bool) -> None:
        """In the new process, which never returns from here."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for one in _HEEDED:
                signal.signal(one, signal.SIG_IGN if one in (signal.SIGINT, PASSED_ON) else signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
            pipes = self._pipes
            for end in (pipes.lifeline_end, pipes.woken, pipes.waker, pipes.is_ready):
                os.close(end)
            code = self._work(Place(seat.number, is_first, pipes.lifeline, lambda: _tell(pipes.ready)))
        except BaseException:  # noqa: BLE001 - nobody above would show it: this process ends here
            traceback.print_exc()
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


def _tell(end: int) -> None:
    with suppress(OSError):
        os.write(end, b"!")


def _noted(number: int, frame: object) -> None:
    """The number goes through the pipe of `signal.set_wakeup_fd`."""


def _drained(end: int) -> bytes:
    try:
        return os.read(end, 4096)
    except BlockingIOError:
        return b""
