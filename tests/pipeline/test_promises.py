"""A promise that was asked for (`wrong_max_percent`): what it withholds, and what it says where none can be made."""

import json
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from pipeline_bench import Bench, Ran
from test_cascade import SumCheck
from test_crash import MINGA

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.events import Notice, Text, Verified
from minga.domain.failure import FailureCode
from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.task import Strategy, Task
from minga.domain.verdict import Judgement
from minga.infrastructure.clock import SystemClock
from minga.storage.database import Transaction
from minga.verification.judge import Judge
from minga.verification.labels import Judged, Label, Labels, Outcome, Source

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Known:
    """Labels of before, beside those that a run notes."""

    labels: Labels
    before: list[Label]

    async def of_kind(self, kind: str) -> list[Label]:
        return [*self.before, *await self.labels.of_kind(kind)]

    async def note(self, judged: Judged) -> None:
        await self.labels.note(judged)


def before(count: int, *, proven_wrong: bool = False) -> list[Label]:
    """Every other answer was accepted, and right; of the others, which nobody could prove, half were wrong."""
    found = []
    for number in range(count):
        judgement = (Judgement.ACCEPTED, Judgement.NOT_VERIFIABLE)[number % 2]
        wrong = number % 4 == 1 or (proven_wrong and judgement is Judgement.ACCEPTED)
        ids = AttemptId(f"a{number}"), TurnId(f"t{number}"), SessionId(f"s{number}")
        judged = Judged(*ids, AgentName("alpha"), "m", "f", "text", Strategy.AUTO, 1, 1.0, judgement, (), 1)
        found.append(Label(judged, NOW, ((Source.PERSON, Outcome.BAD if wrong else Outcome.GOOD),)))
    return found


def run(bench: Bench, task: Task, known: list[Label]) -> Ran:
    bench.extra["MINGA_WRONG_MAX_PERCENT"] = "5"

    async def work(minga: Minga) -> Ran:
        judge = Judge(SystemClock(), [SumCheck()])
        labels: Labels = Known(minga.labels, known)  # type: ignore[assignment]
        verifying = replace(minga.runner.verifying, judge=lambda: judge, labels=labels)
        going = await replace(minga.runner, verifying=verifying).start(task, Stop())
        return Ran([recorded async for recorded in going.events()], going.receipt)

    return bench.use(work)


def notices(ran: Ran) -> list[str]:
    return [one.text for one in ran.of(Notice)]


def test_without_enough_labels_the_answer_is_given_and_it_is_said_that_nothing_is_promised(bench: Bench) -> None:
    bench.agent("alpha", [["say", "right"]])
    ran = run(bench, bench.task("talk", "alpha"), before(20))
    assert ran.answer == "right"
    [told] = notices(ran)
    assert told.startswith("no guarantee can be given yet: not enough labels: 80 right answers in a row are needed")


@pytest.mark.parametrize("strategy", [Strategy.AUTO, Strategy.CASCADE, Strategy.SINGLE])
def test_an_answer_of_too_little_confidence_is_withheld_and_nobody_else_is_asked(
    bench: Bench, strategy: Strategy
) -> None:
    bench.agent("alpha", [["say", "who knows"]])
    bench.agent("beta", [["say", "right"]])
    ran = run(bench, replace(bench.task("talk", "alpha", "beta"), strategy=strategy), before(700))
    assert ran.failure.code is FailureCode.REJECTED
    assert "an answer of this kind is right with a confidence of 0.5" in ran.failure.message
    assert "wrong_max_percent" in ran.failure.remedy
    assert bench.prompts("beta") == []
    assert [one.text for one in ran.of(Text)] == ["who knows"]


def test_an_answer_that_is_sure_enough_is_given_without_a_word(bench: Bench) -> None:
    bench.agent("alpha", [["say", "right"]])
    ran = run(bench, bench.task("talk", "alpha"), before(700))
    assert (ran.answer, notices(ran)) == ("right", [])


def test_a_refuted_answer_still_goes_to_the_next_agent(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong"]])
    bench.agent("beta", [["say", "right"]])
    ran = run(bench, bench.task("talk", "alpha", "beta"), before(700))
    assert ran.answer == "right"
    assert [one.judgement for one in ran.of(Verified)] == [Judgement.REJECTED, Judgement.ACCEPTED]


def test_a_refuted_answer_that_was_to_be_given_as_it_is_does_not_pass_for_promised(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong"]])
    ran = run(bench, replace(bench.task("talk", "alpha"), strategy=Strategy.SINGLE), before(700))
    assert ran.failure.code is FailureCode.REJECTED


def test_a_promise_that_did_not_hold_is_said_to_be_void(bench: Bench) -> None:
    bench.agent("alpha", [["say", "right"]])
    task = replace(bench.task("talk", "alpha"), strategy=Strategy.CASCADE)
    ran = run(bench, task, [*before(700), *before(80, proven_wrong=True)])
    assert ran.answer == "right"
    assert notices(ran) == ["no guarantee can be given yet: the last one did not hold"]


def test_checks_that_were_fooled_too_often_start_no_cascade(bench: Bench) -> None:
    bench.agent("alpha", [["say", "wrong"]])
    bench.agent("beta", [["say", "right"]])
    ran = run(bench, bench.task("talk", "alpha", "beta"), before(60, proven_wrong=True))
    assert ran.answer == "wrong"
    assert notices(ran)[0] == "checks of text tasks let too much pass that was wrong: no cascade, see `minga quality`"


def test_a_withheld_answer_ends_the_command_with_1(bench: Bench) -> None:
    bench.agent("alpha", [["say", "who knows"]])

    async def fill(minga: Minga) -> None:
        known = [(one.judged, one.outcome or "") for one in before(700)]
        user = minga.labels.user

        def work(transaction: Transaction) -> None:
            for number, (one, outcome) in enumerate(known):
                ids = (one.attempt_id, one.turn_id, one.session_id)
                row = (*ids, user, "alpha", "m", "f", "text", "auto", 1, 1.0, one.judgement.value, "[]", 1, number)
                transaction.insert("verdicts", [row])
                transaction.insert("verdict_outcomes", [(one.attempt_id, "person", str(outcome), 0)])

        await minga.database.write(work)

    bench.use(fill)
    environment = {**bench.environment, "MINGA_WRONG_MAX_PERCENT": "5"}
    command = [*MINGA, "run", "--json", "--agent", "alpha", "--permissions", "read-only", "tell me a story"]
    done = subprocess.run(command, cwd=bench.work, env=environment, capture_output=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 1, done.stderr
    last = [json.loads(line) for line in done.stdout.splitlines()][-2]
    assert (last["kind"], last["event"]["failure"]["code"]) == ("failed", "rejected")
