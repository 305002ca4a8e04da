"""From one real CLI to another and back, by fallback and by resuming: each goes on in its own session."""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from program import Program

from clis import require_cli
from minga.agent_wiring import passing_homes
from minga.settings import read
from minga.testing import Fail, Rule, Say, Script, ScriptedServer, Tokens

pytestmark = pytest.mark.cli

WIRES = {"claude": "anthropic", "codex": "responses", "gemini": "gemini"}

LIMIT_S = 200.0


class Talk:
    """A conversation in the real CLIs, in front of one scripted server."""

    def __init__(self, minga: Program, server: ScriptedServer) -> None:
        self.minga = minga
        self.server = server
        self.session = ""
        folders = [str(require_cli(agent).parent) for agent in WIRES]
        minga.environment["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])
        minga.environment["KEY"] = "a-test-key-12345"

    def turn(self, prompt: str, *agents: str, answer: str, limited: str = "", **settings: Any) -> list[dict[str, Any]]:
        """One turn; the model answers ``answer``, but nothing to the agent that is ``limited``."""
        limits = [Rule([Fail(429, retry_after_s=1)], wire=WIRES[limited], repeat=True)] if limited else []
        self.server.script = Script(rules=limits, default=[Tokens(reasoning=7), Say(answer)])
        going_on = ["--session", self.session] if self.session else []
        chosen = [part for agent in agents for part in ("-a", agent)]
        at = ["--endpoint", self.server.url, "--api-key-env", "KEY", "--model", "claude-sonnet-4-5"]
        done = self.minga.run("run", "--json", *chosen, *going_on, *at, prompt, timeout=LIMIT_S, **settings)
        lines = done.lines()
        self.session = str(lines[0]["session_id"])
        return lines

    @property
    def asked(self) -> list[str]:
        """What the newest request holds of the person's side, without what a CLI puts there itself."""
        return [text for text in self.server.conversation[-1].user_texts if not text.startswith("<")]


@pytest.fixture
def talk(minga: Program) -> Iterator[Talk]:
    with ScriptedServer(Script()) as running:
        yield Talk(minga, running)


def natives(lines: list[dict[str, Any]]) -> list[str]:
    return [line["event"]["native_id"] for line in lines if line["kind"] == "native-session"]


@pytest.mark.parametrize(("first", "second"), [("claude", "codex"), ("codex", "claude")])
def test_a_cli_that_comes_back_after_a_fallback_goes_on_in_its_own_session(talk: Talk, first: str, second: str) -> None:
    [own] = natives(talk.turn("task one", first, answer="uno"))
    lines = talk.turn("task two", first, second, answer="dos", limited=first)
    [handed] = [line["event"] for line in lines if line["kind"] == "handed-over"]
    assert (handed["to_agent"], handed["carried"]) == (second, "native")
    assert natives(lines)[0] == own != natives(lines)[1]
    assert natives(talk.turn("task three", first, answer="tres")) == [own]
    *before, told = talk.asked
    assert before == ["task one", "task two"]
    assert told.startswith("While you were away, another coding agent went on")
    assert told.endswith("The person now asks:\ntask three")
    assert told.count("dos") == 1
    assert "uno" not in told, "it stands in the session already"
    assert natives(talk.turn("task four", first, answer="cuatro")) == [own]
    assert talk.asked == [*before, told, "task four"], "nothing is told twice"


def test_a_session_of_gemini_goes_on_as_often_as_one_likes(talk: Talk) -> None:
    """Gemini CLI 0.61.0 removes a session that it resumed, at its second start after; not under the name that Minga
    gives it in a home of its own."""
    [own] = natives(talk.turn("task 0", "gemini", answer="answer 0"))
    for number in range(1, 4):
        lines = talk.turn(f"task {number}", "gemini", answer=f"answer {number}")
        assert natives(lines) == [own]
        assert talk.asked == [f"task {before}" for before in range(number + 1)]
        [used] = [line["event"] for line in lines if line["kind"] == "usage"]
        assert (used["cached_input_tokens"], used["reasoning_tokens"]) == (40, 7), "as its own file says"


def test_the_usage_of_a_session_that_minga_wrote_for_gemini_is_that_of_its_file(talk: Talk) -> None:
    talk.turn("task one", "claude", answer="uno")
    lines = talk.turn("task two", "gemini", answer="dos")
    assert talk.asked == ["task one", "task two"]
    [used] = [line["event"] for line in lines if line["kind"] == "usage"]
    assert (used["input_tokens"], used["cached_input_tokens"], used["reasoning_tokens"]) == (60, 40, 7)


def test_in_the_persons_own_home_what_gemini_will_lose_is_said_and_is_not_lost(talk: Talk) -> None:
    person = Path(talk.minga.environment["HOME"])
    (person / ".gemini").mkdir()
    settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}, "general": {"maxAttempts": 2}}
    (person / ".gemini/settings.json").write_text(json.dumps(settings))
    server = {"GEMINI_API_KEY": "a-test-key-12345", "GOOGLE_GEMINI_BASE_URL": talk.server.url}
    talk.minga.environment |= server
    talk.server.script = Script(default=Say("sí"))
    session: list[str] = []
    warned: list[bool] = []
    for number in range(3):
        going_on = ["--session", *session] if session else []
        done = talk.minga.run("run", "--json", "-a", "gemini", *going_on, f"task {number}", timeout=LIMIT_S)
        lines = done.lines()
        session = [str(lines[0]["session_id"])]
        notices = [line["event"]["text"] for line in lines if line["kind"] == "notice"]
        warned.append(any("remove its file of this session" in text for text in notices))
        if number == 0:
            [new] = [path for path in person.rglob("chats/*") if b'"type":"gemini"' in path.read_bytes()]
            file = new.rename(new.with_name(f"session-2026-01-01T00-00-{new.stem[-8:]}.jsonl"))  # made long ago
        assert talk.asked == [f"task {before}" for before in range(number + 1)]
        if number == 1:
            assert file.exists(), "it lies where the CLI put it"
    assert warned == [False, True, False]
    assert not list(passing_homes(read(talk.minga.environment)).glob("gemini")), "all of it was in the person's home"


