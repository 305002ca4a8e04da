"""Those who are told of each call that has ended."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from minga.domain.model_calls import CallSeen
from minga.telemetry.metrics import Metrics

PUBLISH_S = 1.0


class Sink(Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Observers:
    """``told`` in this order; ``sinks`` hold what has not left the process yet."""

    metrics: Metrics
    told: tuple[Callable[[CallSeen], None], ...]
    sinks: tuple[Sink, ...]

    def seen(self, call: CallSeen) -> None:
        for one in self.told:
            one(call)

    async def publish(self) -> None:
        """Leave this worker's numbers where its others find them, for ever."""
        while True:
            await asyncio.sleep(PUBLISH_S)
            with contextlib.suppress(OSError):  # they are late then, and there with the next second that goes well
                self.metrics.publish()

    def close(self) -> None:
        for sink in self.sinks:
            sink.close()
