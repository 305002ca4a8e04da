"""What the gateway's calls used and cost, summed up: by user, team, project, key, model, agent and more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from minga.domain.model_calls import KeyId
from minga.storage.database import Database
from minga.storage.instants import EPOCH, to_micros

By: TypeAlias = Literal["user", "team", "project", "key", "provider", "account", "model", "agent", "run", "day"]

_EXPRESSIONS: dict[By, str] = {
    "user": "c.user_name",
    "team": "c.team",
    "project": "c.project",
    "key": "CASE WHEN c.run_id <> '' THEN 'run-' || c.agent ELSE COALESCE(k.name, c.key_id) END",
    "provider": "c.provider",
    "account": "c.account",
    "model": "c.model",
    "agent": "c.agent",
    "run": "c.run_id",
    "day": "c.at / 86400000000",
}

_SUMS = (
    "COUNT(*), SUM(CASE WHEN c.status >= 400 THEN 1 ELSE 0 END), SUM(CASE c.cache WHEN 'hit' THEN 1 ELSE 0 END),"
    " SUM(CASE c.cache WHEN 'hit' THEN 0 ELSE c.input_tokens END),"
    " SUM(CASE c.cache WHEN 'hit' THEN 0 ELSE c.cached_input_tokens END),"
    " SUM(CASE c.cache WHEN 'hit' THEN 0 ELSE c.cache_write_tokens END),"
    " SUM(CASE c.cache WHEN 'hit' THEN 0 ELSE c.output_tokens END), COALESCE(SUM(c.cost_micro_usd), 0) AS cost,"
    " SUM(c.saved_micro_usd), SUM(CASE WHEN c.cost_micro_usd IS NULL THEN 1 ELSE 0 END),"
    " SUM(CASE WHEN c.source = 'estimate' THEN 1 ELSE 0 END)"
    " FROM model_calls c LEFT JOIN virtual_keys k ON k.id = c.key_id WHERE c.at >= ? AND c.at < ?"
)

ALWAYS = 0, 1 << 62


@dataclass(frozen=True, slots=True)
class Sum:
    """``names`` in the order of what was asked for; a day as 2026-11-25 (UTC). ``cost_micro_usd`` is of the calls that
    have a price, ``unpriced`` counts the others, ``estimated`` those whose tokens the provider did not tell. The
    response cache answered ``answered`` calls: they used no token and cost nothing; ``saved_micro_usd`` is what they
    would have cost."""

    names: tuple[str, ...]
    calls: int
    failed: int
    answered: int
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost_micro_usd: int
    saved_micro_usd: int
    unpriced: int
    estimated: int


class Costs:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def sums(
        self, by: Sequence[By], since: datetime | None, until: datetime | None, key_id: KeyId | None = None
    ) -> list[Sum]:
        """Sums of the calls from ``since`` on and before ``until``, the costliest first; none where there was none.
        ``key_id``: only the calls of this key."""
        columns = ", ".join(_EXPRESSIONS[one] for one in by)
        grouped = f" GROUP BY {columns} ORDER BY cost DESC, {columns}" if columns else ""
        of_key = "" if key_id is None else " AND c.key_id = ?"
        select = f"SELECT {columns}{', ' if columns else ''}{_SUMS}{of_key}{grouped}"
        bounds: list[int | str] = [*_bounds(since, until), *([] if key_id is None else [key_id])]
        rows = await self._database.read(lambda transaction: transaction.execute(select, bounds))
        count = len(by)
        names = ([_name(one, value) for one, value in zip(by, row, strict=False)] for row in rows)
        return [Sum(tuple(name), *map(int, row[count:])) for name, row in zip(names, rows, strict=True) if row[count]]

    async def unpriced(self, since: datetime | None, until: datetime | None) -> list[tuple[str, int]]:
        """The models whose calls have no price, and how many calls these are, the most first."""
        select = (
            "SELECT model, COUNT(*) AS calls FROM model_calls WHERE cost_micro_usd IS NULL AND at >= ? AND at < ?"
            " GROUP BY model ORDER BY calls DESC, model"
        )
        bounds = _bounds(since, until)
        rows = await self._database.read(lambda transaction: transaction.execute(select, bounds))
        return [(str(model), int(calls)) for model, calls in rows]


def _bounds(since: datetime | None, until: datetime | None) -> list[int]:
    return [to_micros(at) if at else edge for at, edge in zip((since, until), ALWAYS, strict=True)]


def _name(by: By, value: str | int) -> str:
    return f"{EPOCH.date() + timedelta(days=int(value))}" if by == "day" else str(value)
