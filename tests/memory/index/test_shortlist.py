"""Which passages are compared token by token: those that fit best by words and meaning, never fewer than are wanted."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from memory_filling import START, directions, embed, said, take_in

from minga.domain.meaning import Encoded
from minga.domain.memory import Question
from minga.memory import recalling
from minga.memory.file import MIGRATIONS
from minga.memory.index.pages import Cache
from minga.memory.recall.shortlist import COMPARED, likely
from minga.storage.database import migrate, migrations_in, transact
from minga.storage.sqlite import Sqlite


def test_what_fits_by_words_and_by_meaning_comes_before_what_fits_by_one() -> None:
    fits = likely([1, 2, 3, 4], {1: 9.0, 2: 8.0}, {1: 0.80, 2: 0.86, 3: 0.87, 4: 0.81})
    assert max(fits, key=fits.__getitem__) == 2
    assert min(fits, key=fits.__getitem__) == 4


def test_how_large_the_numbers_of_words_are_does_not_count() -> None:
    near = {1: 0.80, 2: 0.85, 3: 0.84}
    small, large = likely([1, 2, 3], {1: 0.5, 3: 0.4}, near), likely([1, 2, 3], {1: 500.0, 3: 400.0}, near)
    assert small == pytest.approx(large, abs=1e-3)


def test_nothing_found_is_nothing_likely() -> None:
    assert likely([], {}, {}) == {}


@pytest.mark.parametrize("limit", [10, COMPARED + 30])
def test_as_many_are_recalled_as_are_wanted(tmp_path: Path, limit: int) -> None:
    count = COMPARED + 60
    vectors = directions(count, seed=3)
    entries = [said(seq, f"the printer of room {seq} is green") for seq in range(1, count + 1)]
    question = Question("which printer?", None, START + timedelta(days=99), limit=limit)
    encoded = Encoded(vectors[6].astype("<f4").tobytes(), b"")
    with closing(Sqlite(tmp_path / "memory")) as engine:
        migrate(engine, migrations_in(MIGRATIONS, "memory"))
        transact(engine, lambda transaction: take_in(transaction, entries), writing=True)
        transact(engine, lambda transaction: embed(transaction, vectors), writing=True)
        found = transact(
            engine, lambda transaction: recalling.recall(transaction, Cache(), question, encoded, 0), writing=False
        )
    assert len(found.recalled) == limit
    assert "the printer of room 7 is green" in [one.passage.text for one in found.recalled]
