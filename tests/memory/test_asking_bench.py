"""The recorded replies of a model, and what is made of them."""

import asyncio
import json
from pathlib import Path

import pytest
from benchmarks.memory import asking
from benchmarks.memory.asking import REPLIES, NoReply, Outcome, Recorded, digest, lots, recorded, section, take
from benchmarks.memory.parts import Asked

from minga.domain.answers import Answer, Refusal

ANSWERABLE = Asked("q1", "¿cuánto?", "direct", ("s:1",), "es → es", None)
NONE = Asked("q2", "¿quién?", "none", (), "es → none", None)


def test_a_reply_belongs_to_one_text_only() -> None:
    model = Recorded({digest("system", "text"): "{}"}, {})
    assert asyncio.run(model.ask("system", "text", 9)).text == "{}"
    with pytest.raises(NoReply):
        asyncio.run(model.ask("system", "another text", 9))
    assert list(model.missing.values()) == ["another text"]


def test_replies_are_taken_in_once(tmp_path: Path) -> None:
    given, kept = tmp_path / "out.jsonl", tmp_path / "asked" / "replies.jsonl"
    given.write_text('{"key": "a", "answer": null, "quotes": []}\n\n{"key": "b", "reply": "no JSON"}\n', "utf-8")
    assert (take(given, kept), take(given, kept)) == (2, 0)
    replies = recorded(kept).replies
    assert json.loads(replies["a"]) == {"answer": None, "quotes": []}
    assert replies["b"] == "no JSON"


def test_texts_are_cut_into_lots_that_lose_none() -> None:
    missing = {f"{number:03}": "x" * 30_000 for number in range(7)}
    made = list(lots(missing))
    assert len(made) == 3
    assert [line for lot in made for line in lot.splitlines() if line.startswith("#####")] == [
        f"##### {key}" for key in missing
    ]


def test_what_has_no_reply_is_not_measured() -> None:
    unknown = Answer(refusal=Refusal.NOT_SAID)
    found = [Outcome(NONE, "", unknown), Outcome(NONE, "", None), Outcome(ANSWERABLE, "", Answer("11 UF"))]
    found.append(Outcome(ANSWERABLE, "s", Answer(refusal=Refusal.INVENTED)))
    told = section(found)
    assert told.figures == {
        "asked: unknown, without an answer": 1.0,
        "asked: unknown, with an answer, its session left out": 1.0,
        "asked: unknown, with an answer": 0.0,
    }
    assert [one.is_met for one in told.aims] == [False]
    assert [one.is_met for one in section([one for one in found if one.answer]).aims] == [True]
    said, why = told.tables
    assert [row[:2] for row in said.rows] == [
        ("without an answer", "1"),
        ("with an answer, its session left out", "0"),
        ("with an answer", "0"),
    ]
    assert said.rows[0][2].startswith("100.0%")
    assert why.rows == (("invented", "0", "1", "0"), ("not-said", "1", "0", "0"))


def test_the_replies_in_the_repository_can_be_read() -> None:
    replies = recorded(REPLIES).replies
    assert len(replies) > 800
    assert all({"answer", "quotes"} == set(json.loads(one)) for one in replies.values())
    assert all(len(key) == asking.DIGEST for key in replies)
