"""The best of many, the same on every device: rows have other numbers on each, ids are the same."""

from collections.abc import Mapping

from minga.storage.database import Transaction

AT_ONCE = 500


def best(transaction: Transaction, scores: Mapping[int, float], limit: int) -> dict[int, float]:
    """The ``limit`` passages with the highest scores; of equal ones at the end those whose ids come first."""
    order = sorted(scores, key=lambda one: -scores[one])
    if len(order) <= limit:
        return {one: scores[one] for one in order}
    last = scores[order[limit - 1]]
    sure = [one for one in order[:limit] if scores[one] > last]
    tied = [one for one in order if scores[one] == last]
    if len(tied) > limit - len(sure):
        tied = _by_id(transaction, tied)
    return {one: scores[one] for one in [*sure, *tied][:limit]}


def _by_id(transaction: Transaction, numbers: list[int]) -> list[int]:
    found: list[tuple[str, int]] = []
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = transaction.execute(f"SELECT id, number FROM passages WHERE number IN ({marks})", some)  # noqa: S608
        found += [(row[0], row[1]) for row in rows]
    return [number for _, number in sorted(found)]
