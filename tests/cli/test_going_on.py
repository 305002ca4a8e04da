"""`minga continue` with the real CLIs, as it is typed; and no word of it in any file of Minga's."""

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Program

from clis import require_cli
from minga.agent_wiring import passing_homes
from minga.settings import read
from minga.testing import Say, Script, ScriptedServer, Slow

pytestmark = pytest.mark.cli

SECRET = "guanaco-4711"
ANSWER = "huemul-1891"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(default=Say(ANSWER))) as running:
        yield running


def at(server: ScriptedServer, model: str = "gpt-5") -> list[str]:
    return ["--endpoint", server.url, "--api-key-env", "KEY", "--model", model]


@pytest.fixture
def session(minga: Program, server: ScriptedServer) -> str:
    """A session of one turn, held in Claude Code."""
    folders = [str(require_cli(agent).parent) for agent in ("claude", "codex", "gemini")]
    minga.environment["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])
    minga.environment["KEY"] = "a-test-key-12345"
    minga.environment["TMPDIR"] = str(minga.root / "temporary")
    (minga.root / "temporary").mkdir()
    done = minga.run("run", "-q", "-a", "claude", *at(server, "claude-sonnet-4-5"), f"el secreto es {SECRET}")
    assert (done.code, done.out) == (0, f"{ANSWER}\n"), done.err
    [one] = minga.sessions()
    return str(one["id"])


def test_a_task_goes_on_in_another_cli_with_the_history_as_its_own(
    minga: Program, server: ScriptedServer, session: str
) -> None:
    done = minga.run("continue", session, "--in", "codex", "--json", *at(server), "¿cuál era?")
    continued, *events = done.lines()
    assert (continued["kind"], continued["level"], continued["verified"]) == ("continued", "native", True)
    assert any(line["kind"] == "attempt-started" and line["event"]["resumed"] for line in events)
    request = server.conversation[-1]
    asked = [text for text in request.user_texts if not text.startswith("<environment_context>")]
    assert asked == [f"el secreto es {SECRET}", "¿cuál era?"]
    assert request.assistant_texts == (ANSWER,)
    [shown] = minga.sessions()
    assert (shown["turns"], shown["agents"]) == (2, ["claude", "codex"])


def test_without_a_task_it_is_written_and_can_be_taken_away(minga: Program, session: str) -> None:
    person = Path(minga.environment["HOME"])
    done = minga.run("continue", session, "--in", "claude")
    assert done.code == 0, done.err
    assert "native (verified)" in done.err
    [written] = (person / ".claude" / "projects").glob("*/*.jsonl")
    assert done.out == f"cd {minga.work} && claude --resume {written.stem}\n"
    assert written.stat().st_mode & 0o777 == 0o600
    assert minga.run("continue", session, "--in", "claude", "--undo").code == 0
    assert not written.exists()
    minga.run("continue", session, "--in", "claude", "--undo").refused(3, "nothing was written for it")


def test_undo_takes_away_what_the_cli_has_not_gone_on_in_and_names_the_rest(minga: Program, session: str) -> None:
    projects = Path(minga.environment["HOME"]) / ".claude" / "projects"
    for _ in range(3):
        assert minga.run("continue", session, "--in", "claude").code == 0
    used, lost, untouched = sorted(projects.glob("*/*.jsonl"))
    with used.open("ab") as file:
        file.write(b"{}\n")
    lost.unlink()
    bare = {"PATH": "/usr/bin:/bin"}  # and Claude Code is not needed for it
    done = minga.run("continue", session, "--in", "claude", "--undo", env=bare)
    assert done.code == 3
    assert f"removed: {untouched}" in done.err
    assert "Not everything that was written for 'claude' was taken away" in done.err
    assert f"{str(used)!r} has changed since; it is kept" in done.err
    assert list(projects.glob("*/*.jsonl")) == [used]
    again = minga.run("continue", session, "--in", "claude", "--undo", env=bare)
    assert (again.code, "removed: " in again.err) == (3, False)


def test_undo_without_the_cli_whose_database_holds_it_says_what_to_install(minga: Program, session: str) -> None:
    folder = str(require_cli("opencode").parent)
    with_opencode = {"PATH": os.pathsep.join([folder, minga.environment["PATH"]])}
    assert minga.run("continue", session, "--in", "opencode", env=with_opencode, timeout=200).code == 0
    bare = {"PATH": "/usr/bin:/bin"}
    minga.run("continue", session, "--in", "opencode", "--undo", env=bare).refused(3, "minga agents install opencode")
    assert minga.run("continue", session, "--in", "opencode", "--undo", env=with_opencode, timeout=200).code == 0


@pytest.mark.parametrize("found_by", ["name", "path"])
def test_the_command_that_it_prints_works_as_pasted(
    minga: Program, server: ScriptedServer, session: str, found_by: str
) -> None:
    place = minga.root / "it's a $HOME; \x1b[1mdir"
    place.mkdir()
    if found_by == "path":  # the CLI lies where Minga installs it
        program = minga.root / "home/clis/claude/node_modules/.bin/claude"
        program.parent.mkdir(parents=True)
        program.symlink_to(require_cli("claude"))
        minga.environment["PATH"] = os.defpath
    done = minga.run("continue", session, "--in", "claude", "--cwd", str(place))
    assert done.code == 0, done.err
    assert "\x1b" not in done.out
    assert (" && claude --resume " in done.out) == (found_by == "name")
    shell = subprocess.run(
        ["bash", "-c", f"{done.out.strip()} -p '¿cuál era?'"],
        env={**minga.environment, "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "a-test-key-12345"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert shell.stdout.strip() == ANSWER, shell.stderr
    assert f"el secreto es {SECRET}" in server.conversation[-1].user_texts


def test_with_an_endpoint_the_command_that_it_prints_goes_on_with_minga(
    minga: Program, server: ScriptedServer, session: str
) -> None:
    minga.environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), minga.environment["PATH"]])
    done = minga.run("continue", session, "--in", "codex", *at(server))
    assert done.code == 0, done.err
    shell = subprocess.run(
        ["sh", "-c", done.out], input="¿cuál era?\n", env=minga.environment, capture_output=True, text=True, timeout=120
    )
    assert shell.returncode == 0, shell.stderr
    asked = [text for text in server.conversation[-1].user_texts if not text.startswith("<")]
    assert asked == [f"el secreto es {SECRET}", "¿cuál era?"]


