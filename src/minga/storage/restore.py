"""A backup becomes the store again: checked first, put in place in one step, the present store kept."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minga.domain.errors import BackupDamaged, StoreDamaged, StoreInUse, StoreLocked, StoreNotEncrypted
from minga.storage import copies
from minga.storage.backup import Backup, Backups, Kind
from minga.storage.sqlite import Sqlite


@dataclass(frozen=True, slots=True)
class Restored:
    """``kept``: the backup of the store that was there before; ``damaged``: where its file lies if it could not be
    backed up. Both None: there was none."""

    backup: Backup
    kept: Backup | None
    damaged: Path | None


def restore(backups: Backups, backup: Backup, others: Callable[[], int], lock_limit_s: float) -> Restored:
    """Put ``backup`` in the place of the store. ``others`` says how many other processes hold turns.

    Raises BackupDamaged or StoreTooNew before anything is changed, StoreInUse if the store is at work, and errors under
    `StoreError`. Killed at any moment, it leaves the old store or the new one.
    """
    backups.verify(backup)
    _refuse_if_used(backups, others())
    with backups.alone():
        draft = backups.store.with_name(f".{backups.store.name}.restored")
        try:
            backups.store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if copies.copy_whole(backups.file(backup.name), draft) != backup.sha256:
                raise BackupDamaged(name=backup.name, detail="it changed while it was copied")
            return _replace(backups, backup, draft, lock_limit_s)
        finally:
            draft.unlink(missing_ok=True)


def _replace(backups: Backups, backup: Backup, draft: Path, lock_limit_s: float) -> Restored:
    if not backups.store.exists() or not backups.store.stat().st_size:
        damaged = _set_aside(backups)
        _put(draft, backups.store)
        return Restored(backup, None, damaged)
    try:
        engine = Sqlite(backups.store, backups.key(), lock_limit_s)
    except (StoreDamaged, StoreNotEncrypted):
        damaged = _set_aside(backups)
        _put(draft, backups.store)
        return Restored(backup, None, damaged)
    return _replace_open(backups, backup, draft, engine)


def _replace_open(backups: Backups, backup: Backup, draft: Path, engine: Sqlite) -> Restored:
    """The old file is held until the new one is there: what others write goes to the new one, or fails."""
    kept: Backup | None = None
    damaged: Path | None = None
    try:
        try:
            engine.take_over()
            kept = backups.take(engine, Kind.BEFORE_RESTORE)
        except StoreLocked:
            _refuse_if_used(backups, 1)
        except StoreDamaged:
            damaged = _set_aside(backups)
        _put(draft, backups.store)
    finally:
        engine.close()
    return Restored(backup, kept, damaged)


def _refuse_if_used(backups: Backups, others: int) -> None:
    if others:
        raise StoreInUse(store=str(backups.store), others=others)


def _set_aside(backups: Backups) -> Path | None:
    """Keep the file and its log, as damaged as they are, beside the backups; the log must not meet the new file."""
    kept: Path | None = None
    for number in range(1, 10_000):
        target = backups.folder / f"damaged-{number}.db"
        if not target.exists():
            break
    for suffix in ("", "-wal", "-shm", "-journal"):
        file = Path(f"{backups.store}{suffix}")
        if suffix != "-shm" and file.exists() and file.stat().st_size:
            _link(file, Path(f"{target}{suffix}"))
            kept = target
        if suffix:
            file.unlink(missing_ok=True)
    return kept


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:
        shutil.copy2(file, target)


def _put(draft: Path, store: Path) -> None:
    draft.replace(store)
    copies.sync(store.parent)
