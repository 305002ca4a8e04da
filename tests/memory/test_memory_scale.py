"""The benchmark of very many passages, with few: it goes on where it was left, and what it asks is found."""

import asyncio
from pathlib import Path

import msgspec
import numpy as np
import pytest
from benchmarks.memory import made, scale

from minga.domain.meaning import Encoded
from minga.infrastructure.e5 import E5
from minga.memory.recall.nearness import packed_states


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = np.random.default_rng(1).normal(size=(30, 384)).astype("<f4")
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    passages = tuple(Encoded(row.tobytes()) for row in unit)
    tokens = tuple(packed_states(row.tobytes(), 384) for row in rows)
    real = made.Real(passages, tokens, tuple(Encoded(row.tobytes(), row.tobytes()) for row in unit[:5]))
    (tmp_path / f"real-{E5.name}.msgpack").write_bytes(msgspec.msgpack.encode(real))
    return tmp_path


def test_what_was_filled_is_taken_up_where_it_was_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "BATCH", 40)
    monkeypatch.setattr(made, "BATCH", 40)
    monkeypatch.setattr(made, "OF_SESSION", 10)
    texts = made.World.texts
    with monkeypatch.context() as cut:
        cut.setattr(made.World, "texts", lambda world, batch: [][batch] if batch else texts(world, batch))
        with pytest.raises(IndexError):
            asyncio.run(scale._fill(folder, 80))
    half = scale._filled(scale._path(folder, 80))
    asyncio.run(scale._fill(folder, 80))
    whole = scale._filled(scale._path(folder, 80))
    assert (half.passages, whole.passages) == (40, 80)
    assert 0 < half.words.processor < whole.words.processor
    answered = asyncio.run(scale._ask(folder, 80, 8))
    assert answered.found == 1
    assert 0 < answered.cpu_median_ms <= answered.cpu_p95_ms
    [row] = [one for one in scale.rows([scale.Measured(80, 5000.0, whole, answered)]) if one[0] == "found"]
    assert row == ("found", "1")