FORGETFUL = """#!{python}
import os, sys
arguments = sys.argv[1:]
if "--version" in arguments:
    sys.exit(print("9.9.9 (Claude Code)"))
if "--resume" in arguments:
    place = arguments.index("--resume")
    del arguments[place : place + 2]
os.execv("{program}", ["claude", *arguments])
"""
"""Claude Code of another version, which takes a session to resume and goes on without it."""


def forget(minga: Program) -> None:
    program = minga.root / "bin" / "claude"
    program.write_text(FORGETFUL.format(python=sys.executable, program=require_cli("claude")))
    program.chmod(0o755)
    minga.environment["PATH"] = os.pathsep.join([str(program.parent), minga.environment["PATH"]])


def test_an_unproven_version_that_drops_the_history_is_refused(talk: Talk) -> None:
    talk.turn("task one", "codex", answer="uno")
    forget(talk.minga)
    refused = talk.minga.run("continue", talk.session, "--in", "claude")
    refused.refused(3, "its replay does not show the history", "user text 'task one'")
    assert not list(Path(talk.minga.environment["HOME"]).rglob("projects/*/*.jsonl"))


def test_an_unproven_version_that_drops_the_history_takes_over_with_a_brief(talk: Talk) -> None:
    talk.turn("task one", "codex", answer="uno")
    forget(talk.minga)
    lines = talk.turn("task two", "codex", "claude", answer="dos", limited="codex")
    [handed] = [line["event"] for line in lines if line["kind"] == "handed-over"]
    assert (handed["to_agent"], handed["carried"]) == ("claude", "brief")
    notices = [line["event"]["text"] for line in lines if line["kind"] == "notice"]
    assert any("outside the proven range" in text for text in notices)
    assert any(text.endswith("It gets a brief.") for text in notices)
    [told] = talk.asked
    assert all(text in told for text in ("task one", "uno", "task two"))


def test_a_cli_that_goes_on_without_its_own_history_is_found_out_and_told_it(talk: Talk) -> None:
    talk.turn("task one", "claude", answer="uno")
    forget(talk.minga)
    lines = talk.turn("task two", "claude", answer="dos")
    [failed] = [line["event"]["failure"] for line in lines if line["kind"] == "attempt-failed"]
    assert failed["code"] == "session-unknown"
    assert "instead of resuming" in failed["message"]
    [told] = talk.asked
    assert all(text in told for text in ("task one", "uno", "task two"))
    assert lines[-2]["event"]["answer"] == "dos"


def test_where_the_whole_conversation_is_too_long_the_next_cli_gets_a_brief(talk: Talk) -> None:
    talk.turn("task one", "claude", answer="uno")
    talk.server.script = Script(rules=[Rule([Fail(400)], wire="responses")], default=Say("dos"))
    at = ["--endpoint", talk.server.url, "--api-key-env", "KEY", "--model", "gpt-5"]
    lines = talk.minga.run("run", "--json", "-a", "codex", "--session", talk.session, *at, "task two").lines()
    [failed] = [line["event"]["failure"] for line in lines if line["kind"] == "attempt-failed"]
    assert failed["code"] == "context-too-long"
    assert any("too long for codex; it gets a brief" in str(line["event"].get("text")) for line in lines[:-1])
    [told] = talk.asked
    assert all(text in told for text in ("task one", "uno", "task two"))
    assert lines[-2]["event"]["answer"] == "dos"


@pytest.mark.parametrize(("first", "second"), [("claude", "codex"), ("codex", "claude")])
def test_after_the_reset_of_its_limit_the_next_task_goes_back_to_the_cli_that_began(
    talk: Talk, first: str, second: str
) -> None:
    [own] = natives(talk.turn("task one", first, answer="uno"))
    lines = talk.turn("task two", first, second, answer="dos", limited=first)
    assert [line["event"]["to_agent"] for line in lines if line["kind"] == "handed-over"] == [second]
    time.sleep(3)  # the reset that was named lies at most 2 s ahead
    assert natives(talk.turn("task three", answer="tres")) == [own], "nobody was named"
