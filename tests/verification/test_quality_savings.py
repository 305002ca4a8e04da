"""What was saved against a named baseline: near the truth, with an interval that holds it, or no number at all."""

import math
import random

import pytest

from minga.verification.quality import Logged, NoSaving, Saving, savings

CHEAP, DEAR = "cascade", "always dear"


def log(chance: random.Random, sessions: int, share: float = 0.1, a_session: int = 2) -> list[Logged]:
    """Dear costs a dollar on average, cheap .4 and is right less often by .05; hard sessions cost four times easy ones.

    Hard sessions go to the dear one three times as often, so that plain means would mislead.
    """
    told = []
    for session in range(sessions):
        hard = chance.random() < 0.25
        dear_share = share * (3 if hard else 1)
        for _ in range(a_session):
            dear = chance.random() < dear_share
            scale = (4 if hard else 1) / 1.75
            cost = 1_000_000 * scale * (1 if dear else 0.4) * chance.uniform(0.5, 1.5)
            right = chance.random() < (0.8 if dear else 0.75) - (0.3 if hard else -0.1)
            propensity = dear_share if dear else 1 - dear_share
            told.append(Logged(DEAR if dear else CHEAP, propensity, round(cost), float(right), f"s{session}"))
    return told


TRUE_COST = 1 - (0.75 / 1.75 * (0.1 + 0.9 * 0.4) + 4 * 0.25 / 1.75 * (0.3 + 0.7 * 0.4))
TRUE_QUALITY = -0.05 * (0.75 * 0.9 + 0.25 * 0.7)


def saving(told: savings.Told) -> Saving:
    assert isinstance(told, Saving)
    return told


def test_the_saving_is_near_the_truth_and_its_interval_holds_it() -> None:
    held = []
    for seed in range(20):
        found = saving(savings.against(DEAR, log(random.Random(seed), 1200), random.Random(seed), rounds=100))
        held.append(
            (found.cost.low <= TRUE_COST <= found.cost.high, found.quality.low <= TRUE_QUALITY <= found.quality.high)
        )
        assert found.cost.value == pytest.approx(TRUE_COST, abs=0.12)
    assert sum(cost for cost, _ in held) >= 17
    assert sum(quality for _, quality in held) >= 17


def test_plain_means_would_have_told_a_larger_saving() -> None:
    told = log(random.Random(0), 4000)
    dear = [one.cost_micro_usd for one in told if one.arm == DEAR]
    plain = 1 - (sum(one.cost_micro_usd for one in told) / len(told)) / (sum(dear) / len(dear))
    found = saving(savings.against(DEAR, told, random.Random(0), rounds=50))
    assert plain > TRUE_COST + 0.1
    assert abs(found.cost.value - TRUE_COST) < 0.05


def test_the_same_seed_tells_the_same_interval() -> None:
    told = log(random.Random(1), 1200)
    first, again = (savings.against(DEAR, told, random.Random(5), rounds=50) for _ in range(2))
    assert first == again
    assert savings.against(DEAR, told, random.Random(6), rounds=50) != first


def test_requests_of_one_session_count_together() -> None:
    """The same requests told ten times over in the same sessions make no interval narrower."""
    told = log(random.Random(2), 1500, a_session=1)
    once = saving(savings.against(DEAR, told, random.Random(0), rounds=200))
    tenfold = saving(savings.against(DEAR, told * 10, random.Random(0), rounds=200))
    assert tenfold.cost.value == pytest.approx(once.cost.value)
    assert tenfold.cost.high - tenfold.cost.low == pytest.approx(once.cost.high - once.cost.low, rel=1e-6)


def test_a_baseline_that_was_never_chosen_has_no_number() -> None:
    told = [Logged(CHEAP, 1.0, 5, 1.0, str(number)) for number in range(500)]
    found = savings.against(DEAR, told, random.Random(0))
    assert found == NoSaving(DEAR, "never chosen")
    assert str(found) == "no number: 'always dear' was never chosen, so what it would cost is not known"
    assert isinstance(savings.against(DEAR, [], random.Random(0)), NoSaving)


def test_too_little_weight_has_no_number_and_says_how_much_there_is() -> None:
    told = [Logged(DEAR, 0.1, 5, 1.0, str(number)) for number in range(99)]
    found = savings.against(DEAR, told, random.Random(0))
    assert isinstance(found, NoSaving)
    assert (found.reason, found.ess, found.clusters) == ("too few", pytest.approx(99), 99)
    assert str(found) == "no number: of 'always dear' as much is known as of 99 requests, not 100"


def test_unequal_weights_tell_less_than_as_many_equal_ones() -> None:
    told = [Logged(DEAR, 0.05 if number < 10 else 1.0, 5, 1.0, str(number)) for number in range(300)]
    found = savings.against(DEAR, told, random.Random(0))
    assert isinstance(found, NoSaving)
    assert found.ess == pytest.approx((10 * 20 + 290) ** 2 / (10 * 400 + 290))


def test_many_requests_of_few_clusters_have_no_number() -> None:
    told = [Logged(DEAR, 0.5, 5, 1.0, f"user {number % 19}") for number in range(500)]
    found = savings.against(DEAR, told, random.Random(0))
    assert isinstance(found, NoSaving)
    assert str(found) == "no number: 'always dear' was chosen in 19 clusters, not in 20"


def test_nothing_is_saved_against_what_costs_nothing() -> None:
    told = [Logged(DEAR, 0.5, 0, 1.0, str(number)) for number in range(200)]
    assert str(savings.against(DEAR, told, random.Random(0))) == "no number: 'always dear' cost nothing"


def test_the_baseline_alone_saves_nothing_against_itself() -> None:
    told = [Logged(DEAR, 1.0, 1_000 + number, 0.5, str(number)) for number in range(200)]
    found = saving(savings.against(DEAR, told, random.Random(0), rounds=20))
    assert (found.cost.value, found.quality.value, found.clipped) == (pytest.approx(0), pytest.approx(0), 0)
    assert found.cost.low == pytest.approx(0)


def test_a_cut_weight_is_told() -> None:
    told = [Logged(DEAR, 0.01 if number < 50 else 0.1, 1_000, 0.5, str(number)) for number in range(500)]
    assert saving(savings.against(DEAR, told, random.Random(0), rounds=20)).clipped == 0.1


@pytest.mark.parametrize("propensity", [0.0, -0.1, 1.1, math.nan])
def test_a_propensity_that_is_none_is_refused(propensity: float) -> None:
    with pytest.raises(ValueError, match="a propensity is above 0"):
        Logged(DEAR, propensity, 1, 1.0, "s")


@pytest.mark.parametrize(("cost", "quality"), [(-1, 1.0), (1, math.nan), (1, 1.5)])
def test_an_outcome_that_is_none_is_refused(cost: int, quality: float) -> None:
    with pytest.raises(ValueError, match=r"cost|quality"):
        Logged(DEAR, 0.5, cost, quality, "s")
