"""Recorded outcomes, read from a folder beside the repository; for measuring only, they never come into Minga."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from arro3.io import read_parquet

from benchmarks.gateway.environments import CannotMeasure

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "routing"

AGENTS = "swebench_verified_mini_agent.parquet"
"""SWE-bench Verified, 500 tasks solved by 24 models in one small agent; CC BY-NC 4.0: evaluation only."""

QUESTIONS = "ulab_llmrouter_9models.parquet"
"""Questions of 14 tasks answered by nine models; MIT."""

NOT_RIGHT_OR_WRONG = "commongen"
"""A task of `QUESTIONS` that is scored by degrees."""


@dataclass(frozen=True, slots=True)
class Agents:
    """By the name of the model: for each task whether it was solved, and what that cost in dollars."""

    right: Mapping[str, Sequence[bool]]
    cost: Mapping[str, Sequence[float]]

    @property
    def tasks(self) -> int:
        return len(next(iter(self.right.values())))


@dataclass(frozen=True, slots=True)
class Questions:
    """``right``: by the name of the model, for each question."""

    texts: Sequence[str]
    labels: Sequence[str]
    right: Mapping[str, Sequence[bool]]


def agents(folder: Path = FOLDER) -> Agents:
    """Raises CannotMeasure."""
    columns = _read(folder / AGENTS, ("instance_id", "model", "resolved", "cost_usd"))
    tasks = {name: number for number, name in enumerate(sorted(set(columns["instance_id"])))}
    models = list(dict.fromkeys(columns["model"]))
    right = {model: [False] * len(tasks) for model in models}
    cost = {model: [math.nan] * len(tasks) for model in models}
    for task, model, resolved, dollars in zip(*columns.values(), strict=True):
        right[model][tasks[task]] = resolved
        cost[model][tasks[task]] = dollars
    if any(map(math.isnan, chain.from_iterable(cost.values()))):
        raise CannotMeasure(f"{AGENTS} lacks tasks of a model")
    return Agents(right, cost)


def questions(folder: Path = FOLDER) -> Questions:
    """Raises CannotMeasure."""
    columns = _read(folder / QUESTIONS)
    kept = [number for number, label in enumerate(columns["task"]) if label != NOT_RIGHT_OR_WRONG]
    models = [name for name in columns if name not in ("question", "split", "task")]
    return Questions(
        [columns["question"][number] for number in kept],
        [columns["task"][number] for number in kept],
        {model: [(columns[model][number] or 0) >= 0.5 for number in kept] for model in models},
    )


def _read(file: Path, names: Sequence[str] = ()) -> dict[str, list[Any]]:
    if not file.is_file():
        raise CannotMeasure(f"{file} is missing: this benchmark replays recorded outcomes that are not part of Minga")
    table = read_parquet(file).read_all()
    return {name: table[name].to_pylist() for name in names or table.column_names}
