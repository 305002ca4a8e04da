"""OpenAI Responses, which Codex speaks. Entry: `DIALECT`. What it cannot keep stands in ``losses/responses.toml``."""

from minga.providers.translation.responses.wire import DIALECT

__all__ = ["DIALECT"]
