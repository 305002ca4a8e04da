"""OpenAI Responses, which Codex speaks. What it cannot keep stands in ``losses/responses.toml``.

Entries: `DIALECT`, and `only_own` for requests that are not translated.
"""

from minga.providers.translation.responses.own_thoughts import only_own
from minga.providers.translation.responses.wire import DIALECT

__all__ = ["DIALECT", "only_own"]
