"""What is promised of answers, on labels of which the truth is known."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.task import Strategy
from minga.domain.verdict import Judgement
from minga.verification.guarantees import WRONG_MIN, Guarantee, are_fooled, guarantee
from minga.verification.labels import Judged, Label, Outcome, Source
from minga.verification.quality import NoThreshold, Threshold

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ACCEPTED, UNPROVEN, REJECTED = Judgement.ACCEPTED, Judgement.NOT_VERIFIABLE, Judgement.REJECTED

WRONG = {ACCEPTED: 0.02, UNPROVEN: 0.3, REJECTED: 0.9}
"""How often an answer with a verdict is wrong."""

SHARES = {ACCEPTED: 0.6, UNPROVEN: 0.3, REJECTED: 0.1}


def label(number: int, judgement: Judgement, right: bool | None, kind: str = "code") -> Label:
    ids = AttemptId(f"a{number:06}"), TurnId(f"t{number}"), SessionId(f"s{number}")
    judged = Judged(*ids, AgentName("codex"), "m", "gpt", kind, Strategy.AUTO, 1, 1.0, judgement, (), 10)
    told = () if right is None else ((Source.PERSON, Outcome.GOOD if right else Outcome.BAD),)
    return Label(judged, NOW + timedelta(minutes=number), told)


def drawn(seed: int, count: int, wrong: dict[Judgement, float] = WRONG, kind: str = "code") -> list[Label]:
    chance = random.Random(seed)
    verdicts = chance.choices(list(SHARES), list(SHARES.values()), k=count)
    return [label(number, one, chance.random() >= wrong[one], kind) for number, one in enumerate(verdicts)]


def wrong_share(made: Guarantee, wrong: dict[Judgement, float]) -> float:
    """Of the answers that ``made`` allows, how many are wrong in truth; 0 where it promises nothing."""
    given = [one for one in Judgement if made.allows(one)]
    total = sum(SHARES[one] for one in given)
    return sum(SHARES[one] * wrong[one] for one in given) / total if total else 0.0


@pytest.mark.parametrize(
    ("alpha", "accepted_wrong", "given_min"),
    [(0.1, 0.01, 60), (0.1, 0.08, 0), (0.1, 0.12, 0), (0.05, 0.04, 0)],
    ids=["well below", "close below", "above", "stricter"],
)
def test_the_promise_is_kept_in_95_of_100_draws_of_labels(alpha: float, accepted_wrong: float, given_min: int) -> None:
    wrong = {**WRONG, ACCEPTED: accepted_wrong}
    made = [guarantee(drawn(seed, 400, wrong), "code", alpha) for seed in range(100)]
    assert sum(wrong_share(one, wrong) <= alpha for one in made) >= 95
    assert sum(bool(one.allows(ACCEPTED)) for one in made) >= given_min


def test_it_says_what_is_missing_where_labels_are_too_few() -> None:
    for known in ([], drawn(1, 30), [label(number, ACCEPTED, right=None) for number in range(2000)]):
        made = guarantee(known, "code", 0.05)
        assert isinstance(made.calibration, NoThreshold)
        assert made.calibration.reason == "not enough labels"
        assert str(made.calibration).startswith("not enough labels: 80 right answers in a row are needed for 5 %")
        assert [made.allows(one) for one in Judgement] == [None, None, None]
        assert not made.is_void


def test_it_says_that_too_many_were_wrong() -> None:
    made = guarantee(drawn(1, 800, {**WRONG, ACCEPTED: 0.3}), "code", 0.05)
    assert isinstance(made.calibration, NoThreshold)
    assert made.calibration.reason == "too many wrong"


def test_kinds_of_work_do_not_mix() -> None:
    mixed = [*drawn(1, 800), *drawn(2, 800, {**WRONG, ACCEPTED: 0.5}, kind="tax"), *drawn(3, 20, kind="text")]
    mixed.sort(key=lambda one: one.at)
    assert guarantee(mixed, "code", 0.1) == guarantee(drawn(1, 800), "code", 0.1)
    assert guarantee(mixed, "code", 0.1).allows(ACCEPTED)
    assert guarantee(mixed, "tax", 0.1).allows(ACCEPTED) is None
    assert guarantee(mixed, "text", 0.1).allows(ACCEPTED) is None


def right_ones(count: int, first: int = 0) -> list[Label]:
    return [label(number, ACCEPTED, right=True) for number in range(first, first + count)]


def regressed(count: int, first: int, chance: random.Random) -> list[Label]:
    return [label(number, ACCEPTED, right=chance.random() >= 0.3) for number in range(first, first + count)]


def test_after_a_regression_the_watch_raises_its_alarm_and_nothing_is_promised() -> None:
    before = right_ones(200)
    assert guarantee(before, "code", 0.05).allows(ACCEPTED)
    for seed in range(20):
        made = guarantee([*before, *regressed(100, 200, random.Random(seed))], "code", 0.05)
        assert (made.is_void, made.allows(ACCEPTED)) == (True, None), seed


def test_the_alarm_stays_while_answers_are_right_again_until_enough_labels_make_a_new_promise() -> None:
    broken = [*right_ones(200), *regressed(100, 200, random.Random(1))]
    assert guarantee([*broken, *right_ones(40, 300)], "code", 0.05).is_void
    made = guarantee([*broken, *right_ones(900, 300)], "code", 0.05)
    assert not made.is_void
    assert made.allows(ACCEPTED)
    assert isinstance(made.calibration, Threshold)
    assert made.watch
    assert made.watch.seen < 900


def test_while_the_promise_holds_the_alarm_is_rare() -> None:
    wrong = {**WRONG, ACCEPTED: 0.03}
    given = [one for one in (guarantee(drawn(seed, 600, wrong), "code", 0.1) for seed in range(40)) if one.watch]
    assert len(given) > 15
    assert sum(one.is_void for one in given) <= 2


def test_a_looser_promise_is_given_more_often_and_allows_no_less() -> None:
    counts = []
    for alpha in (0.02, 0.05, 0.1, 0.2, 0.4):
        made = [guarantee(drawn(seed, 400), "code", alpha) for seed in range(20)]
        counts.append(sum(bool(one.allows(judgement)) for one in made for judgement in Judgement))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.parametrize("alpha", [-0.1, 0.0, 1.0, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        guarantee(drawn(1, 50), "code", alpha)


def wrong_answers(judgements: Sequence[Judgement]) -> list[Label]:
    return [label(number, one, right=False) for number, one in enumerate(judgements)]


def test_checks_are_said_to_be_fooled_only_of_enough_wrong_answers() -> None:
    assert not are_fooled([])
    assert not are_fooled(wrong_answers([ACCEPTED] * (WRONG_MIN - 1)))
    assert are_fooled(wrong_answers([ACCEPTED] * WRONG_MIN))
    assert not are_fooled(wrong_answers([REJECTED] * WRONG_MIN))
    assert are_fooled(wrong_answers([ACCEPTED, *[REJECTED] * (WRONG_MIN - 1)]))
    assert not are_fooled(wrong_answers([ACCEPTED, *[REJECTED] * 60]))


def test_answers_that_are_right_unknown_or_not_verified_do_not_fool_checks() -> None:
    known = [label(number, ACCEPTED, right=True) for number in range(100)]
    known += [label(number, ACCEPTED, right=None) for number in range(100)]
    assert not are_fooled([*known, *wrong_answers([UNPROVEN] * 100), *wrong_answers([REJECTED] * 30)])
