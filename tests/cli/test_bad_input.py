"""Whatever a person gives wrongly: a clear error, a remedy, an exit code; and nothing is lost."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from program import Program, namespace

from stores import open_store

PROOF = "valida el RUT 76.086.428-5"
"""The built-in agent answers this: a task that needs no CLI."""


@pytest.fixture
def used(minga: Program) -> Program:
    """A program that has answered one task."""
    assert minga.run("run", "-q", PROOF).code == 0
    return minga


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["run", "-a", "codx", "x"], ["no agent named 'codx'", "Did you mean 'codex'?", "minga agents list"]),
        (["run"], ["task is empty", "minga run"]),
        (["run", " \n\t "], ["task is empty"]),
        (["run", "--file", "nowhere.txt", "x"], ["'nowhere.txt' cannot be read: No such file", "Check the path"]),
        (["run", "--file", ".", "x"], ["'.' cannot be read: Is a directory"]),
        (["run", "--file", "null.bin", "x"], ["'null.bin' is not text", "--image"]),
        (["run", "--file", "large.txt", "x"], ["'large.txt' is larger than 2000000 bytes"]),
        (["run", "--image", "null.bin", "x"], ["'null.bin' is no PNG, JPEG, GIF or WebP picture"]),
        (["run", "--image", "sound.wav", "x"], ["is no PNG, JPEG, GIF or WebP picture"]),
        (["run", "--mcp", "null.bin", "x"], ["'null.bin' is no MCP configuration"]),
        (["run", "--schema", "type.json", "x"], ["--schema 'type.json' is no JSON Schema: 5 is not"]),
        (["run", "--schema", "null.bin", "x"], ["'null.bin' is not text"]),
        (["run", "--worktree", "x"], ["not inside a git repository", "git init"]),
        (["run", "--cwd", "nowhere", "x"], ["--cwd 'nowhere' is no directory"]),
        (["run", "--parallel", "-a", "codex", "x"], ["at least two agents", "--agents codex,claude"]),
        (["run", "--parallel", "--agents", "codex,claude", "--session", "0", "x"], ["leave out --worktree and"]),
        (["run", "--session", "nothing", "x"], ["no session 'nothing'", "minga sessions list"]),
        (["run", "--budget-usd", "0", "x"], ["--budget-usd must be a number above 0"]),
        (["run", "--budget-usd", "nan", "x"], ["--budget-usd must be a number above 0"]),
        (["run", "--budget-usd", "-3", "x"], ["--budget-usd must be a number above 0"]),
        (["run", "--budget-usd", "inf", "x"], ["--budget-usd must be a number above 0"]),
        (["run", "--timeout", "nan", "x"], ["--timeout must be a number above 0"]),
        (["run", "--timeout", "inf", "x"], ["--timeout must be a number above 0"]),
        (["run", "--timeout", "soon", "x"], ["'soon' is not a valid float", "minga run --help"]),
        (["run", "--endpoint", "ftp://x", "x"], ["--endpoint 'ftp://x' is no http://"]),
        (["run", "--endpoint", "http://x", "--api-key-env", "NO_KEY", "x"], ["'NO_KEY' of --api-key-env is not set"]),
        (["run", "--permissions", "never", "x"], ["'never' is not one of 'ask', 'read-only'"]),
        (["run", "--json", "--quiet", "x"], ["--json and --quiet exclude each other"]),
        (["run", "-fix it"], ["No such option '-f'", "A task that begins with a dash stands after --."]),
        (["rum", "x"], ["No such command 'rum'. Did you mean 'run'?"]),
        (["sessions", "show", "nothing"], ["no session 'nothing'"]),
        (["sessions", "list", "-n", "0"], ["0 is not in the range"]),
        (["agents", "install"], ["Name the agents to install, or give --all"]),
        (["agents", "probe", "claud"], ["Did you mean 'claude'?"]),
        (["worktrees", "diff", "nothing"], ["nothing"]),
        (["virtual-keys", "add", "x", "--days", "99999999"], ["99999999"]),
        (["virtual-keys", "add", ""], ["'' is no name"]),
        (["virtual-keys", "add", "two\nlines"], ["is no name"]),
        (["virtual-keys", "add", "x", "--model", "gpt-4 gpt-5*"], ["'gpt-4 gpt-5*' is no pattern"]),
        (["costs", "--until", "9999-12-31"], ["'9999-12-31' is no date"]),
        (["budgets", "set", "--team", "dev", "--usd", "0.00000001"], ["1e-08 is no amount of money"]),
        (["serve", "--workers", "2", "--drain", "inf"], ["--drain"]),
        (["serve", "--workers", "2", "--drain", "nan"], ["--drain"]),
        (["env", "--key-env", "PATH", "--url", "ftp://here"], ["'ftp://here'"]),
    ],
)
def test_what_is_wrong_on_the_command_line_is_said(minga: Program, arguments: list[str], texts: list[str]) -> None:
    (minga.work / "null.bin").write_bytes(b"a\0b")
    (minga.work / "type.json").write_text('{"type": 5}')
    (minga.work / "sound.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    (minga.work / "large.txt").write_bytes(b"a" * 2_000_001)
    minga.run(*arguments).refused(2, *texts)
    assert minga.sessions() == []


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("time_s = 3", ["'time_s'", "did you mean 'timeout_s'?", "config.toml", "minga config"]),
        ("timeout_s = [", ["'config.toml'", "not valid"]),
        ("language = 'fr'", ["'language'", "'fr' is none of es, en"]),
        ("permissions = 'some'", ["'some' is none of ask, read-only, edits, all"]),
    ],
)
def test_a_wrong_configuration_file_is_named(minga: Program, text: str, texts: list[str]) -> None:
    (minga.root / "config" / "config.toml").write_text(text)
    minga.run("run", PROOF).refused(2, *texts)


@pytest.mark.parametrize("value", ["soon", "-1", "0", "nan", "inf"])
def test_a_wrong_variable_is_named_with_its_value(minga: Program, value: str) -> None:
    done = minga.run("run", PROOF, env={"MINGA_TIMEOUT_S": value})
    done.refused(2, "'timeout_s' from MINGA_TIMEOUT_S", f"{value!r} is not a positive number")


def test_an_agent_file_that_cannot_be_read_is_named(minga: Program) -> None:
    (minga.root / "config" / "agents" / "mine.toml").write_text("name = 'mine'\n")
    minga.run("run", PROOF).refused(2, "mine.toml")


def test_an_agent_that_is_not_installed_fails_with_how_to_install_it(minga: Program) -> None:
    done = minga.run("run", "-q", "-a", "codex", "x")
    done.refused(1, "Not installed", "minga agents install codex", "minga doctor")


def test_the_built_in_agent_can_be_named(minga: Program) -> None:
    assert "76.086.428-5" in minga.run("run", "-q", "-a", "builtin", PROOF).out


def test_the_built_in_agent_is_probed_as_always_ready(minga: Program) -> None:
    minga.add_agent()
    [builtin, plain] = [json.loads(minga.run("agents", "probe", name).out) for name in ("builtin", "plain")]
    assert builtin.keys() == plain.keys()
    assert (builtin["agent"], builtin["logged_in"], builtin["findings"]) == ("builtin", True, [])
    assert minga.run("agents", "probe", "builtin").code == 0
    refused = minga.run("sessions", "import", "--agent", "builtin")
    refused.refused(2, "the built-in agent is no CLI")
    assert "Did you mean" not in refused.err


def test_an_installation_that_cannot_be_written_says_so(minga: Program) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on PATH")
    environment = {"PATH": f"{Path(node).parent}:{minga.environment['PATH']}"}
    script = f'mount -t tmpfs -o ro tmpfs "{minga.root / "home"}"'
    done = minga.run("agents", "install", "codex", prefix=namespace(script, minga.environment), env=environment)
    done.refused(3, "Installing 'codex' failed", "Read-only file system", "Make that place writable", "MINGA_HOME")
    assert "npm --version" not in done.err


def test_npm_that_cannot_write_its_own_files_says_where_they_may_go(minga: Program) -> None:
    npm = minga.root / "bin" / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code EROFS' >&2\necho 'npm error path /person/.npm' >&2\nexit 1\n")
    npm.chmod(0o755)
    minga.run("agents", "install", "codex").refused(3, "code EROFS", "/person/.npm", "npm_config_cache")
    npm.write_text("#!/bin/sh\necho 'npm error code E404' >&2\nexit 1\n")
    minga.run("agents", "install", "codex").refused(3, "code E404", "npm --version")


def test_a_version_outside_the_proven_range_is_used_and_said(minga: Program) -> None:
    minga.add_agent("2.0.0")
    done = minga.run("run", "-q", "-a", "plain", "say hello")
    assert (done.code, done.out) == (0, "You said: say hello\n")
    assert "plain is version 2.0.0, outside the proven range 1.0.0 to 1.0.0; minga agents install plain" in done.err
    probed = minga.run("agents", "probe", "plain")
    assert probed.code == 3
    assert "version 2.0.0 is outside the proven range 1.0.0 to 1.0.0" in probed.out
    assert "version 2.0.0 is outside the proven range" in minga.run("doctor").out


def test_a_program_that_does_not_start_is_found_by_the_doctor(minga: Program) -> None:
    minga.add_agent()
    (minga.root / "bin" / "plain-agent").write_text("#!/nowhere/interpreter\n")
    done = minga.run("agents", "probe", "plain")
    assert done.code == 3
    assert "does not start" in done.out
    run = minga.run("run", "-q", "-a", "plain", "say x")
    run.refused(1, "the program could not be")


def test_output_of_a_cli_that_is_no_text_breaks_nothing(minga: Program) -> None:
    minga.add_agent()
    done = minga.run("run", "-q", "-a", "plain", "bytes")
    assert (done.code, done.out) == (0, "señal ✓\n")


@pytest.mark.parametrize("task", [b"caf\xe9 \xff", "emoji 🙂 ñ".encode()])
def test_any_bytes_in_the_task_reach_the_agent_and_the_store_as_text(minga: Program, task: bytes) -> None:
    minga.add_agent()
    done = minga.run("run", "--json", "-a", "plain", b"say " + task)
    expected = "say " + ("café ÿ" if b"\xff" in task else task.decode())
    finished = next(line for line in done.lines() if line["kind"] == "finished")
    assert finished["event"]["answer"] == f"You said: {expected}"
    assert minga.sessions()[0]["title"] == expected


def test_a_directory_whose_name_is_no_text_is_refused_because_no_agent_could_be_told(minga: Program) -> None:
    folder = os.fsencode(minga.work) + b"/caf\xe9"
    os.mkdir(folder)
    minga.run("run", PROOF, cwd=folder).refused(2, "is not UTF-8", "rename it")


def test_a_file_in_the_old_code_page_is_read(minga: Program) -> None:
    (minga.work / "old.txt").write_bytes("año".encode("cp1252"))
    minga.add_agent()
    assert "año" in minga.run("run", "-q", "-a", "plain", "--file", "old.txt", "say").out


def test_a_task_may_begin_with_a_dash_after_two_dashes(minga: Program) -> None:
    minga.add_agent()
    assert minga.run("run", "-q", "-a", "plain", "--", "-x say").out == "You said: -x say\n"


def test_a_megabyte_of_context_arrives(minga: Program) -> None:
    minga.add_agent()
    text = "línea\n" * 150_000
    done = minga.run("run", "-q", "-a", "plain", "say", input=text.encode())
    assert done.code == 0, done.err
    assert done.out.count("línea") == 150_000


def test_a_null_byte_from_standard_input_is_refused(minga: Program) -> None:
    minga.run("run", "x", input=b"a\0b").refused(2, "'stdin' is not text")


def test_a_directory_that_was_deleted_is_said(minga: Program) -> None:
    gone = minga.root / "gone"
    gone.mkdir()
    script = f'cd "{gone}"; rmdir "{gone}"; exec "$@"'
    minga.run("run", PROOF, prefix=["sh", "-c", script, "sh"]).refused(2, "directory you are in was deleted")
    assert minga.run("sessions", "list", prefix=["sh", "-c", f'mkdir "{gone}"; {script}', "sh"]).code == 0


def test_it_runs_without_a_home_and_without_colours(minga: Program) -> None:
    del minga.environment["HOME"]
    done = minga.run("run", PROOF, env={"TERM": "dumb", "NO_COLOR": "1"})
    assert done.code == 0, done.err
    assert "\x1b" not in done.out


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_locale_without_accents_ends_nothing(minga: Program, locale: dict[str, str]) -> None:
    minga.add_agent()
    for form in ("-q", "--explain"):
        done = minga.run("run", form, "--no-memory", "-a", "plain", "bytes", env={"MINGA_LANGUAGE": "es", **locale})
        assert done.code == 0, done.err
        assert "se" in done.out
    done = minga.run("run", "--json", "--no-memory", "-a", "plain", "bytes", env=locale)
    assert "señal ✓" in done.out


def test_a_full_disk_is_said_and_what_was_stored_stays(minga: Program) -> None:
    home = minga.root / "home"
    again = f'"{sys.executable}" -m minga run -q "{PROOF}"'
    script = f"""
        mount -t tmpfs -o size=1500k tmpfs "{home}"
        {again} >/dev/null
        dd if=/dev/zero of="{home}/filler" bs=4k 2>/dev/null || true
        code=0; {again} || code=$?
        echo "code $code"
        rm "{home}/filler"
    """
    done = minga.run("sessions", "list", "--json", prefix=namespace(script, minga.environment))
    assert "code 4" in done.out
    assert "is full" in done.err
    assert "Free space there" in done.err
    assert "Traceback" not in done.err
    assert done.out.count('"turns":1') >= 1


def test_a_home_that_cannot_be_written_is_said(minga: Program) -> None:
    script = f'mount -t tmpfs -o ro tmpfs "{minga.root / "home"}"'
    done = minga.run("run", PROOF, prefix=namespace(script, minga.environment))
    done.refused(4, "cannot be written", "Make the directory writable, or set MINGA_HOME")


def test_a_store_that_became_read_only_is_said_and_kept(used: Program) -> None:
    home = used.root / "home"
    script = f'mount --bind "{home}" "{home}"; mount -o remount,bind,ro "{home}"'
    done = used.run("run", PROOF, prefix=namespace(script, used.environment))
    done.refused(4, "cannot be written", "set MINGA_HOME")
    assert len(used.sessions()) == 1


def test_a_home_below_a_file_is_said(minga: Program) -> None:
    (minga.root / "file").write_text("")
    done = minga.run("run", PROOF, env={"MINGA_HOME": str(minga.root / "file" / "home")})
    done.refused(4, "Not a directory", "set MINGA_HOME")


def test_a_store_of_a_newer_version_is_left_alone(used: Program) -> None:
    with closing(open_store(used.environment)) as store:
        store.execute("INSERT INTO applied_migrations VALUES ('sessions', 99)")
    used.run("run", PROOF).refused(4, "has schema sessions-99", "Update Minga, or set MINGA_HOME")
    with closing(open_store(used.environment)) as store:
        assert store.execute("SELECT count(*) FROM turns") == [(1,)]


def test_a_store_that_another_program_holds_is_said(used: Program) -> None:
    holder = open_store(used.environment)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        done = used.run("run", PROOF, env={"MINGA_LOCK_WAIT_S": "0.3"})
    finally:
        holder.close()
    done.refused(4, "is locked by another program and stayed so for 0.3 s", "Close the program that holds it")
    assert len(used.sessions()) == 1


def test_a_store_that_is_no_database_is_left_alone(minga: Program) -> None:
    minga.store.write_bytes(b"these are my notes, not a database" * 100)
    minga.run("run", PROOF).refused(4, "is not a Minga database or is damaged", "Move it and keys.db away")
    assert minga.store.read_bytes().startswith(b"these are my notes")


def test_two_first_runs_at_once_both_answer(minga: Program) -> None:
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with minga.start("run", "-q", PROOF, **streams) as first, minga.start("run", "-q", PROOF, **streams) as second:
        told = [(*one.communicate(timeout=60), one.returncode) for one in (first, second)]
    for out, err, code in told:
        assert code == 0, err
        assert b"76.086.428-5" in out
    assert len(minga.sessions()) == 2


def test_a_conversation_whose_prefix_is_not_unique_is_said(used: Program) -> None:
    used.run("run", "-q", PROOF)
    used.run("sessions", "show", "0").refused(2, "'0'", "Several sessions")


def test_a_conversation_in_a_directory_that_is_gone_says_how_to_go_on(minga: Program, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    minga.run("run", "-q", PROOF, cwd=folder)
    folder.rmdir()
    session = minga.sessions()[0]["id"]
    minga.run("sessions", "resume", session, "x").refused(2, "is not here", "minga run --session")


def test_agents_that_name_none_are_refused_and_no_other_is_chosen(used: Program) -> None:
    used.run("run", "-q", "--agents", ",", PROOF).refused(2, "--agents names no agent")


def test_what_a_turn_cost_can_be_read_again(used: Program) -> None:
    used.run("run", "-q", PROOF)
    session = json.loads(used.run("sessions", "list", "--json").out.splitlines()[0])["id"]
    cost = "- builtin: answered; 0 in, 0 cached, 0 out; $0.0000 (no model)"
    assert cost in used.run("sessions", "show", session).out
    exported = used.run("sessions", "export", session, "--format", "json").out.splitlines()
    assert json.loads(exported[-1])["attempts"][0]["cost_source"] == "no model"
