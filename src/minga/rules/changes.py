"""Writing what was planned: one at a time, each file whole."""

from collections.abc import Iterable

from minga.infrastructure.file_lock import FileLock
from minga.rules import documents
from minga.rules.documents import Change


async def apply(changes: Iterable[Change], lock: FileLock) -> None:
    """Two that write at once take turns; what changed since it was planned is left alone, and nothing is written where
    a file is read-only. Raises ChangedMeanwhile, FileUnwritable, StoreError."""
    planned = list(changes)
    async with lock:
        for change in planned:
            documents.check_writable(change)
        for change in planned:
            documents.write(change)
