"""`routing.plan` is a pure function: properties over all facts, and examples of its order."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from minga.domain.ids import AgentName
from minga.domain.routing import AgentState, Needs, Plan
from minga.routing.plan import plan

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAMES = [AgentName(name) for name in ("alpha", "beta", "gamma", "delta", "builtin")]

times = st.none() | st.datetimes(datetime(2026, 11, 22), datetime(2026, 11, 23), timezones=st.just(UTC))


def states_of(name: AgentName) -> st.SearchStrategy[AgentState]:
    return st.builds(
        AgentState,
        agent=st.just(name),
        ready=st.sampled_from(["", "", "", "not installed"]),
        images=st.booleans(),
        mcp=st.booleans(),
        deterministic=st.just(name == "builtin"),
        limited_until=times,
        recent_failures=st.integers(0, 3),
        expected_micro_usd=st.none() | st.integers(0, 10**6),
        start_ms=st.integers(0, 5000),
    )


states = st.lists(st.sampled_from(NAMES), unique=True, min_size=1).flatmap(
    lambda names: st.tuples(*(states_of(name) for name in names))
)


@st.composite
def questions(draw: st.DrawFn, *, explicit: bool | None = None) -> tuple[tuple[AgentState, ...], Needs]:
    found = draw(states)
    named = draw(st.lists(st.sampled_from([state.agent for state in found]), max_size=4))
    if explicit is not None:
        named = (named or [found[0].agent]) if explicit else []
    return found, Needs(tuple(named), draw(st.booleans()), draw(st.booleans()), NOW)


def agents(one: Plan) -> list[AgentName]:
    return [candidate.agent for candidate in one.candidates]


@given(questions())
def test_the_same_facts_give_the_same_plan(question: tuple[tuple[AgentState, ...], Needs]) -> None:
    assert plan(*question) == plan(*question)


@given(questions(explicit=False), st.randoms(use_true_random=False))
def test_the_order_in_which_agents_were_looked_at_does_not_matter(
    question: tuple[tuple[AgentState, ...], Needs], chance: random.Random
) -> None:
    found, needs = question
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert plan(shuffled, needs) == plan(found, needs)


@given(questions())
def test_no_agent_is_lost_or_doubled_and_each_has_a_reason(
    question: tuple[tuple[AgentState, ...], Needs],
) -> None:
    found, needs = question
    made = plan(found, needs)
    told = [candidate.agent for candidate in (*made.candidates, *made.left_out)]
    wanted = needs.explicit or [state.agent for state in found]
    assert sorted(told) == sorted(set(wanted))
    assert all(candidate.reason for candidate in (*made.candidates, *made.left_out))


@given(questions(explicit=True))
def test_named_agents_keep_the_persons_order(question: tuple[tuple[AgentState, ...], Needs]) -> None:
    found, needs = question
    able = {candidate.agent for candidate in plan(found, needs).candidates}
    assert agents(plan(found, needs)) == [name for name in dict.fromkeys(needs.explicit) if name in able]


@given(questions())
def test_only_agents_that_can_take_the_task_are_candidates(
    question: tuple[tuple[AgentState, ...], Needs],
) -> None:
    found, needs = question
    able = {
        state.agent
        for state in found
        if not state.ready and (state.images or not needs.images) and (state.mcp or not needs.mcp)
    }
    named = set(needs.explicit) or {state.agent for state in found}
    assert set(agents(plan(found, needs))) == able & named


@given(questions(explicit=False))
def test_the_deterministic_agent_is_last_and_limited_ones_come_behind_the_free(
    question: tuple[tuple[AgentState, ...], Needs],
) -> None:
    found, needs = question
    by_name = {state.agent: state for state in found}
    order = [by_name[name] for name in agents(plan(found, needs))]
    ranks = [(state.deterministic, state.limited_until is not None and state.limited_until > NOW) for state in order]
    assert ranks == sorted(ranks)


def state(name: str, **facts: object) -> AgentState:
    plain = AgentState(AgentName(name), "", True, True, False, None, 0, 1000, 1000)
    return replace(plain, **facts)  # type: ignore[arg-type]


ANY = Needs((), False, False, NOW)


def test_fewer_failures_come_before_lower_cost_and_cost_before_start_up_time() -> None:
    found = [
        state("slow", start_ms=9000),
        state("quick", start_ms=10),
        state("dear", expected_micro_usd=5000, start_ms=1),
        state("cheap", expected_micro_usd=10, start_ms=9000),
        state("unpriced", expected_micro_usd=None, start_ms=1),
        state("shaky", recent_failures=1, expected_micro_usd=1),
    ]
    assert agents(plan(found, ANY)) == ["cheap", "quick", "slow", "dear", "unpriced", "shaky"]


def test_a_limit_that_is_over_does_not_count() -> None:
    found = [state("a", limited_until=NOW - timedelta(seconds=1)), state("b", expected_micro_usd=2000)]
    assert agents(plan(found, ANY)) == ["a", "b"]


def test_a_named_agent_is_tried_in_spite_of_its_limit_and_the_reason_says_so() -> None:
    until = NOW + timedelta(hours=1)
    made = plan([state("a", limited_until=until), state("b")], Needs((AgentName("a"),), False, False, NOW))
    assert agents(made) == ["a"]
    assert made.candidates[0].reason == "named by you, rate-limited until 2026-11-22 13:00 UTC"


def test_the_agent_that_began_the_session_comes_before_cheaper_ones_but_not_before_healthier_ones() -> None:
    needs = replace(ANY, began=AgentName("a"))
    made = plan([state("a", expected_micro_usd=5000), state("b")], needs)
    assert agents(made) == ["a", "b"]
    assert made.candidates[0].reason.endswith("began this session")
    assert agents(plan([state("a", recent_failures=1), state("b")], needs)) == ["b", "a"]


def test_an_agent_that_only_a_key_makes_ready_comes_after_those_that_are_logged_in() -> None:
    found = [state("paid", on_key=True, expected_micro_usd=1), state("failing", recent_failures=3), state("dear")]
    assert agents(plan(found, ANY)) == ["dear", "failing", "paid"]
    limited = replace(found[2], limited_until=NOW + timedelta(hours=1))
    assert agents(plan([found[0], limited], ANY)) == ["paid", "dear"]
    assert agents(plan(found, replace(ANY, began=AgentName("paid")))) == ["paid", "dear", "failing"]


def test_those_that_a_specialist_prefers_come_first_in_its_order_but_spend_no_key_and_break_no_limit() -> None:
    needs = replace(ANY, preferred=(AgentName("b"), AgentName("a")))
    found = [state("a", recent_failures=2), state("b", recent_failures=3, expected_micro_usd=9), state("c")]
    made = plan(found, needs)
    assert agents(made) == ["b", "a", "c"]
    assert made.candidates[0].reason.endswith("preferred by the specialist")
    paid = replace(found[1], on_key=True)
    limited = replace(found[0], limited_until=NOW + timedelta(hours=1))
    assert agents(plan([limited, paid, found[2]], needs)) == ["c", "b", "a"]
    named = plan(found, replace(needs, explicit=(AgentName("c"), AgentName("a"))))
    assert (agents(named), named.candidates[1].reason) == (["c", "a"], "named by you")
