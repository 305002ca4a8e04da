"""The file of what is derived for one user."""

from collections.abc import Callable
from pathlib import Path

from minga.domain.ids import SessionId
from minga.memory.index import state
from minga.storage.database import migrations_in
from minga.storage.derived import DerivedFile

MIGRATIONS = Path(__file__).parent / "migrations"


class MemoryFile(DerivedFile):
    """``path``, ``key`` and ``has_key`` as in `DerivedFile`. Fits `sessions.retention.Derived`."""

    def __init__(self, path: Path, key: Callable[[], bytes], has_key: Callable[[], bool]) -> None:
        super().__init__(path, key, has_key, migrations_in(MIGRATIONS, "memory"))

    async def shred_session(self, session_id: SessionId, old_key: bytes | None) -> None:
        """Take out a session that was deleted; ``old_key`` was destroyed with it."""
        await self.shred(lambda transaction: state.forget_session(transaction, session_id), old_key)
