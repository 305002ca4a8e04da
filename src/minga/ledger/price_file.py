"""The form of the file of list prices."""

import msgspec


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars per million tokens, which is also micro-dollars per token. Cached input without its own price costs as
    input, so do cache writes; those for an hour cost as other ones."""

    input: float
    cached: float | None
    cache_write: float | None
    cache_write_1h: float | None = None
    output: float


class Tier(Rates, frozen=True, kw_only=True):
    """Of all tokens of a call with more than ``above`` tokens of input, cached or not."""

    above: int


class Price(Rates, frozen=True, kw_only=True):
    """At the base tier. ``match``: [how, text] pairs, one must hold. ``tiers``: the lowest first.
    ``context``: tokens that fit into one call, where that is known."""

    provider: str
    model: str
    match: list[tuple[str, str]]
    tiers: tuple[Tier, ...] = ()
    context: int | None = None


class PriceFile(msgspec.Struct, frozen=True):
    source: str
    models: list[Price]
