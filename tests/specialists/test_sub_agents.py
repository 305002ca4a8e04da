"""A specialist as a file of a CLI: its form is right, and what a person wrote or changed is never touched."""

import json
import tomllib
from pathlib import Path

import pytest

from minga.agents.facts import Facts
from minga.agents.login import person_place
from minga.agents.registry import SHIPPED, load
from minga.domain.errors import SubAgentUnwritable
from minga.domain.events import ToolKind
from minga.domain.ids import AgentName
from minga.domain.task import Permissions, Specialist
from minga.specialists.native import is_ours, is_untouched, natives, render
from minga.specialists.placing import File, Placed, place, remove

CLIS = [AgentName(name) for name in ("claude", "codex", "copilot", "gemini", "opencode", "qwen")]
READS = (ToolKind.READ, ToolKind.SEARCH, ToolKind.OTHER)
ODD = Specialist("odd", 'Says "no": # and \\ ok', "Knows ñ, «quotes» and 100 %: x", 'Rules """ with\n---\nlines.\x7f')


def head_of(text: str) -> dict[str, object]:
    """Of a Markdown file; each value is JSON, which is YAML."""
    front = text.split("---\n")[1]
    lines = [line.split(": ", 1) for line in front.splitlines() if not line.startswith("#")]
    return {key: json.loads(value) for key, value in lines}


def test_every_cli_of_the_catalogue_has_a_place_for_them() -> None:
    assert set(natives()) == set(load(Path("/nonexistent")).facts)


@pytest.mark.parametrize("cli", CLIS)
def test_any_text_survives_the_form_of_the_cli(cli: AgentName) -> None:
    made = render(ODD, cli, in_project=True)
    if cli == "codex":
        told = tomllib.loads(made.text)
        assert told["developer_instructions"].endswith(ODD.rules)
    else:
        told = head_of(made.text)
        assert made.text.endswith(ODD.rules + "\n")
    assert (told["name"], told["description"]) == ("odd", f"{ODD.title}. {ODD.purpose}")
    assert made.path.endswith(("/odd.md", "/odd.agent.md", "/odd.toml"))
    assert not made.not_withheld
    assert is_untouched(made.text)


@pytest.mark.parametrize(
    ("cli", "means"),
    [
        ("claude", {"disallowedTools": ["Edit", "Write", "NotebookEdit", "Bash", "WebFetch", "WebSearch", "mcp__*"]}),
        ("copilot", {"tools": ["read", "search"]}),
        ("opencode", {"permission": dict.fromkeys(("edit", "bash", "webfetch", "websearch"), "deny")}),
    ],
)
def test_what_it_may_not_use_is_withheld_by_the_means_of_the_cli(cli: str, means: dict[str, object]) -> None:
    reviewer = Specialist("r", "T", "P", "R", Permissions.READ_ONLY)
    made = render(reviewer, AgentName(cli), in_project=True)
    assert means.items() <= head_of(made.text).items()


def test_what_a_cli_cannot_withhold_is_told() -> None:
    one = Specialist("r", "T", "P", "R", tools=READS)
    assert render(one, AgentName("opencode"), in_project=True).not_withheld == (ToolKind.MCP,)
    assert ToolKind.EDIT in render(one, AgentName("codex"), in_project=True).not_withheld


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path, "agents/odd.md")


TEXT = render(ODD, AgentName("claude"), in_project=True).text
NEWER = render(Specialist("odd", "Other", "P", "R"), AgentName("claude"), in_project=True).text


def test_a_file_of_mingas_is_written_replaced_and_removed(file: File) -> None:
    assert place(file, TEXT, dry=True) is Placed.WRITTEN
    assert not file.place.exists()
    assert [place(file, text) for text in (TEXT, TEXT, NEWER)] == [Placed.WRITTEN, Placed.UNCHANGED, Placed.WRITTEN]
    assert file.place.read_text("utf-8") == NEWER
    assert [remove(file), remove(file)] == [Placed.REMOVED, Placed.ABSENT]


@pytest.mark.parametrize("changed", [TEXT + " ", TEXT.replace("100", "90"), "\n" + TEXT, TEXT.replace("---\n", "", 1)])
def test_one_that_was_changed_by_hand_stays(file: File, changed: str) -> None:
    file.place.parent.mkdir()
    file.place.write_text(changed, "utf-8")
    assert is_ours(changed)
    assert (place(file, NEWER), remove(file)) == (Placed.CHANGED_BY_HAND, Placed.CHANGED_BY_HAND)
    assert file.place.read_text("utf-8") == changed


def test_what_is_not_mingas_stays(file: File, tmp_path: Path) -> None:
    file.place.parent.mkdir()
    file.place.write_bytes(b"---\nname: odd\n---\n\xff mine")
    assert (place(file, TEXT), remove(file)) == (Placed.FOREIGN, Placed.FOREIGN)
    file.place.unlink()
    elsewhere = tmp_path / "elsewhere.md"
    elsewhere.write_text(TEXT, "utf-8")
    file.place.symlink_to(elsewhere)
    assert (place(file, NEWER), remove(file)) == (Placed.FOREIGN, Placed.FOREIGN)
    assert elsewhere.read_text("utf-8") == TEXT


def test_nothing_is_written_through_a_link_that_leads_out_of_the_project(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "agents").symlink_to(outside)
    assert place(File(root, "agents/odd.md"), TEXT) is Placed.FOREIGN
    assert list(outside.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "agents").write_text("a file")
    with pytest.raises(SubAgentUnwritable, match="cannot be written"):
        place(File(tmp_path, "agents/odd.md"), TEXT)


@pytest.mark.parametrize(
    ("cli", "environment", "expected"),
    [
        ("claude", {}, "/h/.claude/agents/odd.md"),
        ("claude", {"CLAUDE_CONFIG_DIR": "/c"}, "/c/agents/odd.md"),
        ("codex", {"CODEX_HOME": "/c"}, "/c/agents/odd.toml"),
        ("gemini", {}, "/h/.gemini/agents/odd.md"),
        ("opencode", {}, "/h/.config/opencode/agent/odd.md"),
        ("opencode", {"XDG_CONFIG_HOME": "/x"}, "/x/opencode/agent/odd.md"),
    ],
    ids=range(6),
)
def test_a_persons_own_folder_is_where_the_cli_looks(cli: str, environment: dict[str, str], expected: str) -> None:
    facts: Facts = load(SHIPPED).get(cli)
    path = render(ODD, AgentName(cli), in_project=False).path
    root, below = person_place(facts, {"HOME": "/h", **environment}, path)
    assert str(root / below) == expected
