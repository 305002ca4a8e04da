"""`minga rules`: what a person sees, is asked and gets."""

import io
import json
from pathlib import Path

import pytest

from minga.domain.rules import StandingRule
from minga.entrypoints.cli.main import _main
from minga.pipeline.rules_files import added
from minga.rules.documents import Change


class Person:
    """Gives commands in ``work`` and sees what is printed."""

    def __init__(self, work: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.work = work
        self._capsys = capsys
        self._patch = patch

    def says(self, *arguments: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = _main(list(arguments))
        seen = self._capsys.readouterr()
        return code, seen.out, seen.err

    def types(self, line: str) -> None:
        terminal = io.StringIO(line)
        terminal.isatty = lambda: True  # type: ignore[method-assign]
        self._patch.setattr("sys.stdin", terminal)

    def text(self, name: str) -> str:
        return (self.work / name).read_text()


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    work = tmp_path / "work"
    (work / ".git").mkdir(parents=True)
    (tmp_path / "person/.codex").mkdir(parents=True)
    monkeypatch.setenv("MINGA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MINGA_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("MINGA_LANGUAGE", "en")
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.chdir(work)
    return Person(work, capsys, monkeypatch)


def test_rules_of_the_file_and_of_the_memory_are_shown_each_with_its_place(person: Person) -> None:
    assert person.says("rules", "add", "Never touch migrations.")[0] == 0
    assert "already" in person.says("rules", "add", "never touch  MIGRATIONS")[1]
    person.says("memory", "rules", "add", "Never touch migrations!")
    person.says("memory", "rules", "add", "--everywhere", "Answer in Spanish.")
    shown = [json.loads(line) for line in person.says("rules", "--json")[1].splitlines()]
    first, second = shown
    assert (first["text"], first["file"], first["line"]) == ("Never touch migrations.", ".minga/rules.md", 3)
    assert first["item"].startswith("r"), "the memory says it, too"
    assert (second["text"], second["scope"], second["file"]) == ("Answer in Spanish.", "user", "")
    told = person.says("rules")[1]
    assert told.splitlines()[:2] == [f".minga/rules.md:3  {first['item']}", "    Never touch migrations."]
    assert f"{second['item']}  everywhere" in told


def test_a_rule_may_be_given_as_the_item_of_a_list(person: Person) -> None:
    person.says("rules", "add", "- Short names.")
    person.says("rules", "add", "-", "Use", "pytest.")
    person.says("rules", "add", "* No globals - or few.")
    assert person.text(".minga/rules.md") == "# Rules\n\n- Short names.\n- Use pytest.\n- No globals - or few.\n"
    assert person.says("rules", "add", "--jsn", "x")[0] == 2


def test_where_there_is_nothing_to_do_it_is_said(person: Person) -> None:
    assert "no file that a CLI reads is here: AGENTS.override.md," in person.says("rules", "import")[1]
    assert "no rules for everywhere" in person.says("rules", "render", "--personal")[2]
    assert "Nothing to do" in person.says("rules", "remove", "--personal")[1]
    person.says("memory", "rules", "add", "--everywhere", "Answer in Spanish.")
    assert "have not used any of claude" in person.says("rules", "render", "--personal", "--for", "claude")[2]
    person.says("rules", "render", "--personal", "--yes")
    home = person.work.parent / "person/.codex/AGENTS.md"
    assert f"Nothing to do: {home} are as the rules say." in person.says("rules", "render", "--personal")[1]


def test_who_adds_while_another_one_does_loses_nothing(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def added_late(cwd: Path, text: str) -> Change | None:
        change = added(cwd, text)
        if not (person.work / ".minga").exists():
            (person.work / ".minga").mkdir()
            (person.work / ".minga/rules.md").write_text("- Short names.\n")
        return change

    monkeypatch.setattr("minga.entrypoints.cli.rules.added", added_late)
    assert person.says("rules", "add", "Use pytest.")[0] == 0
    assert person.text(".minga/rules.md") == "- Short names.\n- Use pytest.\n"


def test_render_shows_asks_writes_and_takes_project_rules_of_the_memory_along(person: Person) -> None:
    person.says("memory", "rules", "add", "Use pytest.")
    person.says("memory", "rules", "add", "--everywhere", "Answer in Spanish.")
    code, shown, told = person.says("rules", "render")
    assert code == 2
    assert "+- Use pytest." in shown
    assert "--yes" in told
    person.types("n\n")
    assert person.says("rules", "render")[0] == 2
    assert not (person.work / ".minga").exists()
    person.types("y\n")
    assert person.says("rules", "render", "--for", "codex")[0] == 0
    assert person.text(".minga/rules.md") == "# Rules\n\n- Use pytest.\n"
    assert "Use pytest." in person.text("AGENTS.md")
    assert "Spanish" not in person.text("AGENTS.md"), "what is a person's own goes into no file of the project"
    assert not (person.work / "CLAUDE.md").exists()
    assert "Nothing to do: AGENTS.md" in person.says("rules", "render")[1]


def test_diff_ends_with_1_where_a_file_is_not_as_the_rules_say(person: Person) -> None:
    person.says("rules", "add", "Use pytest.")
    assert person.says("rules", "diff")[0] == 1
    person.says("rules", "render", "--yes")
    assert person.says("rules", "diff")[:2] == (0, "")
    person.says("memory", "rules", "add", "Of this person's memory.")
    assert person.says("rules", "diff")[0] == 0, "it is the same for all who share the project"
    person.says("rules", "add", "Short names.")
    code, shown, _ = person.says("rules", "diff", "--json")
    report = json.loads(shown)
    assert code == 1
    assert [one["file"] for one in report["changes"]] == ["AGENTS.md", "CLAUDE.md", "GEMINI.md"]
    assert "+- Short names." in report["changes"][0]["diff"]


def test_a_block_that_was_edited_is_not_overwritten_until_it_is_imported_or_forced(person: Person) -> None:
    person.says("rules", "add", "Use pytest.")
    person.says("rules", "render", "--yes")
    edited = person.text("AGENTS.md").replace("- Use pytest.", "- Use pytest.\n- Long words.")
    (person.work / "AGENTS.md").write_text(edited)
    for verb in ("render", "remove"):
        code, shown, told = person.says("rules", verb, "--yes")
        assert code == 2
        assert "-- Long words." in shown
        assert "minga rules import" in told
    assert person.text("AGENTS.md") == edited
    assert person.says("rules", "import", "--yes")[0] == 0
    assert person.text(".minga/rules.md").endswith("- Use pytest.\n- Long words.\n")
    assert person.says("rules", "render", "--yes")[0] == 0
    assert "Long words." in person.text("GEMINI.md")
    (person.work / "AGENTS.md").write_text(person.text("AGENTS.md").replace("Long", "Short"))
    assert person.says("rules", "render", "--yes", "--force")[0] == 0
    assert "Short" not in person.text("AGENTS.md")


def test_import_takes_a_rule_out_that_was_changed_or_deleted_in_a_block(person: Person) -> None:
    for rule in ("Never touch migrations.", "Use pytest.", "Short names."):
        person.says("rules", "add", rule)
    person.says("rules", "render", "--yes")
    person.says("rules", "add", "Newer than the block.")
    edited = person.text("AGENTS.md").replace("Never touch", "Touch").replace("- Short names.\n", "")
    (person.work / "AGENTS.md").write_text(edited)
    code, shown, _ = person.says("rules", "import", "--yes")
    assert code == 0
    assert "AGENTS.md: gone from Minga's block, and so from .minga/rules.md: Never touch migrations." in shown
    assert "--- a/.minga/rules.md" in shown
    assert "-- Short names." in shown
    assert "both kept" not in shown
    assert person.text(".minga/rules.md") == (
        "# Rules\n\n- Use pytest.\n- Newer than the block.\n- Touch migrations.\n"
    )
    assert person.says("rules", "render", "--yes")[0] == 0
    for name in ("AGENTS.md", "CLAUDE.md", "GEMINI.md"):
        assert "Never" not in person.text(name)
        assert "- Touch migrations." in person.text(name)
    assert "0 rules" in person.says("rules", "import", "--yes")[1]


def test_a_rule_that_an_edit_put_under_no_heading_stands_before_the_first_one(person: Person) -> None:
    (person.work / ".minga").mkdir()
    (person.work / ".minga/rules.md").write_text("# R\n\n- One.\n\n## Tests\n\n- Two.\n")
    person.says("rules", "render", "--yes")
    (person.work / "AGENTS.md").write_text(person.text("AGENTS.md").replace("- One.", "- One.\n- Use tabs."))
    assert person.says("rules", "import", "--yes")[0] == 0
    assert person.text(".minga/rules.md") == "# R\n\n- One.\n- Use tabs.\n\n## Tests\n\n- Two.\n"
    assert person.says("rules", "render", "--yes")[0] == 0
    assert "0 rules" in person.says("rules", "import", "--yes")[1]


def test_import_names_what_it_does_not_take_and_leaves_the_block(person: Person) -> None:
    for rule in ("Use pytest.", "Short names."):
        person.says("rules", "add", rule)
    person.says("rules", "render", "--yes")
    edited = person.text("AGENTS.md").replace("- Use pytest.\n- Short names.", "- Short names.\n- Use pytest.\n- New.")
    (person.work / "AGENTS.md").write_text(edited)
    code, shown, _ = person.says("rules", "import", "--yes")
    assert code == 0
    assert "AGENTS.md: not taken: an edit in Minga's block of this rule; make it in .minga/rules.md: " in shown
    assert person.text("AGENTS.md") == edited
    assert person.text(".minga/rules.md").endswith("- Short names.\n- New.\n")


def test_import_can_take_the_last_rule_out(person: Person) -> None:
    person.says("rules", "add", "Use pytest.")
    person.says("rules", "render", "--yes")
    (person.work / "AGENTS.md").write_text(person.text("AGENTS.md").replace("- Use pytest.\n", ""))
    assert person.says("rules", "import", "--yes")[0] == 0
    assert person.text(".minga/rules.md") == "# Rules\n"
    assert not (person.work / "AGENTS.md").exists()


def test_import_leaves_a_block_with_what_it_does_not_take(person: Person) -> None:
    person.says("rules", "add", "Use pytest.")
    person.says("rules", "render", "--yes")
    edited = person.text("AGENTS.md").replace("- Use pytest.", "- Use pytest.\n- " + "long " * 200)
    (person.work / "AGENTS.md").write_text(edited)
    assert "too long for a rule" in person.says("rules", "import", "--yes")[1]
    assert person.text("AGENTS.md") == edited


def test_import_shows_and_asks_and_leaves_the_files_as_they_are(person: Person) -> None:
    (person.work / "AGENTS.md").write_text("- Run tests first.\n- Short names.\n")
    (person.work / "CLAUDE.md").write_text("- Run the tests first.\n- short NAMES\n\n" + "long " * 200)
    code, shown, _ = person.says("rules", "import", "--dry-run")
    assert code == 0
    assert "3 rules in AGENTS.md, CLAUDE.md are new" in shown
    assert "Nearly the same" in shown
    assert "CLAUDE.md:4: left where it is: too long for a rule" in shown
    assert not (person.work / ".minga").exists()
    report = json.loads(person.says("rules", "import", "--yes", "--json")[1])
    assert len(report["found"]["taken"]) == 3
    assert person.text("AGENTS.md") == "- Run tests first.\n- Short names.\n"
    person.says("rules", "render", "--yes")
    assert person.text("AGENTS.md").count("Short names.") == 1, "what stands there by hand is not said again"


def test_import_can_move_rules_out_of_what_is_written_by_hand(person: Person) -> None:
    (person.work / "AGENTS.md").write_text(
        "# Team\n\nOur shop.\n\n## Style\n\n- Short names.\n\n" + "long " * 200 + "\n"
    )
    (person.work / "CLAUDE.md").write_text("# Claude\n\n- short names\n")
    code, shown, _ = person.says("rules", "import", "--move", "--yes")
    assert code == 0
    assert "-- short names" in shown
    assert person.text(".minga/rules.md") == "# Rules\n\nOur shop.\n\n## Style\n\n- Short names.\n"
    lines = person.text("AGENTS.md").splitlines()
    assert lines[:5] == ["# Team", "", "## Style", "", "long " * 200]
    assert lines[-6:-1] == ["Our shop.", "", "### Style", "", "- Short names."]
    assert person.text("CLAUDE.md").startswith("<!-- minga:rules"), "only its title was left"
    assert person.says("rules", "diff")[0] == 0
    assert "0 rules" in person.says("rules", "import", "--move", "--yes")[1]


def test_import_leaves_html_and_indented_code_and_the_projects_own_are_rendered_whole(person: Person) -> None:
    (person.work / "AGENTS.md").write_text("Shop\n====\n\n<details>\n\n- Short names.\n\n</details>\n\n    make test\n")
    code, shown, _ = person.says("rules", "import", "--move", "--yes")
    assert code == 0
    assert "AGENTS.md:4: left where it is: HTML" in shown
    assert "AGENTS.md:10: left where it is: indented code" in shown
    assert person.text("AGENTS.md").startswith("Shop\n====\n\n<details>\n\n</details>\n\n    make test\n\n<!-- minga")
    assert person.text(".minga/rules.md") == "# Rules\n\n- Short names.\n"
    own = "<details>\n\n- Short names.\n\n</details>\n\nRun:\n\n    make test\n"
    (person.work / ".minga/rules.md").write_text(own)
    person.says("rules", "render", "--yes")
    assert own in person.text("AGENTS.md")
    (person.work / ".minga/rules.md").write_text("- Short names.\n***\n\n    make test\n")
    person.says("rules", "render", "--yes")
    assert "- Short names.\n\n<!-- -->\n\n    make test\n" in person.text("AGENTS.md"), "it is of no item"
    assert person.says("rules", "diff")[0] == 0


@pytest.mark.parametrize("verb", [("add", "Short names."), ("import", "--yes"), ("render", "--yes")])
def test_a_file_of_rules_that_is_read_only_is_left_alone(person: Person, verb: tuple[str, ...]) -> None:
    person.says("rules", "add", "Use pytest.")
    (person.work / "QWEN.md").write_text("- By hand.\n")
    person.says("memory", "rules", "add", "No globals.")
    (person.work / ".minga/rules.md").chmod(0o444)
    code, _, told = person.says("rules", *verb)
    assert code == 3
    assert "read-only" in told
    assert person.text(".minga/rules.md") == "# Rules\n\n- Use pytest.\n"
    assert not (person.work / "AGENTS.md").exists(), "nothing is written where not all can be"


def test_personal_rules_go_into_the_homes_of_clis_that_were_used_and_out_again(person: Person) -> None:
    person.says("memory", "rules", "add", "--everywhere", "Answer in Spanish.")
    code, shown, _ = person.says("rules", "render", "--personal", "--yes")
    assert code == 0
    home = person.work.parent / "person"
    assert f"written: {home / '.codex/AGENTS.md'}" in shown
    assert "- Answer in Spanish." in (home / ".codex/AGENTS.md").read_text()
    assert [one.name for one in home.iterdir()] == [".codex"]
    person.says("rules", "remove", "--personal", "--yes")
    assert list((home / ".codex").iterdir()) == []


def test_an_accepted_rule_that_would_swallow_the_others_is_left_out_and_said(person: Person) -> None:
    person.says("memory", "rules", "add", "~~~ the fences of this project")
    person.says("memory", "rules", "add", "--everywhere", "```sh never")
    person.says("memory", "rules", "add", "Use pytest.")
    code, _, told = person.says("rules", "render", "--yes")
    assert code == 0
    assert "left out, since it would be read as something else than a rule: ~~~ the fences of this project" in told
    assert person.text(".minga/rules.md") == "# Rules\n\n- Use pytest.\n"
    report = json.loads(person.says("rules", "render", "--json", "--yes")[1])
    assert report["left"] == ["~~~ the fences of this project"]
    code, _, told = person.says("rules", "render", "--personal", "--yes")
    assert (code, "left out" in told) == (0, True)


def test_personal_rules_go_where_the_cli_looks_and_behind_links(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.says("memory", "rules", "add", "--everywhere", "Answer in Spanish.")
    home, moved = person.work.parent / "person", person.work.parent / "moved"
    for folder in (moved / "opencode", home / ".claude", home / ".config/opencode", home / "dotfiles"):
        folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(moved))
    for linked in (".claude/CLAUDE.md", ".codex/AGENTS.md"):
        (home / linked).symlink_to(home / "dotfiles/rules.md")
    (home / "dotfiles/rules.md").write_text("Mine.\n")
    code, shown, _ = person.says("rules", "render", "--personal", "--yes")
    assert code == 0
    assert "Answer in Spanish." in (moved / "opencode/AGENTS.md").read_text()
    assert list((home / ".config/opencode").iterdir()) == []
    assert shown.count(f"written: {home / 'dotfiles/rules.md'}") == 1
    assert (home / ".claude/CLAUDE.md").is_symlink()
    assert (home / "dotfiles/rules.md").read_text().startswith("Mine.\n")


def test_a_secret_goes_into_no_file_of_a_persons_own(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    async def accepted(*_: object) -> list[StandingRule]:
        return [StandingRule("The token is sk-abcdefghij0123456789abcdef", "user")]

    monkeypatch.setattr("minga.pipeline.rules_files.accepted_at", accepted)
    code, shown, told = person.says("rules", "render", "--personal", "--yes")
    assert (code, "secret" in told, "sk-" in shown + told) == (2, True, False)
    assert list((person.work.parent / "person/.codex").iterdir()) == []


def test_remove_takes_everything_out_again(person: Person) -> None:
    person.says("rules", "add", "Use pytest.")
    (person.work / ".minga/skills").mkdir()
    (person.work / ".minga/skills/release.md").write_text("When you release.\n\nRun make.\n")
    person.says("rules", "render", "--yes")
    assert "name: release" in person.text(".claude/skills/release/SKILL.md")
    report = json.loads(person.says("rules", "remove", "--yes", "--json")[1])
    assert report["written"]
    assert sorted(one.name for one in person.work.iterdir()) == [".git", ".minga"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("render", "--for", "codx", "--yes"), "none of codex, claude"),
        (("render", "--in", "README.md", "--yes"), "no CLI reads 'README.md'"),
        (("render", "--json"), "give --yes or --dry-run"),
        (("add",), "say which rule is to be added"),
        (("add", "- "), "say which rule is to be added"),
        (("add", "The token is sk-abcdefghij0123456789abcdef"), "secret"),
        (("add", "x" * 601), "600"),
        (("add", "```sh ls"), "read as something else"),
        (("add", "~~~"), "read as something else"),
        (("add", "--", "---"), "read as something else"),
    ],
)
def test_bad_input_is_told(person: Person, arguments: tuple[str, ...], told: str) -> None:
    code, _, said = person.says("rules", *arguments)
    assert code == 2
    assert told in said


def test_a_secret_in_the_file_is_written_nowhere(person: Person) -> None:
    (person.work / ".minga").mkdir()
    (person.work / ".minga/rules.md").write_text("- Short names.\n- The token is sk-abcdefghij0123456789abcdef\n")
    code, _, told = person.says("rules", "render", "--yes")
    assert code == 2
    assert ".minga/rules.md:2" in told
    assert "sk-" not in told
    assert not (person.work / "AGENTS.md").exists()
    assert "sk-" not in person.says("rules")[1]
