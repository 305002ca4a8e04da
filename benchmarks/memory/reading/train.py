"""Trains the reader: `python -m benchmarks.memory.reading.train DATA.npz FOLDER`.

Takes what `prepare` made. Needs PyTorch, and a GPU unless you have days. One learns from everything; that is the reader
(``reader.npz``, and what it says of all passages: ``final.npz``). How well it does is told by others, which never saw
the project of the question: one learns from two of the four projects of part ``train`` and judges the others, another
the other way round (``oof.npz``).
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.memory.parts import TRAIN
from benchmarks.memory.reading.figures import Judged, lines, written
from benchmarks.memory.reading.learning import Plan, judged, trained
from benchmarks.memory.reading.material import Asked, Material, Places, read
from benchmarks.memory.reading.network import Network, Start, cut, fresh, save, start
from benchmarks.memory.reading.pytorch import torch

MENDING = 0.3
"""Of the rate at which is learned."""

FOLD = frozenset({"trafwe-rutas", "pos-ulmo"})
"""Of the projects of part ``train``, those of the first fold: half of the questions."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="what `prepare` made")
    parser.add_argument("folder", type=Path, help="where what comes out is put")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--rank", type=int, default=64, help="of what each matrix is changed by, in the end")
    parser.add_argument("--rate", type=float, default=1.4e-4, help="how fast is learned")
    parser.add_argument("--epochs", type=int, default=4, help="of all weights, then one of what is left of them")
    parser.add_argument("--batch", type=int, default=128)
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.backends.cuda.matmul.allow_tf32 = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    material = read(options.data)
    plan = Plan(options.epochs, options.rate, options.batch)
    training = Training(start(options.data, options.layers, device), material, plan, options.rank)
    training.whole(options.folder)
    training.out_of_fold(options.folder / "oof.npz")


class Training:
    def __init__(self, begun: Start, material: Material, plan: Plan, rank: int) -> None:
        self._start = begun
        self._material = material
        self._plan = plan
        self._rank = rank
        self._train = [one for one in material.asked if one.part == TRAIN]

    def out_of_fold(self, file: Path) -> None:
        """Each project judged by a reader that learned from others."""
        fold = [one for one in self._train if one.project in FOLD]
        rest = [one for one in self._train if one.project not in FOLD]
        found = dict(self._elsewhere(rest, fold))
        np.savez_compressed(file, oof=self._all(found))
        found |= self._elsewhere(fold, rest)
        np.savez_compressed(file, oof=self._all(found))
        _tell(lines(found, [*fold, *rest], "out of fold"))

    def whole(self, folder: Path) -> None:
        """Learned from part ``train`` as a whole, also from what was written and held out before."""
        places = self._material.mixed(self._train, with_held_out=True)
        network = self._mended(self._cut(self._learned(places)), places)
        save(network, self._rank, folder / "reader.npz")
        found = judged(network, self._material, _places(self._material.asked))
        np.savez_compressed(folder / "final.npz", final=self._all(found))

    def _elsewhere(self, learned: Sequence[Asked], asked: Sequence[Asked]) -> Judged:
        places = self._material.mixed(learned)
        network = self._learned(places)
        self._report(network, asked, "all weights changed")
        network = self._cut(network)
        self._report(network, asked, f"cut to rank {self._rank}")
        return self._report(self._mended(network, places), asked, "and trained again")

    def _report(self, network: Network, asked: Sequence[Asked], title: str) -> Judged:
        found = judged(network, self._material, _places(asked))
        held_out = judged(network, self._material, self._material.written(is_held_out=True))
        _tell(chain(lines(found, asked, title), (written(held_out, self._material),)))
        return found

    def _learned(self, places: Places) -> Network:
        return trained(fresh(self._start), self._material, places, self._plan)

    def _mended(self, network: Network, places: Places) -> Network:
        """Once more through all of it, for what the cut took away."""
        return trained(network, self._material, places, replace(self._plan, epochs=1, rate=self._plan.rate * MENDING))

    def _cut(self, network: Network) -> Network:
        made, lost = cut(network, self._rank)
        print(f"  rank {self._rank} leaves out {lost:.3f} of the change's energy", flush=True)
        return made

    def _all(self, found: Judged) -> np.ndarray:
        """One number for each example, none where it was not asked."""
        made = np.full(len(self._material.sequences), np.nan, np.float32)
        made[list(found)] = list(found.values())
        return made


def _places(asked: Sequence[Asked]) -> list[int]:
    return [place for one in asked for place in one.brought]


def _tell(said: Iterator[str]) -> None:
    print("\n".join(said), flush=True)


if __name__ == "__main__":
    main()
