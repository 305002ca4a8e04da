"""What goes over the wire: the queries, bodies and answers of the API. Their schemas are the OpenAPI document's."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from minga.domain.budgets import BudgetScope, BudgetWindow
from minga.domain.model_calls import Scope
from minga.reports.costs import By

Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Pattern = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[!-~]+$", description="As gpt-5*.")]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its offset")]
Limit = Annotated[int, Meta(ge=1, le=1000)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
MicroUsd = Annotated[int, Meta(ge=1, le=1_000_000_000_000_000, description="Millionths of a US dollar.")]
Cursor = Annotated[str, Meta(pattern=r"^(-?[0-9]{1,17}~[0-9a-zA-Z-]{1,64})?$", description="next of the page before.")]

Health: TypeAlias = Literal["ready", "resting", "unknown"]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What comes in; a name that is not known is an error."""


class NoQuery(Strict, frozen=True):
    """Nothing may be asked for."""


class KeysQuery(Strict, frozen=True):
    state: Literal["live", "revoked", "all"] = "live"
    limit: Limit = 100
    after: Cursor = ""


class KeyWanted(Strict, frozen=True):
    """A virtual key to make."""

    name: Name
    user: Annotated[Text, Meta(description="Whose it is; that of the calling key, if left out.")] = ""
    team: Text = ""
    project: Text = ""
    models: Annotated[tuple[Pattern, ...], Meta(max_length=100, description="Patterns; none for all.")] = ()
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=4)] = ("models",)
    expires_at: Instant | None = None
    requests_per_minute: Count | None = None
    tokens_per_minute: Count | None = None
    concurrent_max: Count | None = None
    budget_micro_usd: MicroUsd | None = None
    budget_window: Literal["day", "month", "total"] = "month"
    continues_streams: bool = False
    caches: Annotated[bool, Meta(description="Equal calls of its team are answered from memory.")] = False
    marks_prompts: Annotated[bool, Meta(description="Anthropic requests get cache markers where they pay.")] = False


class Key(msgspec.Struct, frozen=True):
    """What is kept of a virtual key; ``run_id``: the run that it was made for, or empty."""

    id: str
    name: str
    user: str
    team: str
    project: str
    models: list[str]
    scopes: list[Scope]
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    concurrent_max: int | None
    budget_micro_usd: int | None
    budget_window: Literal["day", "month", "total"]
    continues_streams: bool
    caches: bool
    marks_prompts: bool
    run_id: str


class KeyMade(msgspec.Struct, frozen=True):
    """``text`` is the key itself. It is shown this once."""

    text: str
    key: Key


class KeyPage(msgspec.Struct, frozen=True):
    """``next``: what to ask for as ``after``; null on the last page."""

    keys: list[Key]
    next: str | None


class CostsQuery(Strict, frozen=True):
    by: Annotated[tuple[By, ...], Meta(max_length=10, description="Group so; may be given several times.")] = ()
    since: Annotated[Instant | None, Meta(description="From this instant on.")] = None
    until: Annotated[Instant | None, Meta(description="Before this instant.")] = None
    limit: Limit = 100
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Sum(msgspec.Struct, frozen=True):
    """``group``: what the sum is of, by the names in ``by``. ``cost_micro_usd`` is of the calls that have a price;
    ``unpriced`` counts the others, ``estimated`` those whose tokens the provider did not tell. The response cache
    answered ``answered`` calls; ``saved_micro_usd`` is what they would have cost."""

    group: dict[str, str]
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


class CostPage(msgspec.Struct, frozen=True):
    """The costliest first. ``next_offset`` is null on the last page."""

    sums: list[Sum]
    next_offset: int | None


class Budget(msgspec.Struct, frozen=True):
    """What may be spent in a ``window``, UTC. A budget that ``is_hard`` stops calls that do not fit; another one only
    alerts, from ``alert_percent`` on."""

    scope: BudgetScope
    name: str
    budget_micro_usd: int
    spent_micro_usd: int
    window: BudgetWindow
    alert_percent: int
    is_hard: bool


class BudgetList(msgspec.Struct, frozen=True):
    budgets: list[Budget]


class CallsQuery(Strict, frozen=True):
    key: Annotated[Text, Meta(description="The key's name.")] = ""
    user: Text = ""
    team: Text = ""
    project: Text = ""
    provider: Text = ""
    model: Text = ""
    wire: Text = ""
    run: Text = ""
    status: Annotated[int, Meta(ge=100, le=599)] | None = None
    since: Annotated[Instant | None, Meta(description="From this instant on.")] = None
    until: Annotated[Instant | None, Meta(description="Before this instant.")] = None
    limit: Limit = 100
    cursor: Cursor = ""


class Call(msgspec.Struct, frozen=True):
    """``status`` is what the caller saw, 499 if it went away. ``cost_micro_usd`` null: no price is known."""

    id: str
    at: Instant
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


class CallPage(msgspec.Struct, frozen=True):
    """The newest first. ``next``: what to ask for as ``cursor``; null on the last page."""

    calls: list[Call]
    next: str | None


class Provider(msgspec.Struct, frozen=True):
    """``wires``: form -> base URL, without credentials. ``models``: patterns that are this provider's. ``health``: of
    what this process has called, ``resting`` where none of it may be called now."""

    name: str
    title: str
    wires: dict[str, str]
    models: list[str]
    local: bool
    health: Health


class ProviderList(msgspec.Struct, frozen=True):
    providers: list[Provider]


class PriceQuery(Strict, frozen=True):
    model: Annotated[Name, Meta(description="As a caller writes it.")]


class ListPrice(msgspec.Struct, frozen=True):
    """US dollars a million tokens. ``model`` is the table's name, or the pattern of a price of your own, which has no
    ``vendor``. ``cached`` and ``cache_write`` null: they cost as input."""

    model: str
    vendor: str
    input: float
    cached: float | None
    cache_write: float | None
    output: float
    source: str


class Problem(msgspec.Struct, frozen=True):
    """What went wrong (RFC 9457), and what to do about it."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str
