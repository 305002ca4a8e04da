"""What became of work on files: kept in a commit, or taken back. Found in git, without asking anybody.

Of each file only digests are kept, as git makes them: no content.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from itertools import groupby
from pathlib import Path

from minga.domain.ids import AttemptId
from minga.domain.verdict import Judgement
from minga.domain.work import Originals
from minga.infrastructure import git
from minga.storage.database import Database
from minga.storage.engine import Row
from minga.verification.labels import Labels, Outcome, Source

FILES_MAX = 200
"""Changed files of one attempt that are remembered; work on more is not followed."""

FILE_BYTES_MAX = 8_000_000

ATTEMPTS_MAX = 500
"""The newest attempts that are looked at."""


@dataclass(frozen=True, slots=True)
class _File:
    """Git's digests of its content before and after an attempt, empty where there was none; ``head`` is the commit that
    was checked out then."""

    path: str
    before: str
    after: str
    head: str


@dataclass(frozen=True, slots=True)
class _Followed:
    """What one attempt left in ``cwd``; ``outcome``: what git has told of it so far."""

    attempt_id: AttemptId
    cwd: Path
    judgement: Judgement
    outcome: Outcome | None
    files: tuple[_File, ...]


@dataclass(frozen=True, slots=True)
class _There:
    """A place as it is: what is ``committed`` (path -> digest), and whether there are ``others``: commits, or a stash,
    that are not in what is checked out. ``seen`` holds the digests of files that were read."""

    cwd: Path
    repository: git.Repository
    committed: dict[str, str]
    others: bool
    seen: dict[str, str] = field(default_factory=dict)

    def now(self, path: str) -> str:
        if path not in self.seen:
            self.seen[path] = _now(self.cwd / path, self.repository)
        return self.seen[path]


_NEWEST = (
    "SELECT f.attempt_id, f.place, v.judgement, o.outcome, f.path, f.before, f.after, f.head"
    " FROM verdict_files f JOIN verdicts v ON v.attempt_id = f.attempt_id"
    " LEFT JOIN verdict_outcomes o ON o.attempt_id = f.attempt_id AND o.source = 'git'"
    " WHERE f.attempt_id IN (SELECT f.attempt_id FROM verdict_files f"
    " JOIN verdicts v ON v.attempt_id = f.attempt_id"
    " WHERE v.owner = ? AND f.machine = ? AND (? = '' OR f.place = ?) AND v.judgement <> 'rejected' AND NOT EXISTS"
    " (SELECT 1 FROM verdict_outcomes o WHERE o.attempt_id = v.attempt_id AND o.outcome = 'broke')"
    " GROUP BY f.attempt_id ORDER BY f.attempt_id DESC LIMIT ?)"
    " ORDER BY f.attempt_id DESC, f.path"
)


class Aftermath:
    """Of the work of the user of ``labels`` on the machine that ``machine`` names: elsewhere the same path is another
    place."""

    def __init__(self, database: Database, labels: Labels, machine: Callable[[], str]) -> None:
        self._database = database
        self._labels = labels
        self._machine = machine

    async def note(self, attempt_id: AttemptId, cwd: Path, paths: Iterable[str], originals: Originals | None) -> None:
        """Remember how the files of an attempt were and are. Nothing outside a git repository, nor where it is not
        known how they were."""
        names = sorted({path for path in paths if _is_inside(path)})
        repository = await git.find_repository(cwd)
        if originals is None or repository is None or not 0 < len(names) <= FILES_MAX:
            return
        head, machine = repository.head, self._machine()
        files = [
            _File(name, _digest(originals.read(name), repository), _now(cwd / name, repository), head) for name in names
        ]
        changed = [one for one in files if one.before != one.after]
        rows = [(attempt_id, str(cwd), one.path, one.before, one.after, head, machine) for one in changed]
        if rows:
            again = "ON CONFLICT (attempt_id, place, path) DO NOTHING"
            await self._database.write(lambda transaction: transaction.insert("verdict_files", rows, again))

    async def look(self, only: Path | None = None) -> None:
        """Find out what became of the newest attempts, those in ``only`` or all, and label them with it."""
        found: dict[Outcome, list[AttemptId]] = {}
        places: dict[Path, _There | None] = {}
        for one in await self._newest(only):
            if one.cwd not in places:
                places[one.cwd] = await _there(one.cwd)
            there = places[one.cwd]
            outcome = None if there is None else await _outcome(one, there)
            if outcome is not None and outcome is not one.outcome:
                found.setdefault(outcome, []).append(one.attempt_id)
        for outcome, attempts in found.items():
            await self._labels.note_outcome(attempts, Source.GIT, outcome)

    async def broke(self, cwd: Path, but: AttemptId) -> None:
        """The checks of a project fail, and did so before attempt ``but``: the newest work there did not hold, if it
        was accepted and its files are still as it left them."""
        repository = await git.find_repository(cwd)
        before = (one for one in await self._newest(cwd) if one.attempt_id != but)
        newest = next(before, None)
        if repository is None or newest is None or newest.judgement is not Judgement.ACCEPTED:
            return
        if all(_now(cwd / one.path, repository) == one.after for one in newest.files):
            await self._labels.note_outcome([newest.attempt_id], Source.GIT, Outcome.BROKE)

    async def _newest(self, only: Path | None) -> list[_Followed]:
        """The newest first; those that broke stay so, and those that were refuted are no work that was given."""
        place = "" if only is None else str(only)
        keys = (self._labels.user, self._machine(), place, place, ATTEMPTS_MAX)
        rows = await self._database.read(lambda transaction: transaction.execute(_NEWEST, keys))
        return [_followed(list(group)) for _, group in groupby(rows, key=lambda row: row[0])]


def _followed(rows: Sequence[Row]) -> _Followed:
    attempt_id, place, judgement, outcome, *_ = rows[0]
    files = tuple(_File(*row[4:]) for row in rows)
    told = Outcome(outcome) if outcome else None
    return _Followed(AttemptId(attempt_id), Path(place), Judgement(judgement), told, files)


async def _there(cwd: Path) -> _There | None:
    repository = await git.find_repository(cwd) if cwd.is_dir() else None
    if repository is None:
        return None
    return _There(cwd, repository, await git.blobs(cwd, repository.head), await git.has_others(cwd))


async def _outcome(one: _Followed, there: _There) -> Outcome | None:
    """None while neither can be said: work that is not committed yet, or went on, or lies on another branch or in a
    stash. A commit that the agent made itself says nothing; one on top of it does."""
    went_on = all(file.head != there.repository.head for file in one.files)
    if went_on and all(there.committed.get(file.path, "") == file.after for file in one.files):
        return Outcome.KEPT
    if any(there.now(file.path) != file.before for file in one.files):
        return None
    if one.outcome is Outcome.REVERTED:
        return Outcome.REVERTED
    if not await git.is_commit(there.cwd, one.files[0].head):
        return None  # another repository stands there now
    lies_elsewhere = there.others and await git.is_in_others(there.cwd, one.files[0].after or one.files[0].before)
    return None if lies_elsewhere else Outcome.REVERTED


def _is_inside(path: str) -> bool:
    return not Path(path).is_absolute() and ".." not in Path(path).parts


def _now(path: Path, repository: git.Repository) -> str:
    """The digest of a file as it is; empty where there is none, or it is no plain file, or too large to read."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > FILE_BYTES_MAX:
            return ""
        return _digest(path.read_bytes(), repository)
    except OSError:
        return ""


def _digest(content: bytes | None, repository: git.Repository) -> str:
    """Git's name of a blob (git-scm.com/book, Git Internals: Git Objects), in the repository's own kind of digest."""
    if content is None:
        return ""
    make = sha256 if len(repository.head) == 64 else sha1
    return make(b"blob %d\0" % len(content) + content).hexdigest()
