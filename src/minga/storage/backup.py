"""Backups of the SQLite store: made while others write, listed, checked, thinned out.

A backup is a file ``NAME.db`` with the store's own key, and a manifest ``NAME.json`` that is written last: without it
there is no backup, whenever the program is killed. Keys lie elsewhere and are in no backup.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import apsw
import msgspec

from minga.domain.errors import (
    BackupDamaged,
    MingaError,
    NotReady,
    StoreFull,
    StoreTooNew,
    StoreUnwritable,
    UnknownBackup,
)
from minga.storage import copies
from minga.storage.copies import Contents
from minga.storage.database import Migration
from minga.storage.engine import Rows
from minga.storage.sqlite import LOCK_LIMIT_S, Sqlite

AUTOMATIC_LIMIT_S = 10.0
"""What a command may take for a backup after its work is done; enough for 3 GB on the development machine."""

Result = TypeVar("Result")

_TIME = "%Y%m%dT%H%M%SZ"
_TRIED = ".tried"
_LOCK = ".lock"


class Kind(StrEnum):
    MANUAL = "manual"
    HOURLY = "hourly"
    BEFORE_RESTORE = "before-restore"


class Backup(msgspec.Struct, frozen=True):
    """The manifest. ``made_at`` is aware UTC, ``size`` in bytes; ``sha256`` is empty if the manifest was unreadable."""

    name: str
    kind: Kind
    made_at: datetime
    size: int
    sha256: str
    schema: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often one is made by itself (None: never), and how many of those are kept: the newest ``hourly``, and the
    newest of each of the last ``daily`` days. Others are kept until somebody removes them."""

    every: timedelta | None = timedelta(hours=1)
    hourly: int = 24
    daily: int = 7


