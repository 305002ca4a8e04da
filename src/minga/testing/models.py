"""Model lists in the shape of each vendor; one made-up model."""

from minga.testing.conversation import Json

NAME = "scripted-model"


def model_list(path: str, *, for_anthropic: bool) -> Json:
    """The list, or the one model where the path names one (any name exists)."""
    named = path.rpartition("/models")[2].strip("/")
    if "/v1beta" in path:
        one = _gemini(named or NAME)
        return one if named else {"models": [one]}
    if for_anthropic:
        one = {"type": "model", "id": named or NAME, "display_name": "Scripted", "created_at": "2026-01-01T00:00:00Z"}
        return one if named else {"data": [one], "has_more": False, "first_id": NAME, "last_id": NAME}
    one = {"id": named or NAME, "object": "model", "created": 1767225600, "owned_by": "minga"}
    return one if named else {"object": "list", "data": [one]}


def _gemini(name: str) -> Json:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": "Scripted",
        "inputTokenLimit": 200000,
        "outputTokenLimit": 8192,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }
