"""What a reader is tuned on: what answers a question, beside what recall brings back where nothing does."""

import numpy as np
import pytest
from benchmarks.memory.reading.examples import Example
from benchmarks.memory.reading.material import MISSING, NEAR, RIGHT
from benchmarks.memory.reading.missing import FURTHER, Met, taken

from minga.domain.meaning import Excerpt

QUESTION = "¿en qué puerto escucha el relay?"


def example(text: str, is_answered: bool = False) -> Example:
    return Example(QUESTION, Excerpt(text), is_answered, None, "")


def texts(met: Met, seed: int = 1) -> list[tuple[str, str]]:
    return [(one.group, one.excerpt.text) for one in taken(met, np.random.default_rng(seed))]


RIGHT_ONE = example("puerto 587", is_answered=True)
WRONG = (example("el relay es de Telsur"), example("el SPF lo corrigió Paulo"), example("nada"))
OTHERS = tuple(example(f"otro {place}") for place in range(10))


@pytest.mark.parametrize("seed", range(20))
def test_what_answers_stands_beside_the_best_one_that_is_brought_back_without_it_and_one_of_the_next(seed: int) -> None:
    taken_ones = texts(Met(True, True, (WRONG[0], RIGHT_ONE, WRONG[1]), OTHERS), seed)
    further = {(MISSING, f"otro {place}") for place in range(1, FURTHER)}
    assert taken_ones[0] == (RIGHT, "puerto 587")
    assert taken_ones[1] == (MISSING, "otro 0")
    assert taken_ones[2] in further
    assert taken_ones[3:] == [(NEAR, "el relay es de Telsur")]


def test_a_question_whose_answer_is_not_brought_back_teaches_nothing() -> None:
    assert texts(Met(True, True, WRONG, OTHERS)) == []


def test_of_a_question_without_an_answer_the_best_two_are_taken_and_of_chats_at_most_one() -> None:
    assert texts(Met(False, True, WRONG, ())) == [(NEAR, one.excerpt.text) for one in WRONG[:2]]
    counts = {len(texts(Met(False, False, WRONG, ()), seed)) for seed in range(20)}
    assert counts == {0, 1}


def test_nothing_is_missing_where_the_memory_has_nothing_else() -> None:
    assert texts(Met(True, True, (RIGHT_ONE,), ())) == [(RIGHT, "puerto 587")]
