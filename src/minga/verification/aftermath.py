"""What became of work on files: kept in a commit, or taken back. Found in git, without asking anybody.

Of each file only digests are kept, as git makes them: no content.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha1, sha256
from pathlib import Path

from minga.domain.ids import AttemptId
from minga.domain.verdict import Originals
from minga.infrastructure import git
from minga.storage.database import Database, Transaction
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


class Aftermath:
    def __init__(self, database: Database, labels: Labels) -> None:
        self._database = database
        self._labels = labels

    async def note(self, attempt_id: AttemptId, cwd: Path, paths: Iterable[str], originals: Originals | None) -> None:
        """Remember how the files of an attempt were and are. Nothing outside a git repository, nor where it is not
        known how they were."""
        names = sorted({path for path in paths if _is_inside(path)})
        repository = await git.find_repository(cwd)
        if originals is None or repository is None or not 0 < len(names) <= FILES_MAX:
            return
        head = repository.head
        files = [
            _File(name, _digest(originals.read(name), repository), _now(cwd / name, repository), head) for name in names
        ]
        changed = [one for one in files if one.before != one.after]
        rows = [(attempt_id, str(cwd), one.path, one.before, one.after, head) for one in changed]
        if rows:
            again = "ON CONFLICT (attempt_id, place, path) DO NOTHING"
            await self._database.write(lambda transaction: transaction.insert("verdict_files", rows, again))

    async def look(self) -> None:
        """Find out what became of the newest attempts, and label them with it."""
        known = await self._database.read(_newest)
        committed: dict[Path, dict[str, str]] = {}
        for (attempt_id, place), files in known.items():
            cwd = Path(place)
            repository = await git.find_repository(cwd) if cwd.is_dir() else None
            if repository is None:
                continue
            if cwd not in committed:
                committed[cwd] = await git.blobs(cwd, repository.head)
            if outcome := _outcome(files, committed[cwd], cwd, repository):
                await self._labels.note_outcome([attempt_id], Source.GIT, outcome)

    async def broke(self, cwd: Path, but: AttemptId) -> None:
        """The checks of a project fail, and did so before attempt ``but``: the newest accepted work there whose files
        are still as it left them did not hold."""
        known = await self._database.read(_newest)
        repository = await git.find_repository(cwd)
        for (attempt_id, place), files in known.items():
            if attempt_id == but or place != str(cwd) or repository is None:
                continue
            if all(_now(cwd / one.path, repository) == one.after for one in files):
                await self._labels.note_outcome([attempt_id], Source.GIT, Outcome.BROKE)
            return


def _outcome(
    files: Sequence[_File], committed: dict[str, str], cwd: Path, repository: git.Repository
) -> Outcome | None:
    """None while neither can be said: work that is not committed yet, or went on. A commit that the agent made itself
    says nothing; one on top of it does."""
    went_on = all(one.head != repository.head for one in files)
    if went_on and all(committed.get(one.path, "") == one.after for one in files):
        return Outcome.KEPT
    if all(_now(cwd / one.path, repository) == one.before for one in files):
        return Outcome.REVERTED
    return None


def _newest(transaction: Transaction) -> dict[tuple[AttemptId, str], list[_File]]:
    """By attempt and place, the newest first; those that broke stay so."""
    rows = transaction.execute(
        "SELECT f.attempt_id, f.place, f.path, f.before, f.after, f.head FROM verdict_files f WHERE f.attempt_id IN"
        " (SELECT v.attempt_id FROM verdicts v WHERE v.judgement <> 'rejected' AND NOT EXISTS (SELECT 1 FROM"
        " verdict_outcomes o WHERE o.attempt_id = v.attempt_id AND o.outcome = 'broke')"
        " ORDER BY v.judged_at DESC, v.attempt_id DESC LIMIT ?) ORDER BY f.attempt_id DESC, f.path",
        (ATTEMPTS_MAX,),
    )
    found: dict[tuple[AttemptId, str], list[_File]] = {}
    for attempt_id, place, *file in rows:
        found.setdefault((AttemptId(attempt_id), place), []).append(_File(*file))
    return found


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
