"""How well a reader tells questions that have an answer from those that have none."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.memory.reading.material import Asked, Material

REACHES = (3, 5, 10, 20)
"""So many of the passages that recall brings back first are read."""

LOST = (0.023, 0.05, 0.1)
"""Shares of the questions with an answer that may be taken for unanswered."""

WRONG_MAX = 20_000

Judged = Mapping[int, float]
Numbers = npt.NDArray[np.float64]


def lines(judged: Judged, asked: Sequence[Asked], title: str) -> Iterator[str]:
    right = [judged[place] for one in asked for place in one.brought if place in one.right]
    wrong = [judged[place] for one in asked for place in one.brought if place not in one.right]
    yield f"{title}: passages: area {area(np.asarray(right), np.asarray(wrong[:WRONG_MAX])):.3f}"
    for reach in REACHES:
        with_one, without = (_best(judged, asked, reach, has_answer) for has_answer in (True, False))
        yield f"  the best of {reach}: {told(with_one, without)}"


def written(judged: Judged, material: Material) -> str:
    right, wrong = (
        np.asarray([value for place, value in judged.items() if bool(material.labels[place]) is has_answer])
        for has_answer in (True, False)
    )
    return f"  written, held out: {told(right, wrong)} of {len(wrong)}"


def told(right: Numbers, wrong: Numbers) -> str:
    """The area under the curve, and what is caught of ``wrong`` where so much of ``right`` is lost."""
    caught = (f"{(wrong < np.quantile(right, lost)).mean():.3f} at {lost:.1%} lost" for lost in LOST)
    return f"area {area(right, wrong):.3f}, caught {', '.join(caught)}"


def area(right: Numbers, wrong: Numbers) -> float:
    """Under the curve: how often something right is above something wrong."""
    above = (right[:, None] > wrong[None]).mean()
    same = (right[:, None] == wrong[None]).mean()
    return float(above + same / 2)


def _best(judged: Judged, asked: Sequence[Asked], reach: int, has_answer: bool) -> Numbers:
    some = [one.brought[:reach] for one in asked if one.has_answer is has_answer and one.brought]
    return np.asarray([max(judged[place] for place in places) for places in some])
