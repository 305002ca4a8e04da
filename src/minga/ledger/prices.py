"""List prices of models, from the data file beside this module (made by tools/price_table.py; its source is in it)."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from minga.domain.events import Usage
from minga.domain.model_calls import LongCached
from minga.infrastructure.clock import Clock, SystemClock
from minga.ledger.own_prices import OwnPrice, price_on
from minga.ledger.price_file import Price, PriceFile, Rates

TABLE = Path(__file__).parent / "prices.json"

FOUND_MAX = 10_000
"""Names of models that are remembered with their price."""


class PriceTable:
    """Looks prices up by the model's name as a CLI reports it."""

    def __init__(
        self, path: Path = TABLE, own: Callable[[], tuple[OwnPrice, ...]] = tuple, clock: Clock | None = None
    ) -> None:
        """``own`` reads prices that win, as they are valid by the ``clock``: when they are first needed."""
        self._read_own = own
        self._own: tuple[OwnPrice, ...] | None = None
        self._clock = clock or SystemClock()
        file = msgspec.json.decode(path.read_bytes(), type=PriceFile)
        self.source = file.source
        self._models = file.models
        self._found: dict[str, Price | None] = {}

    def read(self) -> tuple[OwnPrice, ...]:
        """The person's own prices, read once. Raises BadSetting, as every look-up does that is the first."""
        if self._own is None:
            self._own = self._read_own()
        return self._own

    def find(self, model: str) -> Price | OwnPrice | None:
        """Return the price of ``model``, the vendor's own before a reseller's; None if it is not in the table. A
        reseller names a model ``vendor/name``; a CLI may leave out the vendor."""
        if (prices := self.read()) and (own := price_on(prices, model, self._clock.now().date())):
            return own
        if model not in self._found:
            if len(self._found) >= FOUND_MAX:  # callers name models as they like
                self._found.clear()
            self._found[model] = self._find(model.lower())
        return self._found[model]

    def context_tokens(self, model: str) -> int | None:
        """Return how many tokens fit into one call of ``model``, or None."""
        price = self.find(model)
        return price.context if isinstance(price, Price) else None

    def most_micro_usd(self, model: str, asked: int, answer: int) -> int | None:
        """Return what a call of ``asked`` tokens may cost at most, however a cache takes them, or None."""
        price = self.find(model)
        if price is None:
            return None
        rates = _of_call(price, asked)
        dearest = max(rates.input, rates.cache_write or 0, rates.cache_write_1h or 0)
        return round(asked * dearest + answer * rates.output)

    def _find(self, whole: str) -> Price | None:
        name = whole.rsplit("/", 1)[-1]
        return (
            next((price for price in self._models if any(_holds(how, text, name) for how, text in price.match)), None)
            or next((price for price in self._models if price.model == whole), None)
            or next((price for price in self._models if "/" in price.model and price.model.endswith(f"/{name}")), None)
        )

    def cost_micro_usd(self, model: str, usage: Usage) -> int | None:
        """Return what ``usage``, of any number of calls, costs by list price at the base tier, or None."""
        price = self.find(model)
        return None if price is None else _cost(price, usage)

    def cost_of_call_micro_usd(self, model: str, usage: Usage) -> int | None:
        """Return what ``usage``, of one call, costs by list price, at the tier that its input reaches; or None."""
        price = self.find(model)
        asked = usage.input_tokens + usage.cached_input_tokens + usage.cache_write_tokens
        return None if price is None else _cost(_of_call(price, asked), usage)


def _of_call(price: Price | OwnPrice, asked: int) -> Rates | OwnPrice:
    if isinstance(price, OwnPrice) or not price.tiers:
        return price
    return next((tier for tier in reversed(price.tiers) if asked > tier.above), price)


def _cost(rates: Rates | OwnPrice, usage: Usage) -> int:
    cached = rates.input if rates.cached is None else rates.cached
    cache_write = rates.input if rates.cache_write is None else rates.cache_write
    an_hour = cache_write if rates.cache_write_1h is None else rates.cache_write_1h
    long = usage.cache_write_1h_tokens if isinstance(usage, LongCached) else 0
    return round(
        usage.input_tokens * rates.input
        + usage.cached_input_tokens * cached
        + (usage.cache_write_tokens - long) * cache_write
        + long * an_hour
        + usage.output_tokens * rates.output
    )


def typical_usage(prompt: str) -> Usage:
    """A rough size of one task, for comparing agents before a run: four model calls with a 15,000-token request each,
    of which three quarters are cached, and 500 tokens of output per call (order of magnitude: requests of the CLIs
    measured November 2026 were 8,000 to 16,000 tokens)."""
    asked = len(prompt) // 4
    return Usage("", input_tokens=15_000 + asked, cached_input_tokens=45_000, cache_write_tokens=0, output_tokens=2000)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _holds(how: str, text: str, name: str) -> bool:
    match how:
        case "equals":
            return name == text
        case "starts-with":
            return name.startswith(text)
        case "ends-with":
            return name.endswith(text)
        case "contains":
            return text in name
        case "regex":
            return _pattern(text).search(name) is not None
        case _:
            raise ValueError(f"the price table has an unknown match {how!r}")
