"""The verifier's bench counts fairly, and the verifier keeps its aim on a sample of it."""

import io
import random
from pathlib import Path

import pytest
from benchmarks import machine
from benchmarks.verifier import corpus, page, rates, timing
from benchmarks.verifier.corpus import DEVELOPMENT, HELD_OUT, Half
from benchmarks.verifier.judging import Outcome, a_judge, judged
from benchmarks.verifier.labelled import Case
from benchmarks.verifier.page import Result
from benchmarks.verifier.timing import Times
from rich.console import Console

from minga.domain.verdict import Checked, CheckState, Verdict

SAMPLE = 240
"""Answers of each half."""


def silent(text: str) -> None:
    """Progress that nobody reads."""


@pytest.mark.parametrize("half", [DEVELOPMENT, HELD_OUT], ids=["development", "held-out"])
def test_right_answers_are_accepted_and_wrong_ones_are_not(half: Half) -> None:
    sample = random.Random(half.seed).sample(corpus.cases(half, slow=False), SAMPLE)
    with a_judge() as judge:
        found = rates.score(judged(sample, judge, silent))
    assert min(found.tpr.trials, found.fpr.trials) > 60
    assert found.tpr.count / found.tpr.trials >= rates.TPR_LEAST
    assert found.fpr.count / found.fpr.trials <= rates.FPR_MOST


def outcome(right: bool | None, state: CheckState, *, kind: str = "sums", why: str = "") -> Outcome:
    return Outcome(
        Case(right, "", "7", why, kind=kind), Verdict((Checked("sum: all", state, evidence=("x",)),)), 1.0, 1.0
    )


P, F, U, B = CheckState.PASSED, CheckState.FAILED, CheckState.UNPROVEN, CheckState.BROKEN


def test_only_a_right_answer_that_is_accepted_and_a_wrong_one_that_is_not_are_no_misses() -> None:
    said = {(right, state): outcome(right, state).is_missed for right in (True, False, None) for state in (P, F, U)}
    assert [each for each, missed in said.items() if not missed] == [(True, P), (False, F), (False, U), (None, U)]


def test_each_rate_has_its_own_trials() -> None:
    outcomes = [
        outcome(True, P), outcome(True, P, why="a trap"), outcome(True, U, why="a trap"), outcome(True, F),
        outcome(False, P), outcome(False, F), outcome(False, F), outcome(False, U), outcome(None, P),
    ]  # fmt: skip
    found = rates.score(outcomes)
    counted = [(each.count, each.trials) for each in (found.tpr, found.traps, found.denied, found.fpr, found.refuted)]
    assert counted == [(2, 4), (1, 2), (1, 4), (1, 4), (2, 4)]
    assert not found.is_met


def test_a_check_answers_for_faults_of_its_own_kinds_only() -> None:
    outcomes = [outcome(True, P), outcome(False, P), outcome(False, P, kind="RUTs"), outcome(False, B)]
    found = rates.by_check(outcomes, {"sum": ("sums",)})["sum"]
    assert (found.tpr.count, found.fpr.count, found.fpr.trials, found.wrong[B]) == (1, 1, 2, 1)


def test_a_workspace_is_as_the_agent_left_it_and_the_originals_as_it_found_it(tmp_path: Path) -> None:
    case = Case(
        True, "", "", files={"a.py": "1", "b/c.py": "2"}, changes={"a.py": "3", "b/c.py": None, "d.xml": b"\xd1"}
    )
    work = case.work(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == {
        "a.py": b"3",
        "d.xml": b"\xd1",
    }
    assert [(each.path, each.change) for each in work.changed] == [
        ("a.py", "modified"), ("b/c.py", "deleted"), ("d.xml", "added"),
    ]  # fmt: skip
    assert work.originals is not None
    assert [work.originals.read(path) for path in ("a.py", "b/c.py", "d.xml")] == [b"1", b"2", None]


def test_long_answers_have_the_length_that_is_timed() -> None:
    long = list(
        timing._long([case for case in corpus.cases(DEVELOPMENT, slow=False) if case.kind == "references"], 3, 1)
    )
    assert {len(case.answer.encode()) for case in long} <= set(range(timing.BYTES - 3, timing.BYTES + 1))
    assert len({case.answer for case in long}) == 3


def test_the_page_and_the_rates_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, file = tmp_path / "page.md", tmp_path / "measured.json"
    target.write_text(page.PAGE.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(page, "PAGE", target)
    monkeypatch.setattr(page, "MEASURED", file)
    halves = {
        "development": [outcome(True, P)],
        "held out": [outcome(True, P)] * 19 + [outcome(True, F), outcome(False, F)],
    }
    result = Result(
        machine.look(), "python -m benchmarks verifier", halves, [Times(timing.MIXED, 9, 4.0, 9.0, 3.0, 8.0)]
    )
    page.write(result)
    told = target.read_text("utf-8")
    assert "| sums | 20 | 19: 95.0% [75.1%, 99.9%] |" in told
    assert "held out: 95.0% and 0.0%, kept" in told
    measured = page.measured(result)
    tpr = measured["tpr"]
    assert isinstance(tpr, dict)
    assert (tpr["value"], tpr["count"], tpr["of"]) == (0.95, 19, 20)
    assert (tpr["low"], tpr["high"]) == (pytest.approx(0.751, abs=1e-3), pytest.approx(0.9987, abs=1e-3))
    assert file.read_text("utf-8").startswith("{")
    console = Console(record=True, width=200, file=io.StringIO())
    page.show(console, result)
    page.show_misses(console, "held out", halves["held out"])
    shown = console.export_text()
    assert "held out: sums" in shown
    assert "sum: all: failed: x" in shown
