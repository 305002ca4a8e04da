"""The dialects by the names of their wires."""

from collections.abc import Mapping
from types import MappingProxyType

from minga.domain.model_calls import Wire
from minga.providers.translation import chat, gemini, messages, responses
from minga.providers.translation.dialect import Dialect

DIALECTS: Mapping[Wire, Dialect] = MappingProxyType(
    {
        "anthropic": messages.DIALECT,
        "gemini": gemini.DIALECT,
        "openai-chat": chat.DIALECT,
        "openai-responses": responses.DIALECT,
    }
)
