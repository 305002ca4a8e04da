"""From one agent to the next: what is carried over, and what the person is told."""

import subprocess
from pathlib import Path

from pipeline_bench import Bench

from minga.agent_wiring import passing_homes
from minga.domain.events import (
    AttemptFailed,
    AttemptStarted,
    Failed,
    FileChange,
    Finished,
    HandedOver,
    RouteChosen,
    Terminal,
    Usage,
    Verified,
)
from minga.domain.failure import FailureCode
from minga.domain.task import Endpoint, Permissions


def git_init(folder: Path) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
    (folder / "old.txt").write_text("old\n")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=folder, check=True)


def test_the_next_agent_gets_the_task_what_was_said_and_every_changed_file(stored: Bench) -> None:
    bench = stored
    git_init(bench.work)
    bench.agent(
        "alpha",
        [
            ["say", "I begin with the parser."],
            ["edit", "said.py", "x = 1\n"],
            ["write_unsaid", "silent.txt", "quiet"],
            ["exit", 3, "out of luck"],
        ],
    )
    bench.agent("beta", [["say", "finished by beta"]])
    ran = bench.run(bench.task("write the parser", "alpha", "beta", permissions=Permissions.ALL))
    assert ran.answer == "finished by beta"
    [told] = bench.prompts("beta")
    for piece in ("write the parser", "I begin with the parser.", "said.py", "silent.txt", "do not repeat"):
        assert piece in told
    assert told.endswith("The person now asks:\nwrite the parser")
    [handed] = ran.of(HandedOver)
    assert (handed.from_agent, handed.to_agent) == ("alpha", "beta")
    assert set(handed.files_changed) == {"said.py", "silent.txt"}
    assert {(change.path, change.change) for change in ran.of(FileChange)} == {
        ("said.py", "added"),
        ("silent.txt", "added"),
    }
    [failed] = ran.of(AttemptFailed)
    assert failed.failure.code is FailureCode.CRASHED
    assert "out of luck" in failed.failure.message


def test_a_turn_has_one_terminal_event_and_it_is_the_last(bench: Bench) -> None:
    bench.agent("alpha", [["exit", 1]])
    bench.agent("beta", [["say", "ok"]])
    ran = bench.run(bench.task("x", "alpha", "beta"))
    assert [index for index, event in enumerate(ran.events) if isinstance(event, Terminal)] == [len(ran.events) - 1]
    assert [recorded.seq for recorded in ran.shown] == list(range(1, len(ran.shown) + 1))


def test_everything_that_was_shown_is_stored_as_it_was_shown(stored: Bench) -> None:
    stored.agent("alpha", [["say", "half"], ["kill_self"]])
    stored.agent("beta", [["say", "whole"]])

    ran = stored.run(stored.task("x", "alpha", "beta"))
    [past] = stored.use(lambda minga: minga.history.turns(ran.shown[0].session_id))
    assert list(past.events) == ran.shown
    assert past.state == "finished"


def test_the_built_in_agent_comes_last_and_does_not_hide_why_the_others_failed(bench: Bench) -> None:
    bench.agent("alpha", [["reject", 529, "the service is overloaded"]])
    ran = bench.run(bench.task("write a poem about the sea"))
    [chosen] = ran.of(RouteChosen)
    assert chosen.agents == ("alpha", "builtin")
    assert [started.agent for started in ran.of(AttemptStarted)] == ["alpha", "builtin"]
    assert ran.failure.code is FailureCode.OVERLOADED
    assert "alpha" in ran.failure.message


def test_the_built_in_agent_answers_what_it_can_prove_when_the_others_fail(bench: Bench) -> None:
    bench.agent("alpha", [["reject", 500, "down"]])
    ran = bench.run(bench.task("¿Es válido el RUT 76.192.083-9?"))
    assert "76.192.083-9" in ran.answer


