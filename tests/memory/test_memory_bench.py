"""The benchmark of memory: its scores, what it takes in, its page."""

import asyncio
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.memory import compression, hygiene, judging, keeping, page, run, spanish, stated
from benchmarks.memory.filled import turns_of
from benchmarks.memory.keeping import Kept
from benchmarks.memory.page import Run
from benchmarks.memory.parts import CHANGED, CORPUS, Asked, CorpusPart, ListedLog, read
from benchmarks.memory.scores import Share, score
from benchmarks.memory.section import Aim, Rows, Section
from benchmarks.memory.spanish import OURS, PORTER, WORDS, Answered, Porter
from rich.console import Console

from minga.domain.memory import ItemId, MemoryBrief, Piece
from minga.memory.file import MemoryFile
from minga.memory.memory import Memory

SECTION = Section("S", (Rows("T", ("a", "b"), (("1", "2|3"),)),), (Aim("at least 1", "0", False),), ("n",), {"x": 0.5})


def asked(evidence: tuple[str, ...], kind: str = "direct", name: str = "q") -> Asked:
    return Asked(name, "¿?", kind, evidence, "es → es", None)


def test_scores_are_those_of_the_textbook() -> None:
    found = score(asked(("s:1", "s:2"), "multi"), ["s:0", "s:1", *(f"t:{n}" for n in range(8)), "s:2"])
    assert found.recalls == (0.5, 0.5, 1.0)
    assert found.recall == 0.5
    assert found.ndcg == pytest.approx(0.6309 / (1 + 0.6309), abs=1e-4)
    assert found.hit
    assert found.sessions


def test_some_evidence_of_each_session_is_more_than_a_hit() -> None:
    one = asked(("s:1", "t:2"), "multi")
    assert not score(one, ["s:1"]).sessions
    assert score(one, ["s:1", "t:2"]).sessions


