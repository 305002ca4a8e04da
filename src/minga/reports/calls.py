"""The gateway's calls, one by one, the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from minga.storage.database import Database
from minga.storage.engine import Row
from minga.storage.instants import from_micros, to_micros

Column: TypeAlias = Literal["key", "user", "team", "project", "provider", "model", "wire", "run", "status"]

_COLUMNS: dict[Column, str] = {
    "key": "COALESCE(k.name, c.key_id)",
    "user": "c.user_name",
    "team": "c.team",
    "project": "c.project",
    "provider": "c.provider",
    "model": "c.model",
    "wire": "c.wire",
    "run": "c.run_id",
    "status": "c.status",
}

_SELECT = (
    "SELECT c.id, c.at, COALESCE(k.name, c.key_id), c.user_name, c.team, c.project, c.provider, c.account, c.wire,"
    " c.model, c.run_id, c.agent, c.cache, c.source, c.status, c.attempts, c.first_ms, c.took_ms, c.input_tokens,"
    " c.cached_input_tokens, c.cache_write_tokens, c.output_tokens, c.reasoning_tokens, c.cost_micro_usd"
    " FROM model_calls c LEFT JOIN virtual_keys k ON k.id = c.key_id"
)


@dataclass(frozen=True, slots=True)
class Position:
    """Of a call in the list: what comes after it is older."""

    at_micros: int
    id: str


@dataclass(frozen=True, slots=True)
class Call:
    """An entry of the ledger. ``key`` is the key's name; the rest as in `CallEntry`."""

    id: str
    at: datetime
    key: str
    user: str
    team: str
    project: str
    provider: str
    account: str
    wire: str
    model: str
    run: str
    agent: str
    cache: str
    tokens_source: str
    status: int
    attempts: int
    first_ms: int
    took_ms: int
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost_micro_usd: int | None

    @property
    def position(self) -> Position:
        return Position(to_micros(self.at), self.id)


class Calls:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        wanted: Mapping[Column, str | int],
        since: datetime | None,
        until: datetime | None,
        after: Position | None,
        limit: int,
    ) -> list[Call]:
        """At most ``limit`` calls that have what is ``wanted``, from ``since`` on and before ``until``; those that
        follow ``after`` in the list."""
        conditions: list[tuple[str, list[str | int]]] = [(f"{_COLUMNS[name]} = ?", [wanted[name]]) for name in wanted]
        if since is not None:
            conditions.append(("c.at >= ?", [to_micros(since)]))
        if until is not None:
            conditions.append(("c.at < ?", [to_micros(until)]))
        if after is not None:
            conditions.append(("(c.at < ? OR (c.at = ? AND c.id < ?))", [after.at_micros, after.at_micros, after.id]))
        where = " AND ".join(text for text, _ in conditions)
        select = f"{_SELECT}{' WHERE ' if where else ''}{where} ORDER BY c.at DESC, c.id DESC LIMIT ?"
        values = [*(value for _, values in conditions for value in values), limit]
        rows = await self._database.read(lambda transaction: transaction.execute(select, values))
        return [_call(row) for row in rows]


def _call(row: Row) -> Call:
    return Call(row[0], from_micros(row[1]), *row[2:])
