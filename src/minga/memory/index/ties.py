"""The best of many, the same on every device: rows have other numbers on each, ids are the same."""

from collections.abc import Mapping

from minga.memory.index.listed import AMONG, listed
from minga.storage.database import Transaction


def best(transaction: Transaction, scores: Mapping[int, float], limit: int) -> dict[int, float]:
    """The ``limit`` passages with the highest scores; of equal ones at the end those whose ids come first."""
    order = sorted(scores, key=scores.__getitem__, reverse=True)
    if len(order) <= limit:
        return {one: scores[one] for one in order}
    last = scores[order[limit - 1]]
    sure = [one for one in order[:limit] if scores[one] > last]
    tied = [one for one in order if scores[one] == last]
    if len(tied) > limit - len(sure):
        tied = _by_id(transaction, tied)
    return {one: scores[one] for one in [*sure, *tied][:limit]}


def _by_id(transaction: Transaction, numbers: list[int]) -> list[int]:
    sql = f"SELECT number FROM passages WHERE number {AMONG} ORDER BY id"  # noqa: S608
    return [row[0] for row in transaction.execute(sql, (listed(numbers),))]