def test_without_any_agent_that_can_run_the_reasons_are_named(bench: Bench) -> None:
    bench.agent("alpha", [["say", "x"]])
    bench.extra["FAKE_LOGIN"] = ""
    ran = bench.run(bench.task("x", "alpha"))
    assert ran.failure.code is FailureCode.NOT_LOGGED_IN
    assert "minga agents login alpha" in ran.failure.message


def test_an_agent_whose_program_vanished_is_passed_over(bench: Bench) -> None:
    bench.agent("alpha", [["say", "x"]])
    bench.agent("beta", [["say", "by beta"]])
    (bench.root / "bin" / "alpha").write_text("#!/nowhere/interpreter\n")
    ran = bench.run(bench.task("x", "alpha", "beta"))
    assert ran.answer == "by beta"
    [failed] = ran.of(AttemptFailed)
    assert failed.failure.code is FailureCode.NOT_INSTALLED


def test_a_configuration_home_that_cannot_be_written_is_that_agents_failure(bench: Bench) -> None:
    bench.agent("alpha", [["say", "x"]])
    (bench.root / "data").mkdir()
    homes = passing_homes(bench.settings)
    homes.parent.mkdir(exist_ok=True)
    homes.write_text("a file where a folder must be")
    endpoint = Endpoint("http://127.0.0.1:9", "a-key")
    ran = bench.run(bench.task("x", "alpha", "builtin", endpoint=endpoint))
    failures = [failed.failure for failed in ran.of(AttemptFailed)]
    assert [failure.code for failure in failures] == [FailureCode.CRASHED]
    assert "homes" in failures[0].message
    assert ran.failure.message.startswith("alpha: ")


def test_the_ledger_holds_every_attempt_and_its_sum_is_the_receipts(stored: Bench) -> None:
    stored.agent("alpha", [["use", 1000, 500], ["say", "a"], ["say", "b"]], [["use", 2000, 100], ["say", "again"]])
    stored.agent("beta", [["reject", 500, "down"]])
    first = stored.run(stored.task("x", "beta", "alpha"))
    assert first.receipt is not None
    second = stored.run(stored.task("y", "alpha", session_id=first.receipt.session_id))
    assert second.receipt is not None
    rows = stored.use(
        lambda minga: minga.database.read(
            lambda transaction: transaction.execute(
                "SELECT turn_id, COUNT(*), SUM(input_tokens), SUM(output_tokens), SUM(cost_micro_usd)"
                " FROM usage_entries GROUP BY turn_id"
            )
        )
    )
    booked = {row[0]: tuple(int(number or 0) for number in row[1:]) for row in rows}
    for ran in (first, second):
        assert ran.receipt
        attempts = ran.receipt.attempts
        used = ran.of(Usage)
        assert booked[ran.receipt.turn_id] == (
            len(attempts),
            sum(usage.input_tokens for usage in used),
            sum(usage.output_tokens for usage in used),
            sum(attempt.cost_micro_usd or 0 for attempt in attempts),
        )
    assert [attempt.agent for attempt in first.receipt.attempts] == ["beta", "alpha"]
    assert first.receipt.cost_micro_usd is None
    assert second.receipt.cost_micro_usd is not None
    assert second.receipt.ended == "finished"


def test_the_receipt_lists_the_files_of_all_attempts_once(bench: Bench) -> None:
    git_init(bench.work)
    bench.agent("alpha", [["edit", "a.txt", "1"], ["edit", "a.txt", "2"], ["exit", 1]])
    bench.agent("beta", [["write_unsaid", "b.txt", "x"], ["write_unsaid", "old.txt", "changed"], ["say", "ok"]])
    ran = bench.run(bench.task("x", "alpha", "beta", permissions=Permissions.ALL))
    assert ran.receipt is not None
    assert sorted(ran.receipt.files_changed) == ["a.txt", "b.txt", "old.txt"]
    kinds = {change.path: change.change for change in ran.of(FileChange)}
    assert kinds["b.txt"] == "added"
    assert kinds["old.txt"] == "modified"


