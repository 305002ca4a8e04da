"""Embeddings in the shape of each vendor: short vectors that say nothing.

Sources: platform.openai.com/docs/api-reference/embeddings, ai.google.dev/api/embeddings; seen November 2026.
"""

from minga.testing.conversation import Json

VECTOR = [0.25, -0.5, 0.125]
TOKENS = 4
"""Of each text."""


def embedded(path: str, body: Json) -> Json | None:
    """None where the path asks for none."""
    if path.endswith("/embeddings"):
        given = body.get("input")
        count = len(given) if isinstance(given, list) else 1
        data = [{"object": "embedding", "index": index, "embedding": VECTOR} for index in range(count)]
        used = {"prompt_tokens": TOKENS * count, "total_tokens": TOKENS * count}
        return {"object": "list", "data": data, "model": body.get("model", ""), "usage": used}
    if path.endswith(":embedContent"):
        return {"embedding": {"values": VECTOR}}
    if path.endswith(":batchEmbedContents"):
        return {"embeddings": [{"values": VECTOR} for _ in body.get("requests") or ()]}
    return None
