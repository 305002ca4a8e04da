"""What a reader is tuned on: what answers a question, beside what recall brings back where nothing does."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
from benchmarks.memory.reading.examples import CHATS, WRITTEN, Example
from benchmarks.memory.reading.material import EARLIER, MISSING, NEAR, NOTHING, PART, RIGHT, STILL
from benchmarks.memory.reading.missing import FURTHER, JUDGED, Met, judged, taken

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


def judged_as(group: str, text: str) -> Example:
    return Example(QUESTION, Excerpt(text), group in (STILL, EARLIER), None, group)


@pytest.mark.parametrize("group", [STILL, EARLIER])
def test_what_still_answers_is_learned_as_an_answer_and_nothing_beside_it(group: str) -> None:
    met = Met(True, False, (RIGHT_ONE,), (judged_as(group, "antes el 25"), OTHERS[1]))
    [_, left] = taken(met, np.random.default_rng(1))
    assert (left.group, left.is_answered, left.excerpt.text) == (group, True, "antes el 25")


def test_what_answers_in_part_teaches_nothing_and_what_stands_beside_it_is_missing() -> None:
    met = Met(True, False, (RIGHT_ONE,), (judged_as(PART, "quizás 587"), OTHERS[1]))
    assert texts(met) == [(RIGHT, "puerto 587"), (MISSING, "otro 1")]


def test_what_a_reader_took_for_an_answer_and_is_none_is_learned_wherever_it_stands() -> None:
    others = (OTHERS[0], judged_as(NOTHING, "el 25 es de otro"), judged_as(NOTHING, "el 26 también"))
    told = texts(Met(True, False, (RIGHT_ONE,), others), seed=5)
    assert told[:3] == [(RIGHT, "puerto 587"), (NOTHING, "el 25 es de otro"), (NOTHING, "el 26 también")]
    assert told[3:] == [(MISSING, "otro 0")]
    assert texts(Met(False, False, others[1:], ())) == [(NOTHING, one.excerpt.text) for one in others[1:]]


@pytest.mark.parametrize("group", [STILL, EARLIER])
def test_what_answers_a_question_that_only_came_near_is_learned_as_an_answer(group: str) -> None:
    met = Met(False, True, (OTHERS[0], judged_as(group, "puerto 25")), ())
    [only] = taken(met, np.random.default_rng(1))
    assert (only.group, only.is_answered, only.excerpt.text) == (group, True, "puerto 25")


def test_every_judged_question_is_one_of_the_chats_or_of_our_corpus() -> None:
    asked = {(subject, words): answer for subject in CHATS for words, answer in asked_in(subject)}
    left, took = (list(map(json.loads, file.read_text("utf-8").splitlines())) for file in JUDGED)
    assert (len(left), len(took)) == (621, 1984)
    for some in (left, took):
        assert {(one["subject"], one["question"]) for one in some if one["subject"] != "train"} <= asked.keys()
    assert all(asked[one["subject"], one["question"]] for one in left if one["subject"] != "train")
    assert {one["says"] for one in left} == {STILL, EARLIER, PART}
    assert {one["says"] for one in took} == {STILL, EARLIER, PART, NOTHING}
    assert sum(len(turns) for turns in judged().values()) == len(left) + len(took)


def asked_in(subject: str) -> Iterator[tuple[str, str | None]]:
    for line in (WRITTEN / f"{subject}.jsonl").read_text("utf-8").splitlines():
        yield from ((words, answer) for words, _, answer in json.loads(line)["qs"])