def test_files_that_an_agent_committed_are_listed_too(bench: Bench) -> None:
    git_init(bench.work)
    commit = "echo x > new.txt; echo y > old.txt; git add .; git -c user.name=t -c user.email=t@t commit -qm second"
    bench.agent("alpha", [["shell", commit], ["shell", "echo z > latest.txt; git add latest.txt"], ["exit", 1]])
    bench.agent("beta", [["say", "ok"]])
    ran = bench.run(bench.task("x", "alpha", "beta", permissions=Permissions.ALL))
    [handed] = ran.of(HandedOver)
    assert set(handed.files_changed) == {"new.txt", "old.txt", "latest.txt"}
    assert {change.path: change.change for change in ran.of(FileChange)} == {
        "new.txt": "added",
        "old.txt": "modified",
        "latest.txt": "added",
    }


def test_without_git_what_was_changed_is_seen_too(bench: Bench) -> None:
    (bench.work / "old.txt").write_text("old\n")
    (bench.work / ".cache").mkdir()
    bench.agent(
        "alpha",
        [
            ["write_unsaid", "new.txt", "x"],
            ["write_unsaid", "old.txt", "changed"],
            ["write_unsaid", ".cache/kept.txt", "x"],
            ["say", "ok"],
        ],
    )
    ran = bench.run(bench.task("go", "alpha", permissions=Permissions.ALL))
    assert {(change.path, change.change) for change in ran.of(FileChange)} == {
        ("new.txt", "added"),
        ("old.txt", "modified"),
    }
    assert ran.receipt
    assert sorted(ran.receipt.files_changed) == ["new.txt", "old.txt"]


def test_a_repository_that_is_gone_is_told(bench: Bench) -> None:
    git_init(bench.work)
    bench.agent("alpha", [["shell", "rm -rf .git"], ["write_unsaid", "a.txt", "x"], ["say", "ok"]])
    ran = bench.run(bench.task("go", "alpha", permissions=Permissions.ALL))
    assert {(change.path, change.change) for change in ran.of(FileChange)} == {(".git", "deleted")}
    [verified] = ran.of(Verified)
    assert verified.verdict.reasons[0] == "changed-paths: .git belongs to git itself"


def test_files_that_were_dirty_before_are_no_change_of_the_agents(bench: Bench) -> None:
    git_init(bench.work)
    (bench.work / "mine.txt").write_text("mine")
    (bench.work / "old.txt").write_text("mine too")
    bench.agent("alpha", [["shell", "rm mine.txt"], ["say", "ok"]])
    ran = bench.run(bench.task("x", "alpha", permissions=Permissions.ALL))
    assert [(change.path, change.change) for change in ran.of(FileChange)] == [("mine.txt", "deleted")]


def test_a_file_whose_name_is_no_utf_8_is_listed_and_stored(bench: Bench) -> None:
    git_init(bench.work)
    bench.agent("alpha", [["shell", "printf x > \"$(printf 'caf\\351')\""], ["say", "ok"]])
    ran = bench.run(bench.task("x", "alpha", permissions=Permissions.ALL))
    [change] = ran.of(FileChange)
    assert change.change == "added"
    assert change.path.startswith("caf")
    assert isinstance(ran.events[-1], Finished)


def test_a_failure_that_is_the_persons_decision_does_not_go_to_the_next_agent(bench: Bench) -> None:
    bench.agent("alpha", [["ask", "execute", "rm -rf build"], ["use_nothing"]])
    bench.agent("beta", [["say", "beta would have done it"]])
    ran = bench.run(bench.task("x", "alpha", "beta", permissions=Permissions.READ_ONLY))
    assert bench.logged("alpha", "answer")[0]["chosen"] == "reject_once"
    if isinstance(ran.events[-1], Failed):
        assert ran.failure.code is FailureCode.PERMISSION_DENIED
    assert bench.prompts("beta") == []
