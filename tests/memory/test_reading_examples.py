"""What the reader learns from: the written examples are whole, and public sets are read by their places."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from benchmarks.memory.reading.examples import CHATS, FOLDS, SUBJECTS, WRITTEN, Example, public, written

from minga.domain.meaning import Excerpt

COUNTED = {
    "odoo": (29, 260, 134),
    "servers": (187, 1854, 960),
    "accounting": (91, 906, 474),
    "services": (103, 1022, 515),
    "agreements": (122, 1412, 721),
}
"""Passages, questions, of them answered."""

COUNTED_CHATS = {
    "shops": (172, 2255, 1123),
    "offices": (136, 1816, 921),
    "operations": (184, 2493, 1242),
    "programs": (234, 3022, 1525),
    "fields": (162, 2207, 1134),
    "houses": (152, 1903, 946),
    "teams": (207, 2747, 1372),
    "figures": (126, 1718, 859),
}
"""Chats, questions, of them answered."""


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


@pytest.mark.parametrize("subject", CHATS)
def test_each_line_is_a_chat_with_questions_and_answers_that_stand_in_the_turn_that_is_named(subject: str) -> None:
    asked = []
    for one in lines(subject):
        match one:
            case {"project": str(project), "date": str(day), "turns": list(turns), "qs": list(said)} if len(one) == 4:
                asked += said
                assert date.fromisoformat(day)
                assert all(text.strip() for text in (project, *turns))
                for question, place, answer in said:
                    assert question.strip()
                    has_none = (place, answer) == (None, None)
                    assert has_none or (place >= 0 and answer and answer in turns[place]), question
            case _:
                pytest.fail(f"another shape: {one}")
    answered = sum(answer is not None for *_, answer in asked)
    assert (len(lines(subject)), len(asked), answered) == COUNTED_CHATS[subject]


def test_the_page_tells_the_counts_and_no_passage_stands_twice() -> None:
    page = (WRITTEN / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)\.jsonl` \|[^|]*\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", page, re.MULTILINE)
    told = {name: tuple(int(one.replace(",", "")) for one in counts) for name, *counts in rows}
    assert told == COUNTED | COUNTED_CHATS
    passages = Counter(one["passage"] for subject in SUBJECTS for one in lines(subject))
    chats = Counter(json.dumps(one["turns"]) for subject in CHATS for one in lines(subject))
    assert set(passages.values()) == set(chats.values()) == {1}
    assert f"{len(passages):,} short passages" in page
    assert f"{len(chats):,} short chats" in page


def test_written_examples_name_the_place_of_their_answer_and_are_grouped_by_line() -> None:
    made = list(written())
    assert {one.group for one in made} == {f"w:{fold}" for fold in range(FOLDS)}
    assert all((one.span is not None) is one.is_answered for one in made)
    answered = sum(answered for *_, answered in (COUNTED | COUNTED_CHATS).values())
    assert sum(one.is_answered for one in made) == answered
    assert made[0].excerpt.text[slice(*made[0].span or (0, 0))] == "la Marcela"


def test_a_question_of_a_chat_stands_beside_its_turn_and_beside_what_only_comes_near(tmp_path: Path) -> None:
    turns = ["hola", "Quilpo prints on 192.168.40.55", "gracias, y Lonco?", "Lonco has no printer yet"]
    asked = [["¿qué IP tiene la impresora de Quilpo?", 1, "192.168.40.55"], ["which model has Lonco?", None, None]]
    chat = {"project": "quilpo-pos", "date": "2026-03-04", "turns": turns, "qs": asked}
    for subject in (*SUBJECTS, *CHATS):
        other = {"project": "panaderia", "date": "2026-03-05", "turns": ["a", "b", "c", "d"], "qs": []}
        made = [chat, other] if subject == CHATS[0] else []
        (tmp_path / f"{subject}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in made))
    found = [(one.question[:5], one.excerpt.text, one.excerpt.project, one.is_answered) for one in written(tmp_path)]
    assert found == [
        ("¿qué ", "hola", "quilpo-pos", False),
        ("¿qué ", turns[1], "quilpo-pos", True),
        ("¿qué ", turns[1], "panaderia", False),
        ("which", turns[2], "quilpo-pos", False),
        ("which", turns[3], "quilpo-pos", False),
    ]
    assert next(written(tmp_path)).excerpt.day == date(2026, 3, 4)


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
        Example("¿Qué ciudad?", Excerpt(context), True, (0, 8), "sq:V:es"),
        Example("¿Cuántos?", Excerpt(context), True, (15, 18), "sq:V:es"),
        Example("¿Y de Osorno?", Excerpt(context), False, None, "sq:V:es"),
    ]
