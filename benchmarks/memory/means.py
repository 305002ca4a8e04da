"""Where the vectors of the installed encoder lie on the whole: `python -m benchmarks.memory.means`.

Writes `means.npz` into `src/minga/memory/index`: under the encoder's name the mean vector of passages and that of
questions, of part ``train`` of our own corpus alone. `minga.memory.index.near` compares vectors relative to them.
"""

from pathlib import Path

import numpy as np

from benchmarks.memory.conversations import corpus
from minga.domain.meaning import Encoder
from minga.infrastructure.e5 import E5
from minga.memory.index import near
from minga.memory.vectors import Vector, read

FILE = Path(near.__file__).with_name("means.npz")


def means(encoder: Encoder) -> Vector:
    """A row of passages, a row of questions."""
    train = corpus("train")
    before = ["" if not turn.position else train.turns[place - 1].text for place, turn in enumerate(train.turns)]
    passages = encoder.passages([(context, turn.text) for context, turn in zip(before, train.turns, strict=True)])
    questions = [encoder.question(query.text) for query in train.queries]
    return np.stack([np.mean([read(one.vector) for one in some], axis=0) for some in (passages, questions)])


if __name__ == "__main__":
    installed = E5()
    np.savez(FILE, **{installed.name: means(installed).astype(np.float16)})
