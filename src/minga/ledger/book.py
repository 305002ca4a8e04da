"""Books what each attempt used and sums it up into a receipt."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from minga.domain.events import Event, Failed, FileChange, HandedOver, NativeSession, Usage
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.domain.ledger import AttemptCost, Baseline, Receipt
from minga.domain.sessions import Turn
from minga.infrastructure.clock import Clock
from minga.ledger.calls import RunUse
from minga.ledger.prices import PriceTable
from minga.storage.database import Database, Transaction
from minga.storage.engine import Row, Value

MIGRATIONS = Path(__file__).parent / "migrations"

GATEWAY = "booked by the gateway"
"""Stands in the column ``cost_source`` where tokens and cost are the sum of the run's calls in the gateway's book."""

CANCELLED = "cancelled"
"""Stands in the column ``failure`` where a person ended the attempt; empty: it answered."""


class Meter:
    """Adds up one attempt while it runs, so that a budget can be watched; `total` is its entry."""

    def __init__(self, attempt_id: AttemptId, agent: AgentName, prices: PriceTable, *, uses_model: bool) -> None:
        self._attempt_id = attempt_id
        self._agent = agent
        self._prices = prices
        self._uses_model = uses_model
        self._model = ""
        self._used = Usage("", 0, 0, 0, 0)
        self._list_price = 0
        self._priced = True
        self._claimed: int | None = None

    def note(self, event: Event) -> None:
        match event:
            case NativeSession(model=model) if model:
                self._model = model
            case Usage():
                self._add(event)
            case _:
                pass

    def total(self, failure: Failure | None, *, cancelled: bool = False) -> AttemptCost:
        cost, source = self._cost()
        used = self._used
        return AttemptCost(
            attempt_id=self._attempt_id,
            agent=self._agent,
            model=self._model,
            input_tokens=used.input_tokens,
            cached_input_tokens=used.cached_input_tokens,
            cache_write_tokens=used.cache_write_tokens,
            output_tokens=used.output_tokens,
            cost_micro_usd=cost,
            cost_source=source,
            failure=failure,
            cancelled=cancelled,
        )

    def _add(self, usage: Usage) -> None:
        self._model = usage.model or self._model
        used = self._used
        self._used = Usage(
            model=self._model,
            input_tokens=used.input_tokens + usage.input_tokens,
            cached_input_tokens=used.cached_input_tokens + usage.cached_input_tokens,
            cache_write_tokens=used.cache_write_tokens + usage.cache_write_tokens,
            output_tokens=used.output_tokens + usage.output_tokens,
            reasoning_tokens=used.reasoning_tokens + usage.reasoning_tokens,
        )
        cost = self._prices.cost_micro_usd(self._model, usage)
        self._priced = self._priced and cost is not None
        self._list_price += cost or 0
        if usage.cost_micro_usd is not None:
            self._claimed = (self._claimed or 0) + usage.cost_micro_usd

    def _cost(self) -> tuple[int | None, str]:
        used = self._used
        if not self._uses_model:
            return 0, "no model"
        if not (used.input_tokens or used.cached_input_tokens or used.output_tokens):
            return None, "unknown: the agent reported no usage"
        if self._priced:
            return self._list_price, "list price"
        if self._claimed is not None:
            return self._claimed, "claimed by the CLI"
        return None, f"unknown: no list price for {self._model or 'its model'}"


def metered(cost: AttemptCost, used: RunUse) -> AttemptCost:
    """``cost`` with the tokens and the price that the gateway booked; the CLI's own tokens where it booked no call."""
    if not used.calls:
        return cost if cost.tokens else replace(cost, cost_micro_usd=0, cost_source=GATEWAY)
    unpriced = f"unknown: no list price for {used.model}"
    return replace(
        cost,
        model=used.model,
        input_tokens=used.input_tokens,
        cached_input_tokens=used.cached_input_tokens,
        cache_write_tokens=used.cache_write_tokens,
        output_tokens=used.output_tokens,
        cost_micro_usd=None if used.unpriced else used.cost_micro_usd,
        cost_source=unpriced if used.unpriced else GATEWAY,
    )


