"""Going on with a stream that broke: what has come so far, the request that asks to go on, and the seam of both.

Only text is gone on with: half a tool call or half a thought cannot be. The entry is `so_far`.
"""

from minga.domain.model_calls import Wire
from minga.providers.continuing.chat import ChatSoFar
from minga.providers.continuing.events import Seam, SoFar, Unfit
from minga.providers.continuing.gemini import GeminiSoFar
from minga.providers.continuing.messages import MessagesSoFar
from minga.providers.continuing.responses import ResponsesSoFar

__all__ = ["Seam", "SoFar", "Unfit", "so_far"]


def so_far(wire: Wire) -> SoFar:
    """An empty one."""
    match wire:
        case "anthropic":
            return MessagesSoFar()
        case "openai-responses":
            return ResponsesSoFar()
        case "gemini":
            return GeminiSoFar()
        case _:
            return ChatSoFar()
