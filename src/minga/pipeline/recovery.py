"""After a crash: ends the turns that were left running, and books what their attempts had used by then."""

from collections.abc import Callable
from dataclasses import dataclass

from minga.agents.registry import BUILTIN
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AttemptId
from minga.ledger.book import Ledger, Meter
from minga.ledger.prices import PriceTable
from minga.pipeline.passages import Passages
from minga.sessions.history import History
from minga.sessions.store import Sessions

INTERRUPTED = Failure(FailureCode.INTERRUPTED, "Minga ended while this attempt was running.")


@dataclass(frozen=True, slots=True)
class Recovery:
    """Safe to run at any time and by several processes at once: a turn is ended, and an attempt booked, once."""

    sessions: Sessions
    history: History
    ledger: Ledger
    prices: PriceTable
    passages: Passages

    async def run(self, is_alive: Callable[[str], bool]) -> list[AttemptId]:
        """Return the attempts whose processes may be left; the caller ends those.

        Booking comes first: killed in between, the next run finds the turns still open.
        """
        for attempt_id in await self.sessions.abandoned(is_alive):
            if not await self.ledger.is_booked(attempt_id):
                await self._book(attempt_id)
        return await self.sessions.recover(is_alive)

    async def _book(self, attempt_id: AttemptId) -> None:
        past = await self.history.attempt(attempt_id)
        meter = Meter(attempt_id, past.agent, self.prices, uses_model=past.agent != BUILTIN)
        for recorded in past.events:
            meter.note(recorded.event)
        await self.ledger.book(past.turn, await self.passages.booked_by(attempt_id, meter.total(INTERRUPTED)))
