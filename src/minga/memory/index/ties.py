"""The best of many, the same on every device: rows have other numbers on each, ids are the same."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping

from minga.memory.index.listed import AMONG, listed
from minga.storage.database import Transaction


def best(transaction: Transaction, scores: Mapping[int, float], limit: int) -> dict[int, float]:
    """The ``limit`` passages with the highest scores; of equal ones at the end those whose ids come first."""
    order = sorted(scores, key=scores.__getitem__, reverse=True)
    if len(order) <= limit:
        return {one: scores[one] for one in order}
    last = -scores[order[limit - 1]]
    first, end = (bisect(order, last, key=lambda one: -scores[one]) for bisect in (bisect_left, bisect_right))
    if end > limit:
        order[first:] = _by_id(transaction, order[first:end])
    return {one: scores[one] for one in order[:limit]}


def _by_id(transaction: Transaction, numbers: list[int]) -> list[int]:
    sql = f"SELECT number FROM passages WHERE number {AMONG} ORDER BY id"  # noqa: S608
    return [row[0] for row in transaction.execute(sql, (listed(numbers),))]
