"""Moves one session to another device: a pack is made here and taken in there."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from minga.domain.errors import (
    BadInput,
    DiffDoesNotFit,
    DiffNotTaken,
    FileInTheWay,
    FileUnwritable,
    PackDamaged,
    PackTooNew,
    UnreadableFile,
    WrongPassphrase,
)
from minga.domain.ids import SessionId
from minga.domain.transcript import Workspace
from minga.infrastructure import age, uncommitted
from minga.infrastructure.files import publish_new
from minga.infrastructure.git import GitFailed
from minga.sessions.container import PACK, VERSION, NotWhole, Pieces, Record, TooNew, read, written
from minga.sessions.packing import Manifest, Packing, Unpacked, look_at

OnProgress: TypeAlias = Callable[[int], None]
"""Is told of so many more bytes that have gone through."""


@dataclass(frozen=True, slots=True)
class Packed:
    """``diff``: bytes of uncommitted changes in it."""

    path: Path
    size: int
    diff: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """``missing``: the session's working directory is not on this device; ``applied``: the pack's uncommitted changes
    are in the files now."""

    unpacked: Unpacked
    missing: bool
    applied: bool


@dataclass(frozen=True, slots=True)
class Moving:
    packing: Packing

    async def pack(
        self,
        session_id: SessionId,
        path: Path,
        lock: age.Passphrase | age.Recipients,
        on_progress: OnProgress = lambda _: None,
        *,
        with_diff: bool,
        force: bool,
    ) -> Packed:
        """Write a session into a new file at ``path``, encrypted: whole or not at all; with ``force`` in place of one.

        Raises UnknownSession, SessionBusy, FileInTheWay, FileUnwritable, DiffNotTaken.
        """
        _check_output(path, force=force)
        place = await self.packing.prepare(session_id)
        place, diff = await _with_git(place, with_diff=with_diff)

        def deliver(records: Iterator[Record]) -> int:
            with _new_file(path, force=force) as file:
                age.encrypt(Pieces(written(PACK, _watched(records, on_progress))), _Sink(file), lock)
                return file.tell()

        size = await self.packing.pack(session_id, place, diff, deliver)
        return Packed(path, size, len(diff))

    async def unpack(
        self,
        path: Path,
        key: age.Key,
        cwd: Path | None,
        on_progress: OnProgress = lambda _: None,
        *,
        apply_diff: bool,
    ) -> Arrived:
        """Take a pack in. It is read whole before anything is changed, and changes the store at once or not at all.

        Raises WrongPassphrase, PackDamaged, PackTooNew, UnreadableFile, DiffDoesNotFit, BadInput if ``cwd`` is no
        directory, errors under `StoreError`.
        """
        if cwd is not None and not cwd.is_dir():
            raise BadInput(detail=f"--cwd {str(cwd)!r} is no directory")
        manifest, diff = await asyncio.to_thread(_look_at, path, key)
        root = await self._try(manifest, diff, cwd) if apply_diff and diff else None
        unpacked = await self.packing.unpack(lambda: _watched(_records(path, key), on_progress), str(cwd or ""))
        if root is not None:
            try:
                await uncommitted.apply_patch(root, diff)
            except GitFailed as wrong:
                raise DiffDoesNotFit(path=str(root), detail=str(wrong), commit=manifest.commit) from wrong
        return Arrived(unpacked, not Path(unpacked.cwd).is_dir(), root is not None)

    async def _try(self, manifest: Manifest, diff: bytes, cwd: Path | None) -> Path:
        """The root of the working tree that the changes of the pack fit."""
        folder = cwd or Path(manifest.cwd)
        here = await uncommitted.standing(folder) if folder.is_dir() else None
        if here is None:
            detail = "it is no git repository with a commit; give --cwd"
            raise DiffDoesNotFit(path=str(folder), detail=detail, commit=manifest.commit)
        try:
            await uncommitted.try_patch(here.root, diff)
        except GitFailed as wrong:
            raise DiffDoesNotFit(path=str(here.root), detail=str(wrong), commit=manifest.commit) from wrong
        return here.root


async def _with_git(place: Workspace, *, with_diff: bool) -> tuple[Workspace, bytes]:
    """Where the session's directory stands in git now, and what is not committed there."""
    folder = Path(place.cwd)
    here = await uncommitted.standing(folder) if place.cwd and folder.is_dir() else None
    if here is None:
        if with_diff:
            raise DiffNotTaken(path=place.cwd, detail="it is no git repository with a commit")
        return place, b""
    place = Workspace(place.cwd, here.remote or place.remote, here.branch, here.commit)
    if not with_diff:
        return place, b""
    try:
        return place, await uncommitted.patch_of(here)
    except GitFailed as wrong:
        raise DiffNotTaken(path=place.cwd, detail=str(wrong)) from wrong


def _look_at(path: Path, key: age.Key) -> tuple[Manifest, bytes]:
    with _errors(path):
        return look_at(_records(path, key))


def _records(path: Path, key: age.Key) -> Iterator[Record]:
    with _errors(path), age.decrypting(path, key) as opened:
        yield from read(PACK, opened)


def _watched(records: Iterator[Record], on_progress: OnProgress) -> Iterator[Record]:
    for record in records:
        yield record
        on_progress(len(record.body))


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except age.WrongKey as wrong:
        raise WrongPassphrase(path=str(path)) from wrong
    except (age.Damaged, NotWhole) as wrong:
        raise PackDamaged(path=str(path), detail=str(wrong)) from wrong
    except TooNew as wrong:
        raise PackTooNew(path=str(path), found=wrong.found, known=VERSION) from wrong
    except OSError as wrong:
        raise UnreadableFile(path=str(path), detail=wrong.strerror or str(wrong)) from wrong


def _check_output(path: Path, *, force: bool) -> None:
    """Raises FileInTheWay, FileUnwritable. A device or a pipe is never replaced by a file."""
    if path.is_dir() or not path.name:
        raise FileUnwritable(path=str(path), detail="it is a directory")
    if path.exists() and not path.is_file():
        raise FileUnwritable(path=str(path), detail="it is no regular file")
    if path.exists() and not force:
        raise FileInTheWay(path=str(path))


@contextmanager
def _new_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file (0600) that takes its name only when all of it is on the disk; nothing is left where that fails."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if force:
            draft.replace(path)
        else:
            publish_new(draft, path)
    except FileExistsError:
        raise FileInTheWay(path=str(path)) from None
    except OSError as wrong:
        raise FileUnwritable(path=str(path), detail=wrong.strerror or str(wrong)) from wrong
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


class _Sink:
    """A file as pyrage wants it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, piece: bytes, /) -> int:
        return self._file.write(piece)

    def flush(self) -> None:
        self._file.flush()
