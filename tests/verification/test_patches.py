"""Diffs in an answer: well formed, in their place, and fitting the files that are there."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minga.domain.events import FileChange
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.files.patches import Patches

BEFORE = "".join(f"line {n}\n" for n in range(1, 21))
AFTER = BEFORE.replace("line 5\n", "line five\n").replace("line 15\n", "")


@dataclass(frozen=True)
class Before:
    files: dict[str, bytes] = field(default_factory=dict)

    def paths(self) -> Sequence[str]:
        return list(self.files)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


def diff(before: str, after: str, old: str = "a/src/a.txt", new: str = "b/src/a.txt") -> str:
    made = difflib.unified_diff(before.splitlines(), after.splitlines(), old, new, lineterm="")
    return "\n".join(made)


PATCH = diff(BEFORE, AFTER)


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.txt").write_text(BEFORE)
    return tmp_path


def looked(
    cwd: Path,
    patch: str,
    *,
    changed: tuple[FileChange, ...] = (),
    before: dict[str, bytes] | None = None,
    said: str = "Aplica esto:",
    language: str = "diff",
) -> Checked | None:
    originals = Before(before) if before else None
    answer = f"{said}\n```{language}\n{patch}\n```\n"
    return Patches().look(Work("", answer, cwd, changed, allowed=("src", "docs"), originals=originals))


@pytest.mark.parametrize("language", ["diff", "patch", ""])
def test_a_diff_that_fits_passes(cwd: Path, language: str) -> None:
    checked = looked(cwd, PATCH, language=language)
    assert checked == Checked(
        "patch", CheckState.PASSED, evidence=("line 3: the diff of src/a.txt applies",), proves=False
    )


def test_a_diff_of_git_passes_and_lines_may_have_moved(cwd: Path) -> None:
    (cwd / "src" / "a.txt").write_text("new\n" * 7 + BEFORE)
    head = "diff --git a/src/a.txt b/src/a.txt\nindex 12ab..34cd 100644\n"
    checked = looked(cwd, head + PATCH)
    assert checked is not None
    assert checked.state is CheckState.PASSED


def test_a_diff_without_a_block_around_it_is_looked_at(cwd: Path) -> None:
    checked = Patches().look(Work("", f"Here:\n\n{PATCH}\n\n- done\n", cwd))
    assert checked is not None
    assert checked.state is CheckState.PASSED


def test_line_ends_of_windows_and_blanks_that_an_editor_cut_do_not_decide(cwd: Path) -> None:
    (cwd / "src" / "a.txt").write_bytes(b"a\r\n\r\nb\r\nc\r\n")
    patch = "--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1,4 +1,4 @@\n a\n\n-b\n+B\n c\n\\ No newline at end of file\n\n"
    checked = looked(cwd, patch)
    assert checked is not None
    assert checked.state is CheckState.PASSED


def test_one_diff_may_follow_another(cwd: Path) -> None:
    later = diff(AFTER, AFTER.replace("line 9\n", "line nine\n"))
    checked = looked(cwd, f"{PATCH}\n```\nand\n```diff\n{later}")
    assert checked is not None
    assert checked.state is CheckState.PASSED
    assert checked.looked_at == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (" line 4", " line for", "line 5: the hunk does not fit src/a.txt: its line 4 reads 'line 4', not 'line for'"),
        ("-line 5", "-line  5", "line 5: the hunk does not fit src/a.txt: its line 5 reads 'line 5', not 'line  5'"),
        (" line 4", " \tline 4", "line 5: the hunk does not fit src/a.txt: its line 4 reads 'line 4'"),
        (
            "-line 15",
            "-line 51",
            "line 14: the hunk does not fit src/a.txt: its line 15 reads 'line 15', not 'line 51'",
        ),
        (
            "@@ -2,7 +2,7 @@",
            "@@ -2,7 +2,8 @@",
            "line 5: the hunk of src/a.txt does not count right: it says 7 old and 8 new lines, and has 7 and 7",
        ),
        (
            "@@ -2,7 +2,7 @@",
            "@@ -2,6 +2,6 @@",
            "line 5: the hunk of src/a.txt does not count right: it says 6 old and 6 new lines, and has 7 and 7",
        ),
        (
            " line 18",
            " line 18\n line 19\n line 20\n line 21",
            "line 14: the hunk of src/a.txt does not count right",
        ),
        ("src/a.txt", "../a.txt", "line 3: ../a.txt lies outside of the working directory"),
        ("src/a.txt", "lib/a.txt", "line 3: lib/a.txt lies outside of the allowed paths (src, docs)"),
        ("src/a.txt", ".git/hooks/x", "line 3: .git/hooks/x belongs to git itself"),
        (
            "src/a.txt",
            "src/way/a.txt",
            "line 3: src/way/a.txt leads out of the working directory through a symbolic link",
        ),
    ],
)
def test_a_diff_that_does_not_fit_is_told_with_what_stands_there(cwd: Path, old: str, new: str, said: str) -> None:
    (cwd / "src" / "way").symlink_to(cwd.parent)
    assert old in PATCH
    checked = looked(cwd, PATCH.replace(old, new))
    assert checked is not None
    assert checked.state is CheckState.FAILED
    assert checked.evidence[0].startswith(said)


def test_a_hunk_beyond_the_end_does_not_fit(cwd: Path) -> None:
    end = "--- a/src/a.txt\n+++ b/src/a.txt\n@@ -19,3 +19,3 @@\n line 19\n line 20\n-line 21\n+line 22\n"
    checked = looked(cwd, end)
    assert checked is not None
    assert checked.evidence[0].endswith("the file ends before 'line 21'")


@pytest.mark.parametrize(
    "patch",
    [
        "-old = 1\n+new = 1",
        "@@ -1,3 +1,3 @@\n a\n-b\n+c\n d",
        "- item\n- item",
        "--- before\ntext",
    ],
)
def test_what_only_looks_like_a_diff_is_not_looked_at(cwd: Path, patch: str) -> None:
    assert looked(cwd, patch) is None


@pytest.mark.parametrize(
    "patch",
    [
        PATCH.replace("src/a.txt", "src/other.txt"),
        PATCH.replace(" line 4", " ..."),
        "diff --git a/src/p.png b/src/p.png\nindex 1..2 100644\nGIT binary patch\nliteral 1\nx",
        "--- a/src/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-x",
    ],
)
def test_a_diff_of_what_is_not_there_or_abridged_is_unproven(cwd: Path, patch: str) -> None:
    checked = looked(cwd, patch)
    assert checked is not None
    assert checked.state is CheckState.UNPROVEN


def test_dots_that_stand_in_the_file_are_no_gap(cwd: Path) -> None:
    (cwd / "src" / "a.txt").write_text("def f():\n    ...\n")
    checked = looked(cwd, diff("def f():\n    ...\n", "def g():\n    ...\n"))
    assert checked is not None
    assert checked.state is CheckState.PASSED


def test_new_files_and_deleted_ones(cwd: Path) -> None:
    head = "diff --git a/src/n.txt b/src/n.txt\nnew file mode 100644\n"
    new = f"{head}--- /dev/null\n+++ b/src/n.txt\n@@ -0,0 +1,2 @@\n+x\n+y"
    checked = looked(cwd, new)
    assert checked is not None
    assert checked.state is CheckState.PASSED
    (cwd / "src" / "n.txt").write_text("x\ny\n")
    checked = looked(cwd, new)
    assert checked is not None
    assert checked.state is CheckState.PASSED
    (cwd / "src" / "n.txt").write_text("z\n")
    checked = looked(cwd, new)
    assert checked is not None
    assert checked.state is CheckState.FAILED
    gone = "--- a/src/n.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-z"
    checked = looked(cwd, gone)
    assert checked is not None
    assert checked.state is CheckState.PASSED
    (cwd / "src" / "n.txt").unlink()
    checked = looked(cwd, gone, changed=(FileChange("src/n.txt", "deleted"),))
    assert checked is not None
    assert checked.state is CheckState.PASSED


def test_a_change_that_the_agent_has_made_already_passes(cwd: Path) -> None:
    (cwd / "src" / "a.txt").write_text(AFTER)
    change = (FileChange("src/a.txt", "modified"),)
    checked = looked(cwd, PATCH, changed=change)
    assert checked == Checked(
        "patch", CheckState.PASSED, evidence=("line 3: the change of src/a.txt was made already",), proves=False
    )
    checked = looked(cwd, PATCH)
    assert checked is not None
    assert checked.state is CheckState.UNPROVEN


def test_a_diff_against_the_file_of_before_is_unproven_once_it_is_another(cwd: Path) -> None:
    (cwd / "src" / "a.txt").write_text("all new\n")
    change = (FileChange("src/a.txt", "modified"),)
    checked = looked(cwd, PATCH, changed=change, before={"src/a.txt": BEFORE.encode()})
    assert checked is not None
    assert checked.state is CheckState.UNPROVEN


def test_a_diff_that_is_shown_as_wrong_is_no_fault_of_the_answer(cwd: Path) -> None:
    assert looked(cwd, PATCH.replace(" line 4", " line for"), said="This patch is wrong:") is None


TEXTS = st.lists(st.sampled_from(["a", "b", "", "  c", "-x", "+y"]), max_size=15).map(
    lambda made: "".join(f"{x}\n" for x in made)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=TEXTS, after=TEXTS)
def test_every_diff_of_two_texts_fits_the_first(cwd: Path, before: str, after: str) -> None:
    (cwd / "src" / "a.txt").write_text(before)
    checked = looked(cwd, diff(before, after))
    if before != after:
        assert checked is not None
        assert checked.state is CheckState.PASSED


@given(st.text(alphabet="+- @,1\n/ab", max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    looked(Path("/nonexistent"), f"--- a/src/a\n+++ b/src/a\n@@ -1,2 +1,2 @@\n{text}")
    looked(Path("/nonexistent"), text)
