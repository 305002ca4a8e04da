"""What the reader learns from: the written examples are whole, and public sets are read by their places."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from benchmarks.memory.reading.examples import FOLDS, SUBJECTS, WRITTEN, Example, public, written

COUNTED = {
    "odoo": (29, 260, 134),
    "servers": (187, 1854, 960),
    "accounting": (91, 906, 474),
    "services": (103, 1022, 515),
    "agreements": (122, 1412, 721),
}
"""Passages, questions, of them answered."""


def lines(subject: str) -> list[dict[str, object]]:
    with (WRITTEN / f"{subject}.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_line_is_a_passage_with_questions_and_answers_that_stand_in_it(subject: str) -> None:
    asked = []
    for one in lines(subject):
        match one:
            case {"passage": str(passage), "lang": "es" | "en", "qs": list(questions)} if len(one) == 3:
                asked += questions
                for question, answer in questions:
                    assert question.strip()
                    assert answer is None or (answer and answer in passage), question
            case _:
                pytest.fail(f"another shape: {one}")
    answered = sum(answer is not None for _, answer in asked)
    assert (len(lines(subject)), len(asked), answered) == COUNTED[subject]


def test_the_page_tells_the_counts_and_no_passage_stands_twice() -> None:
    page = (WRITTEN / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)\.jsonl` \|[^|]*\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", page, re.MULTILINE)
    assert {name: tuple(int(one.replace(",", "")) for one in counts) for name, *counts in rows} == COUNTED
    passages = Counter(one["passage"] for subject in SUBJECTS for one in lines(subject))
    assert set(passages.values()) == {1}
    assert f"{len(passages)} short passages" in page


def test_written_examples_name_the_place_of_their_answer_and_are_grouped_by_line() -> None:
    made = list(written())
    assert len(made) == sum(questions for _, questions, _ in COUNTED.values())
    assert {one.group for one in made} == {f"w:{fold}" for fold in range(FOLDS)}
    assert all((one.span is not None) is one.is_answered for one in made)
    assert made[0].passage[slice(*made[0].span or (0, 0))] == "la Marcela"


def test_a_public_set_is_read_by_its_places_and_by_its_words_where_these_are_wrong(tmp_path: Path) -> None:
    context = "Valdivia tiene 150 años"
    asked = [
        {"question": "¿Qué ciudad?", "answers": [{"text": "Valdivia", "answer_start": 0}]},
        {"question": "¿Cuántos?", "answers": [{"text": "150", "answer_start": 3}]},
        {"question": "¿Y de Osorno?", "is_impossible": True, "answers": []},
        {"question": "¿Dónde?", "answers": [{"text": "al sur", "answer_start": 0}]},
    ]
    file = tmp_path / "es.json"
    file.write_text(json.dumps({"data": [{"title": "V", "paragraphs": [{"context": context, "qas": asked}]}]}))
    assert list(public(file)) == [
        Example("¿Qué ciudad?", "", context, True, (0, 8), "sq:V:es"),
        Example("¿Cuántos?", "", context, True, (15, 18), "sq:V:es"),
        Example("¿Y de Osorno?", "", context, False, None, "sq:V:es"),
    ]
