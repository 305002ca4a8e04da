"""Calls of one kind, summed up in one row of integers: what is added at a call's end is what is added among workers."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import TypeAlias

from minga.domain.model_calls import CallEntry, CallSeen
from minga.telemetry.conventions import Distributions

Kind: TypeAlias = tuple[str, str, str, str, str]
"""Wire, provider, model, status class, cache."""

Row: TypeAlias = list[int]

CALLS, INPUT, CACHED, CACHE_WRITE, OUTPUT = 0, 1, 2, 3, 4
MICRO_USD, UNPRICED, ESTIMATED, TOOK_MS, FIRST_MS = 5, 6, 7, 8, 9
_SUMS = 10

GONE = 499


@dataclass(frozen=True, slots=True)
class Spread:
    """Where in a row the buckets of a distribution stand: one for each bound, and one for what is beyond."""

    at: int
    bounds: tuple[float, ...]

    @property
    def end(self) -> int:
        return self.at + len(self.bounds) + 1


@dataclass(frozen=True, slots=True)
class Layout:
    """Of a row: ten sums, then the buckets."""

    took: Spread
    first: Spread
    asked: Spread
    answered: Spread

    def empty(self) -> Row:
        return [0] * self.answered.end

    def add(self, row: Row, call: CallSeen) -> None:
        entry = call.entry
        used = entry.usage
        asked = used.input_tokens + used.cached_input_tokens + used.cache_write_tokens
        row[CALLS] += 1
        row[INPUT] += used.input_tokens
        row[CACHED] += used.cached_input_tokens
        row[CACHE_WRITE] += used.cache_write_tokens
        row[OUTPUT] += used.output_tokens
        if entry.cost_micro_usd is None:
            row[UNPRICED] += 1
        else:
            row[MICRO_USD] += entry.cost_micro_usd
        if entry.source == "estimate":
            row[ESTIMATED] += 1
        row[TOOK_MS] += entry.took_ms
        row[self.took.at + bisect_left(self.took.bounds, entry.took_ms / 1000)] += 1
        if call.stream:
            row[FIRST_MS] += entry.first_ms
            row[self.first.at + bisect_left(self.first.bounds, entry.first_ms / 1000)] += 1
        if asked:
            row[self.asked.at + bisect_left(self.asked.bounds, asked)] += 1
        if used.output_tokens:
            row[self.answered.at + bisect_left(self.answered.bounds, used.output_tokens)] += 1


def layout(metrics: Distributions) -> Layout:
    took = Spread(_SUMS, metrics.duration.bounds)
    first = Spread(took.end, metrics.first_chunk.bounds)
    asked = Spread(first.end, metrics.tokens.bounds)
    return Layout(took, first, asked, Spread(asked.end, metrics.tokens.bounds))


def status_class(entry: CallEntry) -> str:
    """``2xx``; a caller that went away stays apart from those who asked wrongly."""
    return "gone" if entry.status == GONE else f"{entry.status // 100}xx"
