"""memvid's file with its full-text index: its vectors want a model that is fetched, which this build cannot load."""

import os
import re
import tempfile
from importlib import import_module

from benchmarks.memory.outside.asking import serve

os.environ.update(MEMVID_TELEMETRY="0", DO_NOT_TRACK="1")
folder = tempfile.mkdtemp()
memory = import_module("memvid_sdk").create(os.path.join(folder, "turns.mv2"), enable_lex=True)


def fill(turns: dict[str, str]) -> None:
    memory.put_many(
        [{"title": name, "label": "turn", "text": text, "uri": f"mv2://{name}"} for name, text in turns.items()]
    )
    memory.commit()


def ask(text: str, count: int) -> list[str]:
    """Of a question as it is written it wants every word, and finds nothing; some words are its own."""
    words = " OR ".join(word for word in re.findall(r"\w+", text) if word.upper() not in ("AND", "OR", "NOT"))
    hits = memory.find(words, k=count, mode="lex")["hits"]
    return list(dict.fromkeys(hit["title"] for hit in hits))


serve(fill, ask, folder)
