"""The measure of recall, as benchmarks/memory computes it, and the fit of weights."""

import numpy as np
import pytest
from benchmarks.memory.conversations import Query
from benchmarks.memory.fitting import listwise, logistic
from benchmarks.memory.retrieval import score


def test_recall_counts_each_piece_of_evidence_and_ndcg_its_place() -> None:
    made = score(Query("q", "", "multi", (3, 40)), [7, 3, *range(100, 112), 40])
    assert (made.recall_5, made.recall_10, made.recall_20, made.hit_10) == (0.5, 0.5, 1.0, 1.0)
    assert made.ndcg_10 == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


def test_a_fit_finds_the_weights_that_made_the_answers() -> None:
    chance = np.random.default_rng(3)
    values = chance.normal(size=(4000, 3))
    values[:, 2] = 1.0
    likely = 1 / (1 + np.exp(-(2 * values[:, 0] - values[:, 1] - 1)))
    line = logistic(("a", "b", "the same"), values, chance.random(4000) < likely)
    assert line.weight == pytest.approx([2, -1, 0], abs=0.2)
    assert line.bias == pytest.approx(-1, abs=0.2)


def test_a_fit_of_choices_finds_what_was_chosen_by_and_nothing_where_all_are_the_same() -> None:
    chance = np.random.default_rng(3)
    made = []
    for _ in range(1500):
        values = chance.normal(size=(8, 3))
        values[:, 2] = 1.0
        chosen = np.argmax(2 * values[:, 0] - values[:, 1] + chance.gumbel(size=8))
        made.append((values, np.arange(8) == chosen))
    line = listwise(("a", "b", "the same"), made)
    assert line.weight == pytest.approx([2, -1, 0], abs=0.2)
    assert line.bias == 0
