"""What people wrote into the files of single CLIs becomes one list."""

from pathlib import Path

import pytest

from minga.domain.errors import RulesUnreadable
from minga.pipeline.project_rules import holds_secret
from minga.rules import documents, importing, rendering, source
from minga.rules.importing import Import
from minga.rules.source import piece_of

AGENTS = """# AGENTS.md

This file provides guidance to Codex.

- Never touch migrations.
- Run the tests before each commit.
"""

CLAUDE = """@AGENTS.md

## Tests

* NEVER touch migrations
* Run the tests before every commit.
* The token is sk-abcdefghij0123456789abcdef
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "AGENTS.md").write_text(AGENTS)
    (tmp_path / "CLAUDE.md").write_text(CLAUDE)
    (tmp_path / "CLAUDE.local.md").write_text("- My own.\n")
    (tmp_path / "GEMINI.md").symlink_to("AGENTS.md")
    return tmp_path


def found(root: Path, *rules: str) -> Import:
    return importing.found(root, [piece_of(one) for one in rules], holds_secret)


def test_each_rule_is_taken_once_and_the_near_the_long_and_the_secret_are_told(root: Path) -> None:
    (root / "QWEN.md").write_text("- " + "long " * 200)
    told = found(root)
    assert [(one.piece.text, one.file, one.same) for one in told.taken] == [
        ("Never touch migrations.", "AGENTS.md", ("CLAUDE.md",)),
        ("Run the tests before each commit.", "AGENTS.md", ()),
        ("Run the tests before every commit.", "CLAUDE.md", ()),
    ]
    assert [(one.one, one.other) for one in told.near] == [
        ("Run the tests before each commit.", "Run the tests before every commit.")
    ]
    assert told.left == (("CLAUDE.md", 1, "reference"), ("CLAUDE.md", 7, "secret"), ("QWEN.md", 1, "long"))


def test_what_stands_in_the_projects_file_is_known_already(root: Path) -> None:
    told = found(root, "Never touch migrations", "Run the tests before each commit")
    assert (told.known, [one.piece.text for one in told.taken]) == (2, ["Run the tests before every commit."])


def test_what_minga_wrote_is_no_rule_of_a_persons_but_an_edit_is(root: Path) -> None:
    rules = [piece_of("Short names.")]
    for change in rendering.plan(root, rules, ["codex"]).changes:
        documents.write(change)
    assert "Short names." not in [one.piece.text for one in found(root).taken]
    text = (root / "AGENTS.md").read_text()
    (root / "AGENTS.md").write_text(text.replace("- Short names.", "- Short names.\n- Long words."))
    taken = [one.piece for one in found(root, "Short names.").taken]
    assert ("Long words.", "") in [(piece.text, piece.section) for piece in taken]


def edit(root: Path, before: str, after: str) -> None:
    (root / "AGENTS.md").write_text((root / "AGENTS.md").read_text().replace(before, after))


def gone(told: Import) -> tuple[list[str], list[str]]:
    return [one.piece.text for one in told.gone], [one.piece.text for one in told.unsure]


def test_a_rule_that_an_edit_took_out_of_a_block_is_gone_and_one_that_is_newer_is_not(root: Path) -> None:
    rules = ["Short names.", "See `<!-- a -->` there.", "No globals."]
    for change in rendering.plan(root, [piece_of(one) for one in rules], ["codex"]).changes:
        documents.write(change)
    edit(root, "- No globals.\n", "")
    told = found(root, *rules, "Newer than the block.")
    assert gone(told) == (["No globals."], [])
    assert [one.file for one in told.gone] == ["AGENTS.md"]
    assert "See" not in str([one.piece.text for one in told.taken]), "a guarded comment is no other rule"


def test_where_it_cannot_be_told_what_the_block_said_a_missing_rule_is_kept(root: Path) -> None:
    for change in rendering.plan(root, [piece_of("Short names."), piece_of("No globals.")], ["codex"]).changes:
        documents.write(change)
    edit(root, "- No globals.\n", "- No secrets.\n")
    assert gone(found(root, "In between.", "Short names.", "No globals.")) == ([], ["In between.", "No globals."])


def test_a_rule_that_is_still_written_by_hand_elsewhere_is_not_gone(root: Path) -> None:
    for change in rendering.plan(root, [piece_of("Short names."), piece_of("No globals.")], ["codex"]).changes:
        documents.write(change)
    edit(root, "- No globals.\n", "")
    (root / "QWEN.md").write_text("- No globals.\n")
    assert gone(found(root, "Short names.", "No globals.")) == ([], [])


def test_what_is_taken_stands_in_the_file_under_its_heading(root: Path) -> None:
    own = source.read(root)
    documents.write(own.added([one.piece for one in found(root).taken]))
    again = source.read(root)
    assert [(one.section, one.text) for one in again.pieces] == [
        ("", "Never touch migrations."),
        ("", "Run the tests before each commit."),
        ("Tests", "Run the tests before every commit."),
    ]
    documents.write(again.added([piece_of("Short names."), piece_of("One more.", "Style")]))
    assert (root / source.NAME).read_text() == (
        "# Rules\n\n- Never touch migrations.\n- Run the tests before each commit.\n\n## Tests\n\n"
        "* Run the tests before every commit.\n\n## General\n\n- Short names.\n\n## Style\n\n- One more.\n"
    )


def test_a_file_that_cannot_be_read_is_told(root: Path) -> None:
    (root / "QWEN.md").write_bytes(b"\xff")
    with pytest.raises(RulesUnreadable, match=r"QWEN\.md"):
        found(root)
