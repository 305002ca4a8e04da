"""`minga connect` and `minga disconnect` on the command line."""

import json
import sys
from pathlib import Path

import pytest
from program import Program
from test_terminal import at_terminal

CONFIG = '# mine\nmodel = "gpt-6"\n'


@pytest.fixture
def config(minga: Program) -> Path:
    """The person's configuration of Codex."""
    file = minga.root / "person" / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text(CONFIG)
    return file


def test_it_shows_writes_and_takes_out_again(minga: Program, config: Path) -> None:
    shown = minga.run("connect", "codex", "--dry-run")
    assert shown.code == 0
    assert "+[mcp_servers.minga]\n" in shown.out
    assert f'+command = "{Path(sys.executable).with_name("minga")}"\n' in shown.out
    assert f'+MINGA_HOME = "{minga.root / "home"}"\n' in shown.out
    assert "codex: not installed yet: minga agents install codex" in shown.err
    assert config.read_text() == CONFIG
    done = minga.run("connect", "codex", "--yes")
    assert done.out == shown.out + "codex: connected\n"
    assert minga.run("connect", "codex", "--yes").out == "codex: already connected\n"
    (end,) = minga.run("disconnect", "all", "--yes", "--json").lines()
    assert (end["agent"], end["outcome"], end["files"][0]["path"]) == ("codex", "disconnected", str(config))
    assert config.read_text() == CONFIG
    assert minga.run("disconnect", "codex").out == "codex: not connected\n"


def test_nobody_is_asked_where_nobody_is(minga: Program, config: Path) -> None:
    for arguments in (["codex"], ["codex", "--json"]):
        minga.run("connect", *arguments).refused(2, "Nobody is here", "--yes")
    assert config.read_text() == CONFIG


@pytest.mark.parametrize(("answer", "code"), [("sí\n", 0), ("\n", 130)])
def test_a_person_at_a_terminal_is_asked(answer: str, code: int, minga: Program, config: Path) -> None:
    with at_terminal(minga, "connect", "codex", MINGA_LANGUAGE="es") as terminal:
        terminal.until("[s/N] ")
        assert config.read_text() == CONFIG
        terminal.type(answer)
        assert terminal.code() == code
    assert ("mcp_servers" in config.read_text()) is (code == 0)
    assert ("codex: conectada" if code == 0 else "No se cambió nada.") in terminal.seen


def test_one_cli_that_cannot_be_connected_does_not_hinder_the_others(minga: Program, config: Path) -> None:
    config.write_text('token = "hunter2"\nwrong =\n')
    done = minga.run("connect", "codex", "claude", "--yes", "--json")
    codex, claude = map(json.loads, done.out.splitlines())
    assert done.code == 2
    assert (codex["outcome"], claude["outcome"]) == ("failed", "connected")
    assert codex["error"] == f"{config} does not parse, line 2: Invalid value."
    assert "hunter2" not in done.out + done.err
    minga.run("connect", "codex").refused(2, "line 2", "Mend that line")


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["codx"], ["'codx'", "'codex'"]),
        (["all"], ["no agent CLI is installed"]),
        (["codex", "--gateway", "nonsense://"], ["--gateway 'nonsense://' is no http"]),
        (["codex", "--gateway", "http://x", "--key-env", "sk-abc"], ["--key-env 'sk-abc' is no name of a variable"]),
        (["codex", "--gateway", ""], ["--gateway '' is no http"]),
        (["codex", "--gateway", "http://ana:hunter2@h"], ["--gateway takes an address without a user"]),
        (["codex", "--gateway", "https://h/gw/v1/responses"], ["'https://h/gw/v1'", "without the path of a call"]),
        (["codex", "--gateway", "h/v1/chat/completions/"], ["'http://h/v1'", "without the path of a call"]),
        (["codex", "--gateway", "http://h/?a=b"], ["without a user, a password or a query"]),
        (["codex", "--model", "m1"], ["codex has no gateway yet; add --gateway URL"]),
        (["codex", "--key-env", "KEY"], ["codex has no gateway yet; add --gateway URL"]),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], texts: list[str], minga: Program) -> None:
    minga.run("connect", "--yes", *arguments).refused(2, *texts)


def test_the_gateway_stays_until_the_end_and_no_key_is_in_the_file(minga: Program, config: Path) -> None:
    key = {"MINGA_KEY": "sk-minga-secret"}
    minga.run("connect", "codex", "--yes", "--gateway", "localhost:8484/v1/", env=key)
    minga.run("connect", "codex", "--yes", env=key)
    assert 'env_key = "MINGA_KEY"' in config.read_text()
    assert 'base_url = "http://localhost:8484/v1"' in config.read_text()
    assert "sk-minga" not in config.read_text()
    minga.run("connect", "codex", "--yes", "--model", "m1", "--key-env", "OTHER", env=key)
    assert 'model = "m1"' in config.read_text()
    assert 'env_key = "OTHER"' in config.read_text()
    assert 'base_url = "http://localhost:8484/v1"' in config.read_text()
    minga.run("connect", "codex", "--yes", "--gateway", "http://other", env=key)
    assert all(one in config.read_text() for one in ('model = "m1"', 'env_key = "OTHER"', '"http://other/v1"'))
    told = minga.run("connect", "gemini", "opencode", "--dry-run", "--gateway", "localhost:8484").err
    assert 'gemini: its configuration cannot name the gateway; set its environment: eval "$(minga env)"' in told
    assert "opencode: its configuration must name the gateway's model; add --model NAME" in told


def test_a_version_whose_files_were_not_measured_is_told(minga: Program, config: Path) -> None:
    program = minga.root / "bin" / "codex"
    program.write_text("#!/bin/sh\necho codex-cli 0.1.0\n")
    program.chmod(0o755)
    shown = minga.run("connect", "all", "--dry-run")
    assert "codex: version 0.1.0, measured with 0.169.0: see by minga doctor --probe" in shown.err
    assert "+[mcp_servers.minga]\n" in shown.out
    assert minga.run("disconnect", "all").out == "No CLI is connected.\n"


def test_to_disconnect_where_the_file_is_gone_says_so(minga: Program, config: Path) -> None:
    minga.run("connect", "codex", "--without", "specialists", "--yes")
    config.unlink()
    done = minga.run("disconnect", "codex", "--yes")
    assert done.out == "codex: disconnected\n"
    assert f"codex: {config} is gone: there is nothing to take out of it" in done.err
    assert not config.exists()
    assert minga.run("disconnect", "codex").out == "codex: not connected\n"


def test_the_doctor_says_how_it_stands(minga: Program, config: Path) -> None:
    minga.run("connect", "codex", "--yes")
    fields = {line["agent"]: line for line in map(json.loads, minga.run("doctor", "--json").out.splitlines()[:-1])}
    assert fields["codex"]["connection"] == "connected"
    assert fields["claude"]["connection"] == "not connected"
    config.write_text(config.read_text().replace("required = true", "required = false"))
    shown = minga.run("doctor").out
    assert "  codex: changed by hand → minga connect codex\n" in shown
    assert "  not connected: claude, copilot, gemini, opencode, qwen → minga connect claude\n" in shown
