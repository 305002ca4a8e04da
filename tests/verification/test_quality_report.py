"""The report on labels: what was saved is told without bias, and the same labels give the same report."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.task import Strategy
from minga.domain.verdict import CheckState, Judgement
from minga.reports.quality import WHOLE, quality
from minga.verification.labels import Judged, Label, Outcome, Source
from minga.verification.quality import NoSaving, Rate, Saving

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ACCEPTED, UNPROVEN, REJECTED = Judgement.ACCEPTED, Judgement.NOT_VERIFIABLE, Judgement.REJECTED
CHEAP, DEAR = AgentName("cheap"), AgentName("dear")


def label(
    turn: int,
    agent: AgentName = CHEAP,
    judgement: Judgement = ACCEPTED,
    outcome: Outcome | None = None,
    *,
    stage: int = 1,
    propensity: float = 1.0,
    cost: int | None = 100,
    strategy: Strategy = Strategy.CASCADE,
    checks: tuple[tuple[str, CheckState], ...] = (),
    session: int | None = None,
) -> Label:
    ids = AttemptId(f"a{turn:05}-{stage}"), TurnId(f"t{turn}"), SessionId(f"s{turn if session is None else session}")
    judged = Judged(*ids, agent, "m", "f", "code", strategy, stage, propensity, judgement, checks, cost)
    return Label(judged, NOW + timedelta(seconds=turn), () if outcome is None else ((Source.PERSON, outcome),))


RIGHT = {CHEAP: 0.6, DEAR: 0.9}
COST = {CHEAP: 100, DEAR: 1000}
SHARE = 0.6
"""Of cascades that begin by lot; checks find 9 of 10 wrong answers, and reject no right one."""


def cascades(seed: int, count: int) -> list[Label]:
    """The cheap agent begins, save where the lot says otherwise; what a check refutes goes to the dear one."""
    chance = random.Random(seed)
    found: list[Label] = []
    for turn in range(count):
        propensity = {CHEAP: 1 - SHARE / 2, DEAR: SHARE / 2}
        agent = chance.choices(list(propensity), list(propensity.values()))[0]
        hardness = chance.random()  # of the task: both agents fail at hard ones
        right = hardness < RIGHT[agent]
        refuted = not right and chance.random() < 0.9
        cost = round(COST[agent] * chance.uniform(0.5, 1.5))
        given = {"propensity": propensity[agent], "session": turn // 15}
        if not refuted or agent == DEAR:
            outcome = None if refuted else (Outcome.GOOD if right else Outcome.BAD)
            found.append(label(turn, agent, REJECTED if refuted else ACCEPTED, outcome, cost=cost, **given))  # type: ignore[arg-type]
            continue
        found.append(label(turn, agent, REJECTED, cost=cost, **given))  # type: ignore[arg-type]
        outcome = Outcome.GOOD if hardness < RIGHT[DEAR] else Outcome.BAD
        later = round(COST[DEAR] * chance.uniform(0.5, 1.5))
        found.append(label(turn, DEAR, ACCEPTED, outcome, stage=2, cost=later, **given))  # type: ignore[arg-type]
    return found


def truth() -> float:
    """The share that is saved of what the dear agent alone would cost, in the long run."""
    refuted = (1 - RIGHT[CHEAP]) * 0.9
    began_cheap = COST[CHEAP] + refuted * COST[DEAR]
    return 1 - ((1 - SHARE / 2) * began_cheap + SHARE / 2 * COST[DEAR]) / COST[DEAR]


def test_the_interval_of_a_saving_holds_the_truth_in_90_of_100_draws() -> None:
    held = 0
    for seed in range(100):
        saving = quality(cascades(seed, 450), 0.05, "dear").saving
        assert isinstance(saving, Saving), saving
        held += saving.cost.low <= truth() <= saving.cost.high
    assert held >= 90


def test_without_lots_nothing_is_said_of_a_saving() -> None:
    always = [label(turn, outcome=Outcome.GOOD) for turn in range(300)]
    saving = quality(always, 0.05, "cheap").saving
    assert isinstance(saving, NoSaving)
    assert saving.reason == "never chosen"
    assert quality(always, 0.05).saving is None


def test_turns_of_unknown_cost_or_outcome_tell_nothing_of_savings() -> None:
    log = cascades(1, 700)
    more = [label(900 + turn, propensity=0.8, cost=None, outcome=Outcome.GOOD) for turn in range(50)]
    more += [label(990 + turn, propensity=0.8) for turn in range(50)]
    assert quality([*log, *more], 0.05, "dear").saving == quality(log, 0.05, "dear").saving


def test_an_answer_that_was_given_all_the_same_is_no_abstention() -> None:
    labels = [
        label(1, judgement=REJECTED),
        label(2, judgement=REJECTED),
        label(2, judgement=ACCEPTED, stage=2),
        label(3, judgement=REJECTED, strategy=Strategy.SINGLE),
        label(4, judgement=REJECTED, strategy=Strategy.PANEL),
        label(5, judgement=UNPROVEN),
    ]
    [kind] = quality(labels, 0.05).kinds
    assert (kind.answers, kind.turns, kind.abstained) == (6, 5, 1)
    assert list(kind.judgements.items()) == [(ACCEPTED, 1), (REJECTED, 4), (UNPROVEN, 1)]


def test_rates_are_of_what_was_verified_and_turned_out_in_some_way() -> None:
    passed, failed, unproven = (("rut", state) for state in (CheckState.PASSED, CheckState.FAILED, CheckState.UNPROVEN))

    def known(outcome: Outcome | None, judgement: Judgement, check: tuple[str, CheckState]) -> Sequence[Label]:
        return [label(len(labels), judgement=judgement, outcome=outcome, checks=(check,))]

    labels: list[Label] = []
    labels += known(Outcome.GOOD, ACCEPTED, passed)
    labels += known(Outcome.KEPT, REJECTED, failed)
    labels += known(Outcome.CORRECTED, ACCEPTED, passed)
    labels += known(Outcome.BROKE, REJECTED, failed)
    labels += known(Outcome.BAD, UNPROVEN, unproven)
    labels += known(None, ACCEPTED, passed)
    checks = quality(labels, 0.05).checks
    assert list(checks) == ["rut", WHOLE]
    assert (checks["rut"].tpr, checks["rut"].fpr) == (Rate(1, 2), Rate(1, 2))
    assert checks[WHOLE] == checks["rut"]


def test_the_same_labels_give_the_same_report() -> None:
    log = cascades(3, 400)
    assert quality(log, 0.05, "dear") == quality(list(log), 0.05, "dear")
