"""How many tokens a text has at most, whichever agent reads it (docs/decisions/0027-counting-tokens.md)."""

import math
from functools import lru_cache

from minga.infrastructure import text_tokens


@lru_cache(maxsize=1 << 12)
def count(text: str) -> int:
    """Tokens by the measure of o200k, rather too many than too few. The count of a text is at most the sum of the
    counts of its lines, each with its line break."""
    return math.ceil(text_tokens.at_most(text.encode("utf-8", "replace"))) if text else 0
