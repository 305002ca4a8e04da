"""Native sessions that are about to be written: noted before, so that one of a process that was killed is found."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minga.domain.ids import AgentName, NativeId
from minga.domain.secrecy import Vault
from minga.domain.sessions import Claim
from minga.sessions.formats.format import Placed
from minga.storage.database import Database


@dataclass(frozen=True, slots=True)
class Begun:
    """``home`` is empty for the person's own; ``planned`` as `Format.planned` says it."""

    agent: AgentName
    home: str
    planned: Placed


class Beginnings:
    """Of the vault's user. ``claim`` is that of this process."""

    def __init__(self, database: Database, vault: Vault, claim: Claim) -> None:
        self._database = database
        self._vault = vault
        self._claim = claim

    async def note(self, begun: Begun) -> None:
        """Raises StoreFull, StoreUnwritable."""
        planned, writer = begun.planned, (self._claim.place(), self._claim.key())
        row = self._vault.user, begun.agent, planned.native_id, begun.home, str(planned.path), planned.sha256, *writer
        insert = "INSERT INTO natives_begun VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        await self._database.write(lambda transaction: transaction.execute(insert, row))

    async def settle(self, begun: Begun) -> None:
        """It is written and noted, or nothing of it is left."""
        key = self._vault.user, begun.agent, begun.planned.native_id, begun.home
        delete = "DELETE FROM natives_begun WHERE owner = ? AND agent = ? AND native_id = ? AND home = ?"
        await self._database.write(lambda transaction: transaction.execute(delete, key))

    async def left(self, is_alive: Callable[[str], bool]) -> list[Begun]:
        """Those whose process is gone, in this data directory: what other devices write is theirs."""
        select = (
            "SELECT b.agent, b.home, b.native_id, b.path, b.sha256, b.writer_key FROM natives_begun b"
            " WHERE b.owner = ? AND b.writer_place = ? ORDER BY b.native_id"
        )
        key = self._vault.user, self._claim.place()
        rows = await self._database.read(lambda transaction: transaction.execute(select, key))
        return [
            Begun(AgentName(row[0]), row[1], Placed(NativeId(row[2]), Path(row[3]), row[4]))
            for row in rows
            if not is_alive(row[5])
        ]