class Backups:
    """The backups of one store in one folder. ``key`` is asked for when it is needed: the store may not be there yet.

    Methods raise errors under `StoreError`, and what their docstrings name.
    """

    def __init__(
        self,
        store: Path,
        folder: Path,
        key: Callable[[], bytes | None],
        now: Callable[[], datetime],
        plan: Plan,
        known: Sequence[Migration],
    ) -> None:
        self.store = store
        self.folder = folder
        self.key = key
        self._now = now
        self._plan = plan
        self._known = {f"{step.package}-{step.number}" for step in known}

    def all(self) -> list[Backup]:
        """Newest first. What a killed Minga left half made is not among them."""
        files = (file for file in self.folder.glob("[0-9]*.json") if self.file(file.stem).exists())
        return sorted(map(_read, files), key=lambda one: (one.made_at, one.name), reverse=True)

    def find(self, name: str) -> Backup:
        """By its name or the first characters of it, if one alone begins so. Raises UnknownBackup."""
        found = [one for one in self.all() if one.name.startswith(name)]
        exact = [one for one in found if one.name == name]
        if len(exact or found) != 1 or not name:
            raise UnknownBackup(name=name)
        return (exact or found)[0]

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.db"

    def make(self, kind: Kind) -> Backup:
        """Raises NotReady if there is no store."""
        if not self._has_store():
            raise NotReady(detail="There is no store to back up yet.")
        with self.alone():
            return self._open_and_take(kind, float("inf"))

    def make_if_due(self, limit_s: float = AUTOMATIC_LIMIT_S) -> Backup | None:
        """Make the hourly one if the last is older than the plan says and the store has changed since.

        Whatever comes of it, the next try is after the same while: a disk that is full is not tried at every command.
        Who finds another process making one leaves it to that. Raises NotReady if it is not done within ``limit_s``.
        """
        every = self._plan.every
        if every is None or not self._has_store() or not self._is_due(every):
            return None
        with self.alone(wait=False) as is_alone:
            if not is_alone or not self._is_due(every):
                return None
            try:
                return self._open_and_take(Kind.HOURLY, limit_s)
            finally:
                with suppress(OSError):
                    copies.write_whole(self.folder / _TRIED, f"{self._now().isoformat()} {self._state()}".encode())

    def _open_and_take(self, kind: Kind, limit_s: float) -> Backup:
        engine = Sqlite(self.store, self.key(), LOCK_LIMIT_S)
        try:
            made = self.take(engine, kind, limit_s)
        finally:
            engine.close()
        for backup in superfluous(self.all(), self._plan):
            (self.folder / f"{backup.name}.json").unlink(missing_ok=True)
            self.file(backup.name).unlink(missing_ok=True)
        return made

    def take(self, engine: Sqlite, kind: Kind, limit_s: float = float("inf")) -> Backup:
        """Copy through an open connection; the caller is `alone`."""
        name = self._free_name(kind)
        draft = self.folder / f".{name}.db.new"
        until = time.monotonic() + limit_s
        try:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            if not engine.copy_to(draft, lambda: time.monotonic() < until):
                raise NotReady(detail=f"The backup was not done within {limit_s:g} s.")
            copies.sync(draft)
            made = Backup(name, kind, self._moment(), draft.stat().st_size, copies.digest(draft), _schema(engine))
            draft.replace(self.file(name))
        finally:
            self._clear()
        copies.write_whole(self.folder / f"{name}.json", msgspec.json.format(msgspec.json.encode(made)))
        copies.sync(self.folder)
        return made

    def verify(self, backup: Backup) -> Contents:
        """Read all of it. Raises BackupDamaged, or StoreTooNew if a newer Minga made it."""
        file = self.file(backup.name)
        try:
            if file.stat().st_size != backup.size or copies.digest(file) != backup.sha256:
                raise BackupDamaged(name=backup.name, detail="the file is not the one that its manifest describes")
            contents = copies.examine(file, self.key())
        except (apsw.Error, ValueError, OSError) as wrong:
            raise BackupDamaged(name=backup.name, detail=" ".join(str(wrong).split())) from wrong
        if unknown := sorted(set(contents.schema) - self._known):
            raise StoreTooNew(store=str(file), found=unknown[-1], known=sorted(self._known)[-1])
        return contents

    def read(self, backup: Backup, work: Callable[[Rows], Result]) -> Result:
        """Open a backup as it lies there and give ``work`` what asks it. Raises BackupDamaged."""
        try:
            with copies.opened(self.file(backup.name), self.key()) as connection:
                return work(lambda sql, parameters: connection.execute(sql, tuple(parameters)))
        except (apsw.Error, OSError) as wrong:
            raise BackupDamaged(name=backup.name, detail=" ".join(str(wrong).split())) from wrong

    def last_good(self) -> Backup | None:
        """The newest that can be restored."""
        for backup in self.all():
            with suppress(BackupDamaged, StoreTooNew):
                self.verify(backup)
                return backup
        return None

    def advice(self) -> str:
        """What to do when the store is damaged: a line, or nothing if there is no good backup.

        What keeps it from looking has no say: the damage is what the reader must hear of.
        """
        remedy = ""
        with suppress(MingaError, OSError):
            if backup := self.last_good():
                remedy = f"`minga backup restore {backup.name}` brings back the last good backup.\n"
        return remedy

    @contextmanager
    def alone(self, *, wait: bool = True) -> Iterator[bool]:
        """One process at a time makes, removes or restores; what a killed one left half made is removed.

        False without ``wait`` if another process is at it.
        """
        with self._errors():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if is_alone := _taken(lock, wait=wait):
                    self._clear_orphans()
                yield is_alone
            finally:
                os.close(lock)

    def _has_store(self) -> bool:
        """An empty file is none: to open it would make a new store of it."""
        return self.store.exists() and self.store.stat().st_size > 0

    def _is_due(self, every: timedelta) -> bool:
        """Looks at names only, for every command asks this. What lies in the future was made while the clock was wrong,
        and counts for nothing."""
        now = self._now()
        with suppress(OSError, ValueError):
            tried, state = (self.folder / _TRIED).read_text("ascii").split(" ", 1)
            if timedelta() <= now - datetime.fromisoformat(tried) < every or state == self._state():
                return False
        made = [_made_at(file.stem) for file in self.folder.glob("[0-9]*.json") if Kind.BEFORE_RESTORE not in file.stem]
        return all(one > now or now - one >= every for one in made)

    def _state(self) -> str:
        """Another text after every change of the store."""
        log = Path(f"{self.store}-wal")
        files = [file.stat() for file in (self.store, log) if file.exists()]
        return " ".join(f"{one.st_mtime_ns}/{one.st_size}" for one in files)

    def _clear_orphans(self) -> None:
        self._clear()
        for file in self.folder.glob("[0-9]*.db"):
            if not file.with_suffix(".json").exists():
                file.unlink(missing_ok=True)

    def _clear(self) -> None:
        for file in self.folder.glob(".*.new*"):
            file.unlink(missing_ok=True)

    def _moment(self) -> datetime:
        return self._now().astimezone(UTC).replace(microsecond=0)

    def _free_name(self, kind: Kind) -> str:
        name = first = f"{self._moment():{_TIME}}-{kind}"
        number = 2
        while (self.folder / f"{name}.json").exists():
            name, number = f"{first}-{number}", number + 1
        return name

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as wrong:
            if wrong.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(store=str(self.folder)) from wrong
            raise StoreUnwritable(store=str(self.folder), detail=wrong.strerror or str(wrong)) from wrong


def superfluous(backups: Sequence[Backup], plan: Plan) -> list[Backup]:
    """Those of ``backups`` that ``plan`` does not keep. At least the newest hourly one stays."""
    hourly = sorted((one for one in backups if one.kind == Kind.HOURLY), key=lambda one: one.made_at, reverse=True)
    newest_of_day = {one.made_at.date(): one for one in reversed(hourly)}
    days = sorted(newest_of_day, reverse=True)[: plan.daily]
    kept = {one.name for one in hourly[: max(1, plan.hourly)]} | {newest_of_day[day].name for day in days}
    return [one for one in hourly if one.name not in kept]


def _taken(lock: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _read(file: Path) -> Backup:
    try:
        return msgspec.structs.replace(msgspec.json.decode(file.read_bytes(), type=Backup), name=file.stem)
    except (msgspec.DecodeError, OSError):
        kind = next((kind for kind in Kind if kind in file.stem), Kind.MANUAL)
        return Backup(file.stem, kind, _made_at(file.stem), file.with_suffix(".db").stat().st_size, "", ())


def _made_at(name: str) -> datetime:
    with suppress(ValueError):
        return datetime.strptime(name[:16], _TIME).replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)


def _schema(engine: Sqlite) -> tuple[str, ...]:
    if not engine.has_table("applied_migrations"):
        return ()
    select = "SELECT package, number FROM applied_migrations ORDER BY package, number"
    return tuple(f"{package}-{number}" for package, number in engine.execute(select))
