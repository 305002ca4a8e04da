"""The operations of the API: one table, by which requests are found and the OpenAPI document is made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from minga.domain.errors import UnknownVirtualKey
from minga.domain.model_calls import KeyId, VirtualKey
from minga.entrypoints.api import records
from minga.entrypoints.api.plane import Asked, Plane
from minga.entrypoints.api.problems import Rejected
from minga.ledger.own_prices import OwnPrice
from minga.reports.calls import Column, Position
from minga.storage.instants import to_micros

ROOT = "/api/v1"

FILTERS: tuple[Column, ...] = ("key", "user", "team", "project", "provider", "model", "wire", "run", "status")


async def list_keys(plane: Plane, asked: Asked[records.KeysQuery, None]) -> records.KeyPage:
    query = asked.query
    wanted = {"live": (False,), "revoked": (True,), "all": (False, True)}[query.state]
    after = _position(query.after)
    found = [
        key
        for key in await plane.gateway.keys.all()
        if (key.revoked_at is not None) in wanted and (after is None or _place(key) > after)
    ]
    found.sort(key=_place)
    page = found[: query.limit]
    return records.KeyPage([_key(one) for one in page], _cursor(*_place(page[-1])) if len(found) > len(page) else None)


async def make_key(plane: Plane, asked: Asked[records.NoQuery, records.KeyWanted]) -> records.KeyMade:
    wanted = asked.body
    text, made = await plane.gateway.keys.make(
        VirtualKey(
            id=KeyId(""),
            name=wanted.name,
            user=wanted.user or asked.caller.user,
            team=wanted.team,
            project=wanted.project,
            models=wanted.models,
            created_at=asked.caller.created_at,
            expires_at=wanted.expires_at,
            revoked_at=None,
            requests_per_minute=wanted.requests_per_minute,
            concurrent_max=wanted.concurrent_max,
            budget_micro_usd=wanted.budget_micro_usd,
            budget_window=wanted.budget_window,
            scopes=tuple(dict.fromkeys(wanted.scopes)),
            tokens_per_minute=wanted.tokens_per_minute,
            continues_streams=wanted.continues_streams,
            caches=wanted.caches,
            marks_prompts=wanted.marks_prompts,
        )
    )
    return records.KeyMade(text, _key(made))


async def show_key(plane: Plane, asked: Asked[records.NoQuery, None]) -> records.Key:
    found = next((key for key in await plane.gateway.keys.all() if key.id == asked.id), None)
    if found is None:
        raise UnknownVirtualKey(name=asked.id)
    return _key(found)


async def revoke_key(plane: Plane, asked: Asked[records.NoQuery, None]) -> records.Key:
    key = await show_key(plane, asked)
    return _key(await plane.gateway.keys.revoke(key.id))


async def sum_costs(plane: Plane, asked: Asked[records.CostsQuery, None]) -> records.CostPage:
    query = asked.query
    by = tuple(dict.fromkeys(query.by))
    found = await plane.costs.sums(by, query.since, query.until)
    end = query.offset + query.limit
    sums = [
        records.Sum(
            group=dict(zip(by, one.names, strict=True)),
            calls=one.calls,
            failed=one.failed,
            answered=one.answered,
            input_tokens=one.input_tokens,
            cached_input_tokens=one.cached_input_tokens,
            cache_write_tokens=one.cache_write_tokens,
            output_tokens=one.output_tokens,
            cost_micro_usd=one.cost_micro_usd,
            saved_micro_usd=one.saved_micro_usd,
            unpriced=one.unpriced,
            estimated=one.estimated,
        )
        for one in found[query.offset : end]
    ]
    return records.CostPage(sums, end if end < len(found) else None)


async def list_budgets(plane: Plane, asked: Asked[records.NoQuery, None]) -> records.BudgetList:
    told = [
        records.Budget(
            scope=one.budget.scope,
            name=one.budget.name,
            budget_micro_usd=one.budget.micro_usd,
            spent_micro_usd=one.spent_micro_usd,
            window=one.budget.window,
            alert_percent=one.budget.alert_percent,
            is_hard=one.budget.is_hard,
        )
        for one in await plane.budgets.all()
    ]
    return records.BudgetList(told)


async def list_calls(plane: Plane, asked: Asked[records.CallsQuery, None]) -> records.CallPage:
    query = asked.query
    wanted = {name: value for name in FILTERS if (value := getattr(query, name))}
    position = _position(query.cursor)
    after = Position(*position) if position else None
    found = await plane.calls.page(wanted, query.since, query.until, after, query.limit + 1)
    page = found[: query.limit]
    last = page[-1].position if len(found) > query.limit else None
    calls = msgspec.convert(page, list[records.Call], from_attributes=True)
    return records.CallPage(calls, _cursor(last.at_micros, last.id) if last else None)


async def list_providers(plane: Plane, asked: Asked[records.NoQuery, None]) -> records.ProviderList:
    told = [
        records.Provider(
            name=one.name,
            title=one.title,
            wires={wire: _without_login(url) for wire, url in urls.items()},
            models=list(one.models),
            local=one.local,
            health=plane.health(one.name),
        )
        for one, urls in plane.gateway.configuration().deployments.set_up()
    ]
    return records.ProviderList(told)


async def find_price(plane: Plane, asked: Asked[records.PriceQuery, None]) -> records.ListPrice:
    prices = plane.gateway.configuration().prices
    price = prices.find(asked.query.model)
    if price is None:
        told = f"no list price is known for {asked.query.model!r}"
        raise Rejected(404, "unknown-price", told, "Calls of such a model are counted as unpriced.")
    return records.ListPrice(
        model=price.model,
        vendor="" if isinstance(price, OwnPrice) else price.provider,
        input=price.input,
        cached=price.cached,
        cache_write=price.cache_write,
        output=price.output,
        source="prices.toml" if isinstance(price, OwnPrice) else prices.source,
    )


def _position(cursor: str) -> tuple[int, str] | None:
    at, _, id = cursor.partition("~")
    return (int(at), id) if cursor else None


def _cursor(at_micros: int, id: str) -> str:
    return f"{at_micros}~{id}"


def _place(key: VirtualKey) -> tuple[int, str]:
    """In the list; it stays where keys before it are forgotten."""
    return to_micros(key.created_at), key.id


def _key(key: VirtualKey) -> records.Key:
    return msgspec.convert(key, records.Key, from_attributes=True)


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


Run = Callable[[Plane, Asked[Any, Any]], Awaitable[msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class Operation:
    """``path`` may hold ``{id}``. ``problems``: statuses that it may end with beside those of every operation."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    summary: str
    run: Run
    answer: type[msgspec.Struct]
    query: type[records.Strict] = records.NoQuery
    body: type[records.Strict] | None = None
    status: int = 200
    problems: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.run.__name__


OPERATIONS = (
    Operation(
        "GET", "/keys", "List the virtual keys, the oldest first.", list_keys, records.KeyPage, records.KeysQuery
    ),
    Operation(
        "POST",
        "/keys",
        "Make a virtual key. It is shown this once.",
        make_key,
        records.KeyMade,
        body=records.KeyWanted,
        status=201,
        problems=(409, 422),
    ),
    Operation("GET", "/keys/{id}", "Show what is kept of a virtual key.", show_key, records.Key, problems=(404,)),
    Operation("DELETE", "/keys/{id}", "End a virtual key for good.", revoke_key, records.Key, problems=(404,)),
    Operation("GET", "/costs", "Sum up what calls used and cost.", sum_costs, records.CostPage, records.CostsQuery),
    Operation("GET", "/budgets", "List budgets, with what is spent of each.", list_budgets, records.BudgetList),
    Operation("GET", "/calls", "List calls, the newest first.", list_calls, records.CallPage, records.CallsQuery),
    Operation("GET", "/providers", "List the providers that are set up.", list_providers, records.ProviderList),
    Operation(
        "GET",
        "/prices",
        "Look up the list price of a model.",
        find_price,
        records.ListPrice,
        records.PriceQuery,
        problems=(404,),
    ),
)
