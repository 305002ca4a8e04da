"""How many calls may be tried again: at most a fifth of them, so that retries never become the load."""

import random
from dataclasses import dataclass

CAPACITY = 20.0
START = 10.0
A_REQUEST = 0.2

BACKOFF_S = 0.3


@dataclass(slots=True)
class RetryBudget:
    left: float = START

    def request(self) -> None:
        """A new call, no retry."""
        self.left = min(CAPACITY, self.left + A_REQUEST)

    def take(self) -> bool:
        """True if one more retry may go; it is counted."""
        if self.left < 1:
            return False
        self.left -= 1
        return True


def backoff_s(attempt: int, chance: random.Random) -> float:
    """Seconds to wait before the try after the ``attempt``-th one, the first being 1."""
    return BACKOFF_S * 2.0 ** (attempt - 1) * chance.uniform(0.5, 1.5)
