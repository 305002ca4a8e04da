"""Cascades that are killed, and several at once."""

import asyncio
import time
from dataclasses import replace

from pipeline_bench import Bench, Ran, all_gone
from test_cascade import SumCheck
from test_crash import MINGA, printed, start

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.events import Terminal, Verified
from minga.domain.sessions import PastTurn
from minga.domain.task import Strategy, Task
from minga.domain.verdict import Judgement
from minga.infrastructure.clock import SystemClock
from minga.verification.judge import Judge
from minga.verification.labels import Label


def test_kill_9_between_the_verdict_and_the_next_agent_leaves_a_turn_that_ends(bench: Bench) -> None:
    bench.agent("alpha", [["say", "8 days"]])
    bench.agent("beta", [["say", "working"], ["sleep", 60]])
    asked = [*MINGA, "run", "--json", "--strategy", "cascade", "--agents", "alpha,beta", "--verify", "false"]
    child = start(bench, [*asked, "how long is the term?"], "first")
    until = time.monotonic() + 60
    while b'"kind":"verified"' not in (bench.root / "first.out").read_bytes():
        assert time.monotonic() < until, (bench.root / "first.err").read_text()
        time.sleep(0.002)
    child.kill()
    child.wait()
    shown = printed(bench, "first")

    async def after(minga: Minga) -> tuple[list[PastTurn], list[Label]]:
        [session] = await minga.history.latest(10)
        return await minga.history.turns(session.id), await minga.labels.all()

    [turn], [label] = bench.use(after)
    assert turn.state == "failed"
    assert [isinstance(one.event, Terminal) for one in turn.events].count(True) == 1
    assert isinstance(turn.events[-1].event, Terminal)
    assert len(turn.events) > len(shown)
    [verified] = [one.event for one in turn.events if isinstance(one.event, Verified)]
    assert (verified.judgement, label.judged.judgement) == (Judgement.REJECTED, Judgement.REJECTED)
    assert label.outcome is None
    assert all_gone([entry["pid"] for name in ("alpha", "beta") for entry in bench.logged(name, "new")])


def test_several_cascades_at_once_do_not_mix(bench: Bench) -> None:
    bench.agent("alpha", [["sleep", 0.1], ["say", "wrong: 8"]])
    bench.agent("beta", [["sleep", 0.1], ["say", "right: 7"]])

    async def once(minga: Minga, task: Task) -> Ran:
        judge = Judge(SystemClock(), [SumCheck()])
        verifying = replace(minga.runner.verifying, judge=lambda: judge)
        going = await replace(minga.runner, verifying=verifying).start(task, Stop())
        return Ran([recorded async for recorded in going.events()], going.receipt)

    async def work(minga: Minga) -> tuple[list[Ran], list[Label]]:
        tasks = [
            replace(bench.task(f"add {number}", "alpha", "beta"), strategy=strategy)
            for number, strategy in enumerate([Strategy.CASCADE, Strategy.AUTO, Strategy.CASCADE, Strategy.SINGLE])
        ]
        ran = await asyncio.gather(*(once(minga, task) for task in tasks))
        return list(ran), await minga.labels.all()

    ran, labels = bench.use(work)
    assert [one.answer for one in ran] == ["right: 7"] * 3 + ["wrong: 8"]
    for one in ran[:3]:
        turn = one.shown[0].turn_id
        noted = [label.judged for label in labels if label.judged.turn_id == turn]
        assert sorted((each.stage, each.agent) for each in noted) == [(1, "alpha"), (2, "beta")]
    assert len(labels) == 7
    told = bench.prompts("beta")
    assert all(text.count("was checked by programs and did not pass") == 1 for text in told)
