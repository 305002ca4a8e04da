"""What training made, as Minga ships it: `python -m benchmarks.memory.reading.shipped FOLDER/reader.npz`.

Narrow matrices in eight bits with a scale a row, constants in sixteen bits, under the names of the encoder's file.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from minga.infrastructure import e5_reader

SHIPPED = Path(e5_reader.__file__).with_name("reader.npz")

_LARGEST = 127
_SMALLEST_HALF = 1e-4
"""Scales below lose digits in sixteen bits."""

_NARROW = re.compile(r"l\d+\.(?:q|k|v|ao|fi|fo)\.[ac]")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("trained", type=Path, help="what `train` made")
    options = parser.parse_args(arguments)
    with np.load(options.trained) as held:
        made = {name: held[name] for name in held.files if name != "shape" and not name.startswith("span.")}
    parts = {key: value for name, one in made.items() for key, value in _parts(name_of(name), one.astype(np.float32))}
    np.savez_compressed(SHIPPED, **parts)
    print(f"{SHIPPED.name}: {SHIPPED.stat().st_size:,} bytes")


def name_of(trained: str) -> str:
    """``p.l0_q_a`` → ``l0.q.a``; ``p.emb_w`` → ``emb.ln.w``."""
    name = trained.removeprefix("p.")
    return name.replace("emb_", "emb.ln.") if name.startswith("emb_") else name.replace("_", ".")


def _parts(name: str, values: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    if _NARROW.fullmatch(name) is None:
        yield name, values.astype(np.float16)
        return
    scale = np.maximum(np.abs(values).max(axis=1), 1e-12) / _LARGEST
    yield name, np.rint(values / scale[:, None]).astype(np.int8)
    yield f"{name}.scale", scale.astype(np.float16 if scale.min() > _SMALLEST_HALF else np.float32)


if __name__ == "__main__":
    main()