class Ledger:
    """The book. Entries are added once and never changed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def is_booked(self, attempt_id: AttemptId) -> bool:
        select = "SELECT 1 FROM usage_entries WHERE attempt_id = ?"
        return bool(await self._database.read(lambda transaction: transaction.execute(select, (attempt_id,))))

    async def of_turn(self, turn_id: TurnId) -> list[AttemptCost]:
        """Return what was booked for a turn, attempts in their order (their ids are made in it)."""
        select = (
            "SELECT attempt_id, agent, model, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,"
            " cost_micro_usd, cost_source, failure FROM usage_entries WHERE turn_id = ? ORDER BY attempt_id"
        )
        rows = await self._database.read(lambda transaction: transaction.execute(select, (turn_id,)))
        return [_cost(row) for row in rows]

    async def costs_of(self, session_ids: Sequence[SessionId]) -> dict[SessionId, tuple[int, bool]]:
        """Return for each session the sum of the known costs in micro-USD, and whether all costs are known."""
        select = (
            "SELECT COALESCE(SUM(cost_micro_usd), 0), COUNT(*), COUNT(cost_micro_usd) FROM usage_entries"
            " WHERE session_id = ?"
        )

        def work(transaction: Transaction) -> dict[SessionId, tuple[int, bool]]:
            found = {session_id: transaction.execute(select, (session_id,))[0] for session_id in session_ids}
            return {session_id: (int(row[0]), row[1] == row[2]) for session_id, row in found.items()}

        return await self._database.read(work)

    async def book(self, turn: Turn, cost: AttemptCost) -> None:
        """Add the entry of an attempt. One that has an entry keeps it: two processes may recover the same crash."""
        row = _row(turn.session_id, turn.id, cost, self._clock.now())
        await self._database.write(lambda transaction: _insert(transaction, [row]))

    async def book_past(self, session_id: SessionId, costs: Sequence[tuple[AttemptCost, datetime | None]]) -> None:
        """Add entries of model calls that a CLI made without Minga, each with its time. Those that have one keep it."""
        rows = [_row(session_id, TurnId(""), cost, at or self._clock.now()) for cost, at in costs]
        await self._database.write(lambda transaction: _insert(transaction, rows))


def _row(session_id: SessionId, turn_id: TurnId, cost: AttemptCost, at: datetime) -> tuple[Value, ...]:
    return (
        cost.attempt_id,
        session_id,
        turn_id,
        cost.agent,
        cost.model,
        cost.input_tokens,
        cost.cached_input_tokens,
        cost.cache_write_tokens,
        cost.output_tokens,
        cost.cost_micro_usd,
        cost.cost_source,
        CANCELLED if cost.cancelled else cost.failure.code.value if cost.failure else "",
        int(at.timestamp()),
    )


def _insert(transaction: Transaction, rows: Sequence[tuple[Value, ...]]) -> None:
    transaction.insert("usage_entries", rows, "ON CONFLICT (attempt_id) DO NOTHING")


def _cost(row: Row) -> AttemptCost:
    ended = row[9]
    failed = ended not in ("", CANCELLED)
    return AttemptCost(
        attempt_id=AttemptId(row[0]),
        agent=AgentName(row[1]),
        model=row[2],
        input_tokens=row[3],
        cached_input_tokens=row[4],
        cache_write_tokens=row[5],
        output_tokens=row[6],
        cost_micro_usd=row[7],
        cost_source=row[8],
        failure=Failure(FailureCode(ended), "") if failed else None,
        cancelled=ended == CANCELLED,
    )


def receipt(
    turn: Turn,
    ended: Event,
    attempts: Sequence[AttemptCost],
    events: Sequence[Event],
    duration_ms: int,
    baseline: Baseline | None = None,
) -> Receipt:
    """Sum up a turn that ended with the terminal event ``ended``."""
    files: list[str] = []
    for event in events:
        match event:
            case FileChange(path=path):
                files.append(path)
            case HandedOver(files_changed=changed):
                files.extend(changed)
            case _:
                pass
    return Receipt(
        session_id=turn.session_id,
        turn_id=turn.id,
        ended="failed" if isinstance(ended, Failed) else type(ended).__name__.lower(),
        attempts=tuple(attempts),
        files_changed=tuple(dict.fromkeys(files)),
        duration_ms=duration_ms,
        baseline=baseline,
    )
