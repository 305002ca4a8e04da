"""Examples as numbers of pieces in one file, with the weights that training starts from and nothing else: it needs
neither Minga's encoder nor the texts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory.reading.examples import Example
from minga.infrastructure.e5 import TEXT_LENGTH
from minga.infrastructure.e5_graph import BLOCK
from minga.infrastructure.e5_model import Weights
from minga.infrastructure.e5_pieces import Pieces
from minga.infrastructure.e5_reader import PASSAGE_TOKENS, read_together

NOWHERE = (-1, -1)


@dataclass(frozen=True, slots=True)
class Row:
    """An example in numbers of pieces, as it is read. ``start``: where the passage begins. ``span``: the first and the
    last piece of the answer in the passage."""

    read: list[int]
    start: int
    is_answered: bool
    span: tuple[int, int]
    group: str


def row(example: Example, pieces: Pieces) -> Row | None:
    """None where the answer stands beyond what is read of the passage."""
    span = _span(example, pieces)
    own = min(len(pieces.cut(example.excerpt.text[:TEXT_LENGTH])), PASSAGE_TOKENS)
    if span[1] >= own:
        return None
    read = read_together(pieces, example.question, example.excerpt)
    return Row(read, len(read) - own - 1, example.is_answered, span, example.group)


def _span(example: Example, pieces: Pieces) -> tuple[int, int]:
    if example.span is None:
        return NOWHERE
    start, end = (len(pieces.cut(example.excerpt.text[:place])) for place in example.span)
    return start, max(end - 1, start)


def write(file: Path, weights: Weights, rows: Sequence[Row], general: int, asked: Sequence[Any]) -> None:
    """``general``: how many of the first rows are none of our corpus. ``asked``: its questions, with places in rows.
    Pieces are numbered anew, and only what stands for those that occur is kept."""
    pieces = weights.pieces
    marks = (pieces.begin, pieces.end)
    used = sorted({piece for one in rows for piece in one.read} | {*marks, pieces.unknown})
    new = {piece: number for number, piece in enumerate(used)}
    np.savez_compressed(
        file,
        words=weights.tensors["emb.word"].reshape(-1, weights.width // BLOCK * (BLOCK // 2 + 2))[np.asarray(used)],
        marks=np.asarray([new[mark] for mark in marks]),
        used=np.asarray(used),
        head=np.asarray([weights.width, weights.layers, weights.heads, weights.inner]),
        eps=np.asarray(weights.epsilon),
        n_general=general,
        ours=json.dumps(asked),
        **_numbers(rows, new),
        **_tensors(weights),
    )


def _tensors(weights: Weights) -> dict[str, Any]:
    return {f"w:{name}": np.asarray(one) for name, one in weights.tensors.items() if name != "emb.word"}


def _numbers(rows: Sequence[Row], new: dict[int, int]) -> dict[str, Any]:
    return {
        "flat": np.asarray([new[piece] for one in rows for piece in one.read], np.uint16),
        "lens": np.asarray([len(one.read) for one in rows], np.uint16),
        "starts": np.asarray([one.start for one in rows], np.uint16),
        "label": np.asarray([one.is_answered for one in rows], np.int8),
        "span": np.asarray([one.span for one in rows], np.int16),
        "group": np.asarray([one.group for one in rows]),
    }
