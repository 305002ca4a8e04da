"""A memory of very many passages (`benchmarks.memory.scale`) as a section. ``BENCH_SCALE`` names a folder in which what
is written stays for the next time (6 GB); else it is temporary."""

import asyncio
import os
from pathlib import Path

from benchmarks.memory import scale
from benchmarks.memory.filled import Memories
from benchmarks.memory.section import Aim, Rows, Say, Section

QUICK_SIZES, QUICK_QUESTIONS = (10_000,), 20
QUESTIONS = 200

P95_MOST_MS = 60
OF = 1_000_000


async def measure(memories: Memories, is_quick: bool, say: Say) -> Section:
    sizes = QUICK_SIZES if is_quick else scale.SIZES
    say(f"memories of {', '.join(f'{size:,}' for size in sizes)} passages")
    kept = os.environ.get("BENCH_SCALE")
    questions = QUICK_QUESTIONS if is_quick else QUESTIONS
    return section(await asyncio.to_thread(scale.main, sizes, questions, Path(kept) if kept else None))


def section(measured: list[scale.Measured]) -> Section:
    table = Rows("By passages", ("", *(f"{one.passages:,}" for one in measured)), tuple(scale.rows(measured)))
    aims = [
        Aim(
            f"p95 of a question among {OF:,} passages, at most {P95_MOST_MS} ms",
            f"{one.answered.p95_ms:.0f} ms",
            is_met,
        )
        for one in measured
        if one.passages == OF
        for is_met in [one.answered.p95_ms <= P95_MOST_MS]
    ]
    figures = {f"p95 ms {one.passages}": one.answered.p95_ms for one in measured}
    return Section("Many passages", (table,), tuple(aims), (), figures)
