"""What `minga connect` writes besides the tools: sub-agents and the project's rules; and what `disconnect` leaves."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from minga.agents.connecting.facts import load
from minga.entrypoints.cli.main import _main

RULES = "# Rules\n\n- Never touch migrations.\n"
SHIPPED = ["dte", "law", "odoo", "reviewer", "tester"]
HOMES = {
    "claude": ".claude/agents/{}.md",
    "codex": ".codex/agents/{}.toml",
    "copilot": ".copilot/agents/{}.agent.md",
    "gemini": ".gemini/agents/{}.md",
    "opencode": ".config/opencode/agent/{}.md",
    "qwen": ".qwen/agents/{}.md",
}


class Person:
    """Gives commands in ``work``, in this process, and sees what is printed."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.work, self.home, self.config = root / "work", root / "person", root / "config"
        self.minga_home = root / "minga"
        self._capsys, self._patch = capsys, patch

    def says(self, *arguments: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = _main(list(arguments))
        seen = self._capsys.readouterr()
        return code, seen.out, seen.err

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.says(*arguments)[1].splitlines()]

    def types(self, line: str, before: Callable[[], object] = lambda: None) -> None:
        """Answers with ``line``; ``before`` happens while the question waits."""
        terminal = io.StringIO(line)
        terminal.readline = lambda _=-1: (before(), line)[1]  # type: ignore[method-assign]
        terminal.isatty = lambda: True  # type: ignore[method-assign]
        self._patch.setattr("sys.stdin", terminal)

    def files(self) -> Mapping[str, bytes]:
        """All files and folders of the person's home and of the project."""
        found = [one for place in (self.home, self.work) for one in place.rglob("*")]
        return {str(one): one.read_bytes() if one.is_file() else b"" for one in found}


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    one = Person(tmp_path, capsys, monkeypatch)
    (one.work / ".git").mkdir(parents=True)
    (one.work / ".minga").mkdir()
    (one.work / ".minga/rules.md").write_text(RULES)
    one.home.mkdir()
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME", "QWEN_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MINGA_HOME", str(one.minga_home))
    monkeypatch.setenv("MINGA_CONFIG", str(one.config))
    monkeypatch.setenv("MINGA_LANGUAGE", "en")
    monkeypatch.setenv("HOME", str(one.home))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.chdir(one.work)
    return one


def test_every_cli_gets_tools_sub_agents_and_rules_and_gives_all_but_the_rules_back(person: Person) -> None:
    assert list(HOMES) == list(load())
    before = person.files()
    code, shown, _ = person.says("connect", *HOMES, "--dry-run")
    assert code == 0
    assert person.files() == before
    assert not person.minga_home.exists(), "no store is made to look for rules"
    code, done, _ = person.says("connect", *HOMES, "--yes")
    assert code == 0
    assert done == shown + "".join(f"{cli}: connected\n" for cli in HOMES) + (
        "rules: written: CLAUDE.md, AGENTS.md, GEMINI.md\n"
    )
    for cli, home in HOMES.items():
        for name in SHIPPED:
            file = person.home / home.format(name)
            assert f"+ {file}: sub-agent (minga specialists show {name})\n" in shown, cli
            assert "written by minga specialists" in file.read_text()
    assert "+- Never touch migrations.\n" in shown
    again = person.says("connect", *HOMES, "--yes")[1]
    assert again == "".join(f"{cli}: already connected\n" for cli in HOMES) + "rules: already written\n"
    code, _, told = person.says("disconnect", "all", "--yes")
    assert code == 0
    assert "rules: they stay in AGENTS.md, CLAUDE.md, GEMINI.md: minga rules remove takes them out" in told
    assert person.says("rules", "remove", "--yes")[0] == 0
    assert person.files() == before
    assert person.says("disconnect", "all")[1] == "No CLI is connected.\n"


