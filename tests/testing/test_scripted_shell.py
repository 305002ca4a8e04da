"""The server as a program, script files, and the examples of the reference page."""

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from scripted_wires import body_of

from minga.testing import Fail, Rule, RunShell, Say, Script, Slow, Turn, read_script

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "scripted-server.md"


def run(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "minga.testing", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_a_script_file_means_the_same_in_json_and_toml(tmp_path: Path) -> None:
    as_json, as_toml = tmp_path / "a.json", tmp_path / "a.toml"
    as_json.write_text(
        '{"turns": [{"do": "run_shell", "command": "ls"}, [{"do": "slow", "seconds": 1}, {"do": "say", "text": "x"}]],'
        ' "rules": [{"answers": [{"do": "fail", "status": 429}], "last_user_contains": "limit", "repeat": true}]}'
    )
    as_toml.write_text(
        'turns = [{ do = "run_shell", command = "ls" }, [{ do = "slow", seconds = 1 }, { do = "say", text = "x" }]]\n'
        '[[rules]]\nanswers = [{ do = "fail", status = 429 }]\nlast_user_contains = "limit"\nrepeat = true\n'
    )
    turns: list[Turn] = [RunShell("ls"), [Slow(1), Say("x")]]
    expected = Script(turns, rules=[Rule([Fail(429)], last_user_contains="limit", repeat=True)])
    assert read_script(as_json) == read_script(as_toml) == expected


def test_the_program_serves_its_script_and_reports_each_request(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"turns": [{"do": "say", "text": "from the file"}]}')
    command = [sys.executable, "-m", "minga.testing", "--script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        address = program.stdout.readline().strip()
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        connection.request("POST", "/v1/chat/completions", json.dumps(body_of("chat")))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        line = program.stdout.readline().strip()
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=60) == 0
    assert answer["choices"][0]["message"]["content"] == "from the file"
    assert line == "POST /v1/chat/completions turn 0 200"


def test_help_names_the_options_and_the_script_keys() -> None:
    done = run(["--help"])
    assert done.returncode == 0
    for word in ("--port", "--script", "turns", "rules", "default"):
        assert word in done.stdout


@pytest.mark.parametrize(
    "text",
    ['{"turns": [{"do": "sing"}]}', '{"turn": []}', '{"turns": [{"do": "say", "text": "x", "txt": 1}]}', "{", None],
)
def test_a_script_that_cannot_be_used_is_named(tmp_path: Path, text: str | None) -> None:
    script = tmp_path / "script.json"
    if text is not None:
        script.write_text(text)
    done = run(["--script", str(script)])
    assert done.returncode == 2
    assert str(script) in done.stderr
    assert "Traceback" not in done.stderr


def test_the_examples_of_the_reference_page_run() -> None:
    found = blocks("python")
    assert found
    for block in found:
        exec(compile(block, str(PAGE), "exec"), {})


def test_the_script_files_of_the_reference_page_are_scripts() -> None:
    scripts = [msgspec.json.decode(block, type=Script) for block in blocks("json")]
    scripts += [msgspec.toml.decode(block, type=Script) for block in blocks("toml")]
    assert len(scripts) >= 2
    assert all(script.turns or script.rules for script in scripts)
