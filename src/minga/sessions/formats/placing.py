"""Putting the file of a written session where its CLI looks for it, and taking it away again."""

import errno
import glob
import hashlib
import shutil
from pathlib import Path

from minga.domain.errors import MigrationFailed, NoRoomToMigrate
from minga.domain.ids import AgentName, NativeId
from minga.infrastructure.files import place_new, remove_drafts
from minga.sessions.formats.format import Placed
from minga.sessions.formats.lines import raw_bytes

NAME_MIN = 8

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def place_file(agent: AgentName, native_id: NativeId, path: Path, content: bytes) -> Placed:
    """Write a file, whole or not at all, never over another. Raises MigrationFailed."""
    try:
        place_new(path, content)
    except FileExistsError as wrong:
        raise MigrationFailed(agent=agent, detail=f"{str(path)!r} exists already") from wrong
    except (OSError, ValueError) as wrong:
        raise unwritten(agent, path, wrong) from wrong
    return Placed(native_id, path, hashlib.sha256(content).hexdigest())


def unwritten(agent: str, path: Path, wrong: Exception) -> MigrationFailed:
    """What to raise where ``path`` could not be written."""
    if isinstance(wrong, OSError) and wrong.errno in NO_ROOM:
        return NoRoomToMigrate(agent=agent, path=str(path))
    return MigrationFailed(agent=agent, detail=f"{str(path)!r} cannot be written: {wrong}")


def planned_file(native_id: NativeId, path: Path, content: bytes) -> Placed:
    return Placed(native_id, path, hashlib.sha256(content).hexdigest())


def clear_file(agent: AgentName, planned: Placed) -> None:
    """Delete what a `place_file` that was cut off has left: the file if it has the bytes that were written, and half
    ones. Raises MigrationFailed."""
    try:
        remove_drafts(planned.path)
        if planned.path.exists() and _sha256(planned.path) == planned.sha256:
            planned.path.unlink()
    except OSError as wrong:
        raise MigrationFailed(agent=agent, detail=f"{str(planned.path)!r} cannot be removed: {wrong}") from wrong


def remove_file(agent: AgentName, placed: Placed) -> None:
    """Delete a file that still has the bytes that were written. Raises MigrationFailed."""
    try:
        if _sha256(placed.path) != placed.sha256:
            raise MigrationFailed(agent=agent, detail=f"{str(placed.path)!r} has changed since; it is kept")
        placed.path.unlink()
    except OSError as wrong:
        raise MigrationFailed(agent=agent, detail=f"{str(placed.path)!r} cannot be removed: {wrong}") from wrong


def erase_named(home: Path, name: str) -> None:
    """Delete every file and folder below ``home`` that has ``name`` in its own: CLIs name so what belongs to a session.
    Raises OSError."""
    if len(name) < NAME_MIN:
        return  # it would be the name of much else
    for found in sorted(home.rglob(f"*{glob.escape(name)}*")):
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found)
        else:
            found.unlink(missing_ok=True)  # it may have lain in a folder that is gone


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for piece in raw_bytes(path):
        digest.update(piece)
    return digest.hexdigest()
