"""Some cascades begin by lot: what is noted as the chance of a choice is that chance."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_bench import Bench, walk

from minga.agents.registry import BUILTIN
from minga.agents.roster import Examined
from minga.bootstrap import Minga
from minga.domain.errors import BadSetting
from minga.domain.ids import AgentName
from minga.domain.routing import Candidate, Plan
from minga.domain.task import Strategy, Task
from minga.pipeline.candidates import Exploration, Route, explore

EXAMINED: dict[AgentName, Examined] = {}


def route(agents: int) -> Route:
    candidates = [Candidate(AgentName(f"agent-{number}"), "ready", None) for number in range(agents)]
    return Route(Plan((*candidates, Candidate(BUILTIN, "last", None)), ()), EXAMINED)


def drawn(agents: int, share: float, lot: float) -> Route:
    return explore(route(agents), Exploration(share, lambda: lot))


def first(chosen: Route) -> AgentName:
    return chosen.plan.candidates[0].agent


@given(st.integers(2, 6), st.floats(0.01, 1.0), st.floats(0, 1, exclude_max=True))
def test_the_chances_of_all_that_could_begin_add_up_to_one(agents: int, share: float, lot: float) -> None:
    lots = [share * (number + 0.5) / agents for number in range(agents)]
    chances = {first(chosen): chosen.propensity for chosen in (drawn(agents, share, one) for one in lots)}
    assert set(chances) == {one.agent for one in route(agents).plan.candidates if one.agent != BUILTIN}
    assert sum(chances.values()) == pytest.approx(1)
    chosen = drawn(agents, share, lot)
    assert chosen.propensity == pytest.approx(chances[first(chosen)])


@given(st.integers(0, 6), st.floats(0, 1), st.floats(0, 1, exclude_max=True))
def test_nobody_is_lost_or_doubled_and_the_agent_without_a_model_stays_last(
    agents: int, share: float, lot: float
) -> None:
    chosen = drawn(agents, share, lot)
    assert sorted(one.agent for one in chosen.plan.candidates) == sorted(
        one.agent for one in route(agents).plan.candidates
    )
    assert chosen.plan.candidates[-1].agent == BUILTIN
    rest = [one.agent for one in chosen.plan.candidates[1:]]
    assert rest == [one.agent for one in route(agents).plan.candidates if one.agent != first(chosen)]


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_who_begins_how_often_is_the_chance_that_is_noted(share: float) -> None:
    chance, turns = random.Random(7), 5_000
    chosen = [explore(route(3), Exploration(share, chance.random)) for _ in range(turns)]
    noted = {first(one): one.propensity for one in chosen}
    counts = Counter(map(first, chosen))
    for agent, propensity in noted.items():
        spread = (propensity * (1 - propensity) / turns) ** 0.5
        assert abs(counts[agent] / turns - propensity) < 4 * spread


@pytest.mark.parametrize("agents", [0, 1])
def test_where_there_is_no_choice_nothing_is_drawn(agents: int) -> None:
    assert drawn(agents, 1.0, 0.5) == route(agents)


@pytest.mark.parametrize(
    ("strategy", "named", "draws"),
    [
        (Strategy.CASCADE, False, True),
        (Strategy.CASCADE, True, False),
        (Strategy.AUTO, False, False),
        (Strategy.SINGLE, False, False),
        (Strategy.PANEL, False, False),
    ],
)
def test_only_cascades_for_which_no_agent_is_named_begin_by_lot(
    bench: Bench, strategy: Strategy, named: bool, draws: bool
) -> None:
    for name in ("alpha", "beta"):
        bench.agent(name, [["say", "right"]])
    lots: list[float] = []

    def lot() -> float:
        lots.append(0.5)
        return 0.5

    async def work(minga: Minga, task: Task) -> float:
        return (await replace(minga.runner, exploration=Exploration(1.0, lot)).route(task)).propensity

    task = replace(bench.task("add", *(("alpha", "beta") if named else ())), strategy=strategy)
    assert bench.use(lambda minga: work(minga, task)) == (0.5 if draws else 1.0)
    assert bool(lots) is draws


def test_where_whom_the_lot_chose_gives_no_answer_no_chance_is_noted(bench: Bench) -> None:
    bench.agent("alpha", [["exit", 3, "no luck"]], facts={"model": "gpt-5"})
    bench.agent("beta", [["say", "right"]], facts={"model": "gpt-5-nano"})

    async def work(minga: Minga) -> list[tuple[str, float]]:
        lucky = replace(minga.runner, exploration=Exploration(1.0, lambda: 0.9))
        await walk(replace(minga, runner=lucky), replace(bench.task("add"), strategy=Strategy.CASCADE))
        return [(one.judged.agent, one.judged.propensity) for one in await minga.labels.all()]

    assert bench.use(work) == [("beta", 1.0)]


def test_more_than_all_cascades_cannot_begin_by_lot(bench: Bench) -> None:
    bench.extra["MINGA_EXPLORE_PERCENT"] = "101"

    async def nothing(minga: Minga) -> None: ...

    with pytest.raises(BadSetting, match="it must be at most 100"):
        bench.use(nothing)
