"""Worktrees on real git repositories: nothing of the person's is lost, nothing is left behind."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

from minga.domain.errors import BadInput, ChangesDoNotFit, NotARepository
from minga.domain.secrecy import UserName
from minga.domain.workspaces import Worktree
from minga.infrastructure.clock import FakeClock
from minga.workspaces.worktrees import Worktrees
from stores import Owner, Place

Result = TypeVar("Result")
GONE, LIVES = "of a process that is gone", "of a process that lives"
PICTURE = bytes(range(256)) * 40
LATIN_1 = "año\nCaf\u00e9\n".encode("latin-1")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@t")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@dataclass(slots=True)
class Bench:
    root: Path
    place: Place
    clock: FakeClock
    quota_bytes: int = 10**9

    @property
    def repository(self) -> Path:
        return self.root / "project"

    @property
    def folder(self) -> Path:
        return self.root / "data" / "worktrees"

    def use(self, work: Callable[[Worktrees], Awaitable[Result]], key: str = GONE, user: str = "ana") -> Result:
        numbers = count(1)
        stamp = len(list(self.folder.glob("*"))) if self.folder.exists() else 0

        async def run() -> Result:
            database = self.place.database()
            trees = Worktrees(
                database,
                self.clock,
                lambda: f"id-{stamp:04}-{next(numbers):07}",
                Owner("here", key),
                lambda owner: owner == LIVES,
                user=UserName(user),
                folder=self.folder,
                age_max=timedelta(days=7),
                quota_bytes=self.quota_bytes,
            )
            try:
                return await work(trees)
            finally:
                await database.close()

        return asyncio.run(run())

    def add(self, cwd: Path | None = None, key: str = GONE, user: str = "ana") -> Worktree:
        return self.use(lambda trees: trees.add(cwd or self.repository, "alpha"), key, user)

    def clear(self, user: str = "ana") -> dict[Path, str]:
        return {removed.path: removed.reason for removed in self.use(lambda trees: trees.clear(), user=user)}

    def branches(self) -> list[str]:
        return [line.strip("* +") for line in git(self.repository, "branch").splitlines()]

    def status(self) -> str:
        return git(self.repository, "status", "--porcelain")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path, Place("sqlite", "", tmp_path / "minga.db"), FakeClock(datetime(2026, 11, 22, tzinfo=UTC)))
    repository = made.repository
    (repository / "sub").mkdir(parents=True)
    (repository / "sub" / "code.py").write_text("".join(f"line {number}\n" for number in range(20)))
    (repository / "picture.png").write_bytes(PICTURE)
    (repository / "latin.txt").write_bytes(LATIN_1)
    (repository / ".gitignore").write_text("ignored/\n")
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "first")
    return made


def test_a_worktree_stands_apart_from_the_persons_files_at_the_same_commit(bench: Bench) -> None:
    (bench.repository / "sub" / "code.py").write_text("being edited\n")
    tree = bench.add()
    assert (tree.path / "sub" / "code.py").read_text().startswith("line 0\n")
    assert tree.cwd == tree.path
    assert tree.branch in bench.branches()
    assert bench.use(lambda trees: trees.all()) == [replace(tree, cwd=tree.path)]
    assert bench.status() == " M sub/code.py\n"


def test_the_worktree_of_another_user_is_not_seen_and_goes_when_it_is_too_old(bench: Bench) -> None:
    hers, mine = bench.add(), bench.add(user="bea")
    assert [tree.path for tree in bench.use(lambda trees: trees.all())] == [hers.path]
    with pytest.raises(BadInput, match="names 0 worktrees"):
        bench.use(lambda trees: trees.find(hers.path.name), user="bea")
    bench.clock.advance(8 * 86_400)
    assert bench.clear("bea") == {mine.path: "older than 7 days"}, "whose the other was is not told"
    assert not hers.path.exists()


def test_a_run_from_a_subfolder_works_in_that_subfolder(bench: Bench) -> None:
    tree = bench.add(bench.repository / "sub")
    assert tree.cwd == tree.path / "sub"
    assert (tree.cwd / "code.py").exists()


def test_a_subfolder_that_git_does_not_know_exists_in_the_worktree_too(bench: Bench) -> None:
    (bench.repository / "fresh" / "deep").mkdir(parents=True)
    assert bench.add(bench.repository / "fresh" / "deep").cwd.is_dir()


@pytest.mark.parametrize("how", ["none", "empty"])
def test_outside_a_repository_with_a_commit_there_is_no_worktree(bench: Bench, how: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    if how == "empty":
        git(other, "init", "-q")
    with pytest.raises(NotARepository, match="other"):
        bench.add(other)
    assert bench.use(lambda trees: trees.all()) == []


def change(tree: Worktree) -> None:
    """New, changed, deleted, binary, Latin-1, executable, committed."""
    (tree.path / "sub" / "code.py").write_text("".join(f"line {number}\n" for number in range(20)) + "more\n")
    (tree.path / "sub" / "new ñ.py").write_text("new\n")
    (tree.path / "picture.png").write_bytes(PICTURE[::-1])
    (tree.path / "new.bin").write_bytes(b"\0\xff" * 500)
    (tree.path / "latin.txt").write_bytes(LATIN_1 + b"\xbf\n")
    (tree.path / "run.sh").write_text("#!/bin/sh\n")
    (tree.path / "run.sh").chmod(0o755)
    (tree.path / "ignored").mkdir()
    (tree.path / "ignored" / "junk").write_text("junk")
    (tree.path / ".gitignore").unlink()
    git(tree.path, "add", "run.sh")
    git(tree.path, "commit", "-qm", "by the agent")


def test_a_diff_shows_every_kind_of_change_whatever_the_persons_own_settings(bench: Bench) -> None:
    tree = bench.add()
    change(tree)
    git(bench.repository, "config", "diff.noprefix", "true")
    git(bench.repository, "config", "color.diff", "always")
    git(bench.repository, "config", "diff.external", "false")
    patch = bench.use(lambda trees: trees.diff(tree))
    for piece in ("+more", "b/run.sh", "GIT binary patch", "b/new.bin", "deleted file mode", "new file mode 100755"):
        assert piece in patch
    assert "\x1b[" not in patch


def test_a_merge_brings_every_change_byte_by_byte_and_removes_the_worktree(bench: Bench) -> None:
    tree = bench.add(bench.repository / "sub")
    change(tree)
    (bench.repository / "mine.txt").write_text("untouched\n")
    bench.use(lambda trees: trees.merge(tree))
    root = bench.repository
    assert (root / "sub" / "code.py").read_text().endswith("line 19\nmore\n")
    assert (root / "sub" / "new ñ.py").read_text() == "new\n"
    assert (root / "picture.png").read_bytes() == PICTURE[::-1]
    assert (root / "new.bin").read_bytes() == b"\0\xff" * 500
    assert (root / "latin.txt").read_bytes() == LATIN_1 + b"\xbf\n"
    assert os.access(root / "run.sh", os.X_OK)
    assert not (root / ".gitignore").exists()
    assert (root / "mine.txt").read_text() == "untouched\n"
    assert git(root, "log", "--oneline").count("\n") == 1
    assert (tree.path.exists(), bench.branches(), list(bench.folder.glob("*.patch"))) == (False, ["main"], [])
    assert bench.use(lambda trees: trees.all()) == []


def test_an_unchanged_worktree_merges_to_nothing(bench: Bench) -> None:
    tree = bench.add()
    bench.use(lambda trees: trees.merge(tree))
    assert (bench.status(), tree.path.exists()) == ("", False)


@pytest.mark.parametrize("committed", [True, False])
def test_a_conflict_leaves_both_sides_as_they_were(bench: Bench, committed: bool) -> None:
    tree = bench.add()
    (tree.path / "sub" / "code.py").write_text("theirs\n")
    (tree.path / "other.txt").write_text("also new\n")
    (bench.repository / "sub" / "code.py").write_text("mine\n")
    if committed:
        git(bench.repository, "commit", "-qam", "mine")
    before = bench.status()
    with pytest.raises(ChangesDoNotFit):
        bench.use(lambda trees: trees.merge(tree))
    assert (bench.repository / "sub" / "code.py").read_text() == "mine\n"
    assert not (bench.repository / "other.txt").exists()
    assert bench.status() == before
    assert (tree.path / "sub" / "code.py").read_text() == "theirs\n"
    assert len(bench.use(lambda trees: trees.all())) == 1


def test_a_worktree_older_than_the_age_is_removed_with_its_branch(bench: Bench) -> None:
    old = bench.add()
    bench.clock.advance(timedelta(days=6).total_seconds())
    young = bench.add()
    bench.clock.advance(timedelta(days=2).total_seconds())
    assert bench.clear() == {old.path: "older than 7 days"}
    assert (old.path.exists(), young.path.exists()) == (False, True)
    assert bench.branches() == sorted(["main", young.branch])


def test_a_worktree_whose_commits_were_merged_is_removed(bench: Bench) -> None:
    tree, waiting = bench.add(), bench.add()
    change(tree)
    git(tree.path, "add", "-A")
    git(tree.path, "commit", "-qm", "rest")
    assert bench.clear() == {}
    git(bench.repository, "merge", "-q", tree.branch)
    assert bench.clear() == {tree.path: "merged"}
    assert waiting.path.exists()


def test_a_merged_worktree_with_changes_that_were_not_committed_stays(bench: Bench) -> None:
    tree = bench.add()
    change(tree)
    git(bench.repository, "merge", "-q", tree.branch)
    assert bench.clear() == {}
    assert (tree.path / "new.bin").exists()


def test_over_the_quota_the_oldest_go_first_and_those_in_use_stay(bench: Bench) -> None:
    trees = []
    for key in (GONE, LIVES, GONE, GONE):
        trees.append(bench.add(key=key))
        (trees[-1].path / "big").write_bytes(os.urandom(1_000_000))
        bench.clock.advance(60)
    bench.quota_bytes = 2_800_000
    assert bench.clear() == {trees[0].path: "over the disk quota", trees[2].path: "over the disk quota"}
    assert [tree.path.exists() for tree in trees] == [False, True, False, True]


def test_a_worktree_that_was_removed_by_hand_is_forgotten_with_its_branch(bench: Bench) -> None:
    tree = bench.add()
    subprocess.run(["rm", "-rf", tree.path], check=True)
    assert bench.clear() == {tree.path: "its folder is gone"}
    assert bench.use(lambda trees: trees.all()) == []
    assert bench.branches() == ["main"]


def test_a_worktree_whose_repository_is_gone_can_be_removed(bench: Bench) -> None:
    tree = bench.add()
    bench.repository.rename(bench.root / "moved")
    bench.use(lambda trees: trees.remove(tree))
    assert not tree.path.exists()


def test_a_worktree_is_found_by_the_end_of_its_name_if_that_is_unique(bench: Bench) -> None:
    one, _ = bench.add(), bench.add()
    assert bench.use(lambda trees: trees.find(one.path.name)).path == one.path
    for wrong in ("nothing", ""):
        with pytest.raises(BadInput):
            bench.use(lambda trees, wrong=wrong: trees.find(wrong))  # type: ignore[misc]


def test_changes_in_other_places_of_a_file_that_the_person_committed_since_are_merged(bench: Bench) -> None:
    """The lines around the change have moved and changed: only a three-way merge fits it."""
    code = bench.repository / "sub" / "code.py"
    tree = bench.add()
    lines = code.read_text().splitlines()
    (tree.path / "sub" / "code.py").write_text("\n".join([*lines[:10], "theirs", *lines[10:]]) + "\n")
    code.write_text("\n".join(["mine", *lines[:8], "LINE 8", *lines[9:]]) + "\n")
    git(bench.repository, "commit", "-qam", "mine")
    bench.use(lambda trees: trees.merge(tree))
    assert code.read_text() == "\n".join(["mine", *lines[:8], "LINE 8", lines[9], "theirs", *lines[10:]]) + "\n"
