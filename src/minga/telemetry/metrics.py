"""Metrics in Prometheus' text form, over all workers of a server.

At a call's end one row of integers grows; everything else is done when somebody asks. Workers that share a port each
leave their numbers in a folder; whoever is asked writes its own first and then reads all of them, so that no number
goes back from one scrape to the next. What a worker has counted outlives it; its gauges do not.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from minga.domain.budgets import BudgetAlert
from minga.domain.model_calls import CallSeen, Refused
from minga.infrastructure.shares import Share
from minga.telemetry.conventions import Conventions
from minga.telemetry.exposition import FAMILIES, Family, Sample, families_of_calls, text
from minga.telemetry.snapshot import Counted, Snapshot
from minga.telemetry.tallies import Kind, Row, layout, status_class

MODELS_MAX = 100
"""Names of models that become labels; others are ``OTHER``."""

SPELLINGS_MAX = 1000
"""Names as callers write them that are remembered; others are looked up each time."""

OTHER = "other"

Read: TypeAlias = Callable[[], Mapping[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that something else keeps, asked for when it is needed. A gauge counts as long as its worker lives."""

    family: Family
    read: Read


class Metrics:
    """``known`` tells the name under which a model is counted, empty for one that it does not know; it may be replaced
    by one that knows more. ``share`` is where
    workers meet; without it this process is the only one."""

    def __init__(self, conventions: Conventions, known: Callable[[str], str], share: Share | None = None) -> None:
        self._conventions = conventions
        self._layout = layout(conventions.metrics)
        self.known = known
        self._share = share
        self._models: dict[str, str] = {}
        self._labels: set[str] = set()
        self._rows: dict[Kind, Row] = {}
        self._counts: dict[Counted, int] = {}
        self._readings: list[Reading] = []

    def seen(self, call: CallSeen) -> None:
        entry = call.entry
        model = self._models.get(entry.usage.model) or self._label(entry.usage.model)
        kind = (entry.wire, entry.provider, model, status_class(entry), entry.cache)
        row = self._rows.get(kind)
        if row is None:
            row = self._rows[kind] = self._layout.empty()
        self._layout.add(row, call)
        if len(call.tried) > 1:
            for one, next_one in zip(call.tried, call.tried[1:], strict=False):
                if one.outcome != "ok":  # else the stream broke later, and was continued
                    self._went_on(one.provider, next_one.provider)
        if call.continued:
            self.count("minga_continuations_total", entry.provider)

    def refused(self, refused: Refused) -> None:
        self.count("minga_refused_total", refused.reason)

    def alerted(self, alert: BudgetAlert) -> None:
        self.count("minga_budget_alerts_total", alert.budget.scope)

    def count(self, family: str, *values: str) -> None:
        """One more of a family of `FAMILIES`; ``values`` are those of its labels."""
        self._counts[family, values] = self._counts.get((family, values), 0) + 1

    def add(self, family: Family, read: Read) -> None:
        """Show what ``read`` tells: label values -> number."""
        self._readings.append(Reading(family, read))

    def publish(self) -> None:
        """Leave this worker's numbers for the others. Once a second is enough. Raises OSError."""
        if self._share is not None:
            self._share.write(msgspec.json.encode(self._snapshot()))

    def text(self) -> str:
        """Of all workers. Raises OSError."""
        self.publish()
        if self._share is None:
            return self._told([(self._snapshot(), True)])
        told = [(msgspec.json.decode(data, type=Snapshot), alive) for data, alive in self._share.read_all()]
        return self._told(told)

    def _label(self, model: str) -> str:
        """Bounded, whatever callers ask for."""
        label = self.known(model)
        if not label or (label not in self._labels and len(self._labels) >= MODELS_MAX):
            return OTHER
        self._labels.add(label)
        if len(self._models) < SPELLINGS_MAX:
            self._models[model] = label
        return label

    def _went_on(self, failed: str, next_one: str) -> None:
        if failed == next_one:
            self.count("minga_retries_total", failed)
        else:
            self.count("minga_fallbacks_total", failed, next_one)

    def _snapshot(self) -> Snapshot:
        readings: list[tuple[Counted, Literal["counter", "gauge"], float]] = []
        for one in self._readings:
            readings += [((one.family.name, values), one.family.kind, number) for values, number in one.read().items()]
        return Snapshot(list(self._rows.items()), list(self._counts.items()), readings)

    def _told(self, snapshots: list[tuple[Snapshot, bool]]) -> str:
        rows: dict[Kind, Row] = {}
        numbers: dict[Counted, float] = {}
        for one, alive in snapshots:
            for kind, row in one.rows:
                rows[kind] = [a + b for a, b in zip(rows.get(kind, self._layout.empty()), row, strict=True)]
            for counted, number in one.counts:
                numbers[counted] = numbers.get(counted, 0) + number
            for counted, sort, value in one.readings:
                if alive or sort == "counter":
                    numbers[counted] = numbers.get(counted, 0) + value
        told = families_of_calls(rows, self._layout, self._conventions)
        return text([*told, *self._others(numbers)])

    def _others(self, numbers: Mapping[Counted, float]) -> Iterator[tuple[Family, list[Sample]]]:
        for family in [*FAMILIES, *(one.family for one in self._readings)]:
            found = sorted((values, number) for (name, values), number in numbers.items() if name == family.name)
            if found:
                yield (
                    family,
                    [Sample("", dict(zip(family.labels, values, strict=True)), number) for values, number in found],
                )
