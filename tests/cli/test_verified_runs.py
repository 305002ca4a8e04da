"""Real CLIs on the scripted model server: a wrong fix is refuted by the project's tests, and the next family mends it;
a panel selects one of the answers."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from program import Program

from clis import require_cli
from minga.testing import Rule, RunShell, Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

TOTALS = "def total(prices):\\n    return sum(prices){}\\n"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(default=Say("Seen."))) as running:
        yield running


@pytest.fixture
def typed(minga: Program, server: ScriptedServer) -> Program:
    folders = [str(require_cli(agent).parent) for agent in ("claude", "codex", "gemini")]
    minga.environment["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])
    minga.environment |= {"MINGA_ENDPOINT": server.url, "MINGA_ENDPOINT_KEY": "any-key-4711"}
    minga.environment |= {"MINGA_ENDPOINT_MODEL": "claude-sonnet-4-5"}
    return minga


def broken_project(typed: Program) -> None:
    (typed.work / "totals.py").write_text("def total(prices):\n    return sum(prices) - 1\n")
    (typed.work / "test_totals.py").write_text(
        "from totals import total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 6\n"
    )
    identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=typed.work, check=True)


def writes(more: str) -> RunShell:
    return RunShell(f"printf '{TOTALS.format(more)}' > totals.py")


def test_a_wrong_fix_is_refuted_with_evidence_and_the_next_family_mends_it(
    typed: Program, server: ScriptedServer
) -> None:
    broken_project(typed)
    server.script = Script(
        rules=[
            Rule([writes(" + 1"), Say("Fixed: one was missing.")], wire="anthropic"),
            Rule([writes(""), Say("Fixed: nothing is added.")], wire="responses"),
        ],
        default=Say("Seen."),
    )
    done = typed.run(
        "run", "--agents", "claude,codex", "--strategy", "cascade", "--permissions", "all", "--json", "fix the test"
    )
    assert done.code == 0, done.err
    lines = done.lines()
    verified = [line["event"] for line in lines if line["kind"] == "verified"]
    assert [(one["agent"], one["judgement"]) for one in verified] == [("claude", "rejected"), ("codex", "accepted")]
    [failed] = [each for each in verified[0]["verdict"]["checks"] if each["state"] == "failed"]
    assert failed["check"].startswith("command: ")
    assert "test_totals.py::test_total" in " ".join(failed["evidence"])
    told = "\n".join(message.text for message in server.conversation[-1].messages)
    assert "An answer to this request, by claude, was checked by programs and did not pass" in told
    assert "test_totals.py::test_total" in told
    receipt = lines[-1]["receipt"]
    assert [attempt["judgement"] for attempt in receipt["attempts"]] == ["rejected", "accepted"]
    assert receipt["baseline"]["model"] == "claude-sonnet-4-5"
    assert (typed.work / "totals.py").read_text() == "def total(prices):\n    return sum(prices)\n"
    shown = typed.run("quality", "--json")
    [kind] = shown.lines()[0]["kinds"]
    assert (kind["answers"], kind["judgements"]) == (2, {"rejected": 1, "accepted": 1})
    identity = ("-c", "user.name=t", "-c", "user.email=t@t")
    subprocess.run(["git", *identity, "commit", "-qam", "mended"], cwd=typed.work, check=True)
    [kind] = typed.run("quality", "--json").lines()[0]["kinds"]
    assert kind["outcomes"] == {"kept": 1}


def test_a_refuted_answer_that_is_given_all_the_same_is_told_to_be_so_without_a_word_of_progress(
    typed: Program, server: ScriptedServer
) -> None:
    (typed.work / "schema.json").write_text('{"required": ["a"]}')
    server.script = Script(default=Say('{"b": 1}'))
    asked = ("run", "--agents", "claude", "--strategy", "single", "--permissions", "read-only", "--quiet")
    done = typed.run(*asked, "--schema", "schema.json", "give a")
    assert (done.code, done.out) == (0, '{"b": 1}\n')
    assert "refuted by its checks: schema: / of the answer does not fit the schema" in done.err


def test_a_panel_asks_a_third_agent_and_selects_what_two_of_three_say(typed: Program, server: ScriptedServer) -> None:
    answers = {"anthropic": "The term is 8 days.", "responses": "The term is 10 days.", "gemini": "the term is 8 days"}
    server.script = Script(
        rules=[Rule([Say(text)], wire=wire) for wire, text in answers.items()],  # type: ignore[arg-type]
        default=Say("Seen."),
    )
    asked = ("run", "--strategy", "panel", "--agents", "claude,codex,gemini", "--permissions", "read-only")
    done = typed.run(*asked, "--json", "what is the term?")
    assert done.code == 0, done.err
    [panel] = [line for line in done.lines() if line["kind"] == "panel"]
    assert (panel["standing"], panel["selected"]) == ("majority", "claude")
    assert [one["answer"] for one in panel["answers"]] == list(answers.values())
    selected = panel["answers"][0]["session_id"]
    assert typed.run("feedback", "good", selected).code == 0
    [kind] = typed.run("quality", "--json").lines()[0]["kinds"]
    assert kind["outcomes"] == {"good": 1}
