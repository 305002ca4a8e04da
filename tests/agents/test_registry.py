"""The catalogue, and what is found of it on a machine."""

import asyncio
from pathlib import Path

import pytest

from minga.agents.login import is_logged_in, person_home
from minga.agents.registry import BUILTIN, find, find_program, is_proven, load
from minga.domain.errors import BadSetting, UnknownAgent

OWN = """
name = "{name}"
title = "Mine"
vendor = "me"
model_family = "none"
model = "none"
command = "mine"
driver = "acp"
arguments = []
home = {{ default = ".mine", variables = {{ MINE_HOME = "${{home}}" }} }}
login = {{ command = "mine login", files = ["auth.json"], variables = ["MINE_KEY"] }}
proven = {{ min = "1.2", max = "2.0.5" }}
"""
NOWHERE = Path("/nowhere")


def own(folder: Path, name: str = "mine", text: str = OWN) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text.format(name=name))
    return folder


def program(folder: Path, prints: str, name: str = "mine") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{prints}\n")
    path.chmod(0o755)
    return path


def test_six_agents_are_shipped_and_a_file_adds_another_without_code(tmp_path: Path) -> None:
    shipped = load(NOWHERE)
    assert {"codex", "claude", "gemini", "copilot", "opencode", "qwen"} <= set(shipped.facts)
    added = load(own(tmp_path))
    assert set(added.facts) - set(shipped.facts) == {"mine"}
    assert added.names()[-1] == BUILTIN


def test_the_persons_own_file_wins_over_the_shipped_one(tmp_path: Path) -> None:
    assert load(own(tmp_path, "codex")).get("codex").title == "Mine"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownAgent) as unknown:
        load(NOWHERE).check("Cladue")
    assert "'claude'" in unknown.value.remedy_text
    assert load(NOWHERE).check("builtin") == BUILTIN


@pytest.mark.parametrize(
    ("text", "told"), [("name = 3", "name"), ("= broken", "mine.toml"), (OWN + 'colour = "red"\n', "colour")]
)
def test_a_file_that_is_wrong_is_named_with_its_field(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadSetting, match=told) as bad:
        load(own(tmp_path, text=text))
    assert "mine.toml" in bad.value.message


def test_the_cli_that_minga_installed_comes_before_the_one_on_the_path(tmp_path: Path) -> None:
    facts = load(own(tmp_path / "agents")).get("mine")
    on_path = program(tmp_path / "bin", "echo")
    assert find_program(facts, tmp_path / "clis", str(tmp_path / "bin")) == on_path
    installed = program(tmp_path / "clis/mine/node_modules/.bin", "echo")
    assert find_program(facts, tmp_path / "clis", str(tmp_path / "bin")) == installed
    assert find_program(facts, NOWHERE, str(NOWHERE)) is None


@pytest.mark.parametrize(
    ("prints", "version"),
    [
        ("echo 'mine version 1.4.2-beta.1 (linux)'", "1.4.2-beta.1"),
        ("echo 2.0.5 >&2", "2.0.5"),
        ("echo 1.0.0; exit 3", ""),
        ("echo no number", ""),
        ("printf '\\377 1.5.0'", "1.5.0"),
    ],
)
def test_the_version_is_what_the_program_prints(tmp_path: Path, prints: str, version: str) -> None:
    facts = load(own(tmp_path / "agents")).get("mine")
    program(tmp_path / "bin", prints)
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    found = asyncio.run(find(facts, NOWHERE, environment))
    assert found is not None
    assert found.version == version


@pytest.mark.parametrize(
    ("version", "proven"),
    [
        ("1.2", True),
        ("1.2.0", True),
        ("2.0.5", True),
        ("2.0.6", False),
        ("1.1.9", False),
        ("1.10.0", True),
        ("", False),
    ],
)
def test_a_version_is_proven_within_its_range_only(tmp_path: Path, version: str, proven: bool) -> None:
    assert is_proven(load(own(tmp_path)).get("mine"), version) is proven


def test_a_login_is_seen_by_its_file_or_its_variable(tmp_path: Path) -> None:
    facts = load(own(tmp_path / "agents")).get("mine")
    home = person_home(facts, {"HOME": str(tmp_path)})
    assert home == tmp_path / ".mine"
    assert person_home(facts, {"HOME": "/x", "MINE_HOME": "/moved"}) == Path("/moved")
    assert not is_logged_in(facts, home, {"MINE_KEY": ""})
    assert is_logged_in(facts, home, {"MINE_KEY": "k"})
    home.mkdir()
    (home / "auth.json").write_text("{}")
    assert is_logged_in(facts, home, {})
