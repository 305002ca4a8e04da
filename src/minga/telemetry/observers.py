"""Those who are told of each call that has ended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from minga.domain.model_calls import CallSeen
from minga.telemetry.metrics import Metrics


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

    def close(self) -> None:
        for sink in self.sinks:
            sink.close()
