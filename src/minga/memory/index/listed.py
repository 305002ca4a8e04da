"""Many values in one statement that stays the same: SQLite reads its text once, however many there are."""

import json
from collections.abc import Sequence

AMONG = "IN (SELECT value FROM json_each(?))"
"""What stands behind a column; its parameter is `listed`."""


def listed(values: Sequence[int] | Sequence[str]) -> str:
    return json.dumps(values)
