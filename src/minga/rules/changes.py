"""Writing what was planned: one at a time, each file whole."""

from collections.abc import Iterable

from minga.infrastructure.file_lock import FileLock
from minga.rules import documents
from minga.rules.documents import Change


async def apply(changes: Iterable[Change], lock: FileLock) -> None:
    """Two that write at once take turns; what changed since it was planned is left alone. Raises ChangedMeanwhile,
    FileUnwritable, StoreError."""
    async with lock:
        for change in changes:
            documents.write(change)
