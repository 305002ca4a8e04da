"""What became of work on files, as git shows it."""

import asyncio
import subprocess
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.secrecy import UserName
from minga.domain.task import Strategy
from minga.domain.verdict import Judgement
from minga.infrastructure.clock import FakeClock
from minga.storage.database import Database, Transaction
from minga.verification.aftermath import Aftermath
from minga.verification.labels import Judged, Labels, Outcome, forget

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """The files as they were."""

    files: dict[str, bytes]

    def paths(self) -> Sequence[str]:
        return list(self.files)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


@dataclass
class Project:
    """A repository in which attempts work; ``below`` is where, relative to its top."""

    top: Path
    database: Database
    below: str = "."
    user: str = "ana"
    machine: str = "one"
    numbers: list[int] = field(default_factory=lambda: [0])

    @property
    def cwd(self) -> Path:
        return self.top / self.below

    @property
    def labels(self) -> Labels:
        return Labels(self.database, FakeClock(NOW), UserName(self.user))

    @property
    def aftermath(self) -> Aftermath:
        return Aftermath(self.database, self.labels, lambda: self.machine)

    def begin(self, *options: str, **files: str) -> None:
        self.cwd.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *options)
        self.write({"a.txt": "first\n", **files})
        self.commit()

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=self.top, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "more", "--allow-empty")

    def write(self, files: Mapping[str, str | None]) -> None:
        for name, text in files.items():
            if text is None:
                (self.cwd / name).unlink()
            else:
                (self.cwd / name).parent.mkdir(parents=True, exist_ok=True)
                (self.cwd / name).write_text(text, "utf-8")

    async def attempt(
        self,
        files: Mapping[str, str | None],
        judgement: Judgement = Judgement.ACCEPTED,
        *,
        commits: bool = False,
    ) -> AttemptId:
        """An agent writes ``files`` (None: deletes) and is judged."""
        kept = Kept({name: (self.cwd / name).read_bytes() for name in files if (self.cwd / name).exists()})
        self.write(files)
        if commits:
            self.commit()
        self.numbers[0] += 1
        attempt_id = AttemptId(f"a{self.numbers[0]:04}")
        await self.labels.note(judged(attempt_id, judgement))
        await self.aftermath.note(attempt_id, self.cwd, files, kept)
        return attempt_id

    async def outcomes(self) -> list[Outcome | None]:
        await self.aftermath.look()
        return [one.outcome for one in await self.labels.all()]


def judged(attempt_id: str, judgement: Judgement = Judgement.ACCEPTED) -> Judged:
    agent, turn, session = AgentName("codex"), TurnId(f"t-{attempt_id}"), SessionId("s1")
    return Judged(
        AttemptId(attempt_id), turn, session, agent, "m", "gpt", "code", Strategy.AUTO, 1, 1.0, judgement, (), 10
    )


@pytest.fixture
def project(tmp_path: Path, database: Database) -> Project:
    return Project(tmp_path / "project", database)


