"""Metrics in Prometheus' text form, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, TypeVar

from minga.telemetry.conventions import Conventions, Distribution
from minga.telemetry.tallies import (
    CACHE_WRITE,
    CACHED,
    CALLS,
    ESTIMATED,
    FIRST_MS,
    INPUT,
    MICRO_USD,
    OUTPUT,
    TOOK_MS,
    UNPRICED,
    Kind,
    Layout,
    Row,
    Spread,
)

Names = TypeVar("Names", bound=tuple[str, ...])

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    help: str
    labels: tuple[str, ...]
    kind: Literal["counter", "gauge"] = "counter"


@dataclass(frozen=True, slots=True)
class Sample:
    suffix: str
    labels: Mapping[str, str]
    value: float


FAMILIES = (
    Family("minga_refused_total", "Calls that the gateway itself refused.", ("reason",)),
    Family("minga_retries_total", "Attempts after one that failed, at the same provider.", ("provider",)),
    Family("minga_fallbacks_total", "Attempts after one that failed, at another provider.", ("provider", "next")),
    Family("minga_budget_alerts_total", "Budgets that reached their alert share.", ("scope",)),
    Family("minga_continuations_total", "Broken streams that another deployment went on with.", ("provider",)),
)
"""What is counted beside the calls."""

REQUESTS = Family("minga_requests_total", "Calls that ended.", ("wire", "provider", "model", "status", "cache"))
TOKENS = Family("minga_tokens_total", "Tokens used, each counted once.", ("provider", "model", "kind"))
COST = Family("minga_cost_usd_total", "Cost by list price, of calls that have one.", ("provider", "model"))
UNPRICED_CALLS = Family("minga_unpriced_calls_total", "Calls of models without a list price.", ("provider", "model"))
ESTIMATES = Family(
    "minga_estimated_calls_total", "Calls whose tokens the provider did not tell.", ("provider", "model")
)

_KINDS = (("input", INPUT), ("cached_input", CACHED), ("cache_write", CACHE_WRITE), ("output", OUTPUT))


def families_of_calls(
    rows: Mapping[Kind, Row], layout: Layout, conventions: Conventions
) -> Iterator[tuple[Family | Distribution, list[Sample]]]:
    yield (
        REQUESTS,
        [Sample("", dict(zip(REQUESTS.labels, kind, strict=True)), row[CALLS]) for kind, row in rows.items()],
    )
    models = _summed(rows, lambda kind: (kind[1], kind[2]))
    yield (
        TOKENS,
        [
            Sample("", {"provider": provider, "model": model, "kind": name}, row[column])
            for (provider, model), row in models.items()
            for name, column in _KINDS
        ],
    )
    for family, column, unit in (
        (COST, MICRO_USD, 1_000_000),
        (UNPRICED_CALLS, UNPRICED, 1),
        (ESTIMATES, ESTIMATED, 1),
    ):
        yield (
            family,
            [
                Sample("", dict(zip(family.labels, names, strict=True)), row[column] / unit)
                for names, row in models.items()
            ],
        )
    yield from _distributions(rows, layout, conventions)


def _distributions(
    rows: Mapping[Kind, Row], layout: Layout, conventions: Conventions
) -> Iterator[tuple[Distribution, list[Sample]]]:
    labels, metrics = conventions.labels, conventions.metrics

    def kind_of(kind: Kind) -> tuple[str, str, str]:
        return conventions.operation(kind[0]), conventions.provider(kind[1]), kind[2]

    tokens: list[Sample] = []
    for names, row in _summed(rows, kind_of).items():
        named = dict(zip((labels.operation, labels.provider, labels.model), names, strict=True))
        asked = row[INPUT] + row[CACHED] + row[CACHE_WRITE]
        tokens += _histogram(row, layout.asked, asked, {**named, labels.token: "input"})
        tokens += _histogram(row, layout.answered, row[OUTPUT], {**named, labels.token: "output"})
    durations: list[Sample] = []
    firsts: list[Sample] = []
    for (*names_of_kind, error), row in _summed(rows, lambda kind: (*kind_of(kind), _error(kind[3]))).items():
        named = dict(zip((labels.operation, labels.provider, labels.model), names_of_kind, strict=True))
        durations += _histogram(row, layout.took, row[TOOK_MS] / 1000, {**named, labels.error: error})
        firsts += _histogram(row, layout.first, row[FIRST_MS] / 1000, {**named, labels.error: error})
    yield metrics.tokens, tokens
    yield metrics.duration, durations
    yield metrics.first_chunk, firsts


def _error(status: str) -> str:
    return "" if status == "2xx" else status


def _summed(rows: Mapping[Kind, Row], names_of: Callable[[Kind], Names]) -> dict[Names, Row]:
    """Rows that have the same names, as one."""
    found: dict[Names, Row] = {}
    for kind, row in sorted(rows.items()):
        names = names_of(kind)
        found[names] = [a + b for a, b in zip(found[names], row, strict=True)] if names in found else row
    return found


def _histogram(row: Row, spread: Spread, total: float, labels: Mapping[str, str]) -> Iterator[Sample]:
    counts = list(accumulate(row[spread.at : spread.end]))
    if not counts[-1]:
        return
    for bound, count in zip([*map(_number, spread.bounds), "+Inf"], counts, strict=True):
        yield Sample("_bucket", {**labels, "le": bound}, count)
    yield Sample("_sum", labels, total)
    yield Sample("_count", labels, counts[-1])


def text(families: Iterable[tuple[Family | Distribution, list[Sample]]]) -> str:
    lines: list[str] = []
    for family, samples in families:
        kind = family.kind if isinstance(family, Family) else "histogram"
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {kind}"]
        for one in samples:
            labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in one.labels.items() if value)
            lines.append(f"{family.name}{one.suffix}{{{labels}}} {_number(one.value)}")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