def test_one_answer_stands_for_all_and_no_means_nothing(person: Person) -> None:
    before = person.files()
    person.types("n\n")
    assert person.says("connect", "claude")[0] == 130
    assert person.files() == before
    person.types("y\n")
    assert "Write this for claude?" in person.says("connect", "claude")[2]
    assert (person.work / "CLAUDE.md").exists()
    assert (person.home / ".claude/agents/law.md").exists()
    (person.work / ".minga/rules.md").write_text(f"{RULES}- Names are in English.\n")
    person.types("\n")
    assert person.says("connect", "claude")[0] == 130, "the rules alone are asked about too"
    person.types("y\n")
    assert "rules: written: CLAUDE.md" in person.says("connect", "claude")[1]


def test_two_that_connect_at_once_write_the_same_and_both_are_content(person: Person) -> None:
    person.types("y\n", before=lambda: _main(["connect", "claude", "codex", "--yes"]))
    code, out, told = person.says("connect", "claude", "codex")
    assert (code, "minga:" in told) == (0, False)
    assert out.endswith("claude: connected\ncodex: connected\nrules: written: CLAUDE.md, AGENTS.md\n")
    assert person.says("disconnect", "all", "--yes")[0] == 0
    assert sorted(one.name for one in person.home.iterdir()) == []


def test_what_somebody_writes_while_the_question_waits_stays(person: Person) -> None:
    mine, rules = person.home / ".claude/agents/law.md", person.work / "CLAUDE.md"

    def write() -> None:
        mine.parent.mkdir(parents=True)
        mine.write_text("Mine.\n")
        rules.write_text("Ours.\n")

    person.types("y\n", before=write)
    code, out, told = person.says("connect", "claude")
    assert (code, mine.read_text(), rules.read_text()) == (3, "Mine.\n", "Ours.\n")
    assert f"claude: {mine} was changed while its changes were being shown" in told
    assert "rules: CLAUDE.md" in told or "rules: 'CLAUDE.md'" in told
    assert "connected" not in out.splitlines()[-1]


def test_parts_can_be_left_out(person: Person) -> None:
    assert "rules" not in person.says("connect", "codex", "--yes", "--without", "rules,specialists")[1]
    assert sorted(one.name for one in (person.home / ".codex").iterdir()) == ["config.toml"]
    assert not (person.work / "AGENTS.md").exists()
    person.says("connect", "codex", "--yes", "--without", "specialists")
    assert (person.work / "AGENTS.md").exists()
    code, _, told = person.says("connect", "codex", "--without", "rulez")
    assert (code, "--without 'rulez' is none of rules, specialists" in told) == (2, True)


def test_what_was_changed_by_hand_stays_and_is_said(person: Person) -> None:
    person.says("connect", "claude", "--yes")
    mine, rules = person.home / ".claude/agents/law.md", person.work / "CLAUDE.md"
    foreign = mine.with_name("poet.md")
    foreign.write_text("---\nname: poet\n---\nRhyme.\n")
    mine.write_text(mine.read_text() + "Be kind.\n")
    rules.write_text(rules.read_text().replace("Never", "Always"))
    kept = {one: one.read_bytes() for one in (mine, rules, foreign)}
    code, out, told = person.says("connect", "claude", "--yes")
    assert (code, out) == (0, "claude: already connected\n")
    assert f"claude: {mine}: changed by hand: left as it is\n" in told
    assert "rules: CLAUDE.md: changed by hand: left as it is → minga rules diff\n" in told
    claude, of_rules = person.lines("connect", "claude", "--yes", "--json")
    assert claude["notes"][-1] == f"{mine}: changed by hand: left as it is"
    assert (of_rules["rules"], of_rules["root"]) == ("left", str(person.work))
    code, out, told = person.says("disconnect", "claude", "--yes")
    assert out.endswith("claude: disconnected\n")
    assert f"claude: {mine}: changed by hand: left as it is\n" in told
    assert {one: one.read_bytes() for one in kept} == kept
    assert sorted(mine.parent.iterdir()) == [mine, foreign]


