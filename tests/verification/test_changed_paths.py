"""Where files were changed."""

from pathlib import Path

import pytest

from minga.domain.events import FileChange
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.files.paths import ChangedPaths


def looked(cwd: Path, *paths: str, allowed: tuple[str, ...] = (), scratch: Path | None = None) -> Checked | None:
    changed = tuple(FileChange(path, "modified") for path in paths)
    return ChangedPaths(scratch).look(Work("", "", cwd, changed, allowed=allowed))


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret").write_text("x")
    below = tmp_path / "below"
    (below / "src").mkdir(parents=True)
    (below / "src" / "a.py").write_text("x")
    (below / "way").symlink_to(tmp_path / "out")
    (below / "link").symlink_to(tmp_path / "out" / "secret")
    (below / "inner").symlink_to(below / "src")
    return below


@pytest.mark.parametrize(
    ("paths", "allowed"),
    [
        (["src/a.py"], ()),
        (["src/a.py", "new/b.py"], ()),
        (["src/a.py"], ("src",)),
        (["src/a.py"], ("docs", "./src/")),
        (["src/a.py"], (".",)),
        (["src/a.py"], ("src/a.py",)),
        (["inner/a.py"], ()),
        (["src/../src/a.py"], ("src",)),
        ([".git/index", ".git/refs/heads/main", ".gitignore", ".github/hooks/x"], ()),
    ],
)
def test_files_below_the_directory_and_the_allowed_paths_pass(
    cwd: Path, paths: list[str], allowed: tuple[str, ...]
) -> None:
    checked = looked(cwd, *paths, allowed=allowed)
    assert checked == Checked(
        "changed-paths",
        CheckState.PASSED,
        evidence=(f"{len(paths)} changed files lie where they may",),
        proves=False,
        formal=True,
    )
    assert looked(cwd, str(cwd / paths[0]), allowed=allowed) is not None


@pytest.mark.parametrize(
    ("path", "allowed", "said"),
    [
        ("../out/secret", (), "../out/secret lies outside of the working directory"),
        ("src/../../x", (), "src/../../x lies outside of the working directory"),
        ("/etc/passwd", (), "/etc/passwd lies outside of the working directory"),
        ("way/secret", (), "way/secret leads out of the working directory through a symbolic link, to "),
        ("way/new", (), "way/new leads out of the working directory through a symbolic link, to "),
        ("link", (), "link leads out of the working directory through a symbolic link, to "),
        (".git/hooks/pre-commit", (), ".git/hooks/pre-commit belongs to git itself"),
        (".GIT/config", (), ".GIT/config belongs to git itself"),
        ("sub/.git/config", (), "sub/.git/config belongs to git itself"),
        ("src/a.py", ("docs",), "src/a.py lies outside of the allowed paths (docs)"),
        ("src2/a.py", ("src",), "src2/a.py lies outside of the allowed paths (src)"),
        ("src/../b.py", ("src",), "b.py lies outside of the allowed paths (src)"),
    ],
)
def test_files_elsewhere_are_told(cwd: Path, path: str, allowed: tuple[str, ...], said: str) -> None:
    checked = looked(cwd, "src/a.py", path, allowed=allowed)
    assert checked is not None
    assert checked.state is CheckState.FAILED
    assert any(line.startswith(said) for line in checked.evidence)


def test_a_link_that_was_deleted_is_no_way_out(cwd: Path) -> None:
    checked = ChangedPaths().look(Work("", "", cwd, (FileChange("link", "deleted"),)))
    assert checked is not None
    assert checked.state is CheckState.PASSED


def test_temporary_files_are_told_and_not_held_against_the_work(cwd: Path, tmp_path: Path) -> None:
    outside = str(tmp_path / "out" / "note.txt")
    checked = looked(cwd, outside, scratch=tmp_path / "out")
    assert checked is not None
    assert checked.state is CheckState.UNPROVEN
    checked = looked(cwd, outside, scratch=tmp_path)
    assert checked is not None
    assert checked.state is CheckState.FAILED


def test_a_directory_that_is_reached_through_a_link_is_the_same(cwd: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(cwd)
    checked = looked(
        tmp_path / "alias", "src/a.py", str(tmp_path / "alias" / "src" / "a.py"), str(cwd / "src" / "a.py")
    )
    assert checked is not None
    assert checked.state is CheckState.PASSED


def test_without_changes_there_is_nothing_to_look_at(cwd: Path) -> None:
    assert looked(cwd) is None
