"""Writes src/minga/ledger/prices.json from the pinned `genai-prices` package (MIT): run `make prices` after an update.

Minga ships the table as data because importing the package costs 0.3 s at every start. Prices are US dollars per
million tokens, today's, at the base tier and the standard service level.
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


def amount(price: Any) -> float | None:
    if price is None:
        return None
    return float(price.base if isinstance(price, types.TieredPrices) else price)


def rows(today: date) -> list[dict[str, Any]]:
    found = []
    for provider in (p for name in PROVIDERS for p in data.providers if p.id == name):
        for model in provider.models:
            price = price_today(model.prices, today)
            row = {
                "provider": provider.id,
                "model": model.id,
                "match": clauses(model.match),
                "input": amount(price.input_mtok),
                "cached": amount(price.cache_read_mtok),
                "cache_write": amount(price.cache_write_mtok),
                "output": amount(price.output_mtok),
            }
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
