"""When to answer: the promise is kept over many draws of labels, and without labels none is given."""

import math
import random

import pytest

from minga.verification.quality import Labelled, NoThreshold, Threshold, answered, calibrate, thresholds
from minga.verification.quality.thresholds import Method

METHODS: list[Method] = ["fixed sequence", "bonferroni"]

CONFIDENCES = (0.3, 0.5, 0.7, 0.8, 0.9, 0.97)
"""Equally frequent; each is wrong as often as it says."""


def drawn(chance: random.Random, count: int) -> list[Labelled]:
    told = [chance.choice(CONFIDENCES) for _ in range(count)]
    return [Labelled(confidence, chance.random() > confidence) for confidence in told]


def error(threshold: float) -> float:
    """P(wrong | answered) of `drawn`."""
    above = [1 - one for one in CONFIDENCES if one >= threshold]
    return sum(above) / len(above)


def right(count: int, confidence: float = 0.9) -> list[Labelled]:
    return [Labelled(confidence, False)] * count


@pytest.mark.parametrize(
    ("method", "alpha", "share_min"),
    [("fixed sequence", 0.1, 0.2), ("fixed sequence", 0.2, 0.6), ("bonferroni", 0.1, 0.05), ("bonferroni", 0.2, 0.45)],
)
def test_the_promise_is_kept_in_95_of_100_draws_and_something_is_answered(
    method: Method, alpha: float, share_min: float
) -> None:
    chance = random.Random(11)
    found = [calibrate(drawn(chance, 600), alpha, method=method) for _ in range(100)]
    given = [one for one in found if isinstance(one, Threshold)]
    assert sum(error(one.confidence) > alpha for one in given) <= 5
    assert sum(one.share for one in given) / 100 >= share_min


def test_the_fixed_sequence_answers_more_than_bonferroni() -> None:
    chance = random.Random(3)
    labels = [drawn(chance, 500) for _ in range(30)]
    in_sequence, at_once = (
        sum(one.share for one in (calibrate(each, 0.1, method=method) for each in labels) if isinstance(one, Threshold))
        for method in METHODS
    )
    assert in_sequence > at_once > 0


def test_without_labels_there_is_no_guarantee_and_it_says_what_is_needed() -> None:
    found = calibrate([], 0.05)
    assert found == NoThreshold("not enough labels", 0.05, 0.05, 0, 59)
    assert str(found) == "not enough labels: 59 right answers in a row are needed for 5 %, there are 0 labels"
    assert not answered(1.0, found)


def test_59_right_answers_are_enough_for_5_percent_and_58_are_not() -> None:
    found = calibrate(right(59), 0.05)
    assert isinstance(found, Threshold)
    assert (found.confidence, found.answered, found.wrong, found.share) == (0.0, 59, 0, 1.0)
    assert found.error_max == pytest.approx(0.0495076, abs=1e-6)
    assert isinstance(calibrate(right(58), 0.05), NoThreshold)


def test_bonferroni_needs_more_as_it_tests_more_at_once() -> None:
    found = calibrate(right(100), 0.05, method="bonferroni")
    assert isinstance(found, NoThreshold)
    assert found.needed == math.ceil(math.log(0.05 / 50) / math.log(0.95)) == 135
    assert isinstance(calibrate(right(135), 0.05, method="bonferroni"), Threshold)


def test_an_easy_promise_still_takes_20_answers() -> None:
    assert isinstance(calibrate(right(19), 0.5), NoThreshold)
    assert isinstance(calibrate(right(20), 0.5), Threshold)


def test_all_wrong_is_no_lack_of_labels() -> None:
    found = calibrate([Labelled(0.99, True)] * 500, 0.05)
    assert found == NoThreshold("too many wrong", 0.05, 0.05, 500, 59)
    assert str(found) == "too many wrong: no threshold is sure to leave at most 5 % of 500 wrong"


def test_equal_confidences_are_answered_together_or_not_at_all() -> None:
    labels = [*right(100, 0.9), *[Labelled(0.6, True)] * 100]
    found = calibrate(labels, 0.05, grid=(0.5, 0.6, 0.9))
    assert isinstance(found, Threshold)
    assert (found.confidence, found.answered) == (0.9, 100)
    assert answered(0.9, found)
    assert not answered(math.nextafter(0.9, 0), found)


def test_the_sequence_stops_before_the_first_failure_and_bonferroni_does_not() -> None:
    """A pocket of wrong answers with the highest confidence."""
    labels = [*[Labelled(0.95, True)] * 40, *right(60, 0.95), *right(3000, 0.7)]
    assert isinstance(calibrate(labels, 0.05, grid=(0.7, 0.9)), NoThreshold)
    found = calibrate(labels, 0.05, grid=(0.7, 0.9), method="bonferroni")
    assert isinstance(found, Threshold)
    assert (found.confidence, found.answered, found.wrong) == (0.7, 3100, 40)


def test_labels_below_every_threshold_do_not_count() -> None:
    found = calibrate(right(500, 0.2), 0.05, grid=(0.5, 0.9))
    assert found == NoThreshold("not enough labels", 0.05, 0.05, 0, 59)


@pytest.mark.parametrize("confidence", [math.nan, -0.1, 1.1, math.inf])
def test_what_is_no_confidence_is_refused_everywhere(confidence: float) -> None:
    with pytest.raises(ValueError, match="a confidence is in"):
        Labelled(confidence, False)
    with pytest.raises(ValueError, match="a confidence is in"):
        answered(confidence, calibrate(right(59), 0.05))
    with pytest.raises(ValueError, match="a confidence is in"):
        calibrate(right(59), 0.05, grid=(0.5, confidence))


@pytest.mark.parametrize("chance", [0.0, 1.0, math.nan])
def test_a_promise_of_nothing_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrate(right(59), chance)
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrate(right(59), 0.05, chance)
    with pytest.raises(ValueError, match="has at least one"):
        calibrate(right(59), 0.05, grid=())


def test_the_grid_is_fixed_and_starts_at_answering_everything() -> None:
    assert thresholds.GRID[0] == 0
    assert len(set(thresholds.GRID)) == 50
    assert max(thresholds.GRID) == 0.98
