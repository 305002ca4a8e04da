"""What is written into which file, for whom, and what is refused."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minga.agents import registry
from minga.domain.errors import (
    BadInput,
    BlockDamaged,
    ChangedMeanwhile,
    FileUnwritable,
    RulesElsewhere,
    RulesUnreadable,
)
from minga.infrastructure.file_lock import FileLock
from minga.rules import changes, documents, rendering, skills, source
from minga.rules.markdown import Piece
from minga.rules.readers import readers
from minga.rules.rendering import Plan
from minga.rules.source import piece_of

RULES = [piece_of("Never touch migrations."), piece_of("Use pytest."), piece_of("Short names.", "Style")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def write(plan: Plan, lock: Path) -> None:
    asyncio.run(changes.apply(plan.changes, FileLock(lock)))


def render(root: Path, *clis: str, rules: list[Piece] = RULES) -> Plan:
    plan = rendering.plan(root, rules, clis or None)
    write(plan, root.parent / "lock")
    return plan


def remarks(plan: Plan) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.cli, one.kind, one.files) for one in plan.remarks]


def test_in_a_new_project_three_files_that_are_the_same_tell_all_clis(root: Path) -> None:
    plan = render(root)
    assert plan.files == ("AGENTS.md", "CLAUDE.md", "GEMINI.md")
    assert plan.remarks == ()
    [text] = {(root / name).read_text() for name in plan.files}
    assert text.splitlines()[1:] == [
        "## Standing rules",
        "",
        "- Never touch migrations.",
        "- Use pytest.",
        "",
        "### Style",
        "",
        "- Short names.",
        "<!-- /minga:rules -->",
    ]
    assert render(root).changes == ()


@pytest.mark.parametrize(
    ("there", "clis", "files"),
    [
        ({}, ["qwen"], ["QWEN.md"]),
        ({}, ["copilot"], [".github/copilot-instructions.md"]),
        ({}, ["copilot", "claude"], [".github/copilot-instructions.md", "CLAUDE.md"]),
        ({}, ["claude", "copilot"], ["CLAUDE.md"]),
        ({}, ["codex", "qwen", "opencode"], ["AGENTS.md"]),
        ({"AGENTS.md": "by hand"}, ["claude"], ["AGENTS.md"]),
        ({"AGENTS.md": "by hand"}, ["codex", "claude"], ["AGENTS.md"]),
        ({"AGENTS.md": "by hand"}, ["copilot"], ["AGENTS.md"]),
        ({"CLAUDE.md": "by hand"}, ["opencode"], ["CLAUDE.md"]),
        ({".claude/CLAUDE.md": "by hand"}, ["claude"], [".claude/CLAUDE.md"]),
        ({"CLAUDE.local.md": "mine"}, ["claude"], ["CLAUDE.md"]),
    ],
)
def test_the_fewest_files_are_written_and_none_hides_what_is_written_by_hand(
    root: Path, there: dict[str, str], clis: list[str], files: list[str]
) -> None:
    for name, text in there.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    assert list(render(root, *clis).files) == files


def test_later_the_files_that_have_a_block_are_kept_up_and_others_can_be_added(root: Path) -> None:
    render(root, "gemini")
    assert render(root, rules=RULES[:1]).files == ("GEMINI.md",)
    plan = rendering.plan(root, RULES[:1], ["codex"], ["QWEN.md"])
    assert plan.files == ("GEMINI.md", "QWEN.md", "AGENTS.md")


def test_what_a_person_should_know_is_remarked(root: Path) -> None:
    (root / "CLAUDE.md").write_text("by hand\n")
    (root / "AGENTS.override.md").write_text("mine\n")
    assert remarks(rendering.plan(root, RULES, None)) == [
        ("codex", "untold", ("AGENTS.override.md",)),
        ("opencode", "hidden", ("CLAUDE.md",)),
        ("copilot", "twice", ("AGENTS.md", "CLAUDE.md", "GEMINI.md")),
    ]
    (root / "AGENTS.override.md").unlink()
    (root / "AGENTS.md").write_text("x" * 32_700)
    assert ("codex", "cut", ("AGENTS.md",)) in remarks(rendering.plan(root, RULES, ["codex"]))


def test_what_a_file_says_by_hand_is_not_said_again_in_its_block(root: Path) -> None:
    (root / "AGENTS.md").write_text("# Team\n\n* use PYTEST\n")
    render(root, "codex")
    assert (root / "AGENTS.md").read_text().lower().count("use pytest") == 1
    (root / "AGENTS.md").write_text((root / "AGENTS.md").read_text().replace("* use PYTEST\n", ""))
    render(root)
    assert "- Use pytest." in (root / "AGENTS.md").read_text()


def test_a_rule_cannot_close_the_block_nor_swallow_what_follows(root: Path) -> None:
    (root / ".minga").mkdir()
    (root / source.NAME).write_text(
        "- a <!-- /minga:rules -->\n- b\n  <!-- c\n  d -->\n- e\n- f <!--\n\n```\n<!-- x\n```\n"
    )
    render(root, "codex", rules=list(source.read(root).pieces))
    text = (root / "AGENTS.md").read_text()
    assert text.count("<!--") == text.count("-->") == 2
    (root / source.NAME).write_text("- a\n\n```sh\nmake\n")
    with pytest.raises(RulesUnreadable, match="a code fence begins in line 3"):
        source.read(root)


def test_bytes_outside_the_block_stay_and_removal_restores_the_file(root: Path) -> None:
    before = {"AGENTS.md": b"\xef\xbb\xbf# T\r\n\r\n- by hand  \r\nlast", "CLAUDE.md": b"one\ntwo"}
    for name, content in before.items():
        (root / name).write_bytes(content)
    os.chmod(root / "CLAUDE.md", 0o664)
    render(root)
    for name, content in before.items():
        assert (root / name).read_bytes().startswith(content)
    assert b"\r\n- Use pytest.\r\n" in (root / "AGENTS.md").read_bytes()
    assert (root / "CLAUDE.md").stat().st_mode & 0o777 == 0o664
    write(rendering.plan_without(root), root.parent / "lock")
    assert {name: (root / name).read_bytes() for name in before} == before
    assert not (root / "GEMINI.md").exists()


def test_removal_leaves_no_folder_that_it_made(root: Path) -> None:
    render(root, "copilot")
    write(rendering.plan_without(root, ["copilot"]), root.parent / "lock")
    assert list(root.iterdir()) == []


def test_a_link_to_another_file_is_written_once_and_stays_a_link(root: Path) -> None:
    (root / "CLAUDE.md").symlink_to("AGENTS.md")
    (root / "GEMINI.md").symlink_to("AGENTS.md")
    plan = render(root)
    assert len(plan.changes) == 1
    assert (root / "CLAUDE.md").is_symlink()
    assert (root / "AGENTS.md").read_text().count("Use pytest") == 1
    assert plan.remarks == ()
    assert render(root).changes == ()


def test_a_link_out_of_the_project_is_refused(root: Path) -> None:
    (root.parent / "elsewhere.md").write_text("not yours")
    (root / "AGENTS.md").symlink_to("../elsewhere.md")
    with pytest.raises(RulesElsewhere):
        rendering.plan(root, RULES, ["codex"])
    assert rendering.plan(root, RULES, ["gemini"]).files == ("GEMINI.md",)


def test_what_is_no_text_is_refused_only_where_it_is_to_be_written(root: Path) -> None:
    (root / "QWEN.md").write_bytes(b"ok\n\xff\xfe")
    (root / "GEMINI.md").mkdir()
    with pytest.raises(RulesUnreadable, match=r"UTF-8 \(line 2\)"):
        rendering.plan(root, RULES, (), ["QWEN.md"])
    with pytest.raises(RulesUnreadable, match="no file"):
        rendering.plan(root, RULES, ["gemini"])
    assert rendering.plan(root, RULES, ["codex", "claude"]).files == ("AGENTS.md", "CLAUDE.md")


def test_a_damaged_block_is_refused_with_its_line(root: Path) -> None:
    render(root)
    (root / "GEMINI.md").write_text((root / "GEMINI.md").read_text().replace("<!-- /minga:rules -->\n", ""))
    with pytest.raises(BlockDamaged, match=r"'GEMINI.md'.*a begin mark without an end mark \(line 1\)"):
        rendering.plan(root, RULES, None)


def test_a_read_only_file_is_refused_before_anything_is_written(root: Path) -> None:
    (root / "CLAUDE.md").write_text("by hand\n")
    os.chmod(root / "CLAUDE.md", 0o444)
    with pytest.raises(FileUnwritable, match="read-only"):
        render(root)
    assert not (root / "AGENTS.md").exists()


def test_a_file_that_changed_since_it_was_shown_is_left_alone(root: Path) -> None:
    (root / "AGENTS.md").write_text("one\n")
    plan = rendering.plan(root, RULES, ["codex"])
    (root / "AGENTS.md").write_text("two\n")
    with pytest.raises(ChangedMeanwhile):
        write(plan, root.parent / "lock")
    assert (root / "AGENTS.md").read_text() == "two\n"


def test_two_that_render_at_once_leave_what_one_leaves(root: Path) -> None:
    plans = [rendering.plan(root, RULES, None) for _ in range(2)]

    async def both() -> list[BaseException | None]:
        lock = root.parent / "lock"
        return await asyncio.gather(
            *(changes.apply(plan.changes, FileLock(lock)) for plan in plans), return_exceptions=True
        )

    ended = asyncio.run(both())
    assert [type(one) for one in ended if one] in ([ChangedMeanwhile], [])
    assert rendering.plan(root, RULES, None).changes == ()


KILLED = """
import os, sys
from pathlib import Path
from minga.rules import documents
change = documents.Change(documents.read(Path(sys.argv[1]), "AGENTS.md"), b"new" * 100_000)
os.fsync = lambda _: os.kill(os.getpid(), 9)
documents.write(change)
"""


def test_who_is_killed_while_writing_leaves_the_old_file_and_the_next_one_cleans_up(root: Path) -> None:
    (root / "AGENTS.md").write_text("old\n")
    assert subprocess.run([sys.executable, "-c", KILLED, str(root)], check=False).returncode == -9
    assert (root / "AGENTS.md").read_text() == "old\n"
    assert len(list(root.iterdir())) == 2
    render(root, "codex")
    assert [one.name for one in root.iterdir()] == ["AGENTS.md"]


def test_an_edited_block_is_told(root: Path) -> None:
    render(root)
    for name, old, new in (("AGENTS.md", "pytest", "pytest -q"), ("CLAUDE.md", "- Short names.\n", "")):
        (root / name).write_text((root / name).read_text().replace(old, new))
    assert rendering.plan(root, RULES, None).edited == ("AGENTS.md", "CLAUDE.md")
    assert rendering.plan_without(root).edited == ("AGENTS.md", "CLAUDE.md")


SKILL = 'Use this when you\nrelease: "always".\n\n1. Run `make`.\n\n```sh\nmake release\n```\n'


def put_skill(root: Path, name: str = "release", text: str = SKILL) -> None:
    (root / skills.FOLDER).mkdir(parents=True, exist_ok=True)
    (root / skills.FOLDER / f"{name}.md").write_text(text)


def write_skills(root: Path, clis: list[str]) -> skills.SkillPlan:
    plan = skills.plan(root, skills.read(root), clis)
    asyncio.run(changes.apply(plan.changes, FileLock(root.parent / "lock")))
    return plan


def test_a_skill_is_written_where_clis_find_it_and_goes_with_its_source(root: Path) -> None:
    put_skill(root)
    plan = write_skills(root, ["codex", "gemini", "claude"])
    assert plan.files == (".agents/skills/release/SKILL.md", ".claude/skills/release/SKILL.md")
    lines = (root / plan.files[0]).read_text().splitlines()
    assert lines[:4] == ["---", "name: release", 'description: "Use this when you release: \\"always\\"."', "---"]
    assert lines[-5:] == ["1. Run `make`.", "", "```sh", "make release", "```"]
    assert write_skills(root, []).changes == ()
    (root / skills.FOLDER / "release.md").unlink()
    write_skills(root, [])
    assert [one.name for one in root.iterdir()] == [".minga"]


def test_a_skill_that_was_edited_is_told_and_one_of_somebody_else_is_refused(root: Path) -> None:
    put_skill(root)
    [name] = write_skills(root, ["claude"]).files
    (root / name).write_text((root / name).read_text() + "more\n")
    put_skill(root, text=SKILL + "\nAnd tell.\n")
    assert skills.plan(root, skills.read(root), []).edited == (name,)
    (root / name).write_text("---\nname: release\n---\nby hand\n")
    with pytest.raises(BadInput, match="not Minga's"):
        skills.plan(root, skills.read(root), ["claude"])


def test_what_is_no_file_is_no_skill_of_mingas_and_refused_where_one_is_to_be_written(root: Path) -> None:
    (root / ".claude/skills/release/SKILL.md").mkdir(parents=True)
    (root / ".agents/skills/waits").mkdir(parents=True)
    os.mkfifo(root / ".agents/skills/waits/SKILL.md")
    (root / ".agents/skills/out").symlink_to(root.parent)
    (root.parent / "SKILL.md").write_text("<!-- minga:skill 0123456789abcdef from there -->\n")
    put_skill(root)
    assert write_skills(root, ["codex"]).files == (".agents/skills/release/SKILL.md",)
    with pytest.raises(RulesUnreadable, match="no file"):
        write_skills(root, ["claude"])


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("Release", SKILL, "small letters"),
        ("re--lease", SKILL, "small letters"),
        ("a" * 65, SKILL, "small letters"),
        ("release", "only one paragraph\n", "first paragraph"),
        ("release", "- an item\n\nand more\n", "first paragraph"),
        ("release", "x" * 1025 + "\n\nand more\n", "longer than 1024"),
    ],
)
def test_a_skill_that_does_not_fit_is_refused(root: Path, name: str, text: str, why: str) -> None:
    put_skill(root, name, text)
    with pytest.raises(RulesUnreadable, match=why):
        skills.read(root)


def test_the_files_lie_at_the_nearest_folder_with_rules_within_the_repository(root: Path) -> None:
    (root / "deep/er").mkdir(parents=True)
    (root / ".git").mkdir()
    assert source.root_of(root / "deep/er") == root
    (root / "deep/.minga").mkdir()
    (root / "deep" / source.NAME).write_text("- a\n")
    assert source.root_of(root / "deep/er") == root / "deep"
    assert documents.read(root, "nothing.md").content is None


def test_every_cli_of_the_catalogue_has_its_files(tmp_path: Path) -> None:
    assert set(readers()) == set(map(str, registry.load(tmp_path).facts))
