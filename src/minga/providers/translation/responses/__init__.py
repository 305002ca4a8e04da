"""OpenAI Responses, which Codex speaks. What it cannot keep stands in ``losses/responses.toml``. Entry: `DIALECT`."""

from minga.providers.translation.responses.wire import DIALECT

__all__ = ["DIALECT"]
