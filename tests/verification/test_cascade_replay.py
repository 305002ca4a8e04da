"""The replay of a cascade: its accounting by hand, that it learns from one half only, what real outcomes say."""

import json
from pathlib import Path

import pytest
from benchmarks.cascade import bound, confidences, replay, run, tables
from benchmarks.cascade.replay import BASELINES, BEST, Check
from benchmarks.cascade.tables import Agents, Questions
from benchmarks.gateway.environments import CannotMeasure

from minga.verification.quality.thresholds import DELTA

given = pytest.mark.skipif(
    not (tables.FOLDER / tables.AGENTS).is_file(), reason="the recorded outcomes are not at hand (shared/data/routing)"
)

FOUR = Agents(
    {"cheap": [True, True, False, False], "dear": [True, False, True, False], "third": [False, False, False, True]},
    {"cheap": [1.0, 1.0, 1.0, 1.0], "dear": [10.0, 20.0, 30.0, 40.0], "third": [5.0, 5.0, 5.0, 5.0]},
)
"""Every pair of right and wrong once."""


def test_two_agents_in_turn_as_counted_by_hand() -> None:
    found = replay.evaluate(FOUR, ("cheap", "dear"), Check(0.9, 0.2))
    # Accepted of cheap: .9, .9, .2, .2; so dear is asked in .1, .1, .8, .8 of the cases.
    assert found.quality == pytest.approx((0.9 + 0.1 + 0.9 + 0 + 0.8 + 0) / 4)
    assert found.cost == pytest.approx(1 + (0.1 * 10 + 0.1 * 20 + 0.8 * 30 + 0.8 * 40) / 4)


def test_three_agents_in_turn_as_counted_by_hand() -> None:
    found = replay.evaluate(FOUR, ("cheap", "dear", "third"), Check(0.9, 0.2))
    # The third is reached where both were rejected: .1 * .1, .1 * .8, .8 * .1, .8 * .8; it is right in the last only.
    assert found.quality == pytest.approx((0.9 + 0.1 * 0.9 + 0.9 + 0.8 * 0.9 + 0.8 * 0.8) / 4)
    assert found.cost == pytest.approx(1 + (1 + 2 + 24 + 32) / 4 + 5 * (0.01 + 0.08 + 0.08 + 0.64) / 4)


def test_a_perfect_check_solves_what_any_agent_solves() -> None:
    assert replay.evaluate(FOUR, ("cheap", "dear", "third"), Check(1, 0)).quality == 1
    assert replay.evaluate(FOUR, ("cheap", "dear"), Check(1, 0)).quality == 0.75


def test_a_check_that_accepts_everything_makes_the_first_agent_all_there_is() -> None:
    assert replay.evaluate(FOUR, ("cheap", "dear"), Check(1, 1)) == replay.evaluate(FOUR, ("cheap",), Check(1, 1))


@pytest.mark.parametrize("check", [Check(0.95, 0.1), Check(1, 0), Check(0.7, 0.5)])
def test_all_orders_at_once_are_each_order_by_itself(check: Check) -> None:
    found = replay.evaluate_all(FOUR, list(FOUR.right), check, 3)
    assert len(found) == 3 + 6 + 6
    for order, outcome in found.items():
        assert outcome == pytest.approx(replay.evaluate(FOUR, order, check))


@given
def test_what_is_chosen_does_not_hang_on_the_half_that_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    agents = tables.agents()
    first, second = replay._halves(agents, 0)
    assert first.tasks == second.tasks == 250
    before = replay.replay(agents, Check(0.95, 0.1), 2, splits=1)
    spoiled = Agents({model: [False] * 250 for model in second.right}, second.cost)
    monkeypatch.setattr(replay, "_halves", lambda agents, seed: (first, spoiled))
    after = replay.replay(agents, Check(0.95, 0.1), 2, splits=1)
    assert [row.orders for row in after.values()] == [row.orders for row in before.values()]
    assert {row.quality for row in after.values()} == {0.0}


@given
@pytest.mark.parametrize("stages", [2, 3])
def test_a_cascade_saves_half_against_always_opus_at_equal_quality(stages: int) -> None:
    row = replay.replay(tables.agents(), Check(0.95, 0.1), stages)["Claude 4.5 Opus"]
    assert row.saving >= 0.5
    assert row.quality >= -0.01
    assert len(row.changes) == 10


