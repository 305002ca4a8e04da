"""Vectors of the passages that have none yet, the newest first."""

import asyncio
import importlib
import time
from collections.abc import Sequence
from functools import partial

from minga.domain.meaning import Encoded, Encoder
from minga.infrastructure import numbers
from minga.memory.file import MemoryFile
from minga.memory.index import meaning
from minga.memory.index.meaning import Made
from minga.storage.following import OnProgress, Progress

BYTES_A_NUMBER = 4
"""Of a vector as an encoder gives it."""


async def embed(file: MemoryFile, encoder: Encoder, on_progress: OnProgress, seconds: float, at_once: int) -> int:
    """Make them for so long, ``at_once`` at a time; return how many are missing then. Vectors of another encoder are
    made anew. Raises UnreadableModel, StoreError."""
    numbers.prepare()
    end, done = time.monotonic() + seconds, 0
    total = waiting = await _waiting(file, encoder)
    while waiting and time.monotonic() < end:
        done += await _some(file, encoder, at_once)
        waiting = max(0, total - done)
        on_progress(Progress("meaning", done, total))
    return waiting


async def _waiting(file: MemoryFile, encoder: Encoder) -> int:
    """How many passages have no vector of this encoder; what another one made is not kept."""
    made_by, waiting = await file.read(meaning.of_encoder)
    if made_by == encoder.name:
        return waiting
    await file.write(partial(meaning.set_encoder, name=encoder.name))
    return await file.read(meaning.waiting)


async def _some(file: MemoryFile, encoder: Encoder, at_once: int) -> int:
    texts = await file.read(partial(meaning.next_texts, limit=at_once))
    rows = await asyncio.to_thread(encoder.passages, [text for _, text in texts])
    made = _packed([number for number, _ in texts], rows, encoder)
    near = importlib.import_module("minga.memory.index.near")
    await file.write(partial(meaning.add, made=made, stored=near.stored))
    return len(texts)


def _packed(which: Sequence[int], rows: Sequence[Encoded], encoder: Encoder) -> list[Made]:
    """As they are stored."""
    if wrong := {len(row.vector) for row in rows} - {encoder.dimensions * BYTES_A_NUMBER}:
        raise ValueError(f"{encoder.name!r} gives vectors of {wrong} bytes, not of {encoder.dimensions} numbers")
    pack = importlib.import_module("minga.memory.recall.nearness").packed_states  # brings a library for numbers with it
    return [
        Made(number, row.vector, pack(row.states, encoder.dimensions)) for number, row in zip(which, rows, strict=True)
    ]
