"""mem0 without its model (``infer=False``): what is said is kept as it is, in its own qdrant on disk, with the same
encoder as Minga. Else it would ask a model for the facts in it, which takes a network or a server."""

import os
import tempfile
from collections.abc import Sequence
from importlib import import_module

from benchmarks.memory.outside.asking import Encoder, serve

USER = "user"


class Embedder:
    """Fits `mem0.embeddings.base.EmbeddingBase`."""

    def __init__(self) -> None:
        self._encoder = Encoder()

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        return self.embed_batch([text], memory_action)[0]

    def embed_batch(self, texts: Sequence[str], memory_action: str | None = None) -> list[list[float]]:
        if memory_action == "search":
            return [self._encoder.question(text) for text in texts]
        return self._encoder.passages(list(texts))


folder = tempfile.mkdtemp()
os.environ.update(MEM0_TELEMETRY="False", OPENAI_API_KEY="none", MEM0_DIR=folder)
store = {"path": os.path.join(folder, "qdrant"), "embedding_model_dims": 384, "on_disk": True}
memory = import_module("mem0").Memory.from_config({"vector_store": {"provider": "qdrant", "config": store}})
memory.embedding_model = Embedder()


def fill(turns: dict[str, str]) -> None:
    for name, text in turns.items():
        memory.add(text, user_id=USER, metadata={"turn": name}, infer=False)


def ask(text: str, count: int) -> list[str]:
    found = memory.search(text, filters={"user_id": USER}, top_k=count, threshold=0.0)
    return [one["metadata"]["turn"] for one in found["results"]]


serve(fill, ask, folder)
