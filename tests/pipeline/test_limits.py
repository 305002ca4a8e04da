"""Limits, budgets and times: what ends a run, what waits, what is remembered."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from pipeline_bench import Bench, Ran, all_gone, walk

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.events import (
    AttemptFailed,
    AttemptStarted,
    Cancelled,
    Failed,
    HandedOver,
    NativeSession,
    Notice,
    Recorded,
    RouteChosen,
    Text,
)
from minga.domain.failure import FailureCode
from minga.domain.task import Endpoint, OnLimit
from minga.infrastructure.clock import FakeClock
from minga.routing.health import Health


def limit(seconds: float) -> list[object]:
    return ["reject", 429, f"limit reached, again in {seconds} s"]


def on_budget(ran: Ran) -> list[str]:
    return [told.text for told in ran.of(Notice) if "budget" in told.text]


def test_a_limit_is_remembered_and_the_next_plan_puts_the_agent_behind(stored: Bench) -> None:
    stored.agent("alpha", [limit(3600)], facts={"start_ms": 1})
    stored.agent("beta", [["say", "by beta"]], facts={"start_ms": 2})
    first = stored.run(stored.task("x"))
    assert first.of(RouteChosen)[0].agents == ("alpha", "beta", "builtin")
    assert first.answer == "by beta"
    assert first.of(HandedOver)[0].to_agent == "beta"
    second = stored.run(stored.task("y"))
    [chosen] = second.of(RouteChosen)
    assert chosen.agents == ("beta", "alpha", "builtin")
    assert any("rate-limited until" in reason for reason in chosen.reasons if reason.startswith("alpha"))
    assert len(stored.prompts("alpha")) == 1


def test_a_limit_counts_for_its_account_and_model_only(bench: Bench) -> None:
    bench.agent("alpha", [limit(3600)], [["say", "ok"]], facts={"start_ms": 1})
    bench.agent("beta", [["say", "by beta"]], facts={"start_ms": 2})
    bench.run(bench.task("x", "alpha"))
    assert bench.run(bench.task("y", model="another-model")).of(RouteChosen)[0].agents[0] == "beta"
    limits = bench.use(lambda minga: minga.runner.health.limits())
    assert list(limits) == [("alpha:alpha", "alpha-models")]
    [until] = limits.values()
    assert timedelta(minutes=59) < until - datetime.now(UTC) < timedelta(minutes=61)


def test_a_limit_of_an_endpoint_counts_for_its_key_only_and_tells_nothing_of_it(bench: Bench) -> None:
    address = "http://me:a-password@127.0.0.1:9"
    one, other = Endpoint(address, "the-first-key", "m"), Endpoint(address, "the-other-key", "m")
    bench.agent("alpha", [limit(3600)], [["say", "by the other key"]])
    bench.run(bench.task("x", "alpha", endpoint=one))
    accounts = list(bench.use(lambda minga: minga.runner.health.limits()))
    assert len(accounts) == 1
    assert not any(secret in str(accounts) for secret in (one.api_key, "a-password"))
    with_other = bench.run(bench.task("y", "alpha", endpoint=other))
    assert with_other.answer == "by the other key"
    assert not any("rate-limited" in reason for reason in with_other.of(RouteChosen)[0].reasons)
    assert list(bench.use(lambda minga: minga.runner.health.limits())) == accounts
    again = bench.run(bench.task("z", "alpha", endpoint=one))
    assert any("rate-limited" in reason for reason in again.of(RouteChosen)[0].reasons)


def test_a_limit_is_over_when_its_time_has_come(bench: Bench) -> None:
    bench.agent("alpha", [limit(3600)], facts={"start_ms": 1})
    bench.agent("beta", [["say", "by beta"]], facts={"start_ms": 2})
    bench.run(bench.task("x", "alpha"))
    [until] = bench.use(lambda minga: minga.runner.health.limits()).values()

    def limits_at(now: datetime) -> int:
        return len(bench.use(lambda minga: Health(minga.database, FakeClock(now)).limits()))

    assert (limits_at(until - timedelta(seconds=1)), limits_at(until)) == (1, 0)


def test_an_answer_clears_the_limit_and_a_cancelled_run_does_not(bench: Bench) -> None:
    bench.agent("alpha", [limit(3600)], [["say", "working"], ["sleep", 20]], [["say", "ok"]])
    bench.run(bench.task("x", "alpha"))

    async def cancelled(minga: Minga) -> None:
        stop = Stop()

        def watch(recorded: Recorded) -> None:
            if isinstance(recorded.event, Text):
                stop.stop(Cancelled("by the test"))

        ran = await walk(minga, bench.task("y", "alpha"), stop=stop, watch=watch)
        assert ran.events[-1] == Cancelled("by the test")
        assert len(await minga.runner.health.limits()) == 1

    bench.use(cancelled)
    assert bench.run(bench.task("z", "alpha")).answer == "ok"
    assert bench.use(lambda minga: minga.runner.health.limits()) == {}


def test_with_the_policy_wait_the_agent_is_asked_again_after_the_reset(bench: Bench) -> None:
    bench.agent("alpha", [["say", "so far"], limit(0.5)], [["say", "the rest"]])
    bench.agent("beta", [["say", "by beta"]])
    began = time.monotonic()
    ran = bench.run(bench.task("x", "alpha", "beta", on_limit=OnLimit.WAIT))
    assert time.monotonic() - began > 0.5
    assert ran.answer == "the rest"
    assert [started.agent for started in ran.of(AttemptStarted)] == ["alpha", "alpha"]
    assert bench.prompts("beta") == []
    assert [entry["session"] for entry in bench.logged("alpha", "load")] == ["native-1-alpha"]
    [failed] = ran.of(AttemptFailed)
    [told] = [notice for notice in ran.of(Notice) if "waiting" in notice.text]
    assert ran.events.index(failed) < ran.events.index(told)
    assert "so far" in bench.prompts("alpha")[1]


def test_waiting_ends_with_the_time_of_the_run(bench: Bench) -> None:
    bench.agent("alpha", [limit(2)])
    ran = bench.run(bench.task("x", "alpha", on_limit=OnLimit.WAIT, timeout_s=1.0))
    assert isinstance(ran.events[-1], Failed)
    assert ran.failure.code in (FailureCode.TIMEOUT, FailureCode.RATE_LIMITED)


def test_a_wait_can_be_cancelled(bench: Bench) -> None:
    bench.agent("alpha", [limit(15)])

    async def work(minga: Minga) -> None:
        stop = Stop()

        def watch(recorded: Recorded) -> None:
            if isinstance(recorded.event, Notice) and "waiting" in recorded.event.text:
                stop.stop(Cancelled("enough"))

        ran = await walk(minga, bench.task("x", "alpha", on_limit=OnLimit.WAIT), stop=stop, watch=watch)
        assert ran.events[-1] == Cancelled("enough")

    bench.use(work)


def test_a_reset_later_than_the_run_may_take_is_not_waited_for(bench: Bench) -> None:
    bench.agent("alpha", [limit(3600)])
    bench.agent("beta", [["say", "by beta"]])
    assert bench.run(bench.task("x", "alpha", "beta", on_limit=OnLimit.WAIT)).answer == "by beta"


def test_with_the_policy_stop_the_limit_ends_the_run(bench: Bench) -> None:
    bench.agent("alpha", [limit(3600)])
    bench.agent("beta", [["say", "by beta"]])
    ran = bench.run(bench.task("x", "alpha", "beta", on_limit=OnLimit.STOP))
    assert ran.failure.code is FailureCode.RATE_LIMITED
    assert ran.failure.resets_at is not None
    assert bench.prompts("beta") == []


def test_a_spent_budget_ends_the_run_at_once_with_its_processes(bench: Bench) -> None:
    bench.agent(
        "alpha", [["spawn", "group"], ["use_now", 2_000_000, 1000], ["sleep", 300]], facts={"usage": "meta-chunk"}
    )
    bench.agent("beta", [["say", "by beta"]])
    began = time.monotonic()
    ran = bench.run(bench.task("x", "alpha", "beta", budget_micro_usd=1000))
    assert ran.failure.code is FailureCode.BUDGET_SPENT
    assert time.monotonic() - began < 120
    assert bench.prompts("beta") == []
    assert ran.receipt is not None
    assert (ran.receipt.cost_micro_usd or 0) > 1000
    assert all_gone([entry["child"] for entry in bench.logged("alpha", "child")])


def test_a_failed_attempt_that_spent_the_budget_leaves_nothing_for_the_next_agent(bench: Bench) -> None:
    bench.agent("alpha", [["use", 2_000_000, 1000], ["end", "max_tokens"]])
    bench.agent("beta", [["say", "by beta"]])
    ran = bench.run(bench.task("x", "alpha", "beta", budget_micro_usd=1000))
    assert isinstance(ran.events[-1], Failed)
    assert bench.prompts("beta") == []


def test_a_budget_that_nothing_can_hold_for_want_of_a_price_is_told_once(bench: Bench) -> None:
    steps = [["use_now", 100, 10], ["use_now", 100, 10], ["say", "done"]]
    bench.agent("alpha", steps, facts={"usage": "meta-chunk"})
    ran = bench.run(bench.task("x", "alpha", model="nobody-sells-this", budget_micro_usd=1000))
    assert on_budget(ran) == ["no list price for nobody-sells-this: the budget of $0.0010 cannot be watched"]
    assert ran.answer == "..done"


def test_a_budget_that_is_checked_only_with_the_answer_is_told_before_the_first_word(bench: Bench) -> None:
    bench.agent("alpha", [["say", "done"]])
    ran = bench.run(bench.task("x", "alpha", budget_micro_usd=1_000_000))
    (told,) = on_budget(ran)
    assert told == "alpha tells its tokens only with its answer: the budget of $1.0000 is checked then"
    kinds = [type(event) for event in ran.events]
    assert ran.events.index(Notice(told)) < kinds.index(NativeSession)


def test_without_a_budget_no_word_is_lost_on_one(bench: Bench) -> None:
    bench.agent("alpha", [["use_now", 100, 10], ["say", "done"]], facts={"usage": "meta-chunk"})
    assert on_budget(bench.run(bench.task("x", "alpha", model="nobody-sells-this"))) == []


def test_a_budget_that_is_not_spent_changes_nothing(bench: Bench) -> None:
    bench.agent("alpha", [["say", "cheap"]])
    assert bench.run(bench.task("x", "alpha", budget_micro_usd=1_000_000)).answer == "cheap"


@pytest.mark.parametrize(
    "steps", [[["sleep", 300]], [["begin_tool", "make"], ["sleep", 300]], [["stream", 5000, 0.05]]]
)
def test_the_time_limit_of_the_run_ends_it_with_its_whole_tree(bench: Bench, steps: list[list[object]]) -> None:
    bench.agent("alpha", [["spawn", "group"], *steps])
    bench.agent("beta", [["say", "by beta"]])
    began = time.monotonic()
    ran = bench.run(bench.task("x", "alpha", "beta", timeout_s=2.5))
    assert ran.failure.code is FailureCode.TIMEOUT
    assert "--timeout" in ran.failure.remedy
    assert time.monotonic() - began < 120
    assert bench.prompts("beta") == []
    children = [entry["child"] for entry in bench.logged("alpha", "child")]
    assert len(children) == 1
    assert all_gone([*children, *(entry["pid"] for entry in bench.logged("alpha", "prompt"))])


def test_a_silent_agent_gives_way_to_the_next(bench: Bench) -> None:
    bench.agent("alpha", [["say", "hm"], ["sleep", 300]], facts={"silence_s": 1.0})
    bench.agent("beta", [["say", "by beta"]])
    ran = bench.run(bench.task("x", "alpha", "beta"))
    assert ran.answer == "by beta"
    assert ran.of(AttemptFailed)[0].failure.code in (FailureCode.TIMEOUT, FailureCode.NETWORK)


def test_failures_of_the_last_hour_put_an_agent_behind(bench: Bench) -> None:
    bench.agent("alpha", [["exit", 1]], facts={"start_ms": 1})
    bench.agent("beta", [["say", "by beta"]], facts={"start_ms": 2})
    bench.run(bench.task("x"))
    assert bench.run(bench.task("y")).of(RouteChosen)[0].agents[0] == "beta"
