"""Tunes a trained reader: `python -m benchmarks.memory.reading.tune DATA.npz FOLDER/reader.npz TUNED.npz`.

``DATA`` is what `missing` made, ``FOLDER`` what `train` did. Needs PyTorch; two processors take an hour or so. The
lowest layers stay as they are, the others change within the rank that they have.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.memory.reading.learning import Plan, trained
from benchmarks.memory.reading.material import EARLIER, MISSING, NEAR, NOTHING, RIGHT, STILL, read
from benchmarks.memory.reading.network import Network, save, start
from benchmarks.memory.reading.pytorch import torch

LAYERS = 12
KEPT = 4
"""So many of the lowest layers stay."""

WORTH = {RIGHT: 1.0, STILL: 0.8, EARLIER: 0.4, NOTHING: 1.0, MISSING: 0.6, NEAR: 0.6}
"""How much an example counts: what answers as much as what does not, of one question."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="what `missing` made")
    parser.add_argument("trained", type=Path, help="the reader that `train` made")
    parser.add_argument("tuned", type=Path, help="the reader to make")
    parser.add_argument("--rate", type=float, default=4e-5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, help="no more than so many batches")
    options = parser.parse_args(arguments)
    material = read(options.data)
    network, rank = _read(options.data, options.trained)
    plan = Plan(1, options.rate, options.batch, places=0, dropped=0, steps=options.steps)
    trained(network, material, np.arange(material.general), plan, WORTH)
    save(network, rank, options.tuned)


def _read(data: Path, file: Path) -> tuple[Network, int]:
    begun = start(data, LAYERS, "cuda" if torch.cuda.is_available() else "cpu")
    with np.load(file) as held:
        parameters = {name: torch.tensor(held[name].astype(np.float32)) for name in held.files if name != "shape"}
        rank = int(held["shape"][1])
    for name, one in parameters.items():
        parameters[name] = one.to(begun.device).requires_grad_(_is_tuned(name))
    return Network(begun, parameters, begun.matrices), rank


def _is_tuned(name: str) -> bool:
    """``p.l7_q_c`` is one of layer 7; where an answer stands is not learned here."""
    layer = name.removeprefix("p.l").partition("_")[0]
    return int(layer) >= KEPT if layer.isdigit() else name.startswith("head")


if __name__ == "__main__":
    main()
