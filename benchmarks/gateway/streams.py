"""A caller of streams, as a process of its own: ``python -m benchmarks.gateway.streams JOB`` with a `Job` as JSON.

Prints one `Told` as JSON. With ``hold`` it prints that once all streams have begun, and keeps them until its input is
closed.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from typing import cast

import msgspec
import uvloop

GRACE_S = 10.0
"""For streams that are under way at the end."""

CONNECTING_AT_ONCE = 100

_ENDS = (b"[DONE]", b"message_stop", b"response.completed", b"finishReason")
"""What the last event of a whole stream has, in each form."""

_TAIL = 65536


class Job(msgspec.Struct):
    """``seconds`` > 0: each connection asks again and again for so long; 0: each asks once."""

    port: int
    path: str
    headers: dict[str, str]
    body: str
    connections: int
    seconds: float = 0.0
    hold: bool = False
    limit_s: float = 60.0


class Told(msgspec.Struct):
    """``whole`` streams had their end. ``open_most`` is how many ran at once."""

    whole: int
    errors: int
    open_most: int
    first_p50_ms: float | None
    first_p95_ms: float | None
    first_error: str = ""


class _Caller:
    def __init__(self, job: Job) -> None:
        self.job = job
        head = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
        body = job.body.encode()
        self.request = (
            f"POST {job.path} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\nContent-Type: application/json\r\n"
            f"{head}Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        self.end = time.perf_counter() + job.seconds if job.seconds else 0.0
        self.first_s: list[float] = []
        self.whole = self.errors = self.open = self.open_most = self.begun = self.done = 0
        self.first_error = ""
        self.progress = asyncio.Event()

    def failed(self, why: str, count: int = 1) -> None:
        self.errors += count
        self.first_error = self.first_error or why

    def told(self) -> Told:
        p50, p95 = percentiles(self.first_s) if self.first_s else (None, None)
        return Told(self.whole, self.errors, self.open_most, p50, p95, self.first_error)


class _Stream(asyncio.Protocol):
    def __init__(self, caller: _Caller) -> None:
        self.caller = caller
        self.asked_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self._ask()

    def _ask(self) -> None:
        self.head, self.tail, self.has_begun = b"", b"", False
        self.asked_at = time.perf_counter()
        self.transport.write(self.caller.request)

    def data_received(self, data: bytes) -> None:
        caller = self.caller
        self.tail = (self.tail + data)[-_TAIL:]
        if not self.has_begun:
            self.head += data
            if b"data:" not in self.head:
                if b" 200 " not in self.head[:16]:
                    status, _, rest = self.head.decode("latin-1").partition("\r\n")
                    self._fail(f"{status} … {rest[-150:]}")
                return
            self._begin()
        if self.tail.endswith(b"0\r\n\r\n") and self.asked_at is not None:
            if any(end in self.tail for end in _ENDS):
                caller.whole += 1
            else:
                caller.failed("the stream ended without its end")
            self._over()
            if time.perf_counter() < caller.end:
                self._ask()
            else:
                self.transport.close()

    def _begin(self) -> None:
        caller = self.caller
        assert self.asked_at is not None
        self.has_begun = True
        caller.first_s.append(time.perf_counter() - self.asked_at)
        caller.begun += 1
        caller.open += 1
        caller.open_most = max(caller.open_most, caller.open)
        caller.progress.set()

    def _over(self) -> None:
        self.asked_at = None
        if self.has_begun:
            self.caller.open -= 1

    def _fail(self, why: str) -> None:
        if self.asked_at is not None:
            self.caller.failed(why)
            self._over()
        self.transport.close()

    def connection_lost(self, wrong: Exception | None) -> None:
        self._fail(f"the connection was closed: {wrong}")
        self.caller.done += 1
        self.caller.progress.set()


async def _call(job: Job) -> None:
    caller = _Caller(job)
    loop = asyncio.get_running_loop()
    connecting = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def connect() -> None:
        async with connecting:
            try:
                await loop.create_connection(lambda: _Stream(caller), "127.0.0.1", job.port)
            except OSError as wrong:
                caller.failed(str(wrong))
                caller.done += 1

    limit_s = job.seconds + GRACE_S if job.seconds else job.limit_s
    await asyncio.wait_for(asyncio.gather(*(connect() for _ in range(job.connections))), limit_s)
    try:
        await asyncio.wait_for(_all(caller, holding=job.hold), limit_s)
    except TimeoutError:
        late = job.connections - (caller.begun if job.hold else caller.done)
        caller.failed(f"{late} streams had not {'begun' if job.hold else 'ended'} after {limit_s:g} s", late)
    print(msgspec.json.encode(caller.told()).decode(), flush=True)
    if job.hold:
        await asyncio.to_thread(sys.stdin.read)


async def _all(caller: _Caller, *, holding: bool) -> None:
    while caller.done < caller.job.connections and not (holding and caller.begun >= caller.job.connections):
        caller.progress.clear()
        await caller.progress.wait()


def percentiles(times_s: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th, in ms."""
    ordered = [1000 * one for one in sorted(times_s)]
    return statistics.median(ordered), ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]


if __name__ == "__main__":
    uvloop.run(_call(msgspec.json.decode(sys.argv[1], type=Job)))
