"""Checks inside a run: what is refuted goes to the next agent with the reasons; what nobody can prove is labelled."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pipeline_bench import Bench, Ran

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.errors import BadProjectFile
from minga.domain.events import AttemptFailed, Cancelled, Failed, Finished, HandedOver, Notice, Text, Verified
from minga.domain.failure import FailureCode
from minga.domain.task import Demands, Permissions, Strategy, Task
from minga.domain.verdict import Checked, CheckState, Judgement
from minga.domain.work import Work
from minga.infrastructure.clock import SystemClock
from minga.pipeline.candidates import Exploration
from minga.verification.judge import Judge
from minga.verification.labels import Label


@dataclass(frozen=True)
class SumCheck:
    """Refutes every answer that holds ``wrong``, accepts one that holds ``right``."""

    name: str = "sum"

    def look(self, work: Work) -> Checked | None:
        if "wrong" in work.answer:
            return Checked(self.name, CheckState.FAILED, evidence=("3 + 4 is 7, not 8",))
        if "crash" in work.answer:
            raise RuntimeError("no luck")
        return Checked(self.name, CheckState.PASSED) if "right" in work.answer else None


@dataclass(frozen=True)
class SlowProgram:
    name: str = "slow"

    def programs(self, work: Work) -> Sequence[str]:
        return work.commands

    async def look(self, work: Work) -> Sequence[Checked]:
        await asyncio.sleep(60)
        return ()


def run(bench: Bench, task: Task, *programs: SlowProgram, stop: Stop | None = None) -> tuple[Ran, list[Label]]:
    labels: list[Label] = []

    async def work(minga: Minga) -> Ran:
        judge = Judge(SystemClock(), [SumCheck()], programs)
        verifying = replace(minga.runner.verifying, judge=lambda: judge)
        runner = replace(minga.runner, verifying=verifying)
        going = await runner.start(task, stop or Stop())
        shown = [recorded async for recorded in going.events()]
        labels.extend(await minga.labels.all())
        return Ran(shown, going.receipt)

    return bench.use(work), labels


def test_what_a_check_refutes_goes_to_the_next_agent_which_is_told_why(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong: 8"]])
    bench.agent("beta", [["say", "right: 7"]])
    ran, labels = run(bench, bench.task("what is 3 + 4?", "alpha", "beta"))
    assert ran.answer == "right: 7"
    [failed] = ran.of(AttemptFailed)
    assert (failed.failure.code, failed.failure.message) == (FailureCode.REJECTED, "sum: 3 + 4 is 7, not 8")
    [told] = bench.prompts("beta")
    assert "An answer to this request, by alpha, was checked by programs and did not pass:\n- sum: 3 + 4 is 7" in told
    assert "wrong: 8" in told
    assert [(one.agent, one.stage, one.judgement) for one in ran.of(Verified)] == [
        ("alpha", 1, Judgement.REJECTED),
        ("beta", 2, Judgement.ACCEPTED),
    ]
    assert ran.receipt
    assert [cost.judgement for cost in ran.receipt.attempts] == [Judgement.REJECTED, Judgement.ACCEPTED]
    assert [(one.judged.agent, one.judged.stage, one.judged.judgement) for one in labels] == [
        ("alpha", 1, Judgement.REJECTED),
        ("beta", 2, Judgement.ACCEPTED),
    ]
    assert labels[0].judged.checks == (("sum", CheckState.FAILED),)


def test_the_next_agent_is_one_of_another_family(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong"]], facts={"family": "one"})
    bench.agent("beta", [["say", "right, of the same family"]], facts={"family": "one"})
    bench.agent("gamma", [["say", "right, of another family"]], facts={"family": "two"})
    ran, _ = run(bench, bench.task("add", "alpha", "beta", "gamma"))
    assert ran.answer == "right, of another family"
    assert [(one.from_agent, one.to_agent) for one in ran.of(HandedOver)] == [("alpha", "gamma")]


def test_minga_abstains_when_three_answers_were_refuted(bench: Bench) -> None:
    names = ["alpha", "beta", "gamma", "delta"]
    for name in names:
        bench.agent(name, [["say", f"wrong from {name}"]])
    ran, labels = run(bench, bench.task("add", *names))
    assert ran.failure.code is FailureCode.REJECTED
    assert ran.failure.message == "gamma: sum: 3 + 4 is 7, not 8"
    assert bench.prompts("delta") == []
    assert [one.judged.stage for one in labels] == [1, 2, 3]
    assert [text.text for text in ran.of(Text)] == [f"wrong from {name}" for name in names[:3]]


def test_the_next_task_is_told_why_the_last_answer_was_refuted(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong: 8"]], [["say", "right: 7"]], [["say", "right"]])
    ran, _ = run(bench, bench.task("what is 3 + 4?", "alpha"))
    assert ran.failure.code is FailureCode.REJECTED
    assert ran.receipt
    again = replace(bench.task("count again", "alpha"), session_id=ran.receipt.session_id)
    assert run(bench, again)[0].answer == "right: 7"
    assert run(bench, replace(again, prompt="and now?"))[0].answer == "right"
    told = "The last answer above, by alpha, was checked by programs and did not pass:\n- sum: 3 + 4 is 7, not 8"
    assert bench.prompts("alpha")[1:] == [f"{told}\n\ncount again", "and now?"]


def test_a_failure_after_a_refusal_does_not_hide_it(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong"]])
    bench.agent("beta", [["exit", 3, "out of luck"]])
    ran, _ = run(bench, bench.task("add", "alpha", "beta"))
    assert ran.failure.code is FailureCode.REJECTED
    assert ran.failure.message.startswith("alpha: sum: 3 + 4 is 7, not 8 (beta, after it: ")


def test_one_answer_is_given_as_it_is_where_the_person_wants_one(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong"]])
    bench.agent("beta", [["say", "right"]])
    task = replace(bench.task("add", "alpha", "beta"), strategy=Strategy.SINGLE)
    ran, _ = run(bench, task)
    assert ran.answer == "wrong"
    [verified] = ran.of(Verified)
    assert verified.judgement is Judgement.REJECTED


def test_a_cascade_of_one_agent_asks_it_again_with_the_reasons(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong"]], [["say", "right"]])
    ran, _ = run(bench, replace(bench.task("add", "alpha"), strategy=Strategy.CASCADE))
    assert ran.answer == "right"
    assert "did not pass:\n- sum: 3 + 4 is 7, not 8" in bench.prompts("alpha")[1]


def test_without_checks_wanted_nothing_is_judged(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong"]])
    ran, labels = run(bench, replace(bench.task("add", "alpha"), demands=Demands(checked=False)))
    assert ran.answer == "wrong"
    assert (ran.of(Verified), labels) == ([], [])


@pytest.mark.parametrize("answer", ["nothing to check", "a crash of the check"])
def test_what_is_not_verifiable_is_given_and_labelled_so(bench: Bench, answer: str) -> None:
    bench.agent("alpha", [["say", answer]])
    ran, labels = run(bench, bench.task("talk", "alpha"))
    assert ran.answer == answer
    assert ran.receipt
    assert [cost.judgement for cost in ran.receipt.attempts] == [Judgement.NOT_VERIFIABLE]
    assert [one.judged.judgement for one in labels] == [Judgement.NOT_VERIFIABLE]


def test_a_stop_does_not_wait_for_the_copies_of_a_huge_tree(bench: Bench) -> None:
    bench.agent("alpha", [["say", "right: 7"]])
    left: list[str] = []

    async def work(minga: Minga) -> Ran:
        stop = Stop()

        @asynccontextmanager
        async def keep(_: Path) -> AsyncIterator[None]:
            try:
                stop.stop(Cancelled("SIGINT"))
                await asyncio.Event().wait()
                yield None
            finally:
                left.append("nothing")

        verifying = replace(minga.runner.verifying, judge=lambda: Judge(SystemClock(), [SumCheck()], ()), keep=keep)
        going = await replace(minga.runner, verifying=verifying).start(bench.task("what is 3 + 4?", "alpha"), stop)
        return Ran([recorded async for recorded in going.events()], going.receipt)

    ran = bench.use(work)
    assert ran.events[-1] == Cancelled("SIGINT")
    assert left == ["nothing"]
    assert bench.prompts("alpha") == []


def test_a_stop_ends_the_checks_too(bench: Bench) -> None:
    bench.agent("alpha", [["say", "right"]])
    task = replace(bench.task("add", "alpha"), timeout_s=1.5, demands=Demands(commands=("sleep 60",)))
    ran, _ = run(bench, task, SlowProgram())
    assert ran.failure.code is FailureCode.TIMEOUT
    assert "the answer is checked: sleep 60" in [notice.text for notice in ran.of(Notice)]
    assert len(ran.of(Failed)) == 1


def test_a_budget_that_is_spent_by_a_refuted_answer_ends_the_cascade(bench: Bench) -> None:
    bench.agent("alpha", [["use", 100, 100_000], ["say", "wrong"]], facts={"model": "gpt-5"})
    bench.agent("beta", [["say", "right"]])
    task = replace(bench.task("add", "alpha", "beta", permissions=Permissions.ALL), budget_micro_usd=1000)
    ran, _ = run(bench, task)
    assert ran.failure.code is FailureCode.BUDGET_SPENT
    assert bench.prompts("beta") == []


def test_the_cheapest_begins_a_cascade_and_the_receipt_compares_with_the_dearest(bench: Bench) -> None:
    bench.agent("alpha", [["use", 1000, 1000], ["say", "right"]], facts={"model": "gpt-5"})
    bench.agent("beta", [["use", 1000, 1000], ["say", "right"]], facts={"model": "gpt-5-nano"})
    ran, labels = run(bench, replace(bench.task("add"), strategy=Strategy.CASCADE))
    assert [one.agent for one in ran.of(Verified)] == ["beta"]
    assert ran.receipt
    assert ran.receipt.baseline
    assert (ran.receipt.baseline.agent, ran.receipt.baseline.model) == ("alpha", "gpt-5")
    assert ran.receipt.saving
    assert ran.receipt.saving > 0.9
    assert labels[0].judged.propensity == 1.0


@pytest.mark.parametrize(
    ("lot", "first", "propensity"), [(0.05, "beta", 0.9), (0.15, "alpha", 0.1), (0.5, "beta", 0.9)]
)
def test_some_cascades_begin_by_lot_and_the_chance_is_noted(
    bench: Bench, lot: float, first: str, propensity: float
) -> None:
    bench.agent("alpha", [["say", "right"]], facts={"model": "gpt-5"})
    bench.agent("beta", [["say", "right"]], facts={"model": "gpt-5-nano"})
    task = replace(bench.task("add"), strategy=Strategy.CASCADE)

    async def work(minga: Minga) -> tuple[str, float]:
        runner = replace(minga.runner, exploration=Exploration(0.2, lambda: lot))
        going = await runner.start(task, Stop())
        async for _ in going.events():
            pass
        return going.route.plan.candidates[0].agent, going.route.propensity

    assert bench.use(work) == (first, pytest.approx(propensity))


def test_the_projects_own_file_bounds_what_may_be_changed_and_a_wrong_one_stops_the_run(bench: Bench) -> None:
    bench.agent("alpha", [["edit", "outside.txt", "x"], ["say", "right"]])
    (bench.work / ".minga.toml").write_text('[verify]\nallowed = ["src/"]\n')
    task = bench.task("add", "alpha", permissions=Permissions.ALL)
    ran = bench.run(task)
    assert ran.failure.code is FailureCode.REJECTED
    assert "outside.txt" in ran.failure.message
    (bench.work / ".minga.toml").write_text('[verify]\nalowed = ["src/"]\n')
    with pytest.raises(BadProjectFile, match="alowed"):
        bench.run(task)


def test_an_agent_that_removes_the_directory_itself_ends_its_turn_like_any_other(bench: Bench) -> None:
    bench.agent("alpha", [["edit", "a.txt", "x"], ["shell", f"rm -rf {bench.work}"], ["say", "right"]])
    ran = bench.run(bench.task("add", "alpha", permissions=Permissions.ALL))
    assert isinstance(ran.events[-1], Failed | Finished)
    assert ran.receipt is not None
