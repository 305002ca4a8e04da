"""Putting the file of a written session where its CLI looks for it, and taking it away again."""

import hashlib
from pathlib import Path

from minga.domain.errors import MigrationFailed
from minga.domain.ids import AgentName, NativeId
from minga.infrastructure.files import place_new
from minga.sessions.formats.format import Placed
from minga.sessions.formats.lines import raw_bytes


def place_file(agent: AgentName, native_id: NativeId, path: Path, content: bytes) -> Placed:
    """Write a file, whole or not at all, never over another. Raises MigrationFailed."""
    try:
        place_new(path, content)
    except FileExistsError as wrong:
        raise MigrationFailed(agent=agent, detail=f"{str(path)!r} exists already") from wrong
    except (OSError, ValueError) as wrong:
        raise MigrationFailed(agent=agent, detail=f"{str(path)!r} cannot be written: {wrong}") from wrong
    return Placed(native_id, path, hashlib.sha256(content).hexdigest())


def remove_file(agent: AgentName, placed: Placed) -> None:
    """Delete a file that still has the bytes that were written. Raises MigrationFailed."""
    try:
        if _sha256(placed.path) != placed.sha256:
            raise MigrationFailed(agent=agent, detail=f"{str(placed.path)!r} has changed since; it is kept")
        placed.path.unlink()
    except OSError as wrong:
        raise MigrationFailed(agent=agent, detail=f"{str(placed.path)!r} cannot be removed: {wrong}") from wrong


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for piece in raw_bytes(path):
        digest.update(piece)
    return digest.hexdigest()
