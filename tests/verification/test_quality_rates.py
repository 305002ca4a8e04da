"""How good a check is, and how far agreement can be trusted."""

import pytest

from minga.verification.quality import (
    AgreedOutcome,
    Agreement,
    LabelledVerdict,
    Posterior,
    Rate,
    agreement,
    disable_cascade,
    rates,
)


def verdicts(check: str, right: tuple[int, int], wrong: tuple[int, int]) -> list[LabelledVerdict]:
    """``right`` and ``wrong`` answers: how many are accepted, of how many."""
    return [
        LabelledVerdict(check, accepted=number < accepted, right=is_right)
        for is_right, (accepted, count) in ((True, right), (False, wrong))
        for number in range(count)
    ]


def test_the_rates_of_each_check_are_counted_with_their_intervals() -> None:
    found = rates.of_checks([*verdicts("tests", (95, 100), (4, 80)), *verdicts("ruff", (10, 10), (9, 10))])
    assert list(found) == ["ruff", "tests"]
    assert found["tests"].tpr == Rate(95, 100)
    assert found["tests"].fpr == Rate(4, 80)
    assert found["tests"].fpr.value == 0.05
    between = found["tests"].fpr.interval()
    assert (between.low, between.high) == (pytest.approx(0.0138, abs=1e-4), pytest.approx(0.1231, abs=1e-4))


def test_a_check_that_may_be_fooled_too_often_ends_the_cascade() -> None:
    assert not disable_cascade(Rate(4, 80))
    assert disable_cascade(Rate(8, 80))  # one in ten as it seems, but it may be one in six
    assert not disable_cascade(Rate(100, 1000))
    assert disable_cascade(Rate(80, 80))


def test_it_takes_19_wrong_answers_until_a_check_is_trusted() -> None:
    assert disable_cascade(Rate(0, 0))
    assert disable_cascade(Rate(0, 18))
    assert not disable_cascade(Rate(0, 19))


def test_a_rate_of_nothing_has_no_value_and_any_interval() -> None:
    assert Rate(0, 0).value is None
    assert (Rate(0, 0).interval().low, Rate(0, 0).interval().high) == (0.0, 1.0)
    assert rates.of_checks([]) == {}


def test_an_impossible_rate_is_refused_when_its_bound_is_asked() -> None:
    with pytest.raises(ValueError, match="no count of trials"):
        Rate(3, 2).upper()


OUTCOMES = [
    *[AgreedOutcome("maths", agreed=True, right=True)] * 94,
    *[AgreedOutcome("maths", agreed=True, right=False)] * 6,
    *[AgreedOutcome("maths", agreed=False, right=True)] * 20,
    *[AgreedOutcome("maths", agreed=False, right=False)] * 20,
    *[AgreedOutcome("law", agreed=True, right=False)] * 3,
]


def test_agreement_is_counted_for_each_label_and_each_answer_to_it() -> None:
    known = agreement.learn(OUTCOMES)
    assert known == {
        "law": Agreement(agreed=Posterior(0, 3)),
        "maths": Agreement(Posterior(94, 6), Posterior(20, 20)),
    }
    assert known["maths"].after(agreed=True).mean == pytest.approx(95 / 102)
    assert known["maths"].after(agreed=False).mean == 0.5
    assert known["law"].after(agreed=True).mean == 0.2


def test_an_unknown_label_gets_the_confidence_of_nothing_known() -> None:
    assert Agreement().after(agreed=True).mean == 0.5
    assert Posterior().lower() == pytest.approx(0.05)


def test_the_lower_bound_comes_nearer_as_outcomes_come_in() -> None:
    """Beside scipy 1.17: beta.ppf(.05, 48, 3)."""
    assert Posterior(47, 2).lower() == pytest.approx(0.8793858445779559, rel=1e-9)
    few, many = Posterior(9, 1), Posterior(900, 100)
    assert few.lower() < many.lower() < many.mean < 0.9
