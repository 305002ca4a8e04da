"""`minga run --strategy panel` and `minga feedback` with agents that are real processes."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pipeline_bench import Bench, all_gone

from minga.bootstrap import Minga
from minga.storage.database import Transaction
from minga.verification.labels import Label, Outcome, Source
from warm import Warm

Typed = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def panel(self) -> dict[str, Any]:
        [panel] = [line for line in self.lines if line["kind"] == "panel"]
        return panel


@pytest.fixture
def typed(bench: Bench, warm: Warm) -> Typed:
    def run(*arguments: str, **more: str) -> Done:
        environment = {**bench.environment, **more}
        done = warm.run(arguments, 60, cwd=bench.work, env=environment, stdin=subprocess.DEVNULL)
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def ask(typed: Typed, *options: str, agents: str = "alpha,beta,gamma", **more: str) -> Done:
    given = ("run", "--strategy", "panel", "--agents", agents, *options, "how long is the term?")
    return typed(*given, **more)


def repository(bench: Bench) -> None:
    (bench.work / "a.txt").write_text("first\n")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "1"]):
        subprocess.run(["git", *command], cwd=bench.work, check=True)


def labels(bench: Bench) -> list[Label]:
    async def work(minga: Minga) -> list[Label]:
        return await minga.labels.all()

    return bench.use(work)


def say(bench: Bench, **answers: str) -> None:
    for name, answer in answers.items():
        bench.agent(name, [["say", answer]])


def told(bench: Bench) -> dict[str, Outcome | None]:
    return {one.judged.agent: dict(one.outcomes).get(Source.PERSON) for one in labels(bench)}


def test_two_that_agree_are_enough_and_the_line_says_it_all(bench: Bench, typed: Typed) -> None:
    say(bench, alpha="8 days", beta="8 days.", gamma="no idea")
    done = ask(typed, "--json", "--permissions", "read-only")
    assert (done.code, done.err) == (0, "")
    panel = done.panel
    assert list(panel) == ["kind", "standing", "selected", "confidence", "outcomes", "comparisons", "answers"]
    assert (panel["standing"], panel["confidence"], panel["outcomes"]) == ("agreed", 0.5, 0)
    assert panel["comparisons"] == [{"agents": ["alpha", "beta"], "comparison": "same"}]
    assert [list(one) for one in panel["answers"]] == [["agent", "session_id", "answer", "judgement", "checks"]] * 2
    assert [line["kind"] for line in done.lines[-3:]] == ["panel", "receipt", "receipt"]
    assert bench.prompts("gamma") == []


def test_feedback_without_an_id_goes_to_the_answer_that_a_panel_selected(bench: Bench, typed: Typed) -> None:
    say(bench, alpha="8 days", beta="10 days", gamma="8 days!")
    done = ask(typed, "--json", "--permissions", "read-only")
    assert (done.panel["standing"], done.panel["selected"]) == ("majority", "alpha")
    noted = typed("feedback", "bad")
    assert (noted.code, noted.err) == (0, "")
    session = done.panel["answers"][0]["session_id"]
    assert noted.out == f"Noted: the answer of alpha in {session} was bad.\n"
    assert told(bench) == {"alpha": Outcome.BAD, "beta": None, "gamma": None}
    other = done.panel["answers"][1]["session_id"]
    assert typed("feedback", "good", other).out.startswith("Noted: the answer of beta")
    assert told(bench) == {"alpha": Outcome.BAD, "beta": Outcome.GOOD, "gamma": None}


def test_feedback_without_an_id_is_refused_after_a_panel_that_selected_nothing(bench: Bench, typed: Typed) -> None:
    say(bench, alpha="8 days", beta="10 days", gamma="12 days")
    done = ask(typed, "--permissions", "read-only")
    assert done.code == 1
    assert "The answers do not agree: you decide." in done.out
    noted = typed("feedback", "good")
    assert noted.code == 2
    assert "the panel selected no answer: name the conversation of the one you mean" in noted.err
    assert set(told(bench).values()) == {None}


def test_a_member_that_crashes_leaves_the_others_to_agree(bench: Bench, typed: Typed) -> None:
    bench.agent("alpha", [["say", "8"], ["exit", 3, "out of luck"]])
    say(bench, beta="8 days", gamma="8 days")
    done = ask(typed, "--json", "--permissions", "read-only")
    assert done.code == 0
    assert (done.panel["standing"], done.panel["selected"]) == ("majority", "beta")
    assert [one["answer"] for one in done.panel["answers"]] == [None, "8 days", "8 days"]


def test_when_every_member_fails_there_is_no_answer(bench: Bench, typed: Typed) -> None:
    for name in ("alpha", "beta"):
        bench.agent(name, [["exit", 3, "out of luck"]])
    done = ask(typed, "--quiet", "--permissions", "read-only", agents="alpha,beta")
    assert (done.code, done.out) == (1, "")
    assert "No answer stands: every one was refuted, or failed." in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--session", "0199"), "a panel makes worktrees and sessions of its own"),
        (("--parallel",), "a panel makes worktrees and sessions of its own"),
        (("--worktree",), "a panel makes worktrees and sessions of its own"),
    ],
    ids=["session", "parallel", "worktree"],
)
def test_what_a_panel_makes_itself_cannot_be_asked_for(
    bench: Bench, typed: Typed, options: tuple[str, ...], message: str
) -> None:
    say(bench, alpha="8", beta="8")
    done = ask(typed, *options, agents="alpha,beta")
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_one_agent_is_no_panel(bench: Bench, typed: Typed) -> None:
    say(bench, alpha="8")
    done = ask(typed, agents="alpha")
    assert done.code == 2
    assert "a panel needs two agents with a model that are ready" in done.err
    assert bench.prompts("alpha") == []


def test_agents_of_one_family_are_a_panel_of_which_it_is_said(bench: Bench, typed: Typed) -> None:
    for name in ("alpha", "beta"):
        bench.agent(name, [["say", "8 days"]], facts={"family": "one"})
    done = ask(typed, "--permissions", "read-only", agents="alpha,beta")
    assert done.code == 0
    assert "the agents of this panel are of one family: that they agree says less" in done.err


def test_outside_a_repository_the_members_only_read(bench: Bench, typed: Typed) -> None:
    for name in ("alpha", "beta"):
        bench.agent(name, [["edit", "made.txt", "made\n"], ["say", "8 days"]])
    done = ask(typed, "--permissions", "edits", agents="alpha,beta")
    assert "outside a git repository the agents of a panel only read" in done.err


def test_work_on_files_is_done_in_worktrees_and_the_persons_files_stay(bench: Bench, typed: Typed) -> None:
    repository(bench)
    for name in ("alpha", "beta", "gamma"):
        bench.agent(name, [["edit", "a.txt", f"by {name}\n"], ["say", "done"]])
    done = ask(typed, "--json", "--permissions", "all")
    assert (done.code, done.panel["standing"]) == (1, "undecided")
    trees = [line for line in done.lines if line["kind"] == "worktree"]
    assert [(tree["agent"], f"+by {tree['agent']}" in tree["diff"]) for tree in trees] == [
        (name, True) for name in ("alpha", "beta", "gamma")
    ]
    assert (bench.work / "a.txt").read_text() == "first\n"
    status = subprocess.run(["git", "status", "--porcelain"], cwd=bench.work, capture_output=True, check=True)
    assert status.stdout == b""


def test_worktrees_in_which_nothing_changed_are_taken_away(bench: Bench, typed: Typed) -> None:
    repository(bench)
    say(bench, alpha="8 days", beta="8 days")
    assert ask(typed, "--permissions", "all", agents="alpha,beta").code == 0
    assert typed("worktrees", "list", "--json").out.strip() == ""
    shown = subprocess.run(["git", "worktree", "list"], cwd=bench.work, capture_output=True, check=True, text=True)
    assert len(shown.stdout.splitlines()) == 1


def test_an_interrupt_ends_every_member(bench: Bench, warm: Warm) -> None:
    for name in ("alpha", "beta"):
        bench.agent(name, [["spawn", "group"], ["say", "working"], ["stream", 10_000, 0.05]])
    asked = ("run", "--strategy", "panel", "--agents", "alpha,beta", "--json", "--permissions", "read-only", "wait")
    with (bench.root / "out").open("wb") as out, (bench.root / "err").open("wb") as err:
        streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err}
        with warm.start(asked, cwd=bench.work, env=bench.environment, **streams) as running:
            until = time.monotonic() + 60
            while (bench.root / "out").read_bytes().count(b"working") < 2:
                assert time.monotonic() < until, (bench.root / "err").read_text()
                time.sleep(0.02)
            running.send_signal(signal.SIGINT)
            assert running.wait(30) == 130
    lines = [json.loads(line) for line in (bench.root / "out").read_bytes().splitlines()]
    assert [line["kind"] for line in lines].count("cancelled") == 2
    assert all_gone([entry["child"] for name in ("alpha", "beta") for entry in bench.logged(name, "child")])


def test_feedback_says_what_is_missing(bench: Bench, typed: Typed) -> None:
    done = typed("feedback", "good")
    assert (done.code, done.out) == (2, "")
    assert "there is no conversation yet" in done.err
    assert "0199" in typed("feedback", "good", "0199").err
    assert typed("feedback", "perhaps").code == 2
    say(bench, alpha="8 days")
    assert typed("run", "--quiet", "--agent", "alpha", "--no-verify", "first").code == 0
    done = typed("feedback", "good")
    assert done.code == 2
    assert "was not checked" in done.err


def test_the_newest_word_counts_also_of_an_answer_that_nothing_could_check(bench: Bench, typed: Typed) -> None:
    say(bench, alpha="once upon a time")
    assert typed("run", "--quiet", "--agent", "alpha", "tell me a story").code == 0
    [label] = labels(bench)
    assert label.judged.checks == ()
    assert typed("feedback", "good").out.endswith("was good.\n")
    assert typed("feedback", "corrected").out.endswith("was corrected.\n")
    assert told(bench) == {"alpha": Outcome.CORRECTED}
    spanish = typed("feedback", "bad", MINGA_LANGUAGE="es")
    assert spanish.out == f"Anotado: la respuesta de alpha en {label.judged.session_id} fue mala.\n"


def test_feedback_never_goes_to_an_older_turn_than_the_last(bench: Bench, typed: Typed) -> None:
    say(bench, alpha="8 days")
    assert typed("run", "--quiet", "--agent", "alpha", "first").code == 0
    [label] = labels(bench)
    session = label.judged.session_id
    assert typed("run", "--quiet", "--agent", "alpha", "--no-verify", "--session", session, "second").code == 0
    done = typed("feedback", "good", session)
    assert done.code == 2
    assert f"the last answer of the conversation {session} was not checked" in done.err
    assert told(bench) == {"alpha": None}


def test_labels_go_with_their_session(bench: Bench, typed: Typed) -> None:
    repository(bench)
    for prompt in ("first", "second"):
        bench.agent("alpha", [["edit", f"{prompt}.txt", "made"], ["say", "done"]])
        assert typed("run", "--quiet", "--agent", "alpha", "--permissions", "all", prompt).code == 0
        assert typed("feedback", "good").code == 0
    gone, stays = (one.judged.session_id for one in labels(bench))
    assert typed("sessions", "delete", "--yes", gone).code == 0
    assert [one.judged.session_id for one in labels(bench)] == [stays]

    def left(transaction: Transaction) -> list[int]:
        tables = ("verdicts", "verdict_outcomes", "verdict_files")
        return [transaction.execute(f"SELECT COUNT(*) FROM {table}")[0][0] for table in tables]

    assert bench.use(lambda minga: minga.database.read(left)) == [1, 1, 1]
