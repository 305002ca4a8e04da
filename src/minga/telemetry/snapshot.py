"""What one worker has counted, as it leaves it for the others. On its own: a compiled struct would forget the types."""

from typing import Literal, TypeAlias

import msgspec

from minga.telemetry.tallies import Kind, Row

Counted: TypeAlias = tuple[str, tuple[str, ...]]
"""A family, and the values of its labels."""


class Snapshot(msgspec.Struct):
    rows: list[tuple[Kind, Row]]
    counts: list[tuple[Counted, int]]
    readings: list[tuple[Counted, Literal["counter", "gauge"], float]]
