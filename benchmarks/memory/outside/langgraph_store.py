"""LangGraph's store in memory, the one that LangMem's quickstart uses, with the same encoder as Minga."""

from collections.abc import Sequence
from importlib import import_module

from benchmarks.memory.outside.asking import Encoder, serve

BATCH, SPACE = 64, ("turns",)

base = import_module("langgraph.store.base")
encoder = Encoder()


def embed(texts: Sequence[str]) -> list[list[float]]:
    """The store embeds what it keeps in batches, and each question alone."""
    return [encoder.question(texts[0])] if len(texts) == 1 else encoder.passages(list(texts))


index = {"dims": 384, "embed": embed, "fields": ["text"]}
store = import_module("langgraph.store.memory").InMemoryStore(index=index)


def fill(turns: dict[str, str]) -> None:
    names = list(turns)
    for start in range(0, len(names), BATCH):
        store.batch([base.PutOp(SPACE, name, {"text": turns[name]}) for name in names[start : start + BATCH]])


def ask(text: str, count: int) -> list[str]:
    [found] = store.batch([base.SearchOp(SPACE, query=text, limit=count)])
    return [one.key for one in found]


serve(fill, ask)