def test_wilsons_interval() -> None:
    assert Share(8, 10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert Share(0, 0).interval == (0.0, 1.0)


@pytest.fixture(scope="module")
def part() -> CorpusPart:
    return read("train")


def test_a_part_is_a_log_in_the_order_of_its_sessions(part: CorpusPart) -> None:
    assert [entry.seq for entry in part.log] == list(range(1, len(part.log) + 1))
    firsts = [entry.message.at for entry in part.log if entry.message.id == "0"]
    assert firsts == sorted(firsts, key=str)
    names = {turn for one in part.asked for turn in one.evidence}
    assert names <= part.texts.keys()
    as_of = next(one for one in part.asked if one.known_by)
    questions = json.loads((CORPUS / "train" / "questions.json").read_text("utf-8"))
    [day] = [one["as_of"] for one in questions if one["id"] == as_of.id]
    assert as_of.known_by is not None
    assert as_of.known_by.isoformat() > day


def test_a_memory_takes_a_part_in_and_finds_what_is_asked_with_its_words(part: CorpusPart, tmp_path: Path) -> None:
    async def recalled() -> Answered:
        key = bytes(32)
        file = MemoryFile(tmp_path / "memory.db", lambda: key, lambda: True)
        few = [entry for entry in part.log if entry.session_id in {"t01", "t02"}]
        memory = Memory(file, ListedLog(few), lambda: None)
        one = next(one for one in part.asked if one.id == "qt001")
        try:
            return Answered(one, turns_of(await memory.recall(part.question(one, 40))), True)
        finally:
            await file.close()

    found = asyncio.run(recalled())
    assert found.asked.evidence[0] in found.turns[:10]
    assert len(found.turns) == len(set(found.turns))


def test_the_baseline_knows_nothing_that_was_said_later(part: CorpusPart) -> None:
    as_of = next(one for one in part.asked if one.known_by)
    at = {f"{entry.session_id}:{entry.message.id}": entry.message.at for entry in part.log}
    found = Porter(part).turns(as_of, part)
    assert found
    assert all((said := at[turn]) is not None and as_of.known_by and said <= as_of.known_by for turn in found)


def test_a_section_of_recall_misses_its_aim_where_little_is_found() -> None:
    good, bad = Answered(asked(("s:1",)), ["s:1"], True), Answered(asked(("s:1",)), ["s:2"], False)
    none = Answered(asked(()), ["s:2"], False)
    made = spanish.section(
        {OURS: [good, bad, none], WORDS: [bad], PORTER: [Answered(asked(("s:1",)), [], None)]}, [good]
    )
    assert made.figures["recall_10 es → es"] == 0.5
    assert not made.aims[0].is_met
    assert made.figures["unknown of none"] == 1.0
    assert made.figures["sure of answerable"] == 0.5


def test_what_may_only_come_near_is_told_apart_from_what_is_known_for_sure() -> None:
    some = [
        Answered(asked(()), ["s:1"], True, False),
        Answered(asked(()), ["s:1"], True),
        Answered(asked(()), [], False),
    ]
    assert [one.count for one in spanish.abstention(some, is_answerable=False)] == [1, 1, 1]
    assert [one.trials for one in spanish.abstention(some, is_answerable=True)] == [0, 0, 0]


def test_the_chats_for_the_choice_are_read_as_a_part_of_the_corpus(tmp_path: Path) -> None:
    judging.write(judging.CHATS, tmp_path / judging.PART)
    part = read(judging.PART, tmp_path)
    assert len({entry.session_id for entry in part.log}) == 48
    assert len(part.asked) == 576
    assert sum(one.is_answerable for one in part.asked) == 288
    assert sum(one.rests_on_one for one in part.asked) == 242
    for one in part.asked:
        assert len(one.evidence) == one.is_answerable
        assert all(turn in part.texts for turn in one.evidence)


def test_only_what_one_session_tells_and_no_older_one_is_unknown_without_it() -> None:
    assert asked(("s:1", "s:3")).rests_on_one
    assert not asked(("s:1", "t:1")).rests_on_one
    assert not asked(("s:1",), CHANGED).rests_on_one
    assert not asked(()).rests_on_one


def test_what_is_lost_and_caught_is_told_of_the_chats() -> None:
    right = judging.Outcome(asked(("s:1",)), (False, True), (True, False), (0.2, 0.9), True, True)
    near = judging.Outcome(asked(()), (False,), (False,), (0.01,), False, False)
    missing = judging.Outcome(asked(("s:1",)), (False,), (False,), (0.4,), True, False)
    made = judging.section([right, near], [missing])
    assert made.figures["sure of answerable"] == made.figures["unknown of none"] == 1.0
    assert made.figures["unknown of missing"] == 0.0
    assert made.figures["not sure of missing"] == 1.0
    assert made.tables[1].rows[0][1] == made.tables[2].rows[0][1] == "1.000"
    assert made.tables[3].rows == (
        ("as recalled", "0%", "100%", "100%", "100%"),
        ("as read", "100%", "100%", "100%", "100%"),
    )


def test_what_recall_has_lost_is_told_apart_from_what_the_brief_lost() -> None:
    some = [Kept(True, True, 100, 2000), Kept(True, False, 100, 2000), Kept(False, False, 0, 2000)]
    made = keeping.section({1000: some}, ())
    assert made.figures["kept 1000"] == pytest.approx(1 / 3)
    assert made.figures["kept of found 1000"] == 0.5
    assert made.figures["fewer 1000"] == 30
    assert not made.aims[0].is_met


def test_the_page_tells_what_was_measured() -> None:
    """Written by hand into one of both, it would not."""
    told = page.PAGE.read_text("utf-8")
    for name in run.SECTIONS:
        assert f"<!-- {name}: written by `python -m benchmarks memory` -->" in told
    for name, one in page.measured().items():
        assert page.text(one) in told, name


def test_only_the_sections_that_were_measured_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "page.md"
    target.write_text(page.PAGE.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(page, "PAGE", target)
    monkeypatch.setattr(page, "MEASURED", tmp_path / "measured.json")
    page.write({"cost": Run("first", "here", SECTION)})
    page.write({"spanish": Run("second", "there", SECTION)})
    assert page.measured() == {"cost": Run("first", "here", SECTION), "spanish": Run("second", "there", SECTION)}
    told = target.read_text("utf-8")
    assert (
        "`first`, here.\n\n**T**\n\n| a | b |\n| --- | --- |\n| 1 | 2/3 |\n\n- Aim: at least 1: 0, missed.\n- n" in told
    )
    console = Console(record=True, width=200, file=io.StringIO())
    page.show(console, SECTION)
    assert "at least 1: 0, missed" in console.export_text()


def test_of_a_turn_with_several_passages_all_count() -> None:
    """Half of the answer stands in the first piece of the turn, half in the second."""
    whole = compression.read(compression.CORPUS / "train")
    one = compression.Asked("q", "es", "¿qué?", "direct", ("t01:0",), "alerce canelo")
    told = replace(whole.turns["t01:0"], text="Plantamos alerce. Y canelo.", done="")
    part = replace(whole, turns={"t01:0": told}, asked=(one,))
    halves = [Piece(ItemId("t01:0"), "passage", text, None, 5, "short") for text in ("Plantamos alerce.", "Y canelo.")]
    assert compression.kept(part, one, MemoryBrief("", tuple(halves), 10))
    assert not compression.kept(part, one, MemoryBrief("", tuple(halves[:1]), 5))


def test_what_rules_state_of_the_written_sessions_is_right() -> None:
    found = stated.judged("train")
    assert found.found >= 25
    assert found.precision >= stated.AIM, found.wrong


def test_the_labelled_sample_keeps_what_is_worth_it_and_no_secret(part: CorpusPart) -> None:
    judged = [hygiene.judge(one) for one in hygiene.sample(part)]
    assert len(judged) >= 300
    lost = [one.labelled.entry.message.parts for one in judged if one.has_worth is False]
    leaked = [one.stored for one in judged if one.labelled.label == "secret" and one.has_junk]
    assert (lost, leaked) == ([], [])
    figures = hygiene.section(judged).figures
    assert figures["junk stored"] <= 0.1
    assert figures["statements of junk"] == 0


def test_a_label_that_is_not_met_is_counted(part: CorpusPart) -> None:
    one, *_ = hygiene.sample(part)
    assert hygiene.judge(one).has_worth
    assert hygiene.judge(replace(one, wanted="said nowhere")).has_worth is False
    assert hygiene.judge(replace(one, label="junk")).has_junk
    [aim, *_] = hygiene.section([hygiene.judge(replace(one, label="junk"))]).aims
    assert not aim.is_met