def test_what_the_cli_adds_comes_back_into_the_same_session(minga: Program, session: str) -> None:
    assert minga.run("continue", session, "--in", "claude").code == 0
    [written] = (Path(minga.environment["HOME"]) / ".claude" / "projects").glob("*/*.jsonl")
    before = written.read_bytes()
    last = json.loads(before.splitlines()[-1])
    added = {**last, "type": "user", "uuid": "33333333-3333-4333-8333-333333333333", "parentUuid": last["uuid"]}
    added["message"] = {"role": "user", "content": "added by hand"}
    written.write_bytes(before + json.dumps(added).encode() + b"\n")
    os.utime(written, ns=(0, os.stat(written).st_mtime_ns + 10**9))
    assert [line["state"] for line in minga.run("sessions", "import", "--json").lines()] == ["changed"]
    [done] = minga.run("sessions", "import", "--all", "--json").lines()
    assert (done["session_id"], done["messages"]) == (session, 1)
    assert "added by hand" in minga.run("sessions", "show", session).out
    assert minga.run("continue", session, "--in", "claude", "--undo").code == 3, "the CLI went on in it"
    assert written.exists()


def test_where_it_cannot_go_on_it_says_why_and_leaves_nothing(minga: Program, session: str) -> None:
    def homes() -> str:
        names = sorted(str(path) for path in Path(minga.environment["HOME"]).rglob("*") if path.is_file())
        return hashlib.sha256("".join(names).encode()).hexdigest()

    before = homes()
    minga.run("continue", "nowhere", "--in", "codex").refused(2, "There is no session 'nowhere'")
    minga.run("continue", session, "--in", "codx").refused(2, "no agent named 'codx'", "Did you mean 'codex'?")
    minga.run("continue", session, "--in", "builtin").refused(3, "cannot go on in 'builtin'")
    bare = {"PATH": "/usr/bin:/bin"}
    minga.run("continue", session, "--in", "qwen", env=bare).refused(3, "minga agents install qwen")
    assert homes() == before