def test_a_specialist_that_changed_is_written_anew_with_its_difference(person: Person) -> None:
    folder = person.config / "specialists"
    folder.mkdir(parents=True)
    head = '+++\ntitle = "Poet"\npurpose = "Rhymes"\n+++\n'
    (folder / "poet.md").write_text(f"{head}Rhyme.\n")
    (folder / "wrong.md").write_text("nothing\n")
    _, _, told = person.says("connect", "qwen", "--yes", "--without", "rules")
    assert f"qwen: The specialist '{folder / 'wrong.md'}'" in told
    (folder / "poet.md").write_text(f"{head}Rhyme twice.\n")
    [shown] = person.lines("connect", "qwen", "--dry-run", "--json", "--without", "rules")
    assert shown["outcome"] == "would change"
    [file] = shown["files"]
    assert file["path"] == str(person.home / ".qwen/agents/poet.md")
    assert "\n-Rhyme.\n+Rhyme twice.\n" in file["diff"]
    done = person.says("connect", "qwen", "--yes", "--without", "rules")[1]
    assert done == f"{file['diff']}qwen: connected\n"


def test_a_cli_that_cannot_be_connected_gets_nothing_and_hinders_no_other(person: Person) -> None:
    (person.home / ".codex").mkdir()
    (person.home / ".codex/config.toml").write_text("wrong =\n")
    (person.work / "CLAUDE.md").write_text("<!-- minga:rules 53dbc1e5880d2df4 from x -->\n")
    codex, claude, rules = person.lines("connect", "codex", "claude", "--yes", "--json")
    assert (codex["outcome"], claude["outcome"], rules["rules"]) == ("failed", "connected", "failed")
    assert "CLAUDE.md" in rules["error"]
    assert not (person.home / ".codex/agents").exists()
    assert (person.home / ".claude/agents/law.md").exists()
    code, out, told = person.says("connect", "claude", "--yes")
    assert (code, rules["error"] in told, out) == (2, True, "claude: already connected\n")


def test_rules_that_were_accepted_in_the_memory_are_written_too(person: Person) -> None:
    (person.work / ".minga/rules.md").unlink()
    person.says("memory", "rules", "add", "Never touch migrations.")
    _, out, _ = person.says("connect", "codex", "--yes")
    assert "rules: written: .minga/rules.md, AGENTS.md\n" in out
    assert "- Never touch migrations." in (person.work / "AGENTS.md").read_text()


def test_where_there_are_no_rules_nothing_is_said_of_them(person: Person) -> None:
    (person.work / ".minga/rules.md").unlink()
    (person.work / "AGENTS.md").write_text("Mine.\n")
    _, out, told = person.says("connect", "codex", "--yes")
    assert "rules:" not in out + told
    assert "rules:" not in "".join(person.says("disconnect", "codex", "--yes")[1:])


def test_the_doctor_says_which_cli_is_told_other_rules(person: Person) -> None:
    person.says("connect", "codex", "claude", "--yes")
    assert "minga rules diff" not in person.says("doctor")[1]
    (person.work / ".minga/skills").mkdir()
    (person.work / ".minga/skills/release.md").write_text("Use this to release.\n\n1. `make release`\n")
    (person.work / "CLAUDE.md").write_text("Mine.\n" + (person.work / "CLAUDE.md").read_text().replace("Never", "Do"))
    shown = person.says("doctor")[1]
    assert (
        "  claude: not as the project's rules say: CLAUDE.md, .claude/skills/release/SKILL.md → minga rules diff"
        in shown
    )
    *agents, last = person.lines("doctor", "--json")
    differ = {one["agent"]: one.get("rules_differ") for one in agents}
    assert differ["codex"] == [".agents/skills/release/SKILL.md"]
    assert last["rules"] == "ok"
    (person.work / ".minga/rules.md").write_bytes(b"\xff")
    assert "  rules: The rules in '.minga/rules.md' cannot be read: it is not UTF-8" in person.says("doctor")[1]
