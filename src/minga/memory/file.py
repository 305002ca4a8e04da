"""The file of what is derived for one user."""

from collections.abc import Callable, Sequence
from pathlib import Path

from minga.domain.ids import SessionId
from minga.memory.index import state
from minga.storage.database import Transaction, migrations_in
from minga.storage.derived import DerivedFile

MIGRATIONS = Path(__file__).parent / "migrations"


class MemoryFile(DerivedFile):
    """``path``, ``key`` and ``has_key`` as in `DerivedFile`. Fits `sessions.retention.Derived`."""

    def __init__(self, path: Path, key: Callable[[], bytes], has_key: Callable[[], bool]) -> None:
        super().__init__(path, key, has_key, migrations_in(MIGRATIONS, "memory"))

    async def shred_sessions(self, session_ids: Sequence[SessionId], old_key: bytes | None) -> None:
        """Take out sessions that were deleted; ``old_key`` was destroyed with them."""

        def take_out(transaction: Transaction) -> None:
            for session_id in session_ids:
                state.forget_session(transaction, session_id)

        await self.shred(take_out, old_key)
