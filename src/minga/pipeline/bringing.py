"""Brings in what the CLIs have stored themselves, and books what it had cost."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from minga.agents.roster import Roster
from minga.domain.errors import UnknownSession
from minga.domain.ids import AgentName, AttemptId, SessionId
from minga.domain.ledger import AttemptCost
from minga.domain.transcript import Message
from minga.ledger.book import Ledger, Meter
from minga.ledger.prices import PriceTable
from minga.sessions.importing import BroughtIn, Discovered, Importer, OnMessages, OnUnlisted

FORGOTTEN = "its session was forgotten: it is in the store again, without its key"
"""Why a session is not brought in, as after a backup from before its end was restored."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A native session that could not be read."""

    discovered: Discovered
    detail: str


@dataclass(frozen=True, slots=True)
class Bringing:
    """``formats`` are the agents that have a native format."""

    importer: Importer
    roster: Roster
    ledger: Ledger
    prices: PriceTable
    formats: Sequence[AgentName]

    async def discover(self, agents: Sequence[AgentName], on_unlisted: OnUnlisted) -> list[Discovered]:
        """Find the native sessions of ``agents`` (all if empty) in the person's own homes, the youngest first;
        ``on_unlisted`` as in `Importer.discover`.

        Raises UnknownAgent for one that is not in the catalogue.
        """
        facts = [self.roster.registry.get(name) for name in agents or self.formats]
        homes = {AgentName(one.name): self.roster.person_home(one) for one in facts}
        return await self.importer.discover(homes, on_unlisted)

    async def bring_in(self, chosen: Iterable[Discovered]) -> AsyncIterator[tuple[Discovered, BroughtIn | Failed]]:
        """Bring in one after the other. One that cannot be read does not stop the rest."""
        for one in chosen:
            try:
                yield one, await self.importer.bring_in(one.file, self._booking(one.file.agent))
            except OSError as wrong:
                yield one, Failed(one, wrong.strerror or str(wrong))
            except UnknownSession:
                yield one, Failed(one, FORGOTTEN)

    def _booking(self, agent: AgentName) -> OnMessages:
        """Each model call is booked once, however often its session is read."""

        async def book(session_id: SessionId, messages: Sequence[Message]) -> None:
            costs = [self._cost(session_id, agent, message) for message in messages if message.usage is not None]
            if costs:
                await self.ledger.book_past(session_id, costs)

        return book

    def _cost(self, session_id: SessionId, agent: AgentName, message: Message) -> tuple[AttemptCost, datetime | None]:
        assert message.usage is not None
        meter = Meter(AttemptId(f"{session_id}:{message.id}"), agent, self.prices, uses_model=True)
        meter.note(message.usage)
        return meter.total(None), message.at