def test_while_a_turn_runs_in_it_nothing_is_written(minga: Program, server: ScriptedServer, session: str) -> None:
    server.script = Script(default=[Slow(60), Say("late")])
    with minga.start("run", "-q", "-a", "claude", "--session", session, *at(server), "slowly") as run:
        try:
            asked = len(server.requests)
            while len(server.requests) == asked:
                time.sleep(0.05)
            for task in ((), ("and now?",)):
                minga.run("continue", session, "--in", "codex", *task).refused(2, "is at work in another Minga")
        finally:
            run.terminate()
    assert not list(Path(minga.environment["HOME"]).rglob("rollout-*"))


def test_what_is_shared_to_read_can_be_taken_along_but_not_gone_on_in(
    minga: Program, server: ScriptedServer, session: str
) -> None:
    ana = {"MINGA_USER": "ana"}
    assert minga.run("users", "add", "ana").code == 0
    assert minga.run("sessions", "share", session, "--with", "ana").code == 0
    done = minga.run("continue", session, "--in", "codex", *at(server), "and now?", env=ana)
    done.refused(2, "shared with you to read only")
    assert minga.run("continue", session, "--in", "claude", env=ana).code == 0
    minga.run("continue", session, "--in", "claude", "--undo").refused(3, "nothing was written for it")
    assert minga.run("continue", session, "--in", "claude", "--undo", env=ana).code == 0


def test_a_prefix_of_several_sessions_is_said(minga: Program, server: ScriptedServer, session: str) -> None:
    assert minga.run("run", "-q", "valida el RUT 76.086.428-5").code == 0
    minga.run("continue", "0", "--in", "codex").refused(2, "Several sessions begin with '0'", session)


def test_a_directory_that_is_gone_is_said(minga: Program, server: ScriptedServer, session: str) -> None:
    gone = minga.root / "gone"
    minga.work.rename(gone)
    try:
        minga.run("continue", session, "--in", "codex", cwd=minga.root).refused(
            2, "is not here", f"minga continue {session} --in codex --cwd DIR"
        )
    finally:
        gone.rename(minga.work)


def test_killed_in_the_middle_it_leaves_a_store_that_opens_and_no_half_file(minga: Program, session: str) -> None:
    projects = Path(minga.environment["HOME"]) / ".claude" / "projects"
    for wait_s in (0.15, 0.4, 0.8):
        with minga.start("continue", session, "--in", "claude") as run:
            try:
                run.wait(wait_s)
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
    assert [one["id"] for one in minga.sessions()] == [session]
    for written in projects.glob("*/*.jsonl"):
        assert all(json.loads(line) for line in written.read_text("utf-8").splitlines())
    assert minga.run("continue", session, "--in", "claude").code == 0


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_after_a_restart_of_the_machine_a_session_goes_on_with_its_history(
    minga: Program, server: ScriptedServer, session: str, agent: str
) -> None:
    """Homes used with an endpoint lie in memory and are gone then; the session is written anew."""
    done = minga.run("run", "-q", "--session", session, "-a", agent, *at(server), "and the second")
    assert done.code == 0, done.err
    shutil.rmtree(passing_homes(read(minga.environment)) / agent)
    events = minga.run("sessions", "resume", session, "--json", *at(server), "and now?").lines()
    assert [line["event"]["resumed"] for line in events if line["kind"] == "attempt-started"] == [True, True]
    asked = [text for text in server.conversation[-1].user_texts if not text.startswith("<")]
    assert asked[:2] == [f"el secreto es {SECRET}", "and the second"]


def test_no_word_of_a_session_stands_in_any_file_of_mingas(
    minga: Program, server: ScriptedServer, session: str
) -> None:
    (minga.work / "notes.txt").write_text("vicuña-2027")
    assert minga.run("run", "-q", "-a", "codex", *at(server), "--file", "notes.txt", "chinchilla-3003").code == 0
    assert minga.run("continue", session, "--in", "codex", *at(server), "pudú-5005").code == 0
    assert minga.run("sessions", "search", SECRET).code == 0
    assert minga.run("backup", "now").code == 0
    markers = [SECRET, ANSWER, "vicuña-2027", "chinchilla-3003", "pudú-5005"]
    forms = {form for marker in markers for form in (marker.encode(), marker.encode("utf-16-le"))}
    forms |= {base64.b64encode(marker.encode())[2:-4] for marker in markers}
    for folder in ("home", "config", "temporary"):
        for path in (minga.root / folder).rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert not [form for form in forms if form in content], path
