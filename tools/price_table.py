"""Writes src/minga/ledger/prices.json from the pinned `genai-prices` package (MIT): run `make prices` after an update.

Minga ships the table as data because importing the package costs 0.3 s at every start. Prices are US dollars per
million tokens, today's, at the standard service level. A tier holds for all tokens of a call with more input than it
says.
"""

import json
import re
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import data, types

PROVIDERS = ("anthropic", "openai", "google", "mistral", "deepseek", "x-ai", "groq", "moonshotai", "openrouter")
FIELDS = {
    "input": "input_mtok",
    "cached": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "output": "output_mtok",
}
TARGET = Path(__file__).parent.parent / "src/minga/ledger/prices.json"


def clauses(match: Any) -> list[list[str]]:
    """Flatten a match of the package into [how, text] pairs of which one must hold; none for what cannot be said so."""
    match match:
        case types.ClauseOr():
            return [pair for part in match.or_ for pair in clauses(part)]
        case types.ClauseEquals():
            return [["equals", match.equals]]
        case types.ClauseStartsWith():
            return [["starts-with", match.starts_with]]
        case types.ClauseEndsWith():
            return [["ends-with", match.ends_with]]
        case types.ClauseContains():
            return [["contains", match.contains]]
        case types.ClauseRegex():
            return [["regex", match.regex]]
        case types.ClauseAnd():
            return [["regex", "^" + "".join(f"(?=.*?{pattern(part)})" for part in match.and_)]]
        case _:
            return []


def pattern(match: Any) -> str:
    """A clause as a regular expression that is searched for: several looked for at one place must all hold."""
    return "(?:" + "|".join(_patterns(match)) + ")"


def _patterns(match: Any) -> list[str]:
    as_regex = {"equals": "^{}$", "starts-with": "^{}", "ends-with": "{}$", "contains": "{}"}
    return [text if how == "regex" else as_regex[how].format(re.escape(text)) for how, text in clauses(match)]


def price_today(prices: Any, today: date) -> Any:
    if isinstance(prices, types.ModelPrice):
        return prices
    chosen = prices[0].prices
    for conditional in prices:
        constraint = conditional.constraint
        if constraint is None or (isinstance(constraint, types.StartDateConstraint) and constraint.start_date <= today):
            chosen = conditional.prices
    return chosen


def amount(price: Any, above: int | None = None) -> float | None:
    """The base price, or that of calls with more than ``above`` tokens of input."""
    if isinstance(price, types.TieredPrices):
        reached = [tier.price for tier in price.tiers if above is not None and tier.start <= above]
        return float(reached[-1] if reached else price.base)
    return None if price is None else float(price)


def amounts(price: Any, above: int | None = None) -> dict[str, float | None]:
    """Of an hour's cache writes only where they have a price of their own."""
    found = {name: amount(getattr(price, field), above) for name, field in FIELDS.items()}
    if found["cache_write_1h"] is None:
        del found["cache_write_1h"]
    return found


def tiers(price: Any) -> list[dict[str, Any]]:
    prices = [getattr(price, field) for field in FIELDS.values()]
    starts = {tier.start for one in prices if isinstance(one, types.TieredPrices) for tier in one.tiers}
    return [{"above": start, **amounts(price, start)} for start in sorted(starts)]


def rows(today: date) -> list[dict[str, Any]]:
    found = []
    for provider in (p for name in PROVIDERS for p in data.providers if p.id == name):
        for model in provider.models:
            price = price_today(model.prices, today)
            row: dict[str, Any] = {"provider": provider.id, "model": model.id, "match": clauses(model.match)}
            row |= amounts(price)
            if row["output"] is None and "embed" in model.id:  # it answers with no tokens
                row["output"] = 0.0
            if higher := tiers(price):
                row["tiers"] = higher
            if model.context_window:
                row["context"] = model.context_window
            if row["match"] and row["input"] is not None and row["output"] is not None:
                found.append(row)
    return found


def main() -> None:
    today = date.fromisoformat(sys.argv[1]) if len(sys.argv) > 1 else date.today()
    source = f"genai-prices {version('genai-prices')}, MIT, prices as of {today}"
    lines = ",\n".join(json.dumps(row) for row in rows(today))
    TARGET.write_text(f'{{"source": "{source}", "models": [\n{lines}\n]}}\n', "utf-8")
    print(f"{TARGET.name}: {len(rows(today))} models, {source}")


if __name__ == "__main__":
    main()
