"""What people wrote into the files of single CLIs becomes one list."""

from pathlib import Path

import pytest

from minga.domain.errors import RulesUnreadable
from minga.pipeline.project_rules import holds_secret
from minga.rules import documents, importing, rendering, source
from minga.rules.importing import Import
from minga.rules.markdown import Piece
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


OWN = "# R\n\n- One.\n- Uno.\n\n## A\n\n- Two.\n- Two.\n\n## B\n\n- Three.\n"


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("- One.\n- Uno.", "- Uno.\n- One.", ["Uno."]),
        ("### B", "### C", ["Three."]),
        ("- Two.\n- Two.", "- Two.", ["Two."]),
        ("- One.", "- ONE", ["One."]),
        ("- One.", "- One.\n- New.", []),
        ("- Uno.\n", "", []),
    ],
)
def test_an_edit_that_cannot_be_taken_is_named_and_stays(before: str, after: str, named: list[str], root: Path) -> None:
    (root / source.NAME).parent.mkdir(exist_ok=True)
    (root / source.NAME).write_text(OWN)
    for change in rendering.plan(root, source.read(root).pieces, ["codex"]).changes:
        documents.write(change)
    edit(root, before, after)
    told = importing.found(root, source.read(root).pieces, holds_secret)
    assert [one.piece.text for one in told.not_taken] == named
    assert told.stuck == (("AGENTS.md",) if named else ())


def test_what_an_edited_block_said_is_known_though_a_rule_was_added_between(root: Path) -> None:
    (root / source.NAME).parent.mkdir(exist_ok=True)
    (root / source.NAME).write_text(OWN)
    for change in rendering.plan(root, source.read(root).pieces, ["codex"]).changes:
        documents.write(change)
    documents.write(source.read(root).added([piece_of("Newer.")]))
    edit(root, "- Uno.\n", "")
    assert gone(importing.found(root, source.read(root).pieces, holds_secret)) == (["Uno."], [])


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
        "# Rules\n\n- Never touch migrations.\n- Run the tests before each commit.\n- Short names.\n\n## Tests\n\n"
        "* Run the tests before every commit.\n\n## Style\n\n- One more.\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "# Rules\n\n- New.\n\n## Tests\n\nBoth.\n"),
        ("# R", "# R\n\n- New.\n\n## Tests\n\nBoth.\n"),
        ("## Tests\n\n- Two.\n", "- New.\n\n## Tests\n\n- Two.\n\nBoth.\n"),
        (
            "One.\n\n## Tests\n- Two.\n## General\n- Old.\n---\n",
            "One.\n\n## Tests\n- Two.\n\nBoth.\n\n## General\n- Old.\n- New.\n\n---\n",
        ),
        (
            "# R\r\n\r\n## A\r\n\r\n- B.\r\n",
            "# R\n\n- New.\n\n## A\n\n- B.\n\n## Tests\n\nBoth.\n".replace("\n", "\r\n"),
        ),
    ],
)
def test_a_rule_is_added_under_its_own_heading(before: str, after: str, root: Path) -> None:
    (root / source.NAME).parent.mkdir(exist_ok=True)
    if before:
        (root / source.NAME).write_bytes(before.encode())
    own = source.read(root)
    change = own.added([piece_of("New."), Piece(("Both.",), 1, "Tests")])
    assert (change.after or b"").decode() == after


def test_a_file_that_cannot_be_read_is_told(root: Path) -> None:
    (root / "QWEN.md").write_bytes(b"\xff")
    with pytest.raises(RulesUnreadable, match=r"QWEN\.md"):
        found(root)
