"""A bench on SQLite, and one on each engine."""

from pathlib import Path

import pytest
from pipeline_bench import Bench

from stores import Place


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def stored(place: Place, tmp_path: Path) -> Bench:
    """On SQLite and on PostgreSQL."""
    return Bench(tmp_path, place.url)