@given
def test_the_same_check_saves_less_against_a_thriftier_baseline_and_a_poor_check_saves_little() -> None:
    agents = tables.agents()
    good, poor = (replay.replay(agents, check, 2) for check in (Check(0.95, 0.1), Check(0.8, 0.3)))
    assert good["Gemini 3 Pro"].saving == pytest.approx(0.44, abs=0.1)
    assert poor["Claude 4.5 Opus"].saving < 0.35
    assert poor[BEST].saving < 0.2
    alone = replay.replay(agents, Check(0.95, 0.1), 1)
    assert alone["Claude 4.5 Opus"].saving < 0.3


@given
def test_the_recorded_outcomes_are_those_that_the_baselines_are_named_after() -> None:
    agents = tables.agents()
    assert (agents.tasks, len(agents.right)) == (500, 24)
    told = {name: (round(sum(agents.cost[model])), sum(agents.right[model])) for name, model in BASELINES.items()}
    assert told == {
        "Claude 4.5 Opus": (361, 372),
        "Gemini 3 Pro": (230, 371),
        "Claude 4.5 Sonnet": (279, 353),
        "GPT-5.1": (153, 330),
    }


def test_without_the_recorded_outcomes_nothing_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--data", str(tmp_path)]) == 2
    assert "is missing" in capsys.readouterr().err


def told_rate(value: float, low: float, high: float, of: int = 300) -> dict[str, float]:
    return {"value": value, "of": of, "low": low, "high": high}


def test_measured_rates_of_the_verifier_take_the_place_of_the_assumed_ones(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    assumed = run.rates(file)
    assert (assumed.check, assumed.worse) == (Check(0.95, 0.1), Check(0.95, 0.1))
    assert assumed.source.startswith("assumed")
    file.write_text(json.dumps({"tpr": told_rate(0.97, 0.94, 0.99), "fpr": told_rate(0.03, 0.01, 0.06)}))
    measured = run.rates(file)
    assert (measured.check, measured.worse) == (Check(0.97, 0.03), Check(0.94, 0.06))
    assert measured.source.startswith("measured by the verifier's own bench on 300 right and 300 wrong ones")


@pytest.mark.parametrize(
    "rate", [None, "x", 0.9, {}, told_rate(0.9, 0.8, 2), told_rate(float("nan"), 0, 1), {"value": None}]
)
def test_spoiled_rates_are_refused(tmp_path: Path, rate: object) -> None:
    file = tmp_path / "measured.json"
    file.write_text(json.dumps({"tpr": told_rate(0.97, 0.94, 0.99), "fpr": rate}))
    with pytest.raises(CannotMeasure, match="rates"):
        run.rates(file)


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_file_without_rates_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "measured.json"
    file.write_text(text)
    with pytest.raises(CannotMeasure, match="has no rates"):
        run.rates(file)


def test_the_error_of_made_up_answers_is_the_mean_above_the_threshold() -> None:
    answers = bound.made_up("made up: five values, many ties")
    error = answers.errors()
    assert error(0.95) == pytest.approx((0.05 + 0.01) / 2)
    assert answers.share(0.95) == pytest.approx(0.4)
    assert error(0) == pytest.approx((0.6 + 0.3 + 0.15 + 0.05 + 0.01) / 5)
    assert (error(0.995), answers.share(0.995)) == (0.0, 0.0)


def test_a_bound_is_kept_in_95_of_100_splits_of_made_up_answers() -> None:
    answers = [bound.made_up("made up: says too much")] * 100
    kept = bound._kept(answers, 0.2, 300, "fixed sequence")
    assert kept.kept >= 95
    assert kept.given >= 80
    assert DELTA == 0.05


def test_a_confidence_is_learnt_from_other_rows_only() -> None:
    texts = ["red green blue", "red green black", "one two three", "one two four"] * 5
    right = {"model": [number % 4 < 2 for number in range(20)]}
    prepared = confidences.prepare(Questions(texts, ["label"] * 20, right))
    first, second = list(range(12)), list(range(12, 20))
    told = prepared.told(first, second)
    turned = {"model": [not one if number >= 12 else one for number, one in enumerate(right["model"])]}
    again = confidences.Confidences(Questions(texts, ["label"] * 20, turned), prepared.near).told(first, second)
    assert [confidence for confidence, _ in again] == [confidence for confidence, _ in told]
    assert [wrong for _, wrong in again] == [not wrong for _, wrong in told]
    assert min(told[0][0], told[1][0]) > max(told[2][0], told[3][0])  # neighbours tell more than the label
