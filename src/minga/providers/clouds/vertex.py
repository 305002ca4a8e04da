"""Claude at Google's Vertex AI: Anthropic's own requests and events under other paths.

cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude, seen November 2026. Gemini needs nothing
of this: there, paths and bodies are those of AI Studio.
"""

from dataclasses import replace
from urllib.parse import quote

from minga.domain.model_calls import ModelCall, Refused
from minga.providers.clouds import claude

VERSION = "vertex-2023-10-16"


def request(call: ModelCall, model: str) -> ModelCall:
    """As it is sent: its path is encoded. Raises Refused for what Vertex does not do."""
    if not call.path.startswith("/messages"):
        raise Refused("unknown-path", "Vertex AI lists no models in this form")
    claude.check_name(model)
    if call.counts:
        named = replace(call, body=claude.renamed(call.body, model))
        return replace(call, path="/models/count-tokens:rawPredict", query="", body=claude.body(named, VERSION, ()))
    way = "streamRawPredict" if call.stream else "rawPredict"
    path = f"/models/{quote(model, safe='@')}:{way}"
    return replace(call, path=path, query="", body=claude.body(call, VERSION, without=("model",)))