def run(work: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(work())


KEPT, REVERTED, BROKE = Outcome.KEPT, Outcome.REVERTED, Outcome.BROKE


def test_work_that_is_committed_is_kept_and_a_commit_that_takes_it_back_reverts_it(project: Project) -> None:
    async def work() -> None:
        project.begin()
        await project.attempt({"a.txt": "second\n"})
        assert await project.outcomes() == [None]
        project.commit()
        assert await project.outcomes() == [KEPT]
        project.git("revert", "--no-edit", "HEAD")
        assert await project.outcomes() == [REVERTED]

    run(work)


def test_work_that_is_taken_back_before_it_was_committed_is_reverted(project: Project) -> None:
    async def work() -> None:
        project.begin()
        await project.attempt({"a.txt": "second\n", "b.txt": "new\n"})
        project.git("checkout", "a.txt")
        assert await project.outcomes() == [None]
        project.git("clean", "-fdq")
        assert await project.outcomes() == [REVERTED]

    run(work)


def test_work_that_went_on_says_nothing(project: Project) -> None:
    async def work() -> None:
        project.begin()
        await project.attempt({"a.txt": "second\n"})
        project.write({"a.txt": "third\n"})
        project.commit()
        assert await project.outcomes() == [None]

    run(work)


def test_what_the_agent_committed_itself_is_kept_once_a_commit_stands_on_it(project: Project) -> None:
    async def work() -> None:
        project.begin()
        await project.attempt({"a.txt": "second\n"}, commits=True)
        assert await project.outcomes() == [None]
        project.commit()
        assert await project.outcomes() == [KEPT]

    run(work)


def test_what_the_agent_committed_itself_is_reverted_where_that_commit_is_thrown_away(project: Project) -> None:
    async def work() -> None:
        project.begin()
        await project.attempt({"a.txt": "second\n"}, commits=True)
        project.git("reset", "-q", "--hard", "HEAD~1")
        assert await project.outcomes() == [REVERTED]

    run(work)


def test_work_on_another_branch_or_in_a_stash_is_not_reverted(project: Project) -> None:
    async def work() -> None:
        project.begin()
        project.git("checkout", "-qb", "topic")
        await project.attempt({"a.txt": "second\n"})
        project.commit()
        project.git("checkout", "-q", "main")
        assert await project.outcomes() == [None]
        await project.attempt({"a.txt": "other\n"})
        project.git("stash")
        assert await project.outcomes() == [None, None]
        project.git("stash", "drop")
        assert await project.outcomes() == [None, REVERTED]
        project.git("branch", "-qD", "topic")
        assert await project.outcomes() == [REVERTED, REVERTED]

    run(work)


def test_files_that_are_deleted_or_added_are_followed_whatever_their_names(project: Project) -> None:
    names: dict[str, str | None] = {"con espacio.txt": "x\n", "ñandú/año – é.txt": "y\n", "a.txt": None}

    async def work() -> None:
        project.begin()
        await project.attempt(names)
        project.commit()
        assert await project.outcomes() == [KEPT]
        project.git("revert", "--no-edit", "HEAD")
        assert await project.outcomes() == [REVERTED]

    run(work)


def test_a_repository_with_sha256_and_a_folder_below_its_top_are_followed(project: Project) -> None:
    async def work() -> None:
        project.below = "sub/folder"
        project.begin("--object-format=sha256")
        await project.attempt({"a.txt": "second\n", "deep/b.txt": "b\n"})
        project.commit()
        assert await project.outcomes() == [KEPT]

    run(work)


def test_a_folder_that_is_gone_or_no_repository_any_more_says_nothing(project: Project) -> None:
    async def work() -> None:
        project.begin()
        await project.attempt({"b.txt": "new\n"})
        (project.top / ".git").rename(project.top.parent / "git")
        assert await project.outcomes() == [None]
        project.top.rename(project.top.parent / "moved")
        assert await project.outcomes() == [None]
        project.top.mkdir()
        project.git("init", "-q")
        project.commit()  # another repository, in which the file that was new is missing too
        assert await project.outcomes() == [None]

    run(work)


def test_outside_a_repository_and_beyond_200_files_nothing_is_followed(project: Project) -> None:
    async def work() -> None:
        project.cwd.mkdir()
        await project.attempt({"b.txt": "new\n"})
        project.begin()
        await project.attempt({f"{number}.txt": "x" for number in range(300)})
        project.commit()
        assert await project.outcomes() == [None, None]

    run(work)


def test_work_breaks_that_was_accepted_and_whose_files_are_as_it_left_them(project: Project) -> None:
    async def work() -> None:
        project.begin()
        first = await project.attempt({"a.txt": "second\n"})
        second = await project.attempt({"b.txt": "new\n"}, Judgement.NOT_VERIFIABLE)
        await project.aftermath.broke(project.cwd, but=AttemptId("a9"))
        assert await project.outcomes() == [None, None]  # the newest work was never accepted: it may have been broken
        await project.aftermath.broke(project.cwd, but=second)
        assert await project.outcomes() == [BROKE, None]
        project.commit()
        assert await project.outcomes() == [BROKE, KEPT]
        await project.aftermath.broke(project.cwd, but=first)
        assert await project.outcomes() == [BROKE, KEPT]

    run(work)


def test_work_that_went_on_did_not_break(project: Project) -> None:
    async def work() -> None:
        project.begin()
        await project.attempt({"a.txt": "second\n"})
        project.write({"a.txt": "by hand\n"})
        await project.aftermath.broke(project.cwd, but=AttemptId("a9"))
        assert await project.outcomes() == [None]

    run(work)


def test_the_work_of_others_and_of_another_machine_is_left_alone(project: Project) -> None:
    async def work() -> None:
        project.begin()
        await project.attempt({"a.txt": "second\n"})
        project.commit()
        for stranger in (replace(project, user="eva"), replace(project, machine="two")):
            await stranger.aftermath.look()
            await stranger.aftermath.broke(project.cwd, but=AttemptId("a9"))
        assert [one.outcome for one in await project.labels.all()] == [None]
        assert await replace(project, user="eva").labels.all() == []
        assert await project.outcomes() == [KEPT]

    run(work)


def test_only_one_place_is_looked_at_where_it_is_named(project: Project, tmp_path: Path) -> None:
    async def work() -> None:
        other = replace(project, top=tmp_path / "other")
        for one in (project, other):
            one.begin()
            await one.attempt({"a.txt": "second\n"})
            one.commit()
        await project.aftermath.look(other.cwd)
        assert [one.outcome for one in await project.labels.all()] == [None, KEPT]

    run(work)


@pytest.mark.parametrize("key", ["session_id", "owner"])
def test_what_is_forgotten_leaves_no_row(project: Project, key: str) -> None:
    async def work() -> None:
        project.begin()
        await project.attempt({"a.txt": "second\n"})
        project.commit()
        await project.aftermath.look()
        eva = Labels(project.database, FakeClock(NOW), UserName("eva"))
        await eva.note(replace(judged("of eva"), session_id=SessionId("s2")))
        gone = {"session_id": "s1", "owner": "ana"}[key]
        await project.database.write(lambda transaction: forget(transaction, key, gone))  # type: ignore[arg-type]

        def left(transaction: Transaction) -> list[int]:
            tables = ("verdicts", "verdict_files", "verdict_outcomes")
            return [transaction.execute(f"SELECT COUNT(*) FROM {table}")[0][0] for table in tables]

        assert await project.database.read(left) == [1, 0, 0]

    run(work)
